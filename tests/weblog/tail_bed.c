#include "tests/weblog/tail_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a test cannot go on without. */
#define MUST(condition)                                                                      \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			fprintf(stderr, "%s: %s\n", #condition, strerror(errno));            \
			abort();                                                             \
		}                                                                            \
	} while (0)

static char directory[256];
uint64_t bed_now_us;

void bed_begin(void)
{
	const char *temporary = getenv("TMPDIR");

	(void)snprintf(directory, sizeof(directory), "%s/weblog_tail_XXXXXX", temporary ? temporary : "/tmp");
	MUST(mkdtemp(directory));
	bed_now_us = 1000000;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void bed_end(void)
{
	MUST(nftw(directory, entry_remove, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

const char *bed_path(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void write_all(int fd, const char *bytes, size_t n)
{
	MUST(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
}

void bed_put(const char *name, struct str bytes)
{
	int fd = open(bed_path(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	write_all(fd, bytes.p, bytes.n);
	close(fd);
}

void bed_rename(const char *from, const char *to)
{
	MUST(rename(bed_path(from), bed_path(to)) == 0);
}

struct buf bed_slurp(const char *name)
{
	struct buf all = { 0 };
	int fd = open(bed_path(name), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	MUST(fd >= 0);
	while ((n = read(fd, buf_reserve(&all, 1 << 16), 1 << 16)) > 0)
		buf_add(&all, (size_t)n);
	close(fd);
	return all;
}

void bed_copy(const char *from, const char *to)
{
	SCOPED(buf_free) struct buf all = bed_slurp(from);
	int fd;

	(void)unlink(bed_path(to));
	fd = open(bed_path(to), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	write_all(fd, all.data, all.len);
	close(fd);
}

void bed_cut(const char *name, long n)
{
	MUST(truncate(bed_path(name), n) == 0);
}

void bed_pack(const char *from, const char *to)
{
	SCOPED(buf_free) struct buf all = bed_slurp(from);
	gzFile out;

	(void)unlink(bed_path(to));
	out = gzopen(bed_path(to), "w1");
	MUST(out);
	MUST(all.len == 0 || gzwrite(out, all.data, (unsigned)all.len) == (int)all.len);
	MUST(gzclose(out) == Z_OK);
}

void bed_remove(const char *name)
{
	MUST(unlink(bed_path(name)) == 0);
}

void bed_link(const char *target, const char *name)
{
	(void)unlink(bed_path("link.tmp"));
	MUST(symlink(target, bed_path("link.tmp")) == 0);
	bed_rename("link.tmp", name);
}

long bed_size(const char *name)
{
	struct stat st;

	return stat(bed_path(name), &st) == 0 ? (long)st.st_size : -1;
}

static uint64_t now_us(void)
{
	return bed_now_us;
}

struct weblog_tail *bed_tail(const char *const *names, const struct weblog_position *known, size_t n_known)
{
	struct str globs[8];
	char paths[8][512];
	size_t n = 0;
	struct err err;
	struct weblog_tail *tail;

	for (; names[n]; n++) {
		(void)snprintf(paths[n], sizeof(paths[n]), "%s", bed_path(names[n]));
		globs[n] = str_of(paths[n]);
	}
	tail = weblog_tail_new(globs, n, known, n_known, &err);
	MUST(tail);
	tail->clock = now_us;
	for (size_t i = 0; i < tail->n_files; i++)
		tail->files[i]->grown_us = bed_now_us;
	return tail;
}

static struct buf lines_read(struct weblog_tail *tail, int64_t (*time_of)(const struct weblog_tail_line *line))
{
	struct buf out = { 0 };
	struct weblog_tail_line line;

	for (;;) {
		switch (weblog_tail_next(tail, &line)) {
		case WEBLOG_TAIL_LINE:
			if (time_of && !weblog_tail_take(tail, time_of(&line)))
				break;
			buf_put_str(&out, line.text);
			buf_putc(&out, '|');
			break;
		case WEBLOG_TAIL_TOO_LONG:
			buf_puts(&out, "long|");
			break;
		case WEBLOG_TAIL_NEW_FILE:
			if (!time_of)
				buf_putc(&out, '>');
			break;
		case WEBLOG_TAIL_NOTHING:
			buf_reserve(&out, 1);
			return out;
		}
	}
}

struct buf bed_read(struct weblog_tail *tail)
{
	return lines_read(tail, NULL);
}

struct buf bed_read_by(struct weblog_tail *tail, int64_t (*time_of)(const struct weblog_tail_line *line))
{
	return lines_read(tail, time_of);
}
