#include "base/jsontext.h"

#include "base/map.h"
#include "base/text.h"

struct reader {
	struct str text;
	size_t at;
	unsigned depth;
	bool unique;
	struct arena *mem;
	struct jsontext_fault *fault;
};

static bool read_value(struct reader *r, struct jsontext *out);

static bool fail(struct reader *r, size_t at, const char *what)
{
	*r->fault = (struct jsontext_fault){ .at = at, .what = what };
	return false;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->text.n && strchr(" \t\r\n", r->text.p[r->at]) && r->text.p[r->at])
		r->at++;
}

/* The byte at the cursor; NUL at the end, which no token begins with. */
static char now(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool take(struct reader *r, char c)
{
	bool hit = r->at < r->text.n && r->text.p[r->at] == c;

	r->at += hit;
	return hit;
}

/* ---- strings ---- */

/* Four hexadecimal digits at `at`. */
static bool read_hex(const struct reader *r, size_t at, uint32_t *out)
{
	uint32_t value = 0;

	for (size_t i = at; i < at + 4; i++) {
		int digit = text_hex_digit(i < r->text.n ? r->text.p[i] : '\0');

		if (digit < 0)
			return false;
		value = 16 * value + (uint32_t)digit;
	}
	*out = value;
	return true;
}

/* \uXXXX, and the second half of a pair behind it; the cursor stands on the backslash. */
static bool read_unicode(struct reader *r, char out[4], size_t *n_out)
{
	size_t from = r->at;
	uint32_t cp, low;

	if (!read_hex(r, r->at + 2, &cp))
		return fail(r, from, "four hexadecimal digits follow \\u");
	r->at += 6;
	if (cp >= 0xD800 && cp < 0xDC00 && now(r) == '\\' && read_hex(r, r->at + 2, &low) &&
	    r->text.p[r->at + 1] == 'u' && low >= 0xDC00 && low < 0xE000) {
		cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
		r->at += 6;
	} else if (cp >= 0xD800 && cp < 0xE000) {
		return fail(r, from, "half of a pair of surrogates");
	}
	*n_out = text_encode(cp, out);
	return true;
}

static bool read_escape(struct reader *r, char out[4], size_t *n_out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : '\0';
	const char *hit = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return read_unicode(r, out, n_out);
	if (!hit)
		return fail(r, r->at, "a backslash is followed by one of \" \\ / b f n r t u");
	out[0] = to[hit - from];
	*n_out = 1;
	r->at += 2;
	return true;
}

/* The closing quote of a string, or the end of the text. */
static size_t string_end(const struct reader *r, size_t at, bool *escapes_out)
{
	*escapes_out = false;
	for (; at < r->text.n && r->text.p[at] != '"'; at++) {
		if (r->text.p[at] != '\\')
			continue;
		*escapes_out = true;
		at++;
	}
	return at < r->text.n ? at : r->text.n;
}

static bool decode(struct reader *r, size_t end, char *to, size_t *n_out)
{
	for (*n_out = 0; r->at < end;) {
		size_t more = 1;

		if ((unsigned char)now(r) < 0x20)
			return fail(r, r->at, "a control character in a string; a line break is written \\n");
		if (now(r) != '\\')
			to[*n_out] = r->text.p[r->at++];
		else if (!read_escape(r, to + *n_out, &more))
			return false;
		*n_out += more;
	}
	return true;
}

/* The cursor stands on the opening quote. */
static bool read_string(struct reader *r, struct str *out)
{
	bool escapes;
	size_t from = ++r->at, end = string_end(r, from, &escapes), n;
	char *to;

	if (end == r->text.n)
		return fail(r, from - 1, "the string that opens here does not end");
	to = arena_alloc(r->mem, end - from);
	if (!decode(r, end, to, &n))
		return false;
	*out = escapes ? (struct str){ to, n } : (struct str){ r->text.p + from, end - from };
	r->at = end + 1;
	return true;
}

/* ---- numbers and words ---- */

static size_t skip_digits(struct reader *r)
{
	size_t from = r->at;

	while (now(r) >= '0' && now(r) <= '9')
		r->at++;
	return r->at - from;
}

static bool read_number(struct reader *r)
{
	size_t from = r->at, first;

	(void)take(r, '-');
	first = r->at;
	if (skip_digits(r) == 0)
		return fail(r, from, "expected a value");
	if (r->text.p[first] == '0' && r->at > first + 1)
		return fail(r, from, "a number has no leading zeros");
	if (take(r, '.') && skip_digits(r) == 0)
		return fail(r, from, "digits follow the point of a number");
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		if (skip_digits(r) == 0)
			return fail(r, from, "digits follow the exponent of a number");
	}
	return true;
}

static bool read_word(struct reader *r, struct str word)
{
	if (r->text.n - r->at < word.n || memcmp(r->text.p + r->at, word.p, word.n) != 0)
		return fail(r, r->at, "expected a value");
	r->at += word.n;
	return true;
}

