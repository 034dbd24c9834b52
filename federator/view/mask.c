#include "federator/view/mask.h"

#include <stdlib.h>

#include "base/text.h"
#include "federator/view/mask_kinds.h"

enum { GENERIC_CHARS_MIN = 6 }; /* so that most is hidden, and what is masked is long enough again */

static bool is_domain(struct str s)
{
	bool dot = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;

		if (c == '.' && (i == 0 || i + 1 == s.n || s.p[i - 1] == '.'))
			return false;
		dot = dot || c == '.';
		if (!letter && !text_is_digit(c) && c != '.' && c != '-')
			return false;
	}
	return dot;
}

static bool is_local_part(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\"(),:;<>[\\]", s.p[i]))
			return false;
	return s.n > 0;
}

static struct str email(struct str text, struct arena *mem)
{
	const char *at = text.n > 0 ? memchr(text.p, '@', text.n) : NULL;
	struct str local, domain;
	size_t shown;
	uint32_t cp;

	if (!at || !text_is_utf8(text))
		return mask_whole;
	local = (struct str){text.p, (size_t)(at - text.p)};
	domain = (struct str){at + 1, text.n - local.n - 1};
	if (!is_local_part(local) || !is_domain(domain))
		return mask_whole;
	shown = text_next(local, &cp);
	if (cp == '*' || shown == local.n)
		shown = 0;
	return arena_printf(mem, "%.*s***@%.*s", (int)shown, local.p, STR_ARG(domain));
}

/* Does it fill a place by itself: no blank, and no mark that stands on another character? */
static bool stands_alone(struct str character)
{
	return *character.p != ' ' && text_cells(character) > 0;
}

static struct str generic(struct str text, struct arena *mem)
{
	struct str first = { text.p, 0 }, last = { 0 };
	size_t chars = 0;

	if (!text_is_utf8(text))
		return mask_whole;
	for (struct str rest = text; rest.n; chars++) {
		uint32_t cp;

		last = (struct str){ rest.p, text_next(rest, &cp) };
		if (cp < ' ' || cp == 0x7f)
			return mask_whole;
		if (chars == 0)
			first.n = last.n;
		rest = (struct str){ rest.p + last.n, rest.n - last.n };
	}
	if (chars < GENERIC_CHARS_MIN || !stands_alone(first) || !stands_alone(last))
		return mask_whole;
	return arena_printf(mem, "%.*s" MASK_WHOLE "%.*s", STR_ARG(first), STR_ARG(last));
}

static bool knows(enum mask_kind kind, enum value_type type)
{
	switch (kind) {
	case MASK_NAME:
	case MASK_EMAIL:
	case MASK_ADDRESS:
		return type == TYPE_TEXT;
	case MASK_PHONE:
	case MASK_RRN:
	case MASK_CARD:
	case MASK_ACCOUNT:
	case MASK_GENERIC:
		return type == TYPE_TEXT || type == TYPE_INTEGER;
	case MASK_NONE:
	case MASK_ALL:
		return false;
	}
	abort();
}

enum mask_kind mask_of(const struct field *field)
{
	bool known = !field->codes;

	for (size_t i = 0; i < field->n_from && known; i++)
		known = knows(field->cls->mask, field->from[i].part->columns[field->from[i].column].type);
	return known ? field->cls->mask : MASK_ALL;
}

struct str mask_text(enum mask_kind kind, struct str text, struct arena *mem)
{
	if (!text.p)
		return text;
	switch (kind) {
	case MASK_NONE:
		return text;
	case MASK_NAME:
		return mask_name(text, mem);
	case MASK_PHONE:
		return mask_number_phone(text, mem);
	case MASK_EMAIL:
		return email(text, mem);
	case MASK_RRN:
		return mask_number_rrn(text, mem);
	case MASK_CARD:
		return mask_number_card(text, mem);
	case MASK_ACCOUNT:
		return mask_number_account(text, mem);
	case MASK_ADDRESS:
		return mask_address(text, mem);
	case MASK_GENERIC:
		return generic(text, mem);
	case MASK_ALL:
		return mask_whole;
	}
	abort();
}
