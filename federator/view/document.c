#include "federator/view/document.h"

#include <jansson.h>

/* A walk over the text that knows strings from what stands between them. */
struct walk {
	bool in_string, escaped;
};

/* Does the character belong to a string? */
static bool walk_in_string(struct walk *w, char c)
{
	bool inside = w->in_string;

	if (w->escaped)
		w->escaped = false;
	else if (inside && c == '\\')
		w->escaped = true;
	else if (c == '"')
		w->in_string = !inside;
	return inside || c == '"';
}

/* Before the parser, which recurses, sees it. */
static bool is_shallow(struct str text)
{
	struct walk w = { 0 };
	int depth = 0;

	for (size_t i = 0; i < text.n && depth <= DOCUMENT_DEPTH_MAX; i++) {
		if (walk_in_string(&w, text.p[i]))
			continue;
		depth += (text.p[i] == '[' || text.p[i] == '{') - (text.p[i] == ']' || text.p[i] == '}');
	}
	return depth <= DOCUMENT_DEPTH_MAX;
}

static size_t digits_at(struct str text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && text.p[at + n] >= '0' && text.p[at + n] <= '9')
		n++;
	return n;
}

/* Behind the digits of a number without a sign: where it ends. */
static size_t number_end(struct str text, size_t at)
{
	size_t part;

	at += text.p[at] == '0' ? 1 : digits_at(text, at);
	if (at < text.n && text.p[at] == '.') {
		part = digits_at(text, at + 1);
		at += part ? 1 + part : 0;
	}
	if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
		size_t sign = at + 1 < text.n && (text.p[at + 1] == '+' || text.p[at + 1] == '-');

		part = digits_at(text, at + 1 + sign);
		at += part ? 1 + sign + part : 0;
	}
	return at;
}

/* The same document with every number 0, as the parser refuses those that no double can hold. What is no number stays
 * none: the blanks behind a 0 never join it to what follows. */
static struct str without_numbers(struct str text, struct arena *mem)
{
	char *to = arena_alloc(mem, text.n);
	struct walk w = { 0 };

	for (size_t i = 0; i < text.n; i++) {
		size_t end;

		to[i] = text.p[i];
		if (walk_in_string(&w, text.p[i]) || !digits_at(text, i))
			continue;
		end = number_end(text, i);
		to[i] = '0';
		memset(to + i + 1, ' ', end - i - 1);
		i = end - 1;
	}
	return (struct str){ to, text.n };
}

static bool is_document(struct str text, struct arena *mem)
{
	struct str plain = without_numbers(text, mem);
	json_error_t error;
	json_t *json = json_loadb(plain.p, plain.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	json_decref(json);
	return json != NULL;
}

static struct str without_blanks(struct str text, struct arena *mem)
{
	char *to = arena_alloc(mem, text.n);
	struct walk w = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		if (walk_in_string(&w, text.p[i]) || memchr(" \t\r\n", text.p[i], 4) == NULL)
			to[n++] = text.p[i];
	return (struct str){ to, n };
}

bool document_read(struct str raw, struct arena *mem, struct str *out)
{
	if (raw.n == 0 || raw.n > DOCUMENT_BYTES_MAX || !is_shallow(raw) || !is_document(raw, mem))
		return false;
	*out = without_blanks(raw, mem);
	return true;
}
