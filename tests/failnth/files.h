/* files.h - what scenarios read and write; none of these calls counts as the scenario's. Each ends the program when it
 * cannot be done. */
#ifndef TESTS_FAILNTH_FILES_H
#define TESTS_FAILNTH_FILES_H

#include "base/arena.h"

/* The bytes of a file, in `mem`. */
struct str files_text(const char *path, struct arena *mem) NONNULL(1, 2);
/* A new directory below /tmp; end it with files_remove(). The path is static. */
const char *files_directory(void) __attribute__((returns_nonnull));
/* Write a file of mode 0600 (a directory, when `text` is NULL) into it. */
void files_put(const char *name, const char *text) NONNULL(1);
/* Its path, in a static buffer of its own for the last four calls. */
const char *files_path(const char *name) NONNULL(1) __attribute__((returns_nonnull));
/* Remove the directory with all in it, when there is one. */
void files_remove(void);

#endif