/* ---- arrays and objects ---- */

enum { FEW = 16 }; /* so many names are compared one by one */

/* Is there a member of that name among those read? `names` is made when there are many. */
static bool is_named(const struct reader *r, struct jsontext *object, struct map **names, struct jsontext *member)
{
	if (object->n_items < FEW)
		return jsontext_member(object, member->name) != NULL;
	if (!*names) {
		*names = map_new(r->mem);
		for (struct jsontext *m = object->first; m; m = m->next)
			(void)map_set(*names, m->name, m);
	}
	return map_set(*names, member->name, member) != NULL;
}

static bool read_name(struct reader *r, struct jsontext *object, struct map **names, struct jsontext *member)
{
	size_t from = r->at;

	if (now(r) != '"')
		return fail(r, r->at, "expected the name of a member in double quotes");
	if (!read_string(r, &member->name))
		return false;
	if (r->unique && is_named(r, object, names, member))
		return fail(r, from, "the object has a member of this name already");
	skip_blanks(r);
	if (!take(r, ':'))
		return fail(r, r->at, "expected a colon behind the name");
	skip_blanks(r);
	return true;
}

/* The items of an array or the members of an object, behind the opening bracket. */
static bool read_items(struct reader *r, struct jsontext *out)
{
	bool object = out->kind == JSONTEXT_OBJECT;
	struct jsontext **last = &out->first;
	struct map *names = NULL;

	skip_blanks(r);
	if (take(r, object ? '}' : ']'))
		return true;
	for (;;) {
		struct jsontext *item = arena_new_of(r->mem, struct jsontext);

		if ((object && !read_name(r, out, &names, item)) || !read_value(r, item))
			return false;
		*last = item;
		last = &item->next;
		out->n_items++;
		skip_blanks(r);
		if (take(r, object ? '}' : ']'))
			return true;
		if (!take(r, ','))
			return fail(r, r->at, object ? "expected , or }" : "expected , or ]");
		skip_blanks(r);
	}
}

static bool read_nested(struct reader *r, struct jsontext *out)
{
	bool ok;

	if (r->depth == JSONTEXT_DEPTH_MAX)
		return fail(r, r->at, "nested too deeply");
	r->at++;
	r->depth++;
	ok = read_items(r, out);
	r->depth--;
	return ok;
}

static enum jsontext_kind kind_of(char c)
{
	switch (c) {
	case '{':
		return JSONTEXT_OBJECT;
	case '[':
		return JSONTEXT_ARRAY;
	case '"':
		return JSONTEXT_STRING;
	case 't':
		return JSONTEXT_TRUE;
	case 'f':
		return JSONTEXT_FALSE;
	case 'n':
		return JSONTEXT_NULL;
	default:
		return JSONTEXT_NUMBER;
	}
}

static bool read_token(struct reader *r, struct jsontext *out)
{
	switch (out->kind) {
	case JSONTEXT_NULL:
		return read_word(r, STR("null"));
	case JSONTEXT_FALSE:
		return read_word(r, STR("false"));
	case JSONTEXT_TRUE:
		return read_word(r, STR("true"));
	case JSONTEXT_NUMBER:
		return read_number(r);
	case JSONTEXT_STRING:
		return read_string(r, &out->text);
	case JSONTEXT_ARRAY:
	case JSONTEXT_OBJECT:
		return read_nested(r, out);
	}
	return false;
}

static bool read_value(struct reader *r, struct jsontext *out)
{
	out->kind = kind_of(now(r));
	out->at = r->at;
	if (!read_token(r, out))
		return false;
	out->n = r->at - out->at;
	if (out->kind != JSONTEXT_STRING)
		out->text = (struct str){ r->text.p + out->at, out->n };
	return true;
}

const struct jsontext *jsontext_read(struct str text, bool unique, struct arena *mem, struct jsontext_fault *fault)
{
	struct reader r = { .text = text, .unique = unique, .mem = mem, .fault = fault };
	struct jsontext *root = arena_new_of(mem, struct jsontext);

	if (!text_is_utf8(text)) {
		(void)fail(&r, 0, "not UTF-8");
		return NULL;
	}
	skip_blanks(&r);
	if (!read_value(&r, root))
		return NULL;
	skip_blanks(&r);
	if (r.at == text.n)
		return root;
	(void)fail(&r, r.at, "nothing more can follow");
	return NULL;
}

const struct jsontext *jsontext_member(const struct jsontext *object, struct str name)
{
	if (object->kind == JSONTEXT_OBJECT)
		for (const struct jsontext *m = object->first; m; m = m->next)
			if (str_eq(m->name, name))
				return m;
	return NULL;
}

const struct jsontext *jsontext_item(const struct jsontext *array, size_t index)
{
	const struct jsontext *item = array->kind == JSONTEXT_ARRAY ? array->first : NULL;

	while (item && index--)
		item = item->next;
	return item;
}
