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
	struct tail_head head;
};

/* Look at a place whose file is not known. False: there is nothing to be known so far. */
static bool probe_begin(struct weblog_tail *tail, struct tail_place *place, struct probe *out)
{
	enum tail_form form;

	out->fd = tail_place_open(place);
	if (out->fd < 0) {
		if (errno == ESTALE || errno == ENOENT)
			tail->rescan = true;
		else
			tail_place_trouble(tail, place, errno);
		return false;
	}
	form = tail_form_of(out->fd);
	place->gzip = form == TAIL_GZIP;
	if (form != TAIL_PACKED && tail_head_read(out->fd, place->gzip, &out->head)) {
		place->trouble = 0;
		if (out->head.n > 0)
			return true;
	} else if (form == TAIL_PACKED) {
		if (place->trouble != EBADMSG)
			tail_tell(tail, place->path, "is packed in a way that is not read here; gzip is");
		place->trouble = EBADMSG;
	} else if (errno != EAGAIN) {
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

/* Are both the same as far as the copy goes? *gone_out: the file is not at its place any more. */
static bool is_same_so_far(struct weblog_tail *tail, struct tail_file *file, int copy, bool *gone_out)
{
	char a[TAIL_BYTES_COMPARED], b[TAIL_BYTES_COMPARED];
	struct stat copied, st;
	bool same = false;
	int fd = file->fd >= 0 ? file->fd : tail_place_open(file->place);

	*gone_out = fd < 0;
	if (fd < 0)
		return false;
	if (fstat(copy, &copied) == 0 && fstat(fd, &st) == 0 && st.st_size >= copied.st_size) {
		off_t n = copied.st_size < TAIL_BYTES_COMPARED ? copied.st_size : TAIL_BYTES_COMPARED;

		same = pread(copy, a, (size_t)n, copied.st_size - n) == n && pread(fd, b, (size_t)n, copied.st_size - n) == n &&
		       memcmp(a, b, (size_t)n) == 0;
	}
	if (!same)
		*gone_out = tail_file_look(tail, file, fd) == TAIL_OTHER;
	if (fd != file->fd)
		close(fd);
	return same;
}

/* Is the place a copy of the file, or going to be one? */
static bool is_copy(struct weblog_tail *tail, struct tail_file *file, struct tail_place *place,
		    const struct probe *probe)
{
	uint32_t n = probe->head.n;
	bool gone;

	place->whole = n >= file->now.id.head_bytes;
	if (place->whole ? !tail_head_is_of(&probe->head, file)
			 : file->head.n == 0 || memcmp(probe->head.bytes, file->head.bytes, n) != 0)
		return false;
	if (!file->place || file->place->gzip)
		return true;
	if (place->gzip)
		return n == WEBLOG_HEAD_MAX || n <= file->size;
	if (is_same_so_far(tail, file, probe->fd, &gone))
		return true;
	if (gone && file->place)
		tail_file_detach(tail, file);
	return gone;
}

/* The file that a place is a copy of: the one of whose head it has most. */
static struct tail_file *copied_file(struct weblog_tail *tail, struct tail_place *place, const struct probe *probe)
{
	struct tail_file *best = NULL;
	bool whole = false;

	for (size_t i = tail->n_files; i-- > 0;) {
		struct tail_file *file = tail->files[i];

		if (file->now.id.head_bytes == 0 || (best && file->now.id.head_bytes <= best->now.id.head_bytes))
			continue;
		if (is_copy(tail, file, place, probe)) {
			best = file;
			whole = place->whole;
		}
	}
	place->whole = whole;
	return best;
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
	place->file = copied_file(tail, place, &probe);
	if (!place->file)
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
		if (place->gzip && !place->file && place->family == file->family &&
		    (now.tv_sec - place->changed_ns / 1000000000) * 1000000 < (int64_t)tail->quiet_us)
			*wait_out = true; /* is being packed */
	}
	return NULL;
}

static void file_lose(struct weblog_tail *tail, struct tail_file *file)
{
	SCOPED(buf_free) struct buf what = { 0 };
	uint64_t offset = file->now.offset;

	file->now.ended = file->lost = true;
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
		return;
	}
	if (file->now.ended || wait)
		return;
	if (++file->misses < TAIL_SCANS)
		tail->rescan = true;
	else
		file_lose(tail, file);
}

/* Does a later file of the family have lines? */
static bool is_followed(const struct weblog_tail *tail, size_t index)
{
	for (size_t i = index + 1; i < tail->n_files; i++)
		if (tail->files[i]->family == tail->files[index]->family)
			return true;
	return false;
}

static void file_settle(struct weblog_tail *tail, struct tail_file *file, bool followed)
{
	struct stat st;

	if (file->final || tail->clock() - file->grown_us < tail->quiet_us)
		return;
	if (!followed && !file->place->gzip &&
	    !(file->fd >= 0 && !file->place->listed && fstat(file->fd, &st) == 0 && st.st_nlink == 0))
		return;
	if (!file->place->gzip && file->now.offset == file->size) {
		tail_file_end(tail, file);
		return;
	}
	file->final = file->more = true;
}

void tail_settle(struct weblog_tail *tail)
{
	for (size_t i = 0; i < tail->n_files; i++) {
		struct tail_file *file = tail->files[i];

		if (!file->place)
			file_seek(tail, file);
		else if (!file->now.ended)
			file_settle(tail, file, is_followed(tail, i));
	}
}
