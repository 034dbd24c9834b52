#include "federator/view/typed.h"

#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "federator/view/decimal.h"
#include "federator/view/document.h"
#include "metadata/normalize.h"

static const int64_t day_us = INT64_C(86400) * 1000000;

static struct str trimmed(struct str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = (struct str){s.p + 1, s.n - 1};
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* Canonical digits of an integer in range? */
static bool in_range(struct str digits)
{
	bool negative = digits.n > 0 && digits.p[0] == '-';
	uint64_t magnitude;

	if (negative)
		digits = (struct str){digits.p + 1, digits.n - 1};
	return text_to_u64(digits, &magnitude) && (!negative || magnitude <= (uint64_t)INT64_MAX + 1);
}

static enum typed_verdict integer(struct str cell, struct arena *mem, struct typed *out)
{
	struct str number;

	if (!decimal_read(cell, mem, &number) || !decimal_whole(number, &number) || !in_range(number))
		return TYPED_BAD;
	*out = (struct typed){.kind = NODE_LITERAL, .text = number};
	return TYPED_OK;
}

static enum typed_verdict decimal(struct str cell, struct arena *mem, struct typed *out)
{
	struct str number;

	if (!decimal_read(cell, mem, &number))
		return TYPED_BAD;
	*out = (struct typed){.kind = NODE_TEXT, .text = number};
	return TYPED_OK;
}

static enum typed_verdict boolean(struct str cell, struct typed *out)
{
	static const struct {
		struct str word;
		bool value;
	} words[] = {
		{STR("1"), true},    {STR("0"), false},     {STR("t"), true}, {STR("f"), false},
		{STR("true"), true}, {STR("false"), false}, {STR("y"), true}, {STR("n"), false},
		{STR("yes"), true},  {STR("no"), false},   {STR("\1"), true},
		{STR("\0"), false},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (cell.n == words[i].word.n && strncasecmp(cell.p, words[i].word.p, cell.n) == 0) {
			*out = (struct typed){.kind = NODE_LITERAL,
					      .text = words[i].value ? STR("true") : STR("false")};
			return TYPED_OK;
		}
	}
	return TYPED_BAD;
}

static int64_t instant_of(const struct civil *c, const struct zone *zone)
{
	return c->has_offset ? c->us : zone_instant_us(zone, c->us);
}

/* RFC 3339 in `zone`; false: the year does not fit its four digits there. */
static bool print_instant(const struct zone *zone, int64_t instant_us, struct arena *mem, struct str *out)
{
	char text[40];

	if (!civil_has_year(instant_us + zone_offset_at(zone, instant_us) * CIVIL_SECOND_US))
		return false;
	*out = arena_str(mem, (struct str){text, zone_format(zone, instant_us, text)});
	return true;
}

/* RFC 3339 with the offset that the source wrote; false: it wrote none, or one that no XML Schema takes. */
static bool print_written(const struct civil *c, struct arena *mem, struct str *out)
{
	enum { MOST_S = 14 * 3600 };
	char text[40];

	if (!c->has_offset || c->offset_s > MOST_S || c->offset_s < -MOST_S)
		return false;
	*out = arena_str(mem, (struct str){text, zone_format_offset(c->offset_s, c->us, text)});
	return true;
}

/* A wall time as most sources write it, on days on which its zone keeps its offset: the text needs no more than the
 * offset. False: another one. */
static bool written_plainly(struct str cell, const struct civil *c, const struct zone *zone, struct arena *mem,
			    struct typed *out)
{
	enum { WALL = sizeof("2026-11-22 09:38:51") - 1, SUFFIX_MOST = 8 };
	int32_t offset_s;
	char *text;

	if (cell.n != WALL || !c->has_time || c->has_offset || !zone_steady(zone, c->us, &offset_s))
		return false;
	text = arena_alloc(mem, WALL + SUFFIX_MOST);
	memcpy(text, cell.p, WALL);
	text[sizeof("2026-11-22") - 1] = 'T';
	out->text = (struct str){text, WALL + zone_format_suffix(zone, offset_s, text + WALL)};
	out->instant_us = c->us - offset_s * CIVIL_SECOND_US;
	return true;
}

static enum typed_verdict timestamp(struct str cell, const struct zone *zone, struct arena *mem,
				    struct typed *out)
{
	struct typed t = {.kind = NODE_TEXT};
	struct civil c;

	if (!civil_parse(cell, &c))
		return TYPED_BAD;
	if (written_plainly(cell, &c, zone, mem, &t)) {
		*out = t;
		return TYPED_OK;
	}
	t.instant_us = instant_of(&c, zone);
	if (!print_instant(zone, t.instant_us, mem, &t.text) && !print_written(&c, mem, &t.text))
		return TYPED_BAD;
	*out = t;
	return TYPED_OK;
}

static enum typed_verdict date(struct str cell, const struct zone *zone, struct arena *mem, struct typed *out)
{
	struct typed t = {.kind = NODE_TEXT, .text = cell};
	struct civil c;
	int64_t wall_us;

	if (!civil_parse(cell, &c))
		return TYPED_BAD;
	t.instant_us = instant_of(&c, zone);
	wall_us = c.has_offset ? c.us + INT64_C(1000000) * zone_offset_at(zone, c.us) : c.us;
	if (wall_us % day_us != 0)
		return TYPED_BAD;
	if (c.has_offset && !print_instant(zone, t.instant_us, mem, &t.text))
		return TYPED_BAD;
	t.text.n = sizeof("2026-11-22") - 1;
	*out = t;
	return TYPED_OK;
}

static enum typed_verdict time_of_day(struct str cell, struct arena *mem, struct typed *out)
{
	struct typed t = {.kind = NODE_TEXT};
	int64_t s, fraction_us;

	if (!civil_parse_time(cell, &t.instant_us))
		return TYPED_BAD;
	s = t.instant_us / CIVIL_SECOND_US;
	fraction_us = t.instant_us % CIVIL_SECOND_US;
	t.text = arena_printf(mem, "%02d:%02d:%02d.%06d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
			      (int)fraction_us);
	while (t.text.p[t.text.n - 1] == '0' && fraction_us != 0)
		t.text.n--;
	if (fraction_us == 0)
		t.text.n = sizeof("09:38:51") - 1;
	*out = t;
	return TYPED_OK;
}

static enum typed_verdict uuid(struct str cell, struct arena *mem, struct typed *out)
{
	struct typed t = {.kind = NODE_TEXT};

	if (!normalize_uuid(cell, mem, &t.text))
		return TYPED_BAD;
	*out = t;
	return TYPED_OK;
}

static enum typed_verdict document(struct str cell, struct arena *mem, struct typed *out)
{
	struct typed t = {.kind = NODE_LITERAL};

	if (!document_read(cell, mem, &t.text))
		return TYPED_BAD;
	if (str_eq(t.text, STR("null"))) {
		*out = (struct typed){.kind = NODE_NULL};
		return TYPED_NULL;
	}
	*out = t;
	return TYPED_OK;
}

enum typed_verdict typed_cell(enum value_type type, struct str cell, const struct zone *zone,
			      struct arena *mem, struct typed *out)
{
	if (!cell.p) {
		*out = (struct typed){.kind = NODE_NULL};
		return TYPED_NULL;
	}
	switch (type) {
	case TYPE_TEXT:
		if (cell.n == 1 && !*cell.p) /* a bit that is not set: no text */
			return TYPED_BAD;
		*out = (struct typed){.kind = NODE_TEXT, .text = cell};
		return TYPED_OK;
	case TYPE_BYTES:
		*out = (struct typed){.kind = NODE_TEXT, .text = cell};
		return TYPED_OK;
	case TYPE_INTEGER:
		return integer(trimmed(cell), mem, out);
	case TYPE_DECIMAL:
		return decimal(trimmed(cell), mem, out);
	case TYPE_BOOLEAN:
		return boolean(trimmed(cell), out);
	case TYPE_DATE:
		return date(trimmed(cell), zone, mem, out);
	case TYPE_TIMESTAMP:
		return timestamp(trimmed(cell), zone, mem, out);
	case TYPE_TIME:
		return time_of_day(trimmed(cell), mem, out);
	case TYPE_UUID:
		return uuid(trimmed(cell), mem, out);
	case TYPE_JSON:
		return document(cell, mem, out);
	}
	abort();
}

int typed_cmp(enum value_type type, const struct typed *a, const struct typed *b)
{
	int c;

	switch (type) {
	case TYPE_INTEGER:
	case TYPE_DECIMAL:
		return decimal_cmp(a->text, b->text);
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
	case TYPE_TIME:
		return (a->instant_us > b->instant_us) - (a->instant_us < b->instant_us);
	case TYPE_TEXT:
	case TYPE_BOOLEAN:
	case TYPE_UUID:
	case TYPE_JSON:
	case TYPE_BYTES:
		c = str_cmp(a->text, b->text);
		return (c > 0) - (c < 0);
	}
	abort();
}

bool typed_same(enum value_type type, const struct typed *a, const struct typed *b)
{
	if (type == TYPE_DATE) /* a day begins at another instant in every zone */
		return str_eq(a->text, b->text);
	return typed_cmp(type, a, b) == 0;
}

void typed_add(const struct typed *a, const struct typed *b, struct arena *mem, struct typed *out)
{
	bool whole = a->kind == NODE_LITERAL && b->kind == NODE_LITERAL;

	*out = (struct typed){.kind = whole ? NODE_LITERAL : NODE_TEXT, .text = decimal_add(a->text, b->text, mem)};
}
