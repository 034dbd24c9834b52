#include "metadata/diag_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "metadata/xmlscan.h"

enum { FINDINGS_MAX = 200 };

struct file {
	const char *name;
	struct str text;
	struct file *next;
};

struct diags {
	struct arena *mem;
	struct diag all[FINDINGS_MAX];
	size_t n;
	size_t count[2]; /* by level, also those that found no room in `all` */
	struct file *files;
};

static enum diag_level level_of(const char *code)
{
	static const char *const warnings[] = {
#define CODE(code, title, about)
#define WARNING(code, title, about) #code,
#include "metadata/codes.def"
#undef CODE
#undef WARNING
	};

	for (size_t i = 0; i < ARRAY_LEN(warnings); i++)
		if (strcmp(warnings[i], code) == 0)
			return DIAG_WARNING;
	return DIAG_ERROR;
}

struct diags *diags_new(struct arena *mem)
{
	struct diags *ds = arena_new_of(mem, struct diags);

	ds->mem = mem;
	return ds;
}

static struct file *file_of(const struct diags *ds, const char *name)
{
	for (struct file *f = ds->files; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static struct file *file_add(struct diags *ds, const char *name)
{
	struct file *f = file_of(ds, name);

	if (f)
		return f;
	f = arena_new_of(ds->mem, struct file);
	*f = (struct file){ .name = arena_cstr(ds->mem, str_of(name)), .next = ds->files };
	ds->files = f;
	return f;
}

void diags_file(struct diags *ds, const char *file, struct str text)
{
	file_add(ds, file)->text = arena_str(ds->mem, text);
}

PRINTF_LIKE(2, 0) static const char *sentence(struct arena *mem, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return "";
	text = arena_alloc(mem, (size_t)n + 1);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

void diag_add(struct diags *ds, const char *code, struct span at, const char *help, const char *fmt, ...)
{
	enum diag_level level = level_of(code);
	const char *text;
	va_list ap;

	ds->count[level]++;
	if (ds->n == FINDINGS_MAX)
		return;
	va_start(ap, fmt);
	text = sentence(ds->mem, fmt, ap);
	va_end(ap);
	at.file = file_add(ds, at.file ? at.file : "")->name;
	ds->all[ds->n++] = (struct diag){ .level = level,
					  .code = arena_cstr(ds->mem, str_of(code)),
					  .at = at,
					  .text = text,
					  .help = help ? arena_cstr(ds->mem, str_of(help)) : NULL };
}

/* Move a span to the byte `to` of a text, from the byte `from` where it stands. */
static void move(struct span *span, struct str text, size_t from, size_t to)
{
	for (; from < to && from < text.n; from++) {
		span->column++;
		if (text.p[from] == '\n') {
			span->line++;
			span->column = 1;
		}
	}
}

struct span diag_within(const struct diags *ds, struct span first, struct str text, size_t at, size_t n)
{
	struct str line = diags_line(ds, first);
	const struct file *f = line.p ? file_of(ds, first.file) : NULL;
	struct span span = first;

	if (f && first.column) {
		size_t from = (size_t)(line.p - f->text.p) + first.column - 1;

		move(&span, f->text, from, xmlscan_within(f->text, from, at));
	} else {
		move(&span, text, 0, at);
	}
	span.length = (uint32_t)n;
	return span;
}

size_t diags_count(const struct diags *ds, enum diag_level level)
{
	return ds->count[level];
}

static int by_place(const void *va, const void *vb)
{
	const struct diag *a = va, *b = vb;
	int c = strcmp(a->at.file, b->at.file);

	if (c == 0)
		c = (a->at.line > b->at.line) - (a->at.line < b->at.line);
	if (c == 0)
		c = (a->at.column > b->at.column) - (a->at.column < b->at.column);
	if (c == 0)
		c = strcmp(a->code, b->code);
	return c ? c : strcmp(a->text, b->text);
}

const struct diag *diags_all(struct diags *ds, size_t *n_out)
{
	qsort(ds->all, ds->n, sizeof(ds->all[0]), by_place);
	*n_out = ds->n;
	return ds->all;
}

size_t diags_hidden(const struct diags *ds)
{
	return ds->count[DIAG_ERROR] + ds->count[DIAG_WARNING] - ds->n;
}

struct str diags_line(const struct diags *ds, struct span at)
{
	const struct file *f = file_of(ds, at.file);
	struct str rest = f ? f->text : (struct str){ 0 };
	const char *end;

	if (!rest.p || at.line == 0)
		return (struct str){ 0 };
	for (uint32_t line = 1; line < at.line; line++) {
		end = memchr(rest.p, '\n', rest.n);
		if (!end)
			return (struct str){ 0 };
		rest = (struct str){ end + 1, rest.n - (size_t)(end + 1 - rest.p) };
	}
	end = memchr(rest.p, '\n', rest.n);
	return (struct str){ rest.p, end ? (size_t)(end - rest.p) : rest.n };
}
