/* Lines in the buffer, and which file has it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/memory.h"
#include "weblog/tail_parts.h"

enum { QUIET_US = 10000000, EVERY_US = 1000000 };

void tail_buffer_drop(struct weblog_tail *tail)
{
	tail->current = NULL;
	tail->at = tail->len = tail->seen = tail->taken = 0;
	tail->chunk = tail->n_heap > 1 ? TAIL_CHUNK_FIRST : TAIL_CHUNK;
}

/* What is in the buffer of a gzip file cannot be read once more, other than from its beginning. */
static void rest_save(struct weblog_tail *tail, struct tail_gz *gz)
{
	gz->n_rest = tail->len - tail->at;
	gz->rest = memory_resize(gz->rest, gz->n_rest + 1);
	memcpy(gz->rest, tail->bytes + tail->at, gz->n_rest);
}

static void buffer_take(struct weblog_tail *tail, struct tail_file *file)
{
	if (tail->current == file)
		return;
	if (tail->current && tail->current->gz)
		rest_save(tail, tail->current->gz);
	tail_buffer_drop(tail);
	tail->current = file;
	if (file->gz && file->gz->n_rest) {
		memcpy(tail->bytes, file->gz->rest, file->gz->n_rest);
		tail->len = file->gz->n_rest;
		file->gz->n_rest = 0;
	}
}

static void fill(struct weblog_tail *tail)
{
	struct tail_file *file = tail->current;
	size_t n;

	if (tail->at == tail->len)
		tail->at = tail->len = tail->seen = 0;
	if (TAIL_BYTES - tail->len < TAIL_CHUNK) {
		memmove(tail->bytes, tail->bytes + tail->at, tail->len - tail->at);
		tail->len -= tail->at;
		tail->at = 0;
	}
	n = tail_file_read(tail, file, file->past + tail->len - tail->at, tail->bytes + tail->len, tail->chunk);
	tail->len += n;
	tail->slice += n;
	if (tail->chunk < TAIL_CHUNK)
		tail->chunk *= 2;
}

/* Pass over `n` bytes of a line that is too long; its begin is kept. */
static void line_pass(struct weblog_tail *tail, struct tail_file *file, size_t n)
{
	if (file->past == 0) {
		if (!file->begin)
			file->begin = memory_raw(TAIL_BEGIN);
		memcpy(file->begin, tail->bytes + tail->at, TAIL_BEGIN);
	}
	file->past += n;
	tail->at += n;
	tail->seen = 0;
}

/* The line at the buffer's begin; false: it is not there as a whole. */
static bool line_take(struct weblog_tail *tail, struct weblog_tail_line *line, enum weblog_tail_outcome *outcome)
{
	struct tail_file *file = tail->current;
	const char *begin = tail->bytes + tail->at;
	size_t have = tail->len - tail->at;
	const char *end = memchr(begin + tail->seen, '\n', have - tail->seen);
	size_t n = end ? (size_t)(end - begin) : have;
	bool is_line = end || (file->final && !file->more && file->past + n > 0);

	tail->seen = n;
	if (is_line && tail->given != file) {
		tail->given = file;
		*outcome = WEBLOG_TAIL_NEW_FILE;
		return true;
	}
	*outcome = WEBLOG_TAIL_LINE;
	line->text = (struct str){ begin, n };
	line->offset = file->now.offset;
	line->path = file->now.path;
	if (file->past > 0 || n > WEBLOG_LINE_MAX) {
		line_pass(tail, file, n);
		*outcome = WEBLOG_TAIL_TOO_LONG;
		line->text = (struct str){ file->begin, TAIL_BEGIN };
		n = 0;
	}
	if (!is_line)
		return false;
	tail->taken = *outcome == WEBLOG_TAIL_LINE ? n + (end != NULL) : 0;
	tail->at += n + (end != NULL);
	tail->seen = 0;
	file->now.offset += file->past + n + (end != NULL);
	file->past = 0;
	file->now.lines++;
	return true;
}

