/* keystore.h - the key file on disk, changed whole: a reader sees it as it was before or after, also when the machine
 * stops meanwhile. One thread. */
#ifndef FEDERATOR_ACCESS_KEYSTORE_H
#define FEDERATOR_ACCESS_KEYSTORE_H

#include "federator/access/keyfile.h"

/* A key file that nobody else changes. */
struct keystore {
	int dir; /* locked, since the file itself is replaced */
	const char *path, *name;
	struct arena *mem;
	struct keyfile file; /* as it was; to be changed */
};

/* Read a key file for the service. ERR_CONFIG: it cannot be read, others may read it, or it is none
 * (keyfile_parse()). */
bool keystore_read(const char *path, struct arena *mem, struct keyfile *out, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3, 4);
/* Read it for whoever looks after it, root too; waits while somebody else changes it. With `create` one that is not
 * there is empty. The caller ends it with keystore_close(). */
bool keystore_open(const char *path, bool create, struct arena *mem, struct keystore *out, struct err *err) MUST_CHECK
	NONNULL(1, 3, 4, 5);
/* Room for one more key at the end of store->file; the caller fills it in. ERR_CONFIG: there are too many. */
struct api_key *keystore_add(struct keystore *store, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Put store->file in the place of what is there, for its owner only, and wait until it is on the disk. What could not
 * be read again is not written. */
bool keystore_write(struct keystore *store, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Let others change it. Harmless twice. Usable with SCOPED. */
void keystore_close(struct keystore *store) NONNULL(1);

#endif
