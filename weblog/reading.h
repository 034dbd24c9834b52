/* reading.h - from the lines of the files to a batch of events: format, meaning, what is counted. One thread. */
#ifndef WEBLOG_READING_H
#define WEBLOG_READING_H

#include "weblog/format.h"
#include "weblog/meaning.h"
#include "weblog/tail.h"

enum { WEBLOG_BATCH_EVENTS = 6144, WEBLOG_BATCH_BYTES = 10 << 20 };

/* Sums since the start; lines that were read again after a failure count again. */
struct weblog_read_counts {
	uint64_t lines, bytes;
	uint64_t rejected; /* lines that the format does not read, and longer ones than are read */
	uint64_t verdicts[WEBLOG_VERDICTS]; /* of those that were read */
	uint64_t dropped; /* events that the store does not take, whatever is done */
};

/* A line that was rejected. */
struct weblog_bad_line {
	struct str path;
	uint64_t offset;
	size_t at;
	const char *what;
};

/* Where a line is, as long as its file is called the same. */
struct weblog_spot {
	uint64_t file; /* hash of its path */
	uint64_t offset;
};

/* What is read for one batch: events, whose texts live in `mem`. Whoever reads leaves it alone while it is written. */
struct weblog_gathered {
	struct arena *mem;
	struct weblog_event *events; /* room for WEBLOG_BATCH_EVENTS */
	size_t n;
	struct weblog_spot last; /* of the only event, or of what was skipped; of batches of one */
	bool skipped; /* it ends with a line of weblog_reading_skip() */
};

/* Make an empty one. The caller owns it: end it with weblog_gathered_end(). */
void weblog_gathered_begin(struct weblog_gathered *g) NONNULL(1);
/* Forget what is in it. */
void weblog_gathered_clear(struct weblog_gathered *g) NONNULL(1);
/* Free what it holds. */
void weblog_gathered_end(struct weblog_gathered *g) NONNULL(1);

struct weblog_reading; /* opaque */

/* All arguments outlive it; with format NULL that is guessed before the first line is read. The caller owns it: end it
 * with weblog_reading_free(). */
struct weblog_reading *weblog_reading_new(const struct weblog_rules *rules, const struct weblog_format *format,
					  struct weblog_tail *tail, struct weblog_meaning *meaning) NONNULL(1, 3, 4)
	__attribute__((returns_nonnull));
/* Free; accepts NULL inside; sets *reading to NULL. */
void weblog_reading_free(struct weblog_reading **reading) NONNULL(1);

enum weblog_read_outcome {
	WEBLOG_READ_ON, /* a good many lines, and there are more */
	WEBLOG_READ_FULL, /* the batch takes no more */
	WEBLOG_READ_ALL, /* there is nothing more now */
	WEBLOG_READ_UNKNOWN, /* no known format reads the first lines, and there are enough of them to say so */
};

/* Read lines, some thousand at most, behind what is gathered. */
enum weblog_read_outcome weblog_reading_lines(struct weblog_reading *reading, struct weblog_gathered *into)
	MUST_CHECK NONNULL(1, 2);
/* From now on a batch has `events` at most, WEBLOG_BATCH_EVENTS at most. */
void weblog_reading_limit(struct weblog_reading *reading, size_t events) NONNULL(1);
/* In batches of one, the events there are left out, their lines counted as rejected. A batch ends with such a one, so
 * that its position is written before that of another one. The array outlives the reading, or is replaced. */
void weblog_reading_skip(struct weblog_reading *reading, const struct weblog_spot *spots, size_t n) NONNULL(1);
/* The same place? */
bool weblog_spot_is(const struct weblog_spot *one, const struct weblog_spot *other) MUST_CHECK NONNULL(1, 2);
/* A line that was rejected since the last call; false: none. Its texts live until the next line is read. */
bool weblog_reading_bad(struct weblog_reading *reading, struct weblog_bad_line *bad) MUST_CHECK NONNULL(1, 2);
/* See the struct. */
struct weblog_read_counts weblog_reading_counts(const struct weblog_reading *reading) NONNULL(1);

#endif
