#include "federator/http/uri.h"

#include "base/text.h"

/* One decoded byte; *at moves behind it. -1: a bad escape. */
static int byte_decode(struct str raw, size_t *at, enum uri_in in)
{
	char c = raw.p[(*at)++];
	int byte;

	if (c == '+' && in == URI_QUERY)
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (raw.n - *at < 2)
		return -1;
	byte = text_hex_byte(raw.p + *at);
	*at += 2;
	return in == URI_PATH && byte == '/' ? -1 : byte;
}

bool uri_decode(struct str raw, enum uri_in in, struct arena *mem, struct str *out)
{
	char *text = arena_alloc(mem, raw.n + 1);
	size_t n = 0;

	for (size_t at = 0; at < raw.n;) {
		int byte = (unsigned char)raw.p[at];

		if (byte == '%' || byte == '+')
			byte = byte_decode(raw, &at, in);
		else
			at++;

		if (byte < ' ' || byte == 0x7f)
			return false;
		text[n++] = (char)byte;
	}
	if (!text_is_utf8((struct str){ text, n }))
		return false;
	*out = (struct str){ text, n };
	return true;
}

bool uri_split(struct str target, struct str *path_out, struct str *query_out)
{
	const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;

	if (target.n == 0 || target.p[0] != '/' || memchr(target.p, ' ', target.n) || memchr(target.p, '#', target.n))
		return false;
	*path_out = target;
	*query_out = (struct str){ 0 };
	if (mark) {
		path_out->n = (size_t)(mark - target.p);
		*query_out = (struct str){ mark + 1, target.n - path_out->n - 1 };
	}
	return true;
}

/* Cut a view at the first `c`; what is behind it goes to *rest (empty at the end when there is none). */
static struct str cut(struct str s, char c, struct str *rest)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	if (!at) {
		*rest = (struct str){ s.p + s.n, 0 };
		return s;
	}
	*rest = (struct str){ at + 1, s.n - (size_t)(at - s.p) - 1 };
	return (struct str){ s.p, (size_t)(at - s.p) };
}

bool uri_next_pair(struct str *rest, struct str *name_out, struct str *value_out)
{
	struct str pair = { 0 };

	while (rest->n && pair.n == 0)
		pair = cut(*rest, '&', rest);
	if (pair.n == 0)
		return false;
	*name_out = cut(pair, '=', value_out);
	return true;
}
