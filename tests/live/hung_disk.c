/* hung_disk.c - preloaded into a process: while $FED_TEST_HANG is a FIFO, fdatasync() waits for somebody who opens it
 * for writing, as it waits for a disk that does not answer. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd)
{
	const char *path = getenv("FED_TEST_HANG");
	int held = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (held >= 0)
		close(held);
	return (int)syscall(SYS_fdatasync, fd);
}
