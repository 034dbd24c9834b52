/* test_escape.c - what the writers escape, at every length and place that blocks of bytes can begin and end. */
#include "federator/render/render.h"

#include <stdlib.h>

#include "base/text.h"
#include "tests/cmocka_all.h"

#define REPLACED "\xEF\xBF\xBD"

enum { LONGEST = 40 };

/* What a writer makes of one character; U+FFFD is also what is no UTF-8. */
typedef void spell(struct str c, uint32_t cp, struct buf *out);

static void spell_json(struct str c, uint32_t cp, struct buf *out)
{
	static const char controls[] = "\b\t\n\f\r", letters[] = "btnfr";
	const char *control = cp && cp < ' ' ? strchr(controls, (int)cp) : NULL;

	if (cp == 0xFFFD)
		buf_puts(out, REPLACED);
	else if (cp == '"' || cp == '\\')
		buf_printf(out, "\\%c", (int)cp);
	else if (control)
		buf_printf(out, "\\%c", letters[control - controls]);
	else if (cp < ' ')
		buf_printf(out, "\\u%04x", cp);
	else
		buf_put_str(out, c);
}

static void spell_xml(struct str c, uint32_t cp, struct buf *out)
{
	if (cp == '<' || cp == '>' || cp == '&')
		buf_puts(out, cp == '<' ? "&lt;" : cp == '>' ? "&gt;" : "&amp;");
	else if (cp == '\r')
		buf_puts(out, "&#13;");
	else if ((cp < ' ' && cp != '\t' && cp != '\n') || (cp >= 0xFFFD && cp <= 0xFFFF))
		buf_puts(out, REPLACED);
	else
		buf_put_str(out, c);
}

static void spell_attribute(struct str c, uint32_t cp, struct buf *out)
{
	if (cp == '>')
		buf_put_str(out, c);
	else if (cp == '"')
		buf_puts(out, "&quot;");
	else if (cp == '\t' || cp == '\n')
		buf_printf(out, "&#%u;", cp);
	else
		spell_xml(c, cp, out);
}

static void spelt(struct str text, spell *how, struct buf *out)
{
	uint32_t cp;

	for (size_t i = 0, used; i < text.n; i += used) {
		used = text_next((struct str){ text.p + i, text.n - i }, &cp);
		how((struct str){ text.p + i, used }, cp, out);
	}
}

static void assert_written(const struct buf *got, const char *before, const struct buf *want, const char *behind)
{
	SCOPED(buf_free) struct buf whole = { 0 };

	buf_printf(&whole, "%s", before);
	buf_put(&whole, want->data, want->len);
	buf_puts(&whole, behind);
	assert_int_equal(got->len, whole.len);
	assert_memory_equal(got->data, whole.data, whole.len);
}

static void in_json(struct str text)
{
	SCOPED(buf_free) struct buf got = { 0 }, want = { 0 };

	spelt(text, spell_json, &want);
	render_json_string(text, &got);
	assert_written(&got, "\"", &want, "\"");
}

/* As text and, as the name of a member of a map, as an attribute. */
static void in_xml(struct str text)
{
	SCOPED(buf_free) struct buf got = { 0 }, want = { 0 };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct node *map = tree_map(mem, NULL, STR("m"), STR("i"));

	tree_text(mem, map, text, text);
	buf_puts(&want, "<i name=\"");
	spelt(text, spell_attribute, &want);
	buf_puts(&want, "\">");
	spelt(text, spell_xml, &want);
	render_xml(map, "n", false, &got);
	assert_written(&got, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<m xmlns=\"n\">", &want, "</i></m>");
}

/* `c` at every place of a text of every length, which ends where its memory does. */
static void everywhere(struct str c)
{
	for (size_t n = c.n; n <= LONGEST; n++) {
		for (size_t at = 0; at + c.n <= n; at++) {
			char *text = test_malloc(n);

			memset(text, 'a', n);
			memcpy(text + at, c.p, c.n);
			in_json((struct str){ text, n });
			in_xml((struct str){ text, n });
			test_free(text);
		}
	}
}

static void every_byte_is_right_everywhere(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		everywhere((struct str){ (const char[]){ (char)byte }, 1 });
}

static void characters_of_several_bytes_are_right_everywhere(void **state)
{
	static const char *const characters[] = {
		"é", "가", "힣", "漢", "€", "😀", "\xEF\xBF\xBE", "\xEF\xBF\xBF", REPLACED,
		"\xEA\xB0", "\xED\xA0\x80", "\xE0\x80\x80", "\xF0\x9F\x98", "가나\"", "\\가", "한<글", "漢\xEA\xB0&",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(characters); i++)
		everywhere(str_of(characters[i]));
}

static void plain_text_of_every_length_stays(void **state)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno";

	(void)state;
	for (size_t n = 1; n <= LONGEST; n++) {
		in_json((struct str){ plain, n });
		in_xml((struct str){ plain, n });
	}
	in_json(STR(""));
	in_json((struct str){ 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_right_everywhere),
		cmocka_unit_test(characters_of_several_bytes_are_right_everywhere),
		cmocka_unit_test(plain_text_of_every_length_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
