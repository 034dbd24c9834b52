/* Which file is at a place: by its inode, by what it begins with; and what becomes of files that are at none. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "weblog/tail_parts.h"

enum { TAIL_BYTES_COMPARED = 1024 };

/* What a place looks like when it is looked at. */
struct probe {
	int fd;
	bool gzip;
	off_t size; /* of gzip what is known to be in it, WEBLOG_HEAD_MAX at most */
	struct tail_head head;
};

/* Look at a place whose file is not known. False: there is nothing to be known so far. */
static bool probe_begin(struct weblog_tail *tail, struct tail_place *place, struct probe *out)
{
	enum tail_form form;
	struct stat st;

	out->fd = tail_place_open(place);
	if (out->fd < 0) {
		if (errno == ESTALE || errno == ENOENT)
			tail->rescan = true;
		else
			tail_place_trouble(tail, place, errno);
		return false;
	}
	form = tail_form_of(out->fd);
	place->gzip = out->gzip = form == TAIL_GZIP;
	place->partial = false;
	if (form != TAIL_PACKED && tail_head_read(out->fd, place->gzip, &out->head) && fstat(out->fd, &st) == 0) {
		place->trouble = 0;
		out->size = out->gzip ? out->head.n : st.st_size;
		if (out->head.n > 0)
			return true;
	} else if (form == TAIL_PACKED) {
		if (place->trouble != EBADMSG)
			tail_tell(tail, place->path, "is packed in a way that is not read here; gzip is");
		place->trouble = EBADMSG;
	} else if (errno == EAGAIN) {
		place->partial = true;
	} else {
		tail_place_trouble(tail, place, errno);
	}
	close(out->fd);
	return false;
}

/* A file that was at this inode when its position was kept. */
static bool inode_match(struct weblog_tail *tail, struct tail_place *place)
{
	for (size_t i = tail->n_files; i-- > 0;) {
		struct tail_file *file = tail->files[i];
		struct probe probe;
		bool is_it;

		if (file->place || file->now.id.device != place->device || file->now.id.inode != place->inode)
			continue;
		if (!probe_begin(tail, place, &probe))
			return false;
		close(probe.fd);
		is_it = tail_head_is_of(&probe.head, file);
		if (is_it) {
			tail_head_take(file, &probe.head);
			tail_file_attach(tail, file, place);
			tail_place_check(tail, place);
			return true;
		}
	}
	return false;
}

/* Have two files the same bytes in front of `end`? */
static bool is_same_end(int one, int other, off_t end)
{
	char a[TAIL_BYTES_COMPARED], b[TAIL_BYTES_COMPARED];
	size_t n = end < TAIL_BYTES_COMPARED ? (size_t)end : TAIL_BYTES_COMPARED;
	off_t from = end - (off_t)n;

	return pread(one, a, n, from) == (ssize_t)n && pread(other, b, n, from) == (ssize_t)n && memcmp(a, b, n) == 0;
}

/* The heads are the same as far as both go. */
static bool is_same_head(const struct tail_file *file, const struct tail_head *head)
{
	if (head->n >= file->now.id.head_bytes)
		return tail_head_is_of(head, file);
	return file->head.n > 0 && memcmp(head->bytes, file->head.bytes, head->n) == 0;
}

enum relation {
	DIFFERS,
	COPIES, /* the file has all that the place has so far */
	EXTENDS, /* the place has all that the file has, and more */
	UNKNOWN, /* the file has just gone from its place */
};

/* Compare what is open with a file that has the same head. */
static enum relation compare(struct weblog_tail *tail, struct tail_file *file, int fd, const struct probe *probe)
{
	off_t size = probe->size; /* from before the file is looked at, which grows while it is copied */
	enum tail_state state = tail_file_look(tail, file, fd);
	enum relation found = DIFFERS;
	struct stat st;

	if (state != TAIL_OTHER && fstat(fd, &st) == 0 && is_same_head(file, &probe->head)) {
		if (probe->gzip && size <= st.st_size)
			found = COPIES;
		else if (!probe->gzip && is_same_end(probe->fd, fd, size < st.st_size ? size : st.st_size))
			found = size <= st.st_size ? COPIES : EXTENDS;
	}
	if (found == DIFFERS && tail_file_look(tail, file, fd) == TAIL_OTHER)
		return UNKNOWN;
	return found;
}

static enum relation relation_of(struct weblog_tail *tail, struct tail_file *file, const struct tail_place *place,
				 const struct probe *probe)
{
	enum relation found;
	int fd;

	if (!is_same_head(file, &probe->head))
		return DIFFERS;
	/* Files with only a header begin alike. */
	if (file->now.id.head_bytes < WEBLOG_HEAD_MAX && file->family != place->family)
		return DIFFERS;
	if (!file->place)
		return COPIES;
	if (file->place->gzip)
		return !probe->gzip && file->done && (uint64_t)probe->size > file->now.offset ? EXTENDS : COPIES;
	fd = file->fd >= 0 ? file->fd : tail_place_open(file->place);
	found = fd >= 0 ? compare(tail, file, fd, probe) : UNKNOWN;
	if (fd >= 0 && fd != file->fd)
		close(fd);
	return found;
}

/* The file at a place is found: it is read there, which is not where it was. */
static void file_move(struct weblog_tail *tail, struct tail_file *file, struct tail_place *place)
{
	tail_file_close(tail, file);
	file->done = file->final = file->copied = false;
	tail_file_attach(tail, file, place);
}

