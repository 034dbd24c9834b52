/* process.h - what the operating system says of this process, and does with it. */
#ifndef FEDERATOR_PROCESS_H
#define FEDERATOR_PROCESS_H

#include "base/base.h"

struct process_state {
	double cpu_s; /* of all threads, in user and kernel mode */
	uint64_t resident_bytes, virtual_bytes;
	uint64_t open_fds, max_fds;
	uint64_t threads;
};

/* A snapshot; what cannot be read is 0. Reads a few files of /proc: not on a loop that answers requests. */
struct process_state process_state(void);

/* No core dump of it is written, whatever the machine's limit and handler are, and no other process of the user can
 * look into it: its memory holds customers and secrets. Before these are read. */
void process_keep_private(void);

#endif
