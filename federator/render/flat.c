/* flat.c - the flat shapes that telephone systems read: forms, lines, one line. */
#include "base/text.h"
#include "federator/render/render.h"

/* What the form encoding leaves as it is; a blank is %20, which no reader takes for a plus sign. */
static bool form_keeps(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*' ||
	       c == '-' || c == '.' || c == '_';
}

static void form_put(struct str text, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";
	char utf8[4];
	uint32_t cp;

	while (text.n) {
		size_t used = text_next(text, &cp), n = text_encode(cp, utf8);

		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)utf8[i];

			if (form_keeps(c)) {
				buf_putc(out, utf8[i]);
				continue;
			}
			buf_putc(out, '%');
			buf_putc(out, hex[c >> 4]);
			buf_putc(out, hex[c & 15]);
		}
		text = (struct str){ text.p + used, text.n - used };
	}
}

void render_form(const struct node *root, struct buf *out)
{
	for (const struct node *n = root->first; n; n = n->next) {
		size_t at;

		if (n != root->first)
			buf_putc(out, '&');
		form_put(n->name, out);
		buf_putc(out, '=');
		at = out->len;
		form_put(n->value, out);
		render_note(n, at, out);
	}
}

/* Control characters, line ends, and marks that turn the direction of what follows. */
static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

void render_text(const struct node *root, struct buf *out)
{
	char utf8[4];
	uint32_t cp;

	for (const struct node *n = root->first; n; n = n->next) {
		struct str rest = n->value;
		size_t at;

		buf_put_str(out, n->name);
		buf_putc(out, '=');
		at = out->len;
		while (rest.n) {
			size_t used = text_next(rest, &cp);

			buf_put(out, utf8, text_encode(is_control(cp) ? ' ' : cp, utf8));
			rest = (struct str){ rest.p + used, rest.n - used };
		}
		render_note(n, at, out);
		buf_putc(out, '\n');
	}
}

/* Append a text behind a blank, blanks and controls in it as one blank; false: `max` bytes are reached. */
static bool line_put(struct str text, size_t max, struct buf *out)
{
	bool blank = out->len > 0;
	char utf8[4];
	uint32_t cp;

	while (text.n) {
		size_t used = text_next(text, &cp), n = text_encode(cp, utf8);

		text = (struct str){ text.p + used, text.n - used };
		if (is_control(cp) || cp == ' ') {
			blank = out->len > 0;
			continue;
		}
		if (out->len + n + blank > max)
			return false;
		if (blank)
			buf_putc(out, ' ');
		blank = false;
		buf_put(out, utf8, n);
	}
	return true;
}

void render_line(const struct node *root, size_t max, struct buf *out)
{
	for (const struct node *n = root->first; n; n = n->next)
		if (n->cls && !line_put(n->value, max, out))
			return;
}
