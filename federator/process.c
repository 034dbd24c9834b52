#include "federator/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Entries of a directory of /proc; reading it takes a descriptor of its own. */
static uint64_t entries(const char *path)
{
	DIR *dir = opendir(path);
	uint64_t n = 0;

	if (!dir)
		return 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void read_memory(struct process_state *p)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long total = 0, resident = 0;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!f)
		return;
	if (fscanf(f, "%lu %lu", &total, &resident) == 2) {
		p->virtual_bytes = total * page;
		p->resident_bytes = resident * page;
	}
	fclose(f);
}

struct process_state process_state(void)
{
	struct process_state p = { 0 };
	struct rusage used;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &used) == 0)
		p.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p.max_fds = limit.rlim_cur;
	read_memory(&p);
	p.open_fds = entries("/proc/self/fd");
	if (p.open_fds)
		p.open_fds--; /* the one it was read by */
	p.threads = entries("/proc/self/task");
	return p;
}

/* The limit alone would not keep a handler (core_pattern with a pipe) from being given a dump. LeakSanitizer looks at
 * the process as a debugger does. */
void process_keep_private(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
