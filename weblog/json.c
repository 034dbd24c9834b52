/* json.c - JSON lines: a template says where each value stands, and a line is scanned once, without a tree. */
#include "base/jsontext.h"
#include "base/text.h"
#include "weblog/program.h"

enum { PREFIX_MAX = 128 }; /* bytes in front of the object: the name of a container, a header of syslog */

/* --- templates --- */

/* `$name` outside of quotes gets quotes: `{"status":$status}` is how nginx needs it, and is JSON then. */
static void template_quote(struct str text, struct buf *out)
{
	bool inside = false;

	for (size_t i = 0; i < text.n; i++) {
		size_t n = 0;

		if (text.p[i] == '"' && (i == 0 || text.p[i - 1] != '\\'))
			inside = !inside;
		if (text.p[i] == '$' && !inside)
			n = 1 + weblog_word((struct str){ text.p + i + 1, text.n - i - 1 });
		if (n > 1) {
			buf_putc(out, '"');
			buf_put(out, text.p + i, n);
			buf_putc(out, '"');
			i += n - 1;
		} else {
			buf_putc(out, text.p[i]);
		}
	}
}

static bool variable_add(const struct jsontext *value, const struct weblog_path *way, struct weblog_format *format,
			 struct err *err)
{
	struct str name = value->text;
	struct weblog_path *path = &format->paths[format->n];

	if (value->kind != JSONTEXT_STRING || name.n == 0 || name.p[0] != '$')
		return true; /* what the server writes as it is */
	name = (struct str){ name.p + 1, name.n - 1 };
	if (name.n == 0 || weblog_word(name) != name.n)
		return err_set(err, ERR_CONFIG, "format", "at byte %zu: a value in JSON is one $name", value->at);
	if (format->n == WEBLOG_STEPS_MAX)
		return err_set(err, ERR_CONFIG, "format", "too many fields");
	*path = *way;
	path->slot = weblog_variable(name);
	format->n++;
	return true;
}

static bool template_walk(const struct jsontext *value, struct weblog_path *way, struct arena *mem,
			  struct weblog_format *format, struct err *err)
{
	size_t item = 0;
	bool good = true;

	if (value->kind != JSONTEXT_OBJECT && value->kind != JSONTEXT_ARRAY)
		return variable_add(value, way, format, err);
	if (way->n == WEBLOG_PATH_MAX)
		return err_set(err, ERR_CONFIG, "format", "at byte %zu: nested too deep", value->at);
	for (const struct jsontext *c = value->first; c && good; c = c->next, item++) {
		way->is_item[way->n] = value->kind == JSONTEXT_ARRAY;
		way->names[way->n] = value->kind == JSONTEXT_ARRAY ? arena_printf(mem, "%zu", item) : c->name;
		way->n++;
		good = template_walk(c, way, mem, format, err);
		way->n--;
	}
	return good;
}

bool weblog_json_compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
{
	SCOPED(buf_free) struct buf quoted = { 0 };
	const struct jsontext *root;
	struct jsontext_fault fault;
	struct weblog_path way = { 0 };

	format->paths = arena_array_of(mem, struct weblog_path, WEBLOG_STEPS_MAX + 1);
	template_quote(text, &quoted);
	root = jsontext_read(arena_str(mem, buf_str(&quoted)), true, mem, &fault);
	if (!root)
		return err_set(err, ERR_CONFIG, "format", "at byte %zu of the JSON: %s", fault.at, fault.what);
	return template_walk(root, &way, mem, format, err);
}

/* --- lines --- */

struct scan {
	struct weblog_parser *parser;
	const char *begin, *p, *end;
	struct weblog_record *record;
	struct weblog_fault *fault;
};

static bool bad_at(struct scan *s, const char *at, const char *what, struct str name)
{
	return weblog_reject(s->fault, (size_t)(at - s->begin), what, name);
}

static bool bad(struct scan *s, const char *what)
{
	return bad_at(s, s->p, what, (struct str){ NULL, 0 });
}

static void blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

static bool is_hex(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_hex_digit(p[i]) < 0)
			return false;
	return true;
}

/* From behind the first quote to behind the last one; the view is raw. */
static bool string_take(struct scan *s, struct str *raw, bool *escaped)
{
	const char *from = ++s->p;

	*escaped = false;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if ((unsigned char)*s->p < 0x20)
			return bad(s, "a control character in a JSON string");
		if (*s->p != '\\')
			continue;
		*escaped = true;
		s->p++;
		if (s->p == s->end || !strchr("\"\\/bfnrtu", *s->p))
			return bad(s, "an escape that JSON does not know");
		if (*s->p == 'u' && (s->end - s->p < 5 || !is_hex(s->p + 1, 4)))
			return bad(s, "\\u needs four hexadecimal digits");
	}
	if (s->p == s->end)
		return bad_at(s, from - 1, "a quote that nothing ends", (struct str){ NULL, 0 });
	*raw = (struct str){ from, (size_t)(s->p - from) };
	s->p++;
	return true;
}

static size_t digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

static bool number_take(struct scan *s, struct str *raw)
{
	const char *from = s->p;
	size_t whole;

	s->p += *s->p == '-';
	whole = digits(s);
	if (whole == 0 || (whole > 1 && s->p[-(ptrdiff_t)whole] == '0'))
		return bad_at(s, from, "not a JSON value", (struct str){ NULL, 0 });
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (digits(s) == 0)
			return bad(s, "digits must follow the point");
	}
	if (s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (digits(s) == 0)
			return bad(s, "digits must follow the exponent");
	}
	*raw = (struct str){ from, (size_t)(s->p - from) };
	return true;
}

