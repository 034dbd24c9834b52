#include "metadata/diag_private.h"

#include "base/text.h"

#include <stdio.h>

enum { SHOWN_BEFORE = 100, SHOWN_BYTES = 240 }; /* of a long line: around its span */

static const char *word_of(enum diag_level level)
{
	return level == DIAG_ERROR ? "error" : "warning";
}

/* A piece of a line as it can safely be shown at a terminal: no control characters, whole characters only. */
static void put_shown(struct buf *out, struct str s)
{
	while (s.n) {
		uint32_t cp;
		size_t n = text_next(s, &cp);
		bool control = (cp < 0x20 && cp != '\t') || (cp >= 0x7F && cp < 0xA0);

		if (control || cp == 0xFFFD)
			buf_putc(out, '?');
		else
			buf_put(out, s.p, n);
		s = (struct str){ s.p + n, s.n - n };
	}
}

/* The white space under a piece of a line: tabs stay tabs, so that carets stand right whatever a tab is. */
static void put_blank(struct buf *out, struct str s)
{
	while (s.n) {
		uint32_t cp;
		size_t n = text_next(s, &cp);
		size_t cells = cp < 0x20 || cp == 0xFFFD ? 1 : text_cells((struct str){ s.p, n });

		if (cp == '\t')
			buf_putc(out, '\t');
		else
			for (size_t i = 0; i < cells; i++)
				buf_putc(out, ' ');
		s = (struct str){ s.p + n, s.n - n };
	}
}

static bool inside_character(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The stretch of a long line that is shown; `*cut` is how many bytes are left out before it. */
static struct str window(struct str line, size_t column, size_t *cut)
{
	size_t from = line.n > SHOWN_BYTES && column > SHOWN_BEFORE ? column - SHOWN_BEFORE : 0;
	size_t to;

	while (from > 0 && inside_character(line.p[from]))
		from--;
	to = line.n - from > SHOWN_BYTES ? from + SHOWN_BYTES : line.n;
	while (to < line.n && inside_character(line.p[to]))
		to++;
	*cut = from;
	return (struct str){ line.p + from, to - from };
}

static void put_line(struct buf *out, struct str line, struct span at, int gutter)
{
	size_t column = at.column ? at.column - 1 : 0, cut, length, cells;
	struct str shown;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	column = column < line.n ? column : line.n;
	shown = window(line, column, &cut);
	column -= cut;
	length = at.length < shown.n - column ? at.length : shown.n - column;
	cells = text_cells((struct str){ shown.p + column, length });
	buf_printf(out, "%*s |\n%*u | ", gutter, "", gutter, at.line);
	put_shown(out, shown);
	buf_printf(out, "\n%*s | ", gutter, "");
	put_blank(out, (struct str){ shown.p, column });
	for (size_t i = 0; i < (cells ? cells : 1); i++)
		buf_putc(out, '^');
	buf_putc(out, '\n');
}

static void print_one(const struct diags *ds, const struct diag *d, struct buf *out)
{
	struct str line = diags_line(ds, d->at);
	char digits[16];
	int gutter = snprintf(digits, sizeof(digits), "%u", d->at.line);

	buf_printf(out, "%s[%s]: %s\n", word_of(d->level), d->code, d->text);
	buf_printf(out, "%*s--> %s", gutter, "", d->at.file);
	if (d->at.line)
		buf_printf(out, ":%u:%u", d->at.line, d->at.column);
	buf_putc(out, '\n');
	if (line.p)
		put_line(out, line, d->at, gutter);
	if (d->help)
		buf_printf(out, "%*s = help: %s\n", gutter, "", d->help);
	buf_putc(out, '\n');
}

void diags_print_human(struct diags *ds, struct buf *out)
{
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	for (size_t i = 0; i < n; i++)
		print_one(ds, &all[i], out);
	if (diags_hidden(ds))
		buf_printf(out, "and %zu more, not shown\n", diags_hidden(ds));
}

void diags_print_gcc(struct diags *ds, struct buf *out)
{
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s:%u:%u: %s: %s [%s]\n", all[i].at.file, all[i].at.line, all[i].at.column,
			   word_of(all[i].level), all[i].text, all[i].code);
}

static void put_json_text(struct buf *out, struct str s)
{
	buf_putc(out, '"');
	while (s.n) {
		uint32_t cp;
		size_t n = text_next(s, &cp);

		if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (char)cp);
		else if (cp < 0x20 || cp == 0xFFFD)
			buf_printf(out, "\\u%04x", (unsigned)cp);
		else
			buf_put(out, s.p, n);
		s = (struct str){ s.p + n, s.n - n };
	}
	buf_putc(out, '"');
}

static void put_member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	if (text)
		put_json_text(out, str_of(text));
	else
		buf_puts(out, "null");
}

void diags_print_json(struct diags *ds, struct buf *out)
{
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		const struct diag *d = &all[i];

		buf_printf(out, "%s{\"level\":\"%s\"", i ? ",\n " : "", word_of(d->level));
		put_member(out, "code", d->code);
		put_member(out, "file", d->at.file);
		buf_printf(out, ",\"line\":%u,\"column\":%u,\"length\":%u", d->at.line, d->at.column,
			   d->at.length);
		put_member(out, "text", d->text);
		put_member(out, "help", d->help);
		buf_putc(out, '}');
	}
	buf_puts(out, "]\n");
}
