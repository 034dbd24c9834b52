/* folder.h - the files of a record: DIR/audit-YYYYMMDDTHHMMSSZ-NNNN.jsonl, by number in the order they were written.
 * No state; any thread. */
#ifndef FEDERATOR_AUDIT_FOLDER_H
#define FEDERATOR_AUDIT_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "federator/audit/chain.h"

enum { AUDIT_NAME_BYTES = 48 };

struct audit_file {
	uint32_t number;
	char name[AUDIT_NAME_BYTES];
	uint64_t bytes; /* when it was looked at */
};

struct audit_files {
	struct audit_file *of; /* by number */
	size_t n;
};

/* What stands at the end of a file. */
struct audit_tail {
	uint64_t whole; /* bytes of its complete lines */
	uint64_t torn;  /* bytes behind them */
	struct audit_end end; /* of its last complete line; seq 0: it has none */
	int64_t wall_ms;      /* of that */
	bool is_true;         /* by the key */
};

/* The name of a file that begins at that time. */
void audit_name_make(int64_t wall_ms, uint32_t number, char out[AUDIT_NAME_BYTES]) NONNULL(3);
/* Is it the name of a file of a record? Then its number. */
bool audit_name_read(const char *name, uint32_t *number_out) MUST_CHECK NONNULL(1, 2);
/* List the files of the open directory `dir_fd`; in `mem`. ERR_SYSTEM: it cannot be read, or two files have one
 * number. */
bool audit_files_list(int dir_fd, const char *dir, struct arena *mem, struct audit_files *out, struct err *err)
	MUST_CHECK NONNULL(2, 3, 4, 5);
/* Look at the end of a file. ERR_SYSTEM: it cannot be read; ERR_CONFIG: its last line has not the shape of a record. */
bool audit_tail_read(int dir_fd, const char *name, const struct audit_key *key, struct audit_tail *out, struct err *err)
	MUST_CHECK NONNULL(2, 3, 4, 5);

/* head.c - DIR/head: where the chain ended when it was written last, sealed. It is not older than the last record that
 * was confirmed, unless the machine lost its power since. */

enum { AUDIT_HEAD_BYTES = 176 };
enum audit_head { AUDIT_HEAD_GOOD, AUDIT_HEAD_MISSING, AUDIT_HEAD_DAMAGED };

/* Its bytes. */
void audit_head_put(const struct audit_key *key, const struct audit_end *end, char out[AUDIT_HEAD_BYTES])
	NONNULL(1, 2, 3);
/* Read the head of a directory; *out is set when it is good. */
enum audit_head audit_head_read(int dir_fd, const struct audit_key *key, struct audit_end *out) MUST_CHECK
	NONNULL(2, 3);

#endif
