/* secret.h - secret:NAME of the mappings and options: one file per secret in one directory. Read again each
 * time, so a changed file needs no restart. Safe from any thread. */
#ifndef FEDERATOR_SECRET_H
#define FEDERATOR_SECRET_H

#include "federator/options.h"

enum { SECRET_BYTES_MAX = 8192 };

/* Where the secrets are: the option, else $CREDENTIALS_DIRECTORY, else `secrets` in the mapping directory. */
const char *secret_dir(const struct options *opt, struct arena *mem) NONNULL(1, 2)
	__attribute__((returns_nonnull));

/* Read NAME without its one trailing newline into `mem` (wiped with it). ERR_CONFIG: a name with other
 * characters than A-Z a-z 0-9 _ . -, a file that is missing, empty, longer than SECRET_BYTES_MAX, holds a
 * NUL, belongs to another user (root's are taken), or that group or others may read (not checked inside
 * $CREDENTIALS_DIRECTORY: systemd guards it). */
bool secret_read(const char *dir, const char *name, struct arena *mem, struct str *out,
		 struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
