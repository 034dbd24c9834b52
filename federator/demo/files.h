/* files.h - small files and directories of the demo. Errors are ERR_SYSTEM with the path. Safe from any
 * thread. */
#ifndef FEDERATOR_DEMO_FILES_H
#define FEDERATOR_DEMO_FILES_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Append a whole file of at most 1 MiB to `out`. */
bool files_read(const char *path, struct buf *out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Replace a file as a whole, so that nobody ever reads half of it. */
bool files_write(const char *path, struct str text, mode_t mode, struct err *err) MUST_CHECK NONNULL(1, 4);
/* Make a directory and those above it; one that is there already is fine. */
bool files_make_directory(const char *path, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Names in a directory that end in `suffix`, in byte order, in `mem`. */
bool files_names(const char *path, const char *suffix, struct arena *mem, const char *const **names_out,
		 size_t *n_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5, 6);

#endif
