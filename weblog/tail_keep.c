/* Where files have been read to: taken over, kept, gone back to. And what is told. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "weblog/tail_parts.h"

struct tail_file *tail_file_add(struct weblog_tail *tail, uint64_t number, struct tail_family *family)
{
	struct tail_file *file = memory_new(sizeof(*file));

	tail->files = memory_resize(tail->files, (tail->n_files + 1) * sizeof(*tail->files));
	tail->files[tail->n_files++] = file;
	file->now.number = number;
	file->family = family;
	file->fd = -1;
	file->grown_us = tail->clock();
	if (number > tail->number)
		tail->number = number;
	return file;
}

void tail_file_name(struct tail_file *file, const char *path)
{
	if (file->now.path.p && strcmp(file->now.path.p, path) == 0)
		return;
	free((char *)(uintptr_t)file->now.path.p);
	file->now.path = str_of(memory_text(path));
	file->changed = true;
}

static void file_free(struct tail_file *file)
{
	free((char *)(uintptr_t)file->now.path.p);
	if (file->begin)
		explicit_bzero(file->begin, TAIL_BEGIN);
	free(file->begin);
	explicit_bzero(file, sizeof(*file));
	free(file);
}

void tail_file_forget(struct weblog_tail *tail, size_t index)
{
	struct tail_file *file = tail->files[index];

	if (tail->given == file)
		tail->given = NULL;
	if (tail->current == file)
		tail_buffer_drop(tail);
	for (size_t i = 0; i < tail->n_places; i++)
		if (tail->places[i]->file == file) {
			tail->places[i]->file = NULL;
			tail->places[i]->stale = true;
		}
	memmove(tail->files + index, tail->files + index + 1,
		(--tail->n_files - index) * sizeof(struct tail_file *));
	if (file->family->first == file)
		file->family->first = NULL;
	file_free(file);
}

void tail_tell(struct weblog_tail *tail, const char *path, const char *what)
{
	if (tail->n_troubles < TAIL_TROUBLES)
		(void)err_set(&tail->troubles[tail->n_troubles++], ERR_SYSTEM, "log file", "%s: %s", path, what);
}

bool weblog_tail_trouble(struct weblog_tail *tail, struct err *err)
{
	if (tail->n_troubles == 0)
		return false;
	*err = tail->troubles[0];
	memmove(tail->troubles, tail->troubles + 1, --tail->n_troubles * sizeof(*err));
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct weblog_position *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

/* The glob that may have led to a path. */
static const struct tail_glob *glob_of(const struct weblog_tail *tail, const char *path)
{
	for (size_t i = 0; i < tail->n_globs; i++)
		if (tail_glob_fits(&tail->globs[i], path))
			return &tail->globs[i];
	return NULL;
}

