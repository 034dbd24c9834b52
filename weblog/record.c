#include "weblog/record.h"

#include "base/text.h"

const char *weblog_text_name(enum weblog_text which)
{
	static const char *const names[WEBLOG_TEXTS] = {
		[WEBLOG_CLIENT] = "client",	[WEBLOG_USER] = "user",		[WEBLOG_REQUEST] = "request",
		[WEBLOG_METHOD] = "method",	[WEBLOG_TARGET] = "target",	[WEBLOG_PROTOCOL] = "protocol",
		[WEBLOG_QUERY] = "query",	[WEBLOG_REFERRER] = "referrer", [WEBLOG_AGENT] = "agent",
		[WEBLOG_HOST] = "host",		[WEBLOG_COOKIE] = "cookie",
	};

	return names[which];
}

/* Four digits; -1 when they are not there. */
static int32_t hex4(struct str s)
{
	int32_t value = 0;

	if (s.n < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		if (text_hex_digit(s.p[i]) < 0)
			return -1;
		value = value * 16 + text_hex_digit(s.p[i]);
	}
	return value;
}

/* The letter behind a backslash as the byte it means, or 0. */
static char letter(char c)
{
	static const char from[] = "\"\\/'bfnrtv", to[] = "\"\\/'\b\f\n\r\t\v";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : 0;
}

/* \uXXXX with its second half; returns bytes taken behind the u, 0 when it is none. */
static size_t unicode_put(struct str s, struct buf *out)
{
	int32_t high = hex4(s), low;
	uint32_t cp = (uint32_t)high;
	char bytes[4];
	size_t n = 4;

	if (high < 0)
		return 0;
	if (high >= 0xd800 && high < 0xdc00 && s.n >= 10 && s.p[4] == '\\' && s.p[5] == 'u') {
		low = hex4((struct str){ s.p + 6, s.n - 6 });
		if (low >= 0xdc00 && low < 0xe000) {
			cp = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
			n = 10;
		}
	}
	buf_put(out, bytes, text_encode(cp, bytes));
	return n;
}

/* One escape behind its backslash; returns bytes taken, 0 when it is none. */
static size_t escape_put(struct str s, enum weblog_escape escape, struct buf *out)
{
	size_t n;

	if (s.n == 0)
		return 0;
	if (escape == WEBLOG_JSON && s.p[0] == 'u') {
		n = unicode_put((struct str){ s.p + 1, s.n - 1 }, out);
		return n ? n + 1 : 0;
	}
	if (escape == WEBLOG_BACKSLASH && s.p[0] == 'x' && s.n >= 3 && text_hex_byte(s.p + 1) >= 0) {
		buf_putc(out, (char)text_hex_byte(s.p + 1));
		return 3;
	}
	if (!letter(s.p[0]))
		return 0;
	buf_putc(out, letter(s.p[0]));
	return 1;
}

static void doubled_put(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++) {
		buf_putc(out, raw.p[i]);
		if (raw.p[i] == '"' && i + 1 < raw.n && raw.p[i + 1] == '"')
			i++;
	}
}

void weblog_unescape(struct str raw, enum weblog_escape escape, struct buf *out)
{
	if (escape == WEBLOG_PLAIN)
		buf_put_str(out, raw);
	else if (escape == WEBLOG_DOUBLED)
		doubled_put(raw, out);
	else
		while (raw.n) {
			const char *slash = memchr(raw.p, '\\', raw.n);
			size_t plain = slash ? (size_t)(slash - raw.p) : raw.n, n;

			buf_put(out, raw.p, plain);
			raw = (struct str){ raw.p + plain, raw.n - plain };
			if (!slash)
				break;
			n = escape_put((struct str){ raw.p + 1, raw.n - 1 }, escape, out);
			if (n == 0)
				buf_putc(out, '\\');
			raw = (struct str){ raw.p + n + 1, raw.n - n - 1 };
		}
}

/* Of two + the first is a blank: Googlebot has one in front of its URL. */
static void agent_put(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++) {
		int byte = raw.p[i] == '%' && i + 2 < raw.n ? text_hex_byte(raw.p + i + 1) : -1;

		if (byte >= 0) {
			buf_putc(out, (char)byte);
			i += 2;
			continue;
		}
		buf_putc(out, raw.p[i] == '+' ? ' ' : raw.p[i]);
		if (raw.p[i] == '+' && i + 1 < raw.n && raw.p[i + 1] == '+')
			buf_putc(out, raw.p[++i]);
	}
}

void weblog_text_put(const struct weblog_record *record, enum weblog_text which, struct buf *out)
{
	bool escaped = record->escaped >> which & 1u;

	if (escaped && record->blanks_joined && which == WEBLOG_AGENT) {
		agent_put(record->text[which], out);
		return;
	}

	weblog_unescape(record->text[which], escaped ? record->escape : WEBLOG_PLAIN, out);
}