/* Find the file of which the place is a copy, that of whose head it has most. False: there is none. */
static bool copy_match(struct weblog_tail *tail, struct tail_place *place, const struct probe *probe)
{
	enum relation best = DIFFERS;

	for (size_t i = tail->n_files; i-- > 0;) {
		struct tail_file *file = tail->files[i];
		enum relation found;

		if (place->file && file->now.id.head_bytes <= place->file->now.id.head_bytes)
			continue;
		found = relation_of(tail, file, place, probe);
		if (found == UNKNOWN)
			tail_file_detach(tail, file);
		if (found != DIFFERS) {
			place->file = file;
			best = found;
		}
	}
	place->whole = place->file && probe->head.n >= place->file->now.id.head_bytes;
	if (best == EXTENDS)
		file_move(tail, place->file, place);
	return place->file;
}

static void file_new(struct weblog_tail *tail, struct tail_place *place, const struct probe *probe)
{
	struct tail_file *file = tail_file_add(tail, tail->number + 1, place->family);

	tail_head_take(file, &probe->head);
	tail_file_attach(tail, file, place);
	tail->counts.files++;
	if (tail->n_open < tail->open_max)
		(void)!tail_file_open(tail, file);
}

static void place_match(struct weblog_tail *tail, struct tail_place *place)
{
	struct probe probe;

	place->stale = false;
	place->file = NULL;
	if (!probe_begin(tail, place, &probe))
		return;
	if (!copy_match(tail, place, &probe))
		file_new(tail, place, &probe);
	close(probe.fd);
}

static bool is_rotated(const struct tail_place *place)
{
	return strcmp(place->path, place->family->base) != 0;
}

/* Oldest first; a rotated one before the one that is written; by name. */
static int by_age(const void *a, const void *b)
{
	const struct tail_place *x = *(struct tail_place *const *)a, *y = *(struct tail_place *const *)b;

	if (x->written_ns != y->written_ns)
		return x->written_ns < y->written_ns ? -1 : 1;
	if (is_rotated(x) != is_rotated(y))
		return is_rotated(x) ? -1 : 1;
	return strcmp(x->path, y->path);
}

void tail_match(struct weblog_tail *tail)
{
	struct tail_place **open = memory_new_array(tail->n_places + 1, sizeof(*open));
	size_t n = 0;

	for (size_t i = 0; i < tail->n_places; i++) {
		struct tail_place *place = tail->places[i];
		bool is_main = place->file && place->file->place == place;

		if (place->listed && place->stale && !is_main && (place->file || !inode_match(tail, place)))
			open[n++] = place;
	}
	qsort(open, n, sizeof(struct tail_place *), by_age);
	for (size_t i = 0; i < n; i++)
		place_match(tail, open[i]);
	free(open);
}

/* A copy of the file, or one that may yet turn out to be one. */
static struct tail_place *copy_find(const struct weblog_tail *tail, const struct tail_file *file, bool *wait_out)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*wait_out = file->family->glob && file->family->glob->blind;
	for (size_t i = 0; i < tail->n_places; i++) {
		struct tail_place *place = tail->places[i];

		if (place->listed && place->file == file && place->whole)
			return place;
		if (place->partial && place->family == file->family &&
		    (now.tv_sec - place->changed_ns / 1000000000) * 1000000 < (int64_t)tail->quiet_us)
			*wait_out = true; /* is being packed */
	}
	return NULL;
}

static void file_lose(struct weblog_tail *tail, struct tail_file *file)
{
	SCOPED(buf_free) struct buf what = { 0 };
	uint64_t offset = file->now.offset;

	file->done = file->lost = true;
	file->final = file->more = false;
	if (file->size == offset && file->head.n > 0)
		return;
	buf_puts(&what, "is not there any more, neither is a copy; ");
	if (file->size > offset) {
		tail->counts.bytes_lost += file->size - offset;
		buf_printf(&what, "%" PRIu64 " bytes are lost", file->size - offset);
	} else {
		buf_puts(&what, "it is not known whether lines are lost");
	}
	tail_tell(tail, file->now.path.p, what.data);
}

static void file_seek(struct weblog_tail *tail, struct tail_file *file)
{
	bool wait;
	struct tail_place *place = copy_find(tail, file, &wait);

	if (place) {
		file->copied = true;
		tail_file_attach(tail, file, place);
		tail_place_check(tail, place);
		return;
	}
	if (file->done || wait)
		return;
	if (++file->misses < TAIL_SCANS)
		tail->rescan = true;
	else
		file_lose(tail, file);
}

/* Does a later file of the family have lines? Nothing follows the one that has the family's name. */
static bool is_followed(const struct weblog_tail *tail, size_t index)
{
	const struct tail_file *file = tail->files[index];

	if (file->place->listed && strcmp(file->place->path, file->family->base) == 0)
		return false;
	for (size_t i = index + 1; i < tail->n_files; i++)
		if (tail->files[i]->family == file->family)
			return true;
	return false;
}

/* Nobody will write it much longer. */
static bool is_aside(const struct tail_file *file, bool followed)
{
	struct stat st;

	if (followed || file->place->gzip)
		return true;
	return file->fd >= 0 && !file->place->listed && fstat(file->fd, &st) == 0 && st.st_nlink == 0;
}

static void file_settle(struct weblog_tail *tail, struct tail_file *file, bool followed)
{
	bool was = file->aside;

	file->aside = is_aside(file, followed);
	if (file->aside && !was)
		file->grown_us = tail->clock(); /* whoever wrote it may not have heard yet */
	if (!file->aside || file->final || tail->clock() - file->grown_us < tail->quiet_us)
		return;
	if (!file->place->gzip && file->now.offset == file->size)
		tail_file_end(tail, file);
	else
		file->final = file->more = true;
}

void tail_settle(struct weblog_tail *tail)
{
	for (size_t i = 0; i < tail->n_files; i++) {
		struct tail_file *file = tail->files[i];

		if (!file->place)
			file_seek(tail, file);
		else if (!file->done)
			file_settle(tail, file, is_followed(tail, i));
	}
}