void tail_known_take(struct weblog_tail *tail, const struct weblog_position *known, size_t n)
{
	const struct weblog_position **sorted = memory_new_array(n + 1, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &known[i];
	qsort(sorted, n, sizeof(struct weblog_position *), by_number);
	for (size_t i = 0; i < n; i++) {
		SCOPED(buf_free) struct buf path = { 0 };
		const struct tail_glob *glob;
		struct tail_file *file;

		buf_put_str(&path, sorted[i]->path);
		buf_putc(&path, '\0');
		glob = glob_of(tail, path.data);
		file = tail_file_add(tail, sorted[i]->number, tail_family_of(tail, glob, path.data));
		file->now = *sorted[i];
		file->now.path = (struct str){ 0 };
		tail_file_name(file, path.data);
		file->kept = file->now;
		file->changed = false;
		file->done = file->now.ended;
	}
	free(sorted);
}

/* What is there as a file may be met again, so that its position is needed. */
static bool has_ended(const struct tail_file *file)
{
	return file->done && !file->place;
}

static bool is_kept(const struct tail_file *file)
{
	const struct weblog_position *now = &file->now, *kept = &file->kept;

	return !file->changed && !file->marked_change && kept->number && now->offset == kept->offset &&
	       now->lines == kept->lines && now->rejected == kept->rejected && has_ended(file) == kept->ended;
}

static void file_mark(struct tail_file *file)
{
	file->marked = file->now;
	file->marked.path = (struct str){ 0 };
	file->marked.ended = has_ended(file);
	file->marked_change = file->marked_change || file->changed;
	file->changed = false;
}

const struct weblog_position *weblog_tail_positions(struct weblog_tail *tail, struct arena *mem, size_t *n_out)
{
	struct weblog_position *out = arena_array_of(mem, struct weblog_position, tail->n_files + 1);
	size_t n = 0;

	for (size_t i = 0; i < tail->n_files; i++) {
		if (!is_kept(tail->files[i])) {
			out[n] = tail->files[i]->now;
			out[n].path = arena_str(mem, out[n].path);
			out[n].ended = has_ended(tail->files[i]);
			n++;
		}
		file_mark(tail->files[i]);
	}
	*n_out = n;
	return out;
}

static bool is_over(const struct tail_file *file)
{
	return has_ended(file) && file->kept.ended && file->kept.offset == file->now.offset;
}

/* Files that are at no place and have ended, the oldest ones, beyond the bound. */
static void gone_forget(struct weblog_tail *tail)
{
	size_t gone = 0;

	for (size_t i = 0; i < tail->n_files; i++)
		gone += is_over(tail->files[i]);
	for (size_t i = 0; gone > TAIL_GONE_MAX && i < tail->n_files;)
		if (is_over(tail->files[i])) {
			tail_file_forget(tail, i);
			gone--;
		} else {
			i++;
		}
}

void weblog_tail_keep(struct weblog_tail *tail)
{
	for (size_t i = 0; i < tail->n_files; i++) {
		struct tail_file *file = tail->files[i];

		if (file->marked.number == 0)
			continue; /* is newer than what was written */
		file->kept = file->marked;
		file->marked_change = false;
		if (file->done && file->kept.offset == file->now.offset) {
			if (file->place)
				tail_watch_end(tail, file->place);
			tail_file_close(tail, file);
		}
	}
	gone_forget(tail);
}

static void file_back(struct weblog_tail *tail, struct tail_file *file)
{
	struct weblog_position *now = &file->now;
	const struct weblog_position *kept = &file->kept;

	file->done = file->lost || (file->done && now->offset == kept->offset);
	file->more = file->more || !file->done; /* also what was in the buffer */
	if (file->lost && now->offset > kept->offset)
		tail->counts.bytes_lost += now->offset - kept->offset;
	now->offset = kept->offset;
	now->lines = kept->lines;
	now->rejected = kept->rejected;
	file->marked.number = 0;
	file->changed = file->changed || file->marked_change;
	file->marked_change = false;
	file->final = false;
	file->past = 0;
}

void weblog_tail_back(struct weblog_tail *tail)
{
	tail_order_forget(tail);
	tail_buffer_drop(tail);
	tail->given = NULL;
	tail->waits = false;
	for (size_t i = 0; i < tail->n_files; i++) {
		tail_gz_end(tail, tail->files[i]);
		file_back(tail, tail->files[i]);
	}
}

void weblog_tail_to(struct weblog_tail *tail, const struct weblog_position *written, size_t n)
{
	for (size_t i = 0; i < tail->n_files; i++)
		for (size_t k = 0; k < n; k++)
			if (written[k].number == tail->files[i]->now.number) {
				struct weblog_position *kept = &tail->files[i]->kept;

				*kept = written[k];
				kept->path = (struct str){ 0 };
				kept->id = tail->files[i]->now.id; /* is written with the next one */
			}
	weblog_tail_back(tail);
}

void weblog_tail_free(struct weblog_tail **tail_at)
{
	struct weblog_tail *tail = *tail_at;

	if (!tail)
		return;
	for (size_t i = 0; i < tail->n_files; i++)
		tail_file_close(tail, tail->files[i]);
	while (tail->n_places)
		tail_place_drop(tail, tail->places[tail->n_places - 1]);
	while (tail->n_files)
		tail_file_forget(tail, tail->n_files - 1);
	for (size_t i = 0; i < tail->n_families; i++) {
		free(tail->families[i]->base);
		free(tail->families[i]);
	}
	for (size_t i = 0; i < tail->n_globs; i++)
		free(tail->globs[i].pattern);
	explicit_bzero(tail->bytes, TAIL_BYTES);
	free(tail->bytes);
	free(tail->globs);
	free(tail->families);
	free(tail->heap);
	free(tail->places);
	free(tail->files);
	close(tail->notify);
	free(tail);
	*tail_at = NULL;
}
