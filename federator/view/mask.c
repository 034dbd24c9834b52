#include "federator/view/mask.h"

#include <stdlib.h>

#include "base/text.h"
#include "federator/view/mask_kinds.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_domain(struct str s)
{
	bool dot = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;

		if (c == '.' && (i == 0 || i + 1 == s.n || s.p[i - 1] == '.'))
			return false;
		dot = dot || c == '.';
		if (!letter && !is_digit(c) && c != '.' && c != '-')
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

static bool knows(enum mask_kind kind, enum value_type type)
{
	switch (kind) {
	case MASK_NAME:
	case MASK_EMAIL:
		return type == TYPE_TEXT;
	case MASK_PHONE:
	case MASK_RRN:
	case MASK_CARD:
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
	case MASK_ALL:
		return mask_whole;
	}
	abort();
}
