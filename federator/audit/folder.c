#include "federator/audit/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

static const char prefix[] = "audit-", suffix[] = ".jsonl";
enum { STAMP = sizeof("20261127T120000Z-") - 1 };

void audit_name_make(int64_t wall_ms, uint32_t number, char out[AUDIT_NAME_BYTES])
{
	char t[AUDIT_TIME_DIGITS];

	audit_time_put(wall_ms, t);
	snprintf(out, AUDIT_NAME_BYTES, "%s%.4s%.2s%.2sT%.2s%.2s%.2sZ-%04u%s", prefix, t, t + 5, t + 8, t + 11, t + 14,
		 t + 17, number, suffix);
}

bool audit_name_read(const char *name, uint32_t *number_out)
{
	size_t n = strlen(name), before = sizeof(prefix) - 1 + STAMP, behind = sizeof(suffix) - 1;
	uint64_t number;

	if (n <= before + behind || n >= AUDIT_NAME_BYTES || strncmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    name[before - 1] != '-' || strcmp(name + n - behind, suffix) != 0 ||
	    !text_to_u64((struct str){ name + before, n - before - behind }, &number) || number == 0 ||
	    number >= UINT32_MAX)
		return false;
	*number_out = (uint32_t)number;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct audit_file *)a)->number, y = ((const struct audit_file *)b)->number;

	return (x > y) - (x < y);
}

static bool refuse(struct err *err, const char *dir, const char *what)
{
	return err_set(err, ERR_SYSTEM, "audit", "%s: %s: %s", dir, what, strerrordesc_np(errno));
}

static void add(struct arena *mem, struct audit_files *files, size_t *room, const struct audit_file *file)
{
	if (files->n == *room) {
		struct audit_file *more = arena_array_of(mem, struct audit_file, 2 * *room + 16);

		if (files->n)
			memcpy(more, files->of, files->n * sizeof(*more));
		files->of = more;
		*room = 2 * *room + 16;
	}
	files->of[files->n++] = *file;
}

bool audit_files_list(int dir_fd, const char *dir, struct arena *mem, struct audit_files *out, struct err *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct audit_files files = { 0 };
	size_t room = 0;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return refuse(err, dir, "cannot be read");
	}
	while ((e = readdir(d))) {
		struct audit_file file = { 0 };
		struct stat st;

		if (!audit_name_read(e->d_name, &file.number) ||
		    fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		memcpy(file.name, e->d_name, strlen(e->d_name) + 1);
		file.bytes = (uint64_t)st.st_size;
		add(mem, &files, &room, &file);
	}
	closedir(d);
	if (files.n)
		qsort(files.of, files.n, sizeof(*files.of), by_number);
	for (size_t i = 1; i < files.n; i++)
		if (files.of[i].number == files.of[i - 1].number)
			return err_set(err, ERR_CONFIG, "audit", "%s: two files have the number %u", dir,
				       files.of[i].number);
	*out = files;
	return true;
}

/* The last bytes of a file, which are enough for its last line and one that is torn. */
static bool read_end(int fd, uint64_t size, char *bytes, size_t *n_out)
{
	size_t want = size < 2 * AUDIT_LINE_MOST ? (size_t)size : 2 * AUDIT_LINE_MOST, n = 0;

	while (n < want) {
		ssize_t got = pread(fd, bytes + n, want - n, (off_t)(size - want + n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	*n_out = n;
	return true;
}

static bool tail_take(struct str bytes, uint64_t size, const struct audit_key *key, struct audit_tail *out)
{
	const char *end = bytes.n ? memrchr(bytes.p, '\n', bytes.n) : NULL, *from;
	struct audit_line line;

	*out = (struct audit_tail){ .torn = size };
	if (!end)
		return size < AUDIT_LINE_MOST;
	from = end > bytes.p ? memrchr(bytes.p, '\n', (size_t)(end - bytes.p)) : NULL;
	from = from ? from + 1 : bytes.p;
	if (!audit_line_read((struct str){ from, (size_t)(end - from) }, &line) ||
	    !audit_time_read(line.time, &out->wall_ms))
		return false;
	out->torn = bytes.n - (size_t)(end + 1 - bytes.p);
	out->whole = size - out->torn;
	out->end.seq = line.seq;
	memcpy(out->end.mac, line.mac, sizeof(line.mac));
	out->is_true = audit_line_is_true(key, &line);
	return true;
}

bool audit_tail_read(int dir_fd, const char *name, const struct audit_key *key, struct audit_tail *out, struct err *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *bytes = memory_raw(2 * AUDIT_LINE_MOST);
	struct stat st;
	bool good;
	size_t n = 0;

	good = fd >= 0 && fstat(fd, &st) == 0 && read_end(fd, (uint64_t)st.st_size, bytes, &n);
	if (!good)
		refuse(err, name, "cannot be read");
	else if (!tail_take((struct str){ bytes, n }, (uint64_t)st.st_size, key, out))
		good = err_set(err, ERR_CONFIG, "audit", "%s: its last line is no record; see `federator audit verify`",
			       name);
	if (fd >= 0)
		close(fd);
	free(bytes);
	return good;
}
