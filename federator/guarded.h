/* guarded.h - files that the service believes, because nobody else can have written them, or knows what is in them.
 * Safe from any thread. */
#ifndef FEDERATOR_GUARDED_H
#define FEDERATOR_GUARDED_H

#include "base/arena.h"
#include "base/err.h"

enum guard {
	GUARD_ELSEWHERE, /* somebody else looks after that */
	GUARD_WRITING,   /* nobody else writes it */
	GUARD_READING,   /* nobody else reads or writes it */
	GUARD_TENDING,   /* the same, but root may look after it for somebody else */
};

/* Can nobody but this user, root and the group of the service put another file in the place of that path, in the
 * directories that it names or that links lead to? It need not be there. ERR_CONFIG, at `where`: somebody can, or its
 * directory is another user's. */
bool guarded_place(const char *path, enum guard guard, const char *where, struct err *err) MUST_CHECK NONNULL(1, 3, 4);
/* Read a regular file of up to `most` bytes into `mem`, with a NUL behind. ERR_CONFIG, at `where`: it cannot be read,
 * is empty or longer, or group or others may do what the guard forbids; a guarded one belongs to this user or root, and
 * its place is guarded, too. */
bool guarded_read(const char *path, enum guard guard, size_t most, const char *where, struct arena *mem,
		  struct str *text_out, struct err *err) MUST_CHECK NONNULL(1, 4, 5, 6, 7);
/* Write all of a text to an open file, or fail with errno. */
bool guarded_write(int fd, struct str text) MUST_CHECK;

#endif
