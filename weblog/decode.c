#include "weblog/decode.h"

#include <iconv.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

struct weblog_decoder {
	iconv_t korean; /* (iconv_t)-1: the C library has no such table */
	struct buf bytes;
};

static bool is_open(iconv_t table)
{
	return (intptr_t)table != -1;
}

struct weblog_decoder *weblog_decoder_new(void)
{
	struct weblog_decoder *decoder = memory_new(sizeof(*decoder));

	decoder->korean = iconv_open("UTF-8", "CP949");
	return decoder;
}

void weblog_decoder_free(struct weblog_decoder **decoder)
{
	if (!*decoder)
		return;
	if (is_open((*decoder)->korean))
		iconv_close((*decoder)->korean);
	buf_free(&(*decoder)->bytes);
	free(*decoder);
	*decoder = NULL;
}

/* The unit of UTF-16 of %uHHHH, as escape() of JavaScript writes what is no Latin-1; -1: it is none. */
static int32_t unit_at(struct str raw, size_t i)
{
	int high, low;

	if (i + 5 >= raw.n || raw.p[i] != '%' || raw.p[i + 1] != 'u')
		return -1;
	high = text_hex_byte(raw.p + i + 2);
	low = text_hex_byte(raw.p + i + 4);
	return high < 0 || low < 0 ? -1 : high << 8 | low;
}

/* Returns the bytes read, 0 when there is no such unit. */
static size_t units_undo(struct str raw, size_t i, struct buf *out)
{
	int32_t unit = unit_at(raw, i), second;
	uint32_t cp = (uint32_t)unit;
	size_t n = 6;
	char utf8[4];

	if (unit < 0)
		return 0;
	second = unit >= 0xd800 && unit < 0xdc00 ? unit_at(raw, i + n) : -1;
	if (second >= 0xdc00 && second < 0xe000) {
		cp = 0x10000 + (uint32_t)(unit - 0xd800) * 0x400 + (uint32_t)(second - 0xdc00);
		n = 12;
	}
	buf_put(out, utf8, text_encode(cp, utf8));
	return n;
}

static void percent_undo(struct str raw, bool form, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++) {
		int byte = raw.p[i] == '%' && i + 2 < raw.n ? text_hex_byte(raw.p + i + 1) : -1;
		size_t units = raw.p[i] == '%' && byte < 0 ? units_undo(raw, i, out) : 0;

		if (units) {
			i += units - 1;
		} else if (byte >= 0) {
			buf_putc(out, (char)byte);
			i += 2;
		} else {
			buf_putc(out, form && raw.p[i] == '+' ? ' ' : raw.p[i]);
		}
	}
}

/* All of it or nothing: half a text in another charset would be wrong without a sign of it. */
static bool korean_put(iconv_t table, struct str bytes, struct buf *out)
{
	size_t before = out->len, in_left = bytes.n, room = bytes.n * 3;
	char *in = (char *)(uintptr_t)bytes.p, *to = buf_reserve(out, room);
	bool good;

	(void)iconv(table, NULL, NULL, NULL, NULL);
	good = iconv(table, &in, &in_left, &to, &room) != (size_t)-1 && in_left == 0;
	if (good)
		out->len = before + bytes.n * 3 - room;
	out->data[out->len] = '\0';
	return good;
}

static void broken_put(struct str bytes, struct buf *out)
{
	while (bytes.n) {
		uint32_t cp;
		size_t n = text_next(bytes, &cp);
		char utf8[4];

		buf_put(out, utf8, text_encode(cp, utf8));
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
}

enum weblog_charset weblog_decode(struct weblog_decoder *decoder, struct str raw, bool form, struct buf *out)
{
	struct str bytes;

	decoder->bytes.len = 0;
	percent_undo(raw, form, &decoder->bytes);
	if (decoder->bytes.len == 0)
		return WEBLOG_UTF8;
	bytes = buf_str(&decoder->bytes);
	if (text_is_utf8(bytes)) {
		buf_put_str(out, bytes);
		return WEBLOG_UTF8;
	}
	if (is_open(decoder->korean) && korean_put(decoder->korean, bytes, out))
		return WEBLOG_CP949;
	broken_put(bytes, out);
	return WEBLOG_BROKEN;
}

static bool is_one_of(struct str name, const struct str *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (names[i].n == name.n && strncasecmp(names[i].p, name.p, name.n) == 0)
			return true;
	return false;
}

struct str weblog_parameter(struct str query, const struct str *names, size_t n_names)
{
	while (query.n) {
		const char *end = memchr(query.p, '&', query.n);
		struct str pair = { query.p, end ? (size_t)(end - query.p) : query.n };
		const char *equals = memchr(pair.p, '=', pair.n);

		if (equals && equals + 1 < pair.p + pair.n &&
		    is_one_of((struct str){ pair.p, (size_t)(equals - pair.p) }, names, n_names))
			return (struct str){ equals + 1, (size_t)(pair.p + pair.n - equals) - 1 };
		query = (struct str){ pair.p + pair.n + (end != NULL), query.n - pair.n - (end != NULL) };
	}
	return (struct str){ NULL, 0 };
}

struct str weblog_query_of(struct str url)
{
	const char *mark = url.n ? memchr(url.p, '?', url.n) : NULL, *hash;
	struct str query;

	if (!mark)
		return (struct str){ NULL, 0 };
	query = (struct str){ mark + 1, (size_t)(url.p + url.n - mark) - 1 };
	hash = query.n ? memchr(query.p, '#', query.n) : NULL;
	if (hash)
		query.n = (size_t)(hash - query.p);
	return query;
}

struct str weblog_host_of(struct str url)
{
	const char *slashes = url.n ? memmem(url.p, url.n, "://", 3) : NULL, *sign;
	struct str host;
	size_t n = 0;

	if (!slashes)
		return (struct str){ NULL, 0 };
	host = (struct str){ slashes + 3, (size_t)(url.p + url.n - slashes) - 3 };
	while (n < host.n && !memchr("/?#", host.p[n], 3))
		n++;
	host.n = n;
	sign = n ? memrchr(host.p, '@', n) : NULL; /* whom the host knows by name and password */
	if (sign)
		host = (struct str){ sign + 1, (size_t)(host.p + n - sign) - 1 };
	for (n = 0; n < host.n && host.p[n] != ':'; n++)
		;
	return (struct str){ host.p, n };
}

bool weblog_host_has(struct str host, struct str labels)
{
	for (size_t at = 0; at + labels.n <= host.n; at++)
		if ((at == 0 || host.p[at - 1] == '.') && (at + labels.n == host.n || host.p[at + labels.n] == '.') &&
		    strncasecmp(host.p + at, labels.p, labels.n) == 0)
			return true;
	return false;
}