/* Whose turn is it? False: nobody has anything unread. */
static bool turn(struct weblog_tail *tail)
{
	tail->slice = 0;
	tail_watch_take(tail);
	for (unsigned i = 0; i <= TAIL_SCANS; i++) {
		struct tail_file *file;

		if (tail->rescan || tail->clock() - tail->scanned_us >= tail->every_us)
			tail_scan(tail);
		while ((file = tail_order_pick(tail)))
			if (tail_file_open(tail, file)) {
				buffer_take(tail, file);
				return true;
			}
		if (!tail->rescan)
			break;
	}
	return false;
}

/* The line in hand waits: whose turn is it before? False: that is to be seen anew. */
static bool others_turn(struct weblog_tail *tail)
{
	struct tail_file *file = tail->slice < TAIL_SLICE ? tail_order_next(tail) : NULL;

	tail->waits = false;
	if (!file || !tail_file_open(tail, file))
		return false;
	buffer_take(tail, file);
	return true;
}

enum weblog_tail_outcome weblog_tail_next(struct weblog_tail *tail, struct weblog_tail_line *line)
{
	enum weblog_tail_outcome outcome;

	tail->taken = 0;
	if (tail->waits && !others_turn(tail) && !turn(tail))
		return WEBLOG_TAIL_NOTHING;
	for (;;) {
		struct tail_file *file = tail->current;

		if (file && line_take(tail, line, &outcome))
			return outcome;
		if (file && file->more && tail->slice < TAIL_SLICE && file->fd >= 0) {
			fill(tail);
			continue;
		}
		if (file && file->final && !file->more && tail->at == tail->len)
			tail_file_end(tail, file);
		if (!turn(tail))
			return WEBLOG_TAIL_NOTHING;
	}
}

bool weblog_tail_take(struct weblog_tail *tail, int64_t at_us)
{
	struct tail_file *file = tail->given;

	if (tail->taken == 0 || !tail_order_waits(tail, file, at_us))
		return true;
	tail->at -= tail->taken;
	file->now.offset -= tail->taken;
	file->now.lines--;
	file->more = true;
	tail->taken = 0;
	tail->waits = true;
	return false;
}

void weblog_tail_reject(struct weblog_tail *tail)
{
	if (tail->given)
		tail->given->now.rejected++;
}

static void globs_take(struct weblog_tail *tail, const struct str *globs, size_t n)
{
	tail->globs = memory_new_array(n ? n : 1, sizeof(*tail->globs));
	tail->n_globs = n;
	for (size_t i = 0; i < n; i++) {
		char *pattern = memory_new(globs[i].n + 1);

		memcpy(pattern, globs[i].p, globs[i].n);
		tail->globs[i] = (struct tail_glob){ .pattern = pattern, .literal = !strpbrk(pattern, "*?[\\") };
	}
}

struct weblog_tail *weblog_tail_new(const struct str *globs, size_t n_globs, const struct weblog_position *known,
				    size_t n_known, struct err *err)
{
	int notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct weblog_tail *tail;

	if (notify < 0) {
		(void)err_set(err, ERR_SYSTEM, "inotify", "%s", strerror(errno));
		return NULL;
	}
	tail = memory_new(sizeof(*tail));
	tail->notify = notify;
	tail->clock = clock_mono_us;
	tail->quiet_us = QUIET_US;
	tail->every_us = EVERY_US;
	tail->open_max = TAIL_OPEN_MAX;
	tail->rescan = true;
	tail->bytes = memory_raw(TAIL_BYTES);
	globs_take(tail, globs, n_globs);
	tail_known_take(tail, known, n_known);
	return tail;
}

int weblog_tail_fd(const struct weblog_tail *tail)
{
	return tail->notify;
}

bool weblog_tail_sees(const struct weblog_tail *tail)
{
	return tail->n_places > 0;
}

struct weblog_tail_counts weblog_tail_counts(const struct weblog_tail *tail)
{
	return tail->counts;
}
