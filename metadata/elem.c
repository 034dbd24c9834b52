#include "metadata/elem.h"

#include "base/text.h"

bool elem_is(const struct elem *e, const char *name)
{
	return str_eq(e->name, str_of(name));
}

const struct elem *elem_child(const struct elem *e, const char *name)
{
	for (const struct elem *c = e->first; c; c = c->next)
		if (elem_is(c, name))
			return c;
	return NULL;
}

const struct elem *elem_sibling(const struct elem *e)
{
	for (const struct elem *c = e->next; c; c = c->next)
		if (str_eq(c->name, e->name))
			return c;
	return NULL;
}

size_t elem_count(const struct elem *e, const char *name)
{
	size_t n = 0;

	for (const struct elem *c = elem_child(e, name); c; c = elem_sibling(c))
		n++;
	return n;
}

const struct attr *elem_attr(const struct elem *e, const char *name)
{
	for (size_t i = 0; i < e->n_attrs; i++)
		if (str_eq(e->attrs[i].name, str_of(name)))
			return &e->attrs[i];
	return NULL;
}

struct str elem_string(const struct elem *e, const char *name)
{
	const struct attr *a = elem_attr(e, name);

	return a ? a->value : (struct str){ 0 };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str elem_token(const struct elem *e, const char *name)
{
	struct str s = elem_string(e, name);

	while (s.n && is_space(s.p[0]))
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span elem_at(const struct elem *e, const char *name)
{
	const struct attr *a = elem_attr(e, name);

	return a ? a->value_at : e->at;
}

bool elem_true(const struct elem *e, const char *name)
{
	struct str s = elem_token(e, name);

	return str_eq(s, STR("true")) || str_eq(s, STR("1"));
}

/* Decimal digits, perhaps behind a "+", as xs:positiveInteger has it. */
static uint64_t number_of(struct str s, uint64_t otherwise)
{
	uint64_t value;

	if (s.n && s.p[0] == '+')
		s = (struct str){ s.p + 1, s.n - 1 };
	return text_to_u64(s, &value) ? value : otherwise;
}

uint32_t elem_number(const struct elem *e, const char *name, uint32_t otherwise)
{
	uint64_t value = number_of(elem_token(e, name), otherwise);

	return value <= UINT32_MAX ? (uint32_t)value : otherwise;
}

uint64_t elem_duration_ms(const struct elem *e, const char *name, uint64_t otherwise)
{
	static const struct {
		struct str unit;
		uint64_t ms;
	} units[] = { { STR("ms"), 1 }, { STR("s"), 1000 }, { STR("m"), 60000 }, { STR("h"), 3600000 },
		      { STR("d"), 86400000 } };
	struct str s = elem_token(e, name), unit;
	size_t digits = 0;

	if (!s.p)
		return otherwise;
	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	unit = (struct str){ s.p + digits, s.n - digits };
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(unit, units[i].unit))
			return number_of((struct str){ s.p, digits }, 0) * units[i].ms;
	return otherwise;
}

bool elem_next_word(struct words *w)
{
	struct str s = w->attr ? w->attr->value : (struct str){ 0 };
	size_t from = w->offset, to;

	while (from < s.n && is_space(s.p[from]))
		from++;
	for (to = from; to < s.n && !is_space(s.p[to]); to++)
		;
	if (from == to)
		return false;
	w->word = (struct str){ s.p + from, to - from };
	w->at = w->attr->value_at;
	if (w->attr->verbatim) {
		w->at.column += (uint32_t)from;
		w->at.length = (uint32_t)(to - from);
	}
	w->offset = to;
	return true;
}

struct span elem_word_at(const struct elem *e, const char *name, struct str word)
{
	struct words w = { .attr = elem_attr(e, name) };

	while (elem_next_word(&w))
		if (str_eq(w.word, word))
			return w.at;
	return e->at;
}

size_t elem_count_words(const struct elem *e, const char *name)
{
	struct words w = { .attr = elem_attr(e, name) };
	size_t n = 0;

	while (elem_next_word(&w))
		n++;
	return n;
}
