/* build_base.c - sources, codes, classes and policies: what stands alone. */
#include "metadata/build.h"

#include "base/map.h"

bool build_source(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct source *s = thing;
	struct str connect = elem_token(e, "connect");
	size_t scheme = sizeof("secret:") - 1;
	struct err err = { 0 };

	*s = (struct source){ .name = build_keep(b, elem_token(e, "name")),
			      .dialect = build_keep(b, elem_token(e, "dialect")),
			      .pool = elem_number(e, "pool", 1),
			      .labels = build_labels(b, e),
			      .at = e->at,
			      .index = index };
	s->secret = build_keep(b, (struct str){ connect.p + scheme, connect.n - scheme });
	s->zone = zone_load(b->mem, build_keep(b, elem_token(e, "zone")), &err);
	if (!s->zone)
		diag_add(b->ds, "M0201", elem_at(e, "zone"), "an IANA name, such as Asia/Seoul or UTC",
			 "the time zone `%.*s` is not known: %s", STR_ARG(elem_token(e, "zone")), err.text);
	return true; /* whatever its zone, parts can name it */
}

/* The values of sources that lead to one code: its own name, and the words of from. */
static void build_code(struct build *b, const struct elem *e, struct map *seen, struct code *code)
{
	struct words w = { .attr = elem_attr(e, "from") };
	const char **from = arena_array_of(b->mem, const char *, elem_count_words(e, "from") + 1);
	struct str is = elem_token(e, "is");

	*code = (struct code){ .is = build_keep(b, is), .from = from, .labels = build_labels(b, e) };
	if (map_set(seen, str_of(code->is), code))
		diag_add(b->ds, "M0205", elem_at(e, "is"), NULL, "`%s` leads to another code already",
			 code->is);
	while (elem_next_word(&w)) {
		const struct code *other = map_get(seen, w.word);

		if (other && (other != code || !str_eq(w.word, is)))
			diag_add(b->ds, "M0205", w.at, NULL, "`%.*s` leads to the code `%s` already",
				 STR_ARG(w.word), other->is);
		from[code->n_from++] = build_keep(b, w.word);
		(void)map_set(seen, str_of(from[code->n_from - 1]), code);
	}
}

bool build_codes(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct codes *codes = thing;
	struct code *of = arena_array_of(b->mem, struct code, elem_count(e, "code") + 1);
	struct map *seen = map_new(b->scratch);

	*codes = (struct codes){ .name = build_keep(b, elem_token(e, "name")), .of = of, .at = e->at,
				 .index = index };
	for (const struct elem *c = elem_child(e, "code"); c; c = elem_sibling(c))
		build_code(b, c, seen, &of[codes->n++]);
	return true;
}

bool build_class(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	static const char *const masks[] = {
		[MASK_NAME] = "name", [MASK_PHONE] = "phone", [MASK_EMAIL] = "email",
		[MASK_RRN] = "rrn",   [MASK_CARD] = "card",   [MASK_ACCOUNT] = "account",
		[MASK_ADDRESS] = "address", [MASK_GENERIC] = "generic", [MASK_ALL] = "all",
	};
	struct class_ *c = thing;

	*c = (struct class_){ .name = build_keep(b, elem_token(e, "name")),
			      .mask = build_word(e, "mask", masks, ARRAY_LEN(masks), MASK_NONE),
			      .labels = build_labels(b, e),
			      .at = e->at,
			      .index = index };
	if (index == CLASSES_MAX)
		diag_add(b->ds, "M0206", e->at, NULL, "there are more than %d classes", CLASSES_MAX);
	return index < CLASSES_MAX;
}

static const char *const *keep_words(struct build *b, const struct elem *e, const char *name, size_t *n_out)
{
	struct words w = { .attr = elem_attr(e, name) };
	const char **words = arena_array_of(b->mem, const char *, elem_count_words(e, name) + 1);

	*n_out = 0;
	while (elem_next_word(&w))
		words[(*n_out)++] = build_keep(b, w.word);
	return words;
}

/* The classes that one <show> or <mask> names. */
static uint64_t class_set(struct build *b, const struct elem *e, bool masks)
{
	struct words w = { .attr = elem_attr(e, "class") };
	uint64_t set = 0;

	while (elem_next_word(&w)) {
		const struct class_ *c = names_want(b->names, NAMES_CLASS, w.word, w.at);

		if (!c)
			continue;
		set |= UINT64_C(1) << c->index;
		if (masks && c->mask == MASK_NONE)
			diag_add(b->ds, "M0701", w.at, "declare it: <class name=\"...\" mask=\"...\"/>",
				 "the class `%s` has no mask", c->name);
	}
	return set;
}

static void build_rights(struct build *b, const struct elem *e, struct policy *p)
{
	struct unmask *unmasks = arena_array_of(b->mem, struct unmask, elem_count(e, "unmask"));

	p->unmasks = unmasks;
	for (const struct elem *c = e->first; c; c = c->next) {
		uint64_t classes = class_set(b, c, elem_is(c, "mask"));

		if (elem_is(c, "unmask"))
			unmasks[p->n_unmasks++] = (struct unmask){ classes, elem_number(c, "minutes", 0) };
		else
			*(elem_is(c, "show") ? &p->show : &p->mask) |= classes;
	}
}

bool build_policy(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct policy *p = thing;

	(void)index;
	*p = (struct policy){ .at = e->at };
	p->roles = keep_words(b, e, "role", &p->n_roles);
	p->purposes = keep_words(b, e, "purpose", &p->n_purposes);
	build_rights(b, e, p);
	for (size_t i = 0; i < p->n_unmasks; i++)
		if (p->unmasks[i].classes & p->show)
			diag_add(b->ds, "M0708", e->at, "take it out of one of the two",
				 "the policy unmasks `%s`, which it shows anyway",
				 b->cat->classes[__builtin_ctzll(p->unmasks[i].classes & p->show)].name);
	if (p->show & p->mask)
		diag_add(b->ds, "M0702", e->at, "take it out of one of the two",
			 "the policy both shows and masks `%s`",
			 b->cat->classes[__builtin_ctzll(p->show & p->mask)].name);
	return true;
}
