/* The first line is a format string, the others are lines of a log: whatever they hold, a line is read with views into
 * it, or rejected at one of its bytes with a reason. */
#include "fuzz/fuzz_target.h"
#include "weblog/format.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_view(struct str line, struct str view)
{
	check(!view.p || (view.p >= line.p && view.n <= line.n && view.p + view.n <= line.p + line.n));
}

static void check_record(struct str line, const struct weblog_record *record)
{
	SCOPED(buf_free) struct buf out = { 0 };

	check(record->n_extra <= WEBLOG_EXTRAS_MAX && record->status >= 0 && record->status <= 999);
	check(record->bytes >= -1 && record->duration_us >= -1);
	for (unsigned i = 0; i < WEBLOG_TEXTS; i++) {
		check_view(line, record->text[i]);
		weblog_text_put(record, i, &out);
	}
	for (size_t i = 0; i < record->n_extra; i++) {
		check_view(line, record->extra[i].value);
		weblog_unescape(record->extra[i].value, record->escape, &out);
	}
}

static void read_lines(struct weblog_parser *parser, struct str text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct str line = { text.p, end ? (size_t)(end - text.p) : text.n };
		struct weblog_record record;
		struct weblog_fault fault;

		switch (weblog_parse(parser, line, &record, &fault)) {
		case WEBLOG_READ:
			check_record(line, &record);
			break;
		case WEBLOG_REJECTED:
			check(fault.what && fault.at <= line.n);
			break;
		case WEBLOG_NOTHING:
			break;
		}
		text = (struct str){ text.p + line.n + (end != NULL), text.n - line.n - (end != NULL) };
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	const char *end = memchr(text.p ? text.p : "", '\n', size);
	struct str first = { text.p, end ? (size_t)(end - text.p) : size };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct weblog_format *format;
	struct err err = { .cls = ERR_NONE };

	if (!first.p)
		return 0;
	format = weblog_format_new(first, mem, &err);
	check(format || (err.cls == ERR_CONFIG && err.text[0]));
	if (format && end)
		read_lines(weblog_parser_new(format, mem), (struct str){ end + 1, size - first.n - 1 });
	return 0;
}
