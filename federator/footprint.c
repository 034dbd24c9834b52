#include "federator/footprint.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY_US = 100 * 1000 };

uint64_t footprint_bytes(void)
{
	unsigned long long pages = 0;
	char text[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool footprint_over(struct footprint *fp, uint64_t most_bytes, uint64_t now_us)
{
	if (!most_bytes || (fp->looked_us && now_us - fp->looked_us < LOOK_EVERY_US))
		return most_bytes && fp->over;
	fp->looked_us = now_us;
	fp->over = footprint_bytes() > most_bytes;
	if (fp->over) {
		malloc_trim(0);
		fp->over = footprint_bytes() > most_bytes;
	}
	return fp->over;
}
