#include "federator/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of what the directories are, for messages. */
struct place {
	const char *path, *where;
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool is_tended(enum guard guard)
{
	return guard == GUARD_TENDING && geteuid() == 0;
}

/* Ours, or root's, who may do anything. */
static bool is_trusted(uid_t owner, enum guard guard)
{
	return owner == geteuid() || owner == 0 || is_tended(guard);
}

/* The group of the service is trusted, as on many systems users have one of their own and umask 002. */
static bool is_trusted_group(gid_t group, enum guard guard)
{
	return group == getegid() || group == 0 || is_tended(guard);
}

static bool guard_holds(const struct stat *st, enum guard guard, const char *where, const char *path, struct err *err)
{
	if (guard == GUARD_ELSEWHERE)
		return true;
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_CONFIG, where, "%s is not a regular file", path);
	if (!is_trusted(st->st_uid, guard))
		return err_set(err, ERR_CONFIG, where,
			       "%s belongs to another user; chown it to the service's user", path);
	if (guard != GUARD_WRITING && st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_CONFIG, where, "%s can be read by others; do: chmod 600 %s", path, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_CONFIG, where, "%s can be written by others; do: chmod go-w %s", path, path);
	return true;
}

/* Can nobody else put another file in the place of one in or below it? With the sticky bit only owners can. Who owns a
 * directory further up is the administrator's choice: a container's mounts have owners from outside. */
static bool dir_holds(const char *dir, bool is_last, enum guard guard, const struct place *place, struct err *err)
{
	struct stat st;
	bool open;

	if (stat(dir, &st) != 0)
		return err_set(err, ERR_CONFIG, place->where, "cannot open %s: %s", dir, strerror(errno));
	if (is_last && !is_trusted(st.st_uid, guard))
		return err_set(err, ERR_CONFIG, place->where,
			       "%s is in a directory of another user; chown %s to the service's user", place->path,
			       dir);
	open = st.st_mode & S_IWOTH || (st.st_mode & S_IWGRP && !is_trusted_group(st.st_gid, guard));
	if (open && !(st.st_mode & S_ISVTX && is_trusted(st.st_uid, guard)))
		return err_set(err, ERR_CONFIG, place->where,
			       "others can put another file in the place of %s; do: chmod go-w %s", place->path,
			       dir);
	return true;
}

/* All directories that a path names. */
static bool dirs_hold(const char *path, enum guard guard, const struct place *place, struct err *err)
{
	const char *last = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!last)
		return dir_holds(".", true, guard, place, err);
	if (last - path >= PATH_MAX)
		return err_set(err, ERR_CONFIG, place->where, "the path of %s is too long", place->path);
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		memcpy(dir, path, n);
		dir[n] = '\0';
		if (!dir_holds(dir, slash == last, guard, place, err))
			return false;
	}
	return true;
}

bool guarded_place(const char *path, enum guard guard, const char *where, struct err *err)
{
	const struct place place = { path, where };
	char *real;
	bool good;

	if (guard == GUARD_ELSEWHERE)
		return true;
	real = realpath(path, NULL);
	if (!real && errno != ENOENT)
		return err_set(err, ERR_CONFIG, where, "cannot open %s: %s", path, strerror(errno));
	good = dirs_hold(path, guard, &place, err) && /* and where links lead */
	       (!real || dirs_hold(real, guard, &place, err));
	free(real);
	return good;
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
	if (!guard_holds(&st, guard, where, path, err) || !guarded_place(path, guard, where, err))
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
