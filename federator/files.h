/* files.h - the limit of open files: raised to what the service may need, and if it cannot be, fewer connections. */
#ifndef FEDERATOR_FILES_H
#define FEDERATOR_FILES_H

#include "base/err.h"

/* What a service may have open at a time. */
struct files_need {
	uint32_t connections; /* of clients, at most */
	uint32_t streams; /* of clients that listen, at most */
	uint32_t loops;
	uint32_t pooled; /* connections to sources, of all pools */
};

/* Raise the soft limit of the process as far as it is needed and the hard one lets us. *connections_out is how many
 * connections of clients there is room for: all that were asked for, or fewer; *streams_out, how many streams beside
 * them. ERR_CONFIG: not even FILES_LEAST connections. */
bool files_prepare(const struct files_need *need, uint32_t *connections_out, uint32_t *streams_out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* What is left of `limit` open files for connections of clients; 0: nothing. Pure. */
uint32_t files_left(const struct files_need *need, uint64_t limit) NONNULL(1);

enum { FILES_LEAST = 16 };

#endif
