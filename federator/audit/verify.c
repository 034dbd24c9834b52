#include "federator/audit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/jsontext.h"
#include "base/text.h"
#include "federator/audit/reader.h"

/* The state of one audit_verify(). */
struct walk {
	const struct audit_checking *what;
	struct audit_verdict *out;
	int dir_fd;
	const char *file;          /* that is read */
	struct audit_reader *at;
	struct audit_end end;      /* of the record before */
	bool begun;                /* there is one, or a line that should have been one */
	bool lost_track;           /* it was none: whatever comes next is taken as it is */
	struct audit_end head;     /* seq 0: none that counts */
	bool head_met;
	char before[AUDIT_NAME_BYTES]; /* the file before; "": none with records is */
	uint64_t before_whole, before_torn;
	char gone[AUDIT_NAME_BYTES]; /* the one before the first that is there, until a record says it was removed */
};

__attribute__((format(printf, 4, 5))) static void find(struct walk *w, const char *file, uint64_t line,
						       const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	w->out->findings++;
	w->what->tell(w->what->owner, &(struct audit_finding){ file, line, text });
}

/* ---- one record ---- */

/* Is it one about the record itself? Then its members, in `mem`; else NULL. */
static const struct jsontext *own_record(const struct audit_line *line, const char *kind, struct arena *mem)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct jsontext_fault fault;
	const struct jsontext *object;

	buf_printf(&text, "\"kind\":\"%s\"", kind);
	if (line->text.n < text.len || memcmp(line->text.p, text.data, text.len) != 0)
		return NULL;
	object = jsontext_read(arena_printf(mem, "{%.*s}", STR_ARG(line->text)), true, mem, &fault);
	return object && object->kind == JSONTEXT_OBJECT ? object : NULL;
}

static struct str text_of(const struct jsontext *object, const char *name)
{
	const struct jsontext *member = jsontext_member(object, str_of(name));

	return member && member->kind == JSONTEXT_STRING ? member->text : STR("");
}

static uint64_t number_of(const struct jsontext *object, const char *name)
{
	const struct jsontext *member = object ? jsontext_member(object, str_of(name)) : NULL;
	uint64_t n = 0;

	return member && member->kind == JSONTEXT_NUMBER && text_to_u64(member->text, &n) ? n : 0;
}

/* The end of the file before, against what the next one says that it found there. */
static void check_before(struct walk *w, const struct jsontext *file)
{
	struct str previous = text_of(file, "previous");

	if (!str_eq(previous, str_of(w->before)))
		find(w, w->file, 1, "it was begun behind %.*s, and what is there is %s", STR_ARG(previous),
		     w->before[0] ? w->before : "no file");
	else if (number_of(file, "whole") != w->before_whole || number_of(file, "torn") != w->before_torn)
		find(w, w->before, 0, "it ended otherwise when the next file was begun");
	else if (w->before_torn)
		w->out->torn++;
	w->before_torn = 0;
}

static void check_file_record(struct walk *w, const struct audit_line *line)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct jsontext *file = own_record(line, "file", mem), *lost;

	if (!file) {
		if (w->at->number == 1)
			find(w, w->file, 1, "a file begins with a record about it, which is missing");
		return;
	}
	lost = jsontext_member(file, STR("lost"));
	if (lost)
		find(w, w->file, w->at->number,
		     "records %llu to %llu were gone already when the service began this file",
		     (unsigned long long)number_of(lost, "from"), (unsigned long long)number_of(lost, "to"));
	if (text_of(file, "head").n)
		find(w, w->file, w->at->number, "the head was %.*s when the service began this file",
		     STR_ARG(text_of(file, "head")));
	if (w->at->number != 1 || !str_eq(text_of(file, "file"), str_of(w->file)))
		find(w, w->file, w->at->number, "this record is the first of the file %.*s",
		     STR_ARG(text_of(file, "file")));
	else if (w->begun)
		check_before(w, file);
	else
		snprintf(w->gone, sizeof(w->gone), "%.*s", STR_ARG(text_of(file, "previous")));
	if (lost && number_of(lost, "to") + 1 == line->seq)
		w->lost_track = true; /* told once */
}

static void check_removed(struct walk *w, const struct audit_line *line)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct jsontext *removed = w->gone[0] ? own_record(line, "removed", mem) : NULL;

	if (removed && str_eq(text_of(removed, "file"), str_of(w->gone)))
		w->gone[0] = '\0';
}

static void check_place(struct walk *w, const struct audit_line *line)
{
	uint64_t want = w->end.seq + 1;

	if (!w->begun || w->lost_track)
		return;
	if (line->seq > want)
		find(w, w->file, w->at->number, "records %llu to %llu are missing before it", (unsigned long long)want,
		     (unsigned long long)line->seq - 1);
	else if (line->seq < want)
		find(w, w->file, w->at->number, "record %llu stands where %llu belongs: moved, or there twice",
		     (unsigned long long)line->seq, (unsigned long long)want);
	else if (memcmp(line->prev, w->end.mac, sizeof(line->prev)) != 0)
		find(w, w->file, w->at->number, "it does not follow the record before it");
}

