/* secret.h - secret:NAME of the mappings and options: one file per secret. Read again each time, so a changed file
 * needs no restart. Safe from any thread. */
#ifndef FEDERATOR_SECRET_H
#define FEDERATOR_SECRET_H

#include "federator/options.h"

enum { SECRET_BYTES_MAX = 8192 };

/* Read NAME as secret_read() does, from the directory of the option `secrets`, else from $CREDENTIALS_DIRECTORY, else
 * from the first of the mapping directories, the last one first, that has it in its `secrets`: so each tenant has its
 * own. A file that is there and no good is never passed over. ERR_CONFIG also when it is nowhere, or none of the
 * three is given. */
bool secret_find(const struct options *opt, const char *name, struct arena *mem, struct str *out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4, 5);

/* Read NAME from one directory, without its one trailing newline into `mem` (wiped with it). ERR_CONFIG: a name with
 * other characters than A-Z a-z 0-9 _ . -, a file that is missing, empty, longer than SECRET_BYTES_MAX, holds a NUL,
 * belongs to another user (root's are taken), that group or others may read, or whose place is not guarded (these are
 * not checked inside $CREDENTIALS_DIRECTORY: systemd guards it). */
bool secret_read(const char *dir, const char *name, struct arena *mem, struct str *out,
		 struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
