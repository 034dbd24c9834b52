#include "weblog/format.h"

#include "weblog/program.h"

bool weblog_reject(struct weblog_fault *fault, size_t at, const char *what, struct str name)
{
	*fault = (struct weblog_fault){ at, what, name };
	return false;
}

size_t weblog_word(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'z') ||
			   (s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '_'))
		n++;
	return n;
}

struct weblog_slot weblog_variable(struct str name)
{
	struct weblog_slot slot;

	if (weblog_slot_find(WEBLOG_NGINX, name, &slot))
		return slot;
	if (name.n > 5 && memcmp(name.p, "http_", 5) == 0)
		return weblog_slot_header((struct str){ name.p + 5, name.n - 5 }, name);
	return (struct weblog_slot){ .kind = WEBLOG_EXTRA, .name = name };
}

static bool w3c_compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
{
	struct weblog_parser *trial = weblog_parser_new(format, mem);
	const char *wrong = weblog_w3c_fields(trial, text);

	if (wrong)
		return err_set(err, ERR_CONFIG, "format", "%s", wrong);
	format->steps = arena_array_of(mem, struct weblog_step, trial->n_columns);
	format->n = trial->n_columns;
	for (size_t i = 0; i < format->n; i++)
		format->steps[i].slot = trial->columns[i];
	return true;
}

static bool compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
{
	static const struct str fields = STR("#Fields:");

	if (text.n >= fields.n && memcmp(text.p, fields.p, fields.n) == 0) {
		format->family = WEBLOG_OF_W3C;
		return w3c_compile((struct str){ text.p + fields.n, text.n - fields.n }, mem, format, err);
	}
	if (text.n && text.p[0] == '{' && text.n > 1 && text.p[1] != '$' && text.p[1] != '%') {
		format->family = WEBLOG_OF_JSON;
		return weblog_json_compile(text, mem, format, err);
	}
	format->family = WEBLOG_OF_TEXT;
	return weblog_text_compile(text, mem, format, err);
}

static const struct weblog_slot *slot_of(const struct weblog_format *format, size_t i)
{
	return format->paths ? &format->paths[i].slot : &format->steps[i].slot;
}

static bool is_told_by_file(const struct weblog_format *format)
{
	return format->family == WEBLOG_OF_W3C && format->n == 0;
}

static bool has_text(const struct weblog_format *format, int text)
{
	for (size_t i = 0; i < format->n; i++)
		if (slot_of(format, i)->kind == WEBLOG_TEXT && slot_of(format, i)->argument == text)
			return true;
	return is_told_by_file(format);
}

bool weblog_format_has_cookies(const struct weblog_format *format)
{
	return has_text(format, WEBLOG_COOKIE);
}

bool weblog_format_has_field(const struct weblog_format *format, struct str name)
{
	if (str_eq(name, STR("user")))
		return has_text(format, WEBLOG_USER);
	for (size_t i = 0; i < format->n; i++)
		if (slot_of(format, i)->kind == WEBLOG_EXTRA && str_eq(slot_of(format, i)->name, name))
			return true;
	return is_told_by_file(format);
}

/* A log without times or without requests tells nothing about visits. */
static bool is_useful(const struct weblog_format *format, struct err *err)
{
	bool time = false, request = false;

	for (size_t i = 0; i < format->n; i++) {
		time |= weblog_slot_is_time(slot_of(format, i));
		request |= weblog_slot_is_request(slot_of(format, i));
	}
	if (is_told_by_file(format))
		return true;
	if (!time)
		return err_set(err, ERR_CONFIG, "format", "it has no time, such as $time_local or %%t");
	if (!request)
		return err_set(err, ERR_CONFIG, "format", "it has no request, such as $request or %%r");
	return true;
}

const struct weblog_format *weblog_format_new(struct str text, struct arena *mem, struct err *err)
{
	struct weblog_format *format = arena_new_of(mem, struct weblog_format);

	text = arena_str(mem, text);
	return compile(text, mem, format, err) && is_useful(format, err) ? format : NULL;
}

struct weblog_parser *weblog_parser_new(const struct weblog_format *format, struct arena *mem)
{
	struct weblog_parser *parser = arena_new_of(mem, struct weblog_parser);

	parser->format = format;
	parser->date_us = -1;
	if (format->family == WEBLOG_OF_W3C) {
		for (size_t i = 0; i < format->n; i++)
			parser->columns[i] = format->steps[i].slot;
		parser->n_columns = format->n;
	}
	return parser;
}

bool weblog_format_remembers(const struct weblog_format *format)
{
	return format->family == WEBLOG_OF_W3C;
}

static void record_begin(struct weblog_record *record)
{
	memset(record, 0, offsetof(struct weblog_record, extra)); /* extras count when n_extra says so */
	record->bytes = record->duration_us = -1;
}

static enum weblog_outcome run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
			       struct weblog_fault *fault)
{
	switch (parser->format->family) {
	case WEBLOG_OF_TEXT:
		return weblog_text_run(parser, line, record, fault) ? WEBLOG_READ : WEBLOG_REJECTED;
	case WEBLOG_OF_JSON:
		return weblog_json_run(parser, line, record, fault) ? WEBLOG_READ : WEBLOG_REJECTED;
	case WEBLOG_OF_W3C:
		return weblog_w3c_run(parser, line, record, fault);
	}
	return WEBLOG_REJECTED;
}

enum weblog_outcome weblog_parse(struct weblog_parser *parser, struct str line, struct weblog_record *record,
				 struct weblog_fault *fault)
{
	const char *nul;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return WEBLOG_NOTHING;
	nul = memchr(line.p, 0, line.n);
	if (nul) { /* a hole that a crash left in the file, or no text at all */
		(void)weblog_reject(fault, (size_t)(nul - line.p), "a NUL byte", (struct str){ NULL, 0 });
		return WEBLOG_REJECTED;
	}
	record_begin(record);
	parser->memo.date_us = parser->date_us;
	parser->memo.clock_us = -1;
	parser->memo.has_time = parser->memo.local = false;
	return run(parser, line, record, fault);
}
