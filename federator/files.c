#include "federator/files.h"

#include <errno.h>
#include <sys/resource.h>

enum {
	OWN = 96,        /* standard streams, listeners, admin connections, spare ones, files of a mapping being read */
	PER_LOOP = 8,    /* epoll of ours and libmicrohttpd's, wake-ups, Redis, one held back */
	PER_POOLED = 4,  /* a socket and the watchdog's copy; of SQLite the database with its journals */
	GENERATIONS = 2, /* while a reload has the connections of both sets */
};

static uint64_t others(const struct files_need *need)
{
	return OWN + (uint64_t)need->loops * PER_LOOP + (uint64_t)need->pooled * PER_POOLED * GENERATIONS;
}

uint32_t files_left(const struct files_need *need, uint64_t limit)
{
	uint64_t left = limit > others(need) ? limit - others(need) : 0;

	return left < need->connections ? (uint32_t)left : need->connections;
}

static uint32_t streams_left(const struct files_need *need, uint64_t limit, uint32_t connections)
{
	uint64_t taken = others(need) + connections, left = limit > taken ? limit - taken : 0;

	return left < need->streams ? (uint32_t)left : need->streams;
}

bool files_prepare(const struct files_need *need, uint32_t *connections_out, uint32_t *streams_out, struct err *err)
{
	uint64_t wanted = others(need) + need->connections + need->streams;
	struct rlimit limit;
	uint32_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_set(err, ERR_SYSTEM, "RLIMIT_NOFILE", "cannot be read: %s", strerrordesc_np(errno));
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* never beyond the hard one: it cannot be refused */
	}
	left = files_left(need, limit.rlim_cur);
	if (left < need->connections && left < FILES_LEAST)
		return err_set(err, ERR_CONFIG, "RLIMIT_NOFILE",
			       "the limit of %llu open files leaves no room for clients beside %llu for the service "
			       "and its sources; raise it (LimitNOFILE= of systemd, ulimit -n)",
			       (unsigned long long)limit.rlim_cur, (unsigned long long)others(need));
	*connections_out = left;
	*streams_out = streams_left(need, limit.rlim_cur, left);
	return true;
}
