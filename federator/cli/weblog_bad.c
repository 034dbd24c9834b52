/* weblog_bad.c - the command weblog: lines that no format, or not the one, reads, with a mark where it went wrong. */
#include "federator/cli/weblog.h"

#include <inttypes.h>

#include "base/text.h"

enum { SHOWN_BEFORE = 60, SHOWN_BEHIND = 40, MISSES_SHOWN = 3 };

/* Some bytes as a terminal can show them. */
static void shown_put(struct str bytes, struct buf *out)
{
	while (bytes.n) {
		uint32_t cp;
		size_t n = text_next(bytes, &cp);
		char utf8[4];

		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			buf_putc(out, '.');
		else
			buf_put(out, utf8, text_encode(cp, utf8));
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
}

struct weblog_bad weblog_bad_of(const char *file, uint64_t number, struct str line, const struct weblog_fault *fault,
				struct arena *mem)
{
	size_t from = fault->at > SHOWN_BEFORE ? fault->at - SHOWN_BEFORE : 0;
	size_t to = line.n - fault->at > SHOWN_BEHIND ? fault->at + SHOWN_BEHIND : line.n;
	struct weblog_bad bad = { .file = file, .number = number, .fault = *fault };
	SCOPED(buf_free) struct buf shown = { 0 };

	shown_put((struct str){ line.p + from, fault->at - from }, &shown);
	bad.caret = shown.len ? text_cells(buf_str(&shown)) : 0;
	shown_put((struct str){ line.p + fault->at, to - fault->at }, &shown);
	bad.shown = arena_str(mem, shown.len ? buf_str(&shown) : STR(""));
	return bad;
}

void weblog_bad_text(const struct weblog_bad *bad, struct buf *out)
{
	buf_printf(out, "%s:%" PRIu64 ": byte %zu: %s", bad->file, bad->number, bad->fault.at + 1, bad->fault.what);
	if (bad->fault.name.n)
		buf_printf(out, " (%.*s)", STR_ARG(bad->fault.name));
	buf_printf(out, "\n    %.*s\n    %*s^\n", STR_ARG(bad->shown), (int)bad->caret, "");
}

void weblog_misses_text(const struct weblog_rules *rules, const char *file, struct str head, struct arena *mem,
			struct buf *out)
{
	struct weblog_miss *misses = arena_array_of(mem, struct weblog_miss, rules->n_formats);
	const struct weblog_named *usual = &rules->formats[0]; /* what most servers write: shown if it is of the kind */
	size_t n = 0, all = weblog_guess_misses(rules, head, mem, misses);
	bool wants_usual = false;

	for (; n < all && misses[n].is_like == misses[0].is_like; n++)
		wants_usual |= misses[n].named == usual;
	for (size_t i = 0, shown = 0; i < n && shown < MISSES_SHOWN; i++) {
		struct weblog_bad bad;

		if (wants_usual && misses[i].named != usual && shown == MISSES_SHOWN - 1)
			continue;
		wants_usual &= misses[i].named != usual;
		shown++;
		bad = weblog_bad_of(file, misses[i].number, misses[i].line, &misses[i].fault, mem);
		buf_printf(out, "as %.*s: ", STR_ARG(misses[i].named->name));
		weblog_bad_text(&bad, out);
	}
}
