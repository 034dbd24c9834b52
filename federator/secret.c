#include "federator/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool name_is_safe(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *name && *name != '.' && name[strspn(name, allowed)] == '\0';
}

/* systemd gives credentials to the service's user with an ACL that shows as group-readable. */
static bool dir_is_systemds(const char *dir)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	return credentials && strcmp(dir, credentials) == 0;
}

static bool file_is_private(const struct stat *st, const char *where, const char *path, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_CONFIG, where, "%s is not a regular file", path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(err, ERR_CONFIG, where,
			       "%s belongs to another user; chown it to the service's user", path);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_CONFIG, where, "%s can be read by others; do: chmod 600 %s", path,
			       path);
	return true;
}

static bool file_take(int fd, const char *where, const char *path, char *bytes, size_t *n_out,
		      struct err *err)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, bytes + n, SECRET_BYTES_MAX + 1 - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return err_set(err, ERR_CONFIG, where, "cannot read %s: %s", path, strerror(errno));
	if (n > SECRET_BYTES_MAX)
		return err_set(err, ERR_CONFIG, where, "%s is longer than %d bytes", path, SECRET_BYTES_MAX);
	if (n && bytes[n - 1] == '\n')
		n--;
	if (n == 0)
		return err_set(err, ERR_CONFIG, where, "%s is empty", path);
	if (memchr(bytes, '\0', n))
		return err_set(err, ERR_CONFIG, where, "%s holds a NUL byte", path);
	*n_out = n;
	return true;
}

bool secret_read(const char *dir, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	const char *where = arena_printf(mem, "secret:%s", name).p;
	SCOPED(fd_close) int fd = -1;
	const char *path;
	struct stat st;
	char *bytes;
	size_t n = 0;

	if (!name_is_safe(name))
		return err_set(err, ERR_CONFIG, where, "a secret's name has only letters, digits, _ . and -");
	path = arena_printf(mem, "%s/%s", dir, name).p;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_CONFIG, where, "there is no file %s: write the secret into it; chmod 600 it",
			       path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(err, ERR_CONFIG, where, "cannot open %s: %s", path, strerror(errno));
	if (!dir_is_systemds(dir) && !file_is_private(&st, where, path, err))
		return false;
	bytes = arena_alloc(mem, SECRET_BYTES_MAX + 1);
	if (!file_take(fd, where, path, bytes, &n, err))
		return false;
	bytes[n] = '\0';
	*out = (struct str){ bytes, n };
	return true;
}

/* Is there nothing of that name, not even a link that leads nowhere? */
static bool is_nowhere(const char *dir, const char *name, struct arena *mem)
{
	struct stat st;

	return name_is_safe(name) && lstat(arena_printf(mem, "%s/%s", dir, name).p, &st) != 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

/* In the `secrets` of the mapping directories, the last one first. */
static bool find_beside(const char *map, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	struct str left = str_of(map), tried = STR("");

	for (;;) {
		const char *colon = memrchr(left.p, ':', left.n);
		const char *from = colon ? colon + 1 : left.p;
		const char *dir = arena_printf(mem, "%.*s/secrets", (int)(left.p + left.n - from), from).p;

		if ((!colon && !tried.n) || !is_nowhere(dir, name, mem))
			return secret_read(dir, name, mem, out, err);
		tried = arena_printf(mem, "%.*s%s%s", STR_ARG(tried), tried.n ? ", " : "", dir);
		if (!colon)
			break;
		left.n = (size_t)(colon - left.p);
	}
	return err_set(err, ERR_CONFIG, arena_printf(mem, "secret:%s", name).p, "no file %s in %.*s", name,
		       STR_ARG(tried));
}

bool secret_find(const struct options *opt, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (*opt->secrets)
		return secret_read(opt->secrets, name, mem, out, err);
	if (credentials && *credentials)
		return secret_read(credentials, name, mem, out, err);
	return find_beside(opt->map, name, mem, out, err);
}
