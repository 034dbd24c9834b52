/* disk.h - a disk that works, fails or hangs as the test says: in place of fdatasync() by the linker's --wrap. */
#ifndef TESTS_FEDERATOR_DISK_H
#define TESTS_FEDERATOR_DISK_H

#include <stdbool.h>

/* From now on. Any thread. */
void disk_is(bool fails, bool hangs);
/* Wait until somebody waits for a disk that hangs. */
void disk_wait_hung(void);

#endif
