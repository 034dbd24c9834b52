#include "federator/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool guard_holds(const struct stat *st, enum guard guard, const char *where, const char *path, struct err *err)
{
	if (guard == GUARD_ELSEWHERE)
		return true;
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_CONFIG, where, "%s is not a regular file", path);
	if (st->st_uid != geteuid() && st->st_uid != 0 && (guard != GUARD_TENDING || geteuid() != 0))
		return err_set(err, ERR_CONFIG, where,
			       "%s belongs to another user; chown it to the service's user", path);
	if (guard != GUARD_WRITING && st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_CONFIG, where, "%s can be read by others; do: chmod 600 %s", path, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_CONFIG, where, "%s can be written by others; do: chmod go-w %s", path, path);
	return true;
}

static bool bytes_take(int fd, const char *path, size_t most, const char *where, char *bytes, size_t *n_out,
		       struct err *err)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, bytes + n, most + 1 - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return err_set(err, ERR_CONFIG, where, "cannot read %s: %s", path, strerror(errno));
	if (n > most)
		return err_set(err, ERR_CONFIG, where, "%s is longer than %zu bytes", path, most);
	if (n == 0)
		return err_set(err, ERR_CONFIG, where, "%s is empty", path);
	*n_out = n;
	return true;
}

bool guarded_read(const char *path, enum guard guard, size_t most, const char *where, struct arena *mem,
		  struct str *text_out, struct err *err)
{
	SCOPED(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	char *bytes;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(err, ERR_CONFIG, where, "cannot open %s: %s", path, strerror(errno));
	if (!guard_holds(&st, guard, where, path, err))
		return false;
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < most)
		most = (size_t)st.st_size + 1; /* no more room than it needs, and for one that grows meanwhile */
	bytes = arena_alloc(mem, most + 2);
	if (!bytes_take(fd, path, most, where, bytes, &n, err))
		return false;
	bytes[n] = '\0';
	*text_out = (struct str){ bytes, n };
	return true;
}

bool guarded_write(int fd, struct str text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text = (struct str){ text.p + n, text.n - (size_t)n };
	}
	return true;
}
