/* reader.h - the lines of a file of a record, one after the other, in bounded memory. One thread. */
#ifndef FEDERATOR_AUDIT_READER_H
#define FEDERATOR_AUDIT_READER_H

#include "federator/audit/folder.h"

struct audit_reader {
	int fd;
	char *bytes;
	size_t from, n;  /* what is read and not handed out */
	uint64_t number; /* of the line handed out last, from 1 */
	uint64_t at;     /* bytes of the lines handed out */
	bool ended;
};

enum audit_got {
	AUDIT_GOT_LINE,
	AUDIT_GOT_END,
	AUDIT_GOT_TORN,     /* bytes without a newline at the end: *out has them */
	AUDIT_GOT_TOO_LONG, /* no line of a record is so long; nothing more is read */
	AUDIT_GOT_NOTHING,  /* the file cannot be read on */
};

/* Open; end with audit_reader_close(). False: it cannot be. */
bool audit_reader_open(struct audit_reader *r, int dir_fd, const char *name, struct err *err) MUST_CHECK
	NONNULL(1, 3, 4);
/* The next line, without its newline, good until the next call. */
enum audit_got audit_reader_next(struct audit_reader *r, struct str *out) MUST_CHECK NONNULL(1, 2);
/* End. */
void audit_reader_close(struct audit_reader *r) NONNULL(1);

#endif
