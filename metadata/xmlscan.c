#include "metadata/xmlscan.h"

static bool starts(struct str text, size_t at, struct str with)
{
	return at <= text.n && text.n - at >= with.n && memcmp(text.p + at, with.p, with.n) == 0;
}

/* Behind the next `what`, or the end of the text. */
static size_t behind(struct str text, size_t from, struct str what)
{
	const char *hit = from < text.n ? memmem(text.p + from, text.n - from, what.p, what.n) : NULL;

	return hit ? (size_t)(hit - text.p) + what.n : text.n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(struct str text, size_t at)
{
	while (at < text.n && is_space(text.p[at]))
		at++;
	return at;
}

static size_t name_end(struct str text, size_t at)
{
	while (at < text.n && !is_space(text.p[at]) && !strchr("=/><\"'", text.p[at]))
		at++;
	return at;
}

/* Behind a comment, a CDATA section or an instruction that begins at `at`; `at` itself when there is none. */
static size_t skip_aside(struct str text, size_t at)
{
	if (starts(text, at, STR("<!--")))
		return behind(text, at + 4, STR("-->"));
	if (starts(text, at, STR("<![CDATA[")))
		return behind(text, at + 9, STR("]]>"));
	if (starts(text, at, STR("<?")))
		return behind(text, at + 2, STR("?>"));
	return at;
}

bool xmlscan_attr(struct str text, size_t *from, struct xmlscan_attr *out)
{
	size_t name = skip_space(text, *from), end = name_end(text, name), at = skip_space(text, end);
	const char *close;

	if (end == name || at >= text.n || text.p[at] != '=')
		return false;
	at = skip_space(text, at + 1);
	if (at >= text.n || (text.p[at] != '"' && text.p[at] != '\''))
		return false;
	close = memchr(text.p + at + 1, text.p[at], text.n - at - 1);
	if (!close)
		return false;
	*out = (struct xmlscan_attr){ .name = name,
				      .name_n = end - name,
				      .value = at + 1,
				      .value_n = (size_t)(close - text.p) - at - 1 };
	*from = (size_t)(close - text.p) + 1;
	return true;
}

static void tag_at(struct str text, size_t name, struct xmlscan_tag *out)
{
	struct xmlscan_attr attr;
	size_t end = name_end(text, name), at = end;

	while (xmlscan_attr(text, &at, &attr))
		;
	at = skip_space(text, at);
	*out = (struct xmlscan_tag){ .name = name,
				     .name_n = end - name,
				     .empty = starts(text, at, STR("/>")) };
	at += out->empty ? 2 : 1;
	out->end = at < text.n ? at : text.n;
}

bool xmlscan_tag(struct str text, size_t from, struct xmlscan_tag *out)
{
	while (from < text.n) {
		const char *open = memchr(text.p + from, '<', text.n - from);
		size_t at, past;

		if (!open)
			return false;
		at = (size_t)(open - text.p);
		past = skip_aside(text, at);
		if (past != at) {
			from = past;
		} else if (starts(text, at, STR("</"))) {
			from = behind(text, at, STR(">"));
		} else {
			tag_at(text, at + 1, out);
			return true;
		}
	}
	return false;
}

size_t xmlscan_text(struct str text, size_t from)
{
	for (;;) {
		size_t at = skip_space(text, from);

		if (starts(text, at, STR("<![CDATA["))) {
			from = at + 9;
		} else {
			size_t past = skip_aside(text, at);

			if (past == at)
				return at;
			from = past;
		}
	}
}

/* Is the first byte of a text that is not white space inside a CDATA section? */
static bool in_cdata(struct str text, size_t from)
{
	const char *open = from ? memrchr(text.p, '<', from) : NULL;

	return open && starts(text, (size_t)(open - text.p), STR("<![CDATA["));
}

/* How many bytes of UTF-8 a reference stands for; without a document type all named ones are for ASCII. */
static size_t reference_bytes(struct str text, size_t at)
{
	bool hex = starts(text, at, STR("&#x"));
	uint32_t cp = 0;

	if (!starts(text, at, STR("&#")))
		return 1;
	for (at += hex ? 3 : 2; at < text.n && text.p[at] != ';' && cp < 0x110000; at++) {
		uint32_t c = (unsigned char)text.p[at];

		cp = cp * (hex ? 16 : 10) + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

/* The next byte of an element's text at or behind `from`, which it moves behind; false at the end of the element. */
static bool text_step(struct str text, size_t *from, bool *cdata, size_t *bytes_out, size_t *at_out)
{
	while (*from < text.n) {
		*at_out = *from;
		*bytes_out = 1;
		if (*cdata && starts(text, *from, STR("]]>"))) {
			*from += 3;
			*cdata = false;
		} else if (!*cdata && starts(text, *from, STR("<![CDATA["))) {
			*from += 9;
			*cdata = true;
		} else if (!*cdata && text.p[*from] == '<') {
			*from = skip_aside(text, *from);
			if (*from == *at_out)
				return false;
		} else if (!*cdata && text.p[*from] == '&') {
			*bytes_out = reference_bytes(text, *from);
			*from = behind(text, *from, STR(";"));
			return true;
		} else {
			*from += starts(text, *from, STR("\r\n")) ? 2 : 1;
			return true;
		}
	}
	return false;
}

size_t xmlscan_within(struct str text, size_t from, size_t at)
{
	bool cdata = in_cdata(text, from);
	size_t behind_last = 0, bytes, stands;

	while (text_step(text, &from, &cdata, &bytes, &stands)) {
		behind_last += bytes;
		if (at < behind_last)
			return stands;
	}
	return from < text.n ? from : text.n;
}

bool xmlscan_doctype(struct str text, size_t *at_out)
{
	size_t at = 0, past;

	for (;;) {
		at = skip_space(text, at);
		past = skip_aside(text, at);
		if (past == at)
			break;
		at = past;
	}
	if (!starts(text, at, STR("<!")))
		return false;
	*at_out = at;
	return true;
}

struct str xmlscan_encoding(struct str text)
{
	struct xmlscan_attr attr;
	size_t at = 5;

	if (!starts(text, 0, STR("<?xml")))
		return (struct str){ 0 };
	while (xmlscan_attr(text, &at, &attr))
		if (str_eq((struct str){ text.p + attr.name, attr.name_n }, STR("encoding")))
			return (struct str){ text.p + attr.value, attr.value_n };
	return (struct str){ 0 };
}

void xmlscan_move(struct xmlscan_place *place, size_t offset)
{
	if (offset > place->text.n)
		offset = place->text.n;
	if (offset < place->offset)
		*place = (struct xmlscan_place){ .text = place->text, .line = 1 };
	for (; place->offset < offset; place->offset++) {
		if (place->text.p[place->offset] != '\n')
			continue;
		place->line++;
		place->line_start = place->offset + 1;
	}
}
