/* store.h - where a record is written: a directory with files of lines, the head, and a lock for its one writer. One
 * thread at a time. */
#ifndef FEDERATOR_AUDIT_STORE_H
#define FEDERATOR_AUDIT_STORE_H

#include "federator/audit/folder.h"

/* What an officer should hear of when it was found. */
struct audit_found {
	uint64_t torn;                /* bytes of a line that was not written to its end */
	uint64_t lost_from, lost_to;  /* records that were confirmed once and are gone; 0: none */
	enum audit_head head;
};

struct audit_store {
	/* set before audit_store_begin() */
	const char *dir;
	const struct audit_key *key;
	uint64_t file_bytes; /* a new file is begun beyond that, and each day (UTC) */
	int64_t keep_ms;     /* a file is removed when its last record is older */
	/* its own */
	int dir_fd, lock_fd, head_fd, fd; /* -1: not open */
	bool begun;          /* `end` is known: of this process */
	struct audit_end end; /* durable */
	char name[AUDIT_NAME_BYTES];
	uint32_t number;
	uint64_t size; /* of the file, durable */
	int64_t day;
	bool tidied;   /* nothing more to remove until the next file */
	struct audit_found found; /* by the last begin that found something */
};

/* Begin: nothing is open yet. */
void audit_store_begin(struct audit_store *s) NONNULL(1);
/* Be ready for records: open the newest file or begin another one, when it is time to or the end of the newest is not
 * as it was left; remove what is older than has to be kept. Makes the directory (0700) only if the store was never
 * open. ERR_SYSTEM: the disk says no; ERR_CONFIG: somebody else writes there, others may write there, or the last
 * record is not of this key. After a failure nothing is open, and the next call tries again. */
bool audit_store_ready(struct audit_store *s, int64_t wall_ms, struct err *err) MUST_CHECK NONNULL(1, 3);
/* Write lines that continue s->end and end with `end`, as audit_chain_put() makes them, and wait until they are
 * durable; s->end is `end` then. False: none of them counts as written, though some may be there; nothing is open
 * then. */
bool audit_store_write(struct audit_store *s, struct str lines, const struct audit_end *end, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4);
/* The same with one record. */
bool audit_store_put(struct audit_store *s, int64_t wall_ms, struct str text, struct err *err) MUST_CHECK
	NONNULL(1, 4);
/* Close all; what is written stays known. */
void audit_store_close(struct audit_store *s) NONNULL(1);

/* expire.c: remove files whose last record is older than has to be kept, a few at a time; each is said to be removed by
 * a record before it is. The store is open. False: the store failed. */
bool audit_store_expire(struct audit_store *s, int64_t wall_ms, struct err *err) MUST_CHECK NONNULL(1, 3);

#endif
