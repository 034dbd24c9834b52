/* stream.h - one direction of a connection: bytes that were read and wait for their time. */
#ifndef TESTS_FAULTPROXY_STREAM_H
#define TESTS_FAULTPROXY_STREAM_H

#include "tests/faultproxy/toxics.h"

/* A piece on its way; without bytes: the end of the stream. */
struct piece {
	struct piece *next;
	uint64_t due_us;
	size_t n, sent;
	char bytes[];
};

struct stream {
	const struct toxics *toxics;
	int from, to;
	struct piece *first, **last;
	size_t waiting_bytes;
	uint64_t last_us; /* when the last piece is due */
	uint64_t passed_bytes;
	bool read_end; /* the end was read */
	bool write_end; /* and passed on */
	bool blocked; /* `to` takes no more for now */
};

enum stream_result { STREAM_GOES_ON, STREAM_BROKEN, STREAM_LIMIT };

/* Begin. */
void stream_begin(struct stream *s, const struct toxics *toxics, int from, int to) NONNULL(1, 2);
/* Forget what waits. */
void stream_drop(struct stream *s) NONNULL(1);
/* May more be read now? */
bool stream_reads(const struct stream *s) NONNULL(1);
/* Read what is there. */
enum stream_result stream_read(struct stream *s) MUST_CHECK NONNULL(1);
/* Pass on what is due. */
enum stream_result stream_write(struct stream *s) MUST_CHECK NONNULL(1);
/* When there is something to pass on; UINT64_MAX: nothing, or `to` must take more first. */
uint64_t stream_due_us(const struct stream *s) NONNULL(1);

#endif