static bool is_end(const struct audit_end *end, const struct audit_line *line)
{
	return end->seq == line->seq && memcmp(end->mac, line->mac, sizeof(line->mac)) == 0;
}

static void check_record(struct walk *w, const struct audit_line *line)
{
	bool is_true = audit_line_is_true(w->what->key, line);

	if (is_true)
		check_file_record(w, line);
	else
		find(w, w->file, w->at->number, "it was changed, or is not of this key");
	check_place(w, line);
	if (is_true) {
		check_removed(w, line);
		w->head_met = w->head_met || is_end(&w->head, line);
		w->out->anchored = w->out->anchored || (w->what->anchor && is_end(w->what->anchor, line));
	}
	if (!w->begun)
		w->out->first = line->seq;
	w->begun = true;
	w->lost_track = false;
	w->end.seq = line->seq;
	memcpy(w->end.mac, line->mac, sizeof(line->mac));
	w->out->records++;
}

/* ---- files ---- */

static void check_line(struct walk *w, struct str bytes)
{
	struct audit_line line;

	if (audit_line_read(bytes, &line)) {
		check_record(w, &line);
		return;
	}
	find(w, w->file, w->at->number, "it is no record");
	w->begun = w->lost_track = true;
}

static void leave_file(struct walk *w, uint64_t torn)
{
	if (w->before_torn && w->at->at) /* else the record that should tell of them is torn as well */
		find(w, w->before, 0, "%llu bytes at its end are no record, and no record tells of them",
		     (unsigned long long)w->before_torn);
	memcpy(w->before, w->file, strlen(w->file) + 1);
	w->before_whole = w->at->at;
	w->before_torn = torn;
}

static bool check_file(struct walk *w, const char *name, struct err *err)
{
	struct audit_reader r;
	struct str bytes;
	enum audit_got got;

	if (!audit_reader_open(&r, w->dir_fd, name, err))
		return false;
	w->file = name;
	w->at = &r;
	while ((got = audit_reader_next(&r, &bytes)) == AUDIT_GOT_LINE)
		check_line(w, bytes);
	if (got == AUDIT_GOT_TOO_LONG) {
		find(w, name, r.number + 1, "it is no record, and nothing behind it can be read");
		w->begun = w->lost_track = true;
	}
	leave_file(w, got == AUDIT_GOT_TORN ? bytes.n : 0);
	audit_reader_close(&r);
	w->out->files++;
	return got != AUDIT_GOT_NOTHING || err_set(err, ERR_SYSTEM, "audit", "%s: cannot be read", name);
}

/* ---- as a whole ---- */

static void check_head(struct walk *w, enum audit_head head)
{
	if (head == AUDIT_HEAD_MISSING)
		find(w, "head", 0, "it is missing: whether the newest records were cut off cannot be told");
	else if (head == AUDIT_HEAD_DAMAGED)
		find(w, "head", 0, "it was changed, or is not of this key");
	else if (w->head.seq > w->end.seq)
		find(w, w->before[0] ? w->before : "head", 0, "records %llu to %llu are missing: the end was cut off",
		     (unsigned long long)w->end.seq + 1, (unsigned long long)w->head.seq);
	else if (!w->head_met)
		find(w, "head", 0, "record %llu, which it names, is not there as it was",
		     (unsigned long long)w->head.seq);
}

static void check_end(struct walk *w, enum audit_head head)
{
	check_head(w, head);
	if (w->gone[0])
		find(w, w->gone, 0, "it is missing, and no record tells that it was removed as its time was over");
	if (w->what->anchor && !w->out->anchored)
		find(w, w->before[0] ? w->before : "head", 0, "record %llu is not there as it was written down",
		     (unsigned long long)w->what->anchor->seq);
	w->out->last = w->end;
	w->out->unfinished = w->before_torn;
}

static bool check_all(struct walk *w, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	/* First of all: whoever writes meanwhile only adds to what it says. */
	enum audit_head head = audit_head_read(w->dir_fd, w->what->key, &w->head);
	struct audit_files files;

	if (!audit_files_list(w->dir_fd, w->what->dir, mem, &files, err))
		return false;
	if (!files.n && head == AUDIT_HEAD_MISSING)
		return err_set(err, ERR_CONFIG, "audit", "%s: no record is kept here", w->what->dir);
	for (size_t i = 0; i < files.n; i++)
		if (!check_file(w, files.of[i].name, err))
			return false;
	check_end(w, head);
	return true;
}

bool audit_verify(const struct audit_checking *what, struct audit_verdict *out, struct err *err)
{
	struct walk w = { .what = what, .out = out, .dir_fd = open(what->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	bool good;

	*out = (struct audit_verdict){ 0 };
	if (w.dir_fd < 0)
		return err_set(err, ERR_SYSTEM, "audit", "%s: cannot be opened: %s", what->dir, strerrordesc_np(errno));
	good = check_all(&w, err);
	close(w.dir_fd);
	return good;
}
