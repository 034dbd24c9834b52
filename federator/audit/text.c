#include "federator/audit/text.h"

#include "base/text.h"

static void quote_one(uint32_t cp, struct str as_it_is, struct buf *out)
{
	char utf8[4];

	if (cp == '"' || cp == '\\') {
		buf_putc(out, '\\');
		buf_putc(out, (char)cp);
	} else if (cp < 0x20 || cp == 0x7f) {
		buf_printf(out, "\\u%04x", cp);
	} else if (cp == 0xfffd) {
		buf_put(out, utf8, text_encode(cp, utf8));
	} else {
		buf_put_str(out, as_it_is);
	}
}

void audit_quote(struct str text, struct buf *out)
{
	buf_putc(out, '"');
	while (text.n) {
		uint32_t cp;
		size_t plain = 0, n;

		while (plain < text.n && text.p[plain] >= ' ' && text.p[plain] < 0x7f && text.p[plain] != '"' &&
		       text.p[plain] != '\\')
			plain++;
		buf_put(out, text.p, plain);
		text = (struct str){ text.p + plain, text.n - plain };
		if (!text.n)
			break;
		n = text_next(text, &cp);
		quote_one(cp, (struct str){ text.p, n }, out);
		text = (struct str){ text.p + n, text.n - n };
	}
	buf_putc(out, '"');
}

static void put_name(const char *name, struct buf *out)
{
	buf_puts(out, ",\"");
	buf_puts(out, name);
	buf_puts(out, "\":");
}

void audit_put(const char *name, struct str value, struct buf *out)
{
	if (!value.n)
		return;
	put_name(name, out);
	audit_quote(value, out);
}

void audit_put_number(const char *name, int64_t value, struct buf *out)
{
	char digits[TEXT_I64_MOST];

	put_name(name, out);
	buf_put(out, digits, text_from_i64(value, digits));
}

void audit_put_true(const char *name, bool value, struct buf *out)
{
	if (!value)
		return;
	put_name(name, out);
	buf_puts(out, "true");
}
