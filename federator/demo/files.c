#include "federator/demo/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20, CHUNK_BYTES = 8192 };

static bool fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_SYSTEM, "demo", "cannot %s %s: %s", what, path, strerrordesc_np(errno));
}

bool files_read(const char *path, struct buf *out, struct err *err)
{
	size_t before = out->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail(err, "open", path);
	do {
		n = read(fd, buf_reserve(out, CHUNK_BYTES), CHUNK_BYTES);
		out->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && out->len - before <= FILE_BYTES_MAX);
	close(fd);
	if (n > 0)
		errno = EFBIG;
	return n == 0 || fail(err, "read", path);
}

bool files_write(const char *path, struct str text, mode_t mode, struct err *err)
{
	char draft[PATH_MAX];
	bool ok;
	int fd;

	if ((size_t)snprintf(draft, sizeof(draft), "%s.new", path) >= sizeof(draft)) {
		errno = ENAMETOOLONG;
		return fail(err, "write", path);
	}
	fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return fail(err, "write", path);
	ok = write(fd, text.p, text.n) == (ssize_t)text.n;
	ok = close(fd) == 0 && ok && rename(draft, path) == 0;
	return ok || fail(err, "write", path);
}

bool files_make_directory(const char *path, struct err *err)
{
	char above[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return fail(err, "make", path);
	}
	memcpy(above, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		above[i] = '\0';
		if (mkdir(above, 0700) != 0 && errno != EEXIST)
			return fail(err, "make", above);
		above[i] = path[i];
	}
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* Room for every entry; a directory of ours has a few. */
static size_t count_entries(DIR *dir)
{
	size_t n = 0;

	while (readdir(dir))
		n++;
	rewinddir(dir);
	return n;
}

bool files_names(const char *path, const char *suffix, struct arena *mem, const char *const **names_out,
		 size_t *n_out, struct err *err)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	const char **names;
	size_t n = 0, room;

	if (!dir)
		return fail(err, "open", path);
	room = count_entries(dir);
	names = arena_array_of(mem, const char *, room);
	while (n < room && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    has_suffix(entry->d_name, suffix))
			names[n++] = arena_cstr(mem, str_of(entry->d_name));
	closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_bytes);
	*names_out = names;
	*n_out = n;
	return true;
}
