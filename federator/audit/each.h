/* each.h - all lines of all files of a record, in their order. One thread. */
#ifndef FEDERATOR_AUDIT_EACH_H
#define FEDERATOR_AUDIT_EACH_H

#include "federator/audit/reader.h"

/* Gets each line; good until it returns. */
typedef void audit_each_line(void *owner, const char *file, uint64_t number, struct str line);

/* Read all. ERR_SYSTEM: the directory, or a file of it, cannot be read. */
bool audit_each(const char *dir, audit_each_line *take, void *owner, struct err *err) MUST_CHECK NONNULL(1, 2, 4);

#endif