/* true, false and null; the last is no value. */
static bool word_take(struct scan *s, struct str *raw)
{
	static const struct str words[] = { STR("true"), STR("false"), STR("null") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if ((size_t)(s->end - s->p) >= words[i].n && memcmp(s->p, words[i].p, words[i].n) == 0) {
			*raw = (struct str){ s->p, i == 2 ? 0 : words[i].n };
			s->p += words[i].n;
			return true;
		}
	return false;
}

/* Those of `paths` that go on, at this depth, by this name. */
static uint64_t paths_by(const struct weblog_format *format, uint64_t paths, size_t depth, struct str name, bool item)
{
	uint64_t found = 0;

	if (depth >= WEBLOG_PATH_MAX)
		return 0;
	for (uint64_t left = paths; left; left &= left - 1) {
		size_t i = (size_t)__builtin_ctzll(left);
		const struct weblog_path *path = &format->paths[i];

		if (depth < path->n && path->is_item[depth] == item && path->names[depth].n == name.n &&
		    memcmp(path->names[depth].p, name.p, name.n) == 0)
			found |= UINT64_C(1) << i;
	}
	return found;
}

/* A value stands where these paths end. */
static bool scalar_put(struct scan *s, uint64_t paths, size_t depth, struct str raw, bool escaped)
{
	for (uint64_t left = paths; left; left &= left - 1) {
		const struct weblog_path *path = &s->parser->format->paths[__builtin_ctzll(left)];
		const char *what;
		size_t at;

		if (path->n != depth)
			continue;
		what = weblog_slot_put(&path->slot, raw, &s->parser->memo, s->record, &at);
		if (what)
			return bad_at(s, raw.p + at, what, path->slot.name);
		if (escaped)
			s->record->escaped |= path->slot.kind == WEBLOG_TEXT ? 1u << path->slot.argument : ~0u;
	}
	return true;
}

static bool value_take(struct scan *s, uint64_t paths, size_t depth);

static bool member_take(struct scan *s, uint64_t paths, size_t depth)
{
	struct str name;
	bool escaped;

	blanks(s);
	if (s->p == s->end || *s->p != '"')
		return bad(s, "a name in quotes is expected");
	if (!string_take(s, &name, &escaped))
		return false;
	blanks(s);
	if (s->p == s->end || *s->p != ':')
		return bad(s, "a colon is expected");
	s->p++;
	return value_take(s, paths ? paths_by(s->parser->format, paths, depth, name, false) : 0, depth + 1);
}

static bool item_take(struct scan *s, uint64_t paths, size_t depth, size_t item)
{
	char digits_of[TEXT_I64_MOST];
	struct str name = { digits_of, paths ? text_from_i64((int64_t)item, digits_of) : 0 };

	return value_take(s, paths ? paths_by(s->parser->format, paths, depth, name, true) : 0, depth + 1);
}

static bool nest_take(struct scan *s, uint64_t paths, size_t depth)
{
	bool object = *s->p == '{';
	char close = object ? '}' : ']';

	if (depth == WEBLOG_JSON_DEPTH)
		return bad(s, "nested too deep");
	s->p++;
	blanks(s);
	if (s->p < s->end && *s->p == close) {
		s->p++;
		return true;
	}
	for (size_t item = 0;; item++) {
		if (!(object ? member_take(s, paths, depth) : item_take(s, paths, depth, item)))
			return false;
		blanks(s);
		if (s->p < s->end && *s->p == close)
			break;
		if (s->p == s->end || *s->p != ',')
			return bad(s, object ? "a comma or } is expected" : "a comma or ] is expected");
		s->p++;
	}
	s->p++;
	return true;
}

static bool value_take(struct scan *s, uint64_t paths, size_t depth)
{
	bool escaped = false;
	struct str raw;

	blanks(s);
	if (s->p == s->end)
		return bad(s, "the line ends where a value is expected");
	if (*s->p == '{' || *s->p == '[')
		return nest_take(s, paths, depth);
	if (*s->p == '"' ? !string_take(s, &raw, &escaped) : !word_take(s, &raw) && !number_take(s, &raw))
		return false;
	return !paths || scalar_put(s, paths, depth, raw, escaped);
}

/* What the template asks for and a request always has. */
static bool is_whole(struct scan *s)
{
	const struct weblog_record *record = s->record;

	s->p = s->begin;
	if (!record->text[WEBLOG_REQUEST].p && !record->text[WEBLOG_TARGET].p && record->status == 0)
		return bad(s, "nothing in it that was asked for: not a line about a request");
	if (!s->parser->memo.has_time)
		return bad(s, "no time where the format has it");
	return true;
}

bool weblog_json_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
		     struct weblog_fault *fault)
{
	const char *from = memchr(line.p, '{', line.n < PREFIX_MAX ? line.n : PREFIX_MAX);
	struct scan s = { parser, line.p, from, line.p + line.n, record, fault };
	uint64_t all = parser->format->n == 64 ? UINT64_MAX : (UINT64_C(1) << parser->format->n) - 1;

	record->escape = WEBLOG_JSON;
	if (!from)
		return weblog_reject(fault, 0, "no JSON object", (struct str){ NULL, 0 });
	if (!nest_take(&s, all, 0))
		return false;
	blanks(&s);
	if (s.p != s.end)
		return bad(&s, "more behind the object");
	return is_whole(&s);
}
