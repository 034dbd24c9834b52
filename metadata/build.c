#include "metadata/build.h"

#include "metadata/check.h"
#include "metadata/test.h"
#include "metadata/weblogs.h"

#define NO_NAME NAMES_KINDS

/* What a directory declares, in the order it is built: each refers only to what stands before it. */
static const struct maker {
	const char *element;
	enum names_kind kind; /* or NO_NAME */
	const char *name; /* the attribute */
	enum use_kind use;
	size_t bytes;
	bool (*make)(struct build *b, const struct elem *e, uint32_t index, void *thing);
} makers[] = {
	{ "source", NAMES_SOURCE, "name", 0, sizeof(struct source), build_source },
	{ "key", NAMES_KEY, "name", 0, sizeof(struct key), build_key },
	{ "codes", NAMES_CODES, "name", 0, sizeof(struct codes), build_codes },
	{ "class", NAMES_CLASS, "name", 0, sizeof(struct class_), build_class },
	{ "part", NAMES_PART, "name", 0, sizeof(struct part), build_part },
	{ "field", NAMES_PATH, "path", USE_FIELD, sizeof(struct field), build_field },
	{ "list", NAMES_PATH, "path", USE_LIST, sizeof(struct list), build_list },
	{ "timeline", NAMES_PATH, "path", USE_TIMELINE, sizeof(struct timeline), build_timeline },
	{ "view", NAMES_VIEW, "name", 0, sizeof(struct view), build_view },
	{ "policy", NO_NAME, "", 0, sizeof(struct policy), build_policy },
	{ "weblog", NAMES_WEBLOG, "name", 0, sizeof(struct weblog), build_weblog },
	{ "test", NAMES_TEST, "name", 0, sizeof(struct test), build_test },
};

enum { N_MAKERS = ARRAY_LEN(makers), MAKER_PART = 4 /* in that table */ };

/* Declarations of one maker, in document order; `things` is the catalog's array. */
struct declared {
	const struct elem **elems;
	struct named **named; /* NULL: has no name, or not one of its own */
	char *things;
	size_t n;
};

static unsigned maker_of(const struct elem *e)
{
	unsigned m = 0;

	while (m < N_MAKERS && !elem_is(e, makers[m].element))
		m++;
	return m;
}

static void make_room(struct build *b, const struct elem *const *tops, size_t n_tops, struct declared *all)
{
	for (size_t i = 0; i < n_tops; i++) {
		unsigned m = maker_of(tops[i]);

		if (m < N_MAKERS)
			all[m].n++;
	}
	for (unsigned m = 0; m < N_MAKERS; m++) {
		all[m].elems = arena_array_of(b->scratch, const struct elem *, all[m].n + 1);
		all[m].named = arena_array_of(b->scratch, struct named *, all[m].n + 1);
		all[m].things = arena_alloc_array(b->mem, makers[m].bytes, all[m].n + 1);
	}
}

/* An element that the schema refused may have been meant to declare something. */
static void spoil(struct build *b, unsigned m)
{
	for (unsigned k = 0; k < NAMES_KINDS; k++)
		if (m == N_MAKERS || makers[m].kind == k)
			names_spoil(b->names, k);
}

static struct named *declare_name(struct build *b, const struct elem *e, const struct maker *maker,
				  void *thing)
{
	struct named *named =
		names_add(b->names, maker->kind, arena_str(b->scratch, elem_token(e, maker->name)),
			  elem_at(e, maker->name), thing);

	if (!named)
		return NULL;
	named->elem = e;
	named->use = maker->use;
	named->ok = maker->kind == NAMES_VIEW && !e->broken; /* views may be used before their turn */
	return named;
}

static void declare(struct build *b, const struct elem *e, struct declared *all)
{
	unsigned m = maker_of(e);
	struct declared *d;

	if (m == N_MAKERS || (makers[m].kind != NO_NAME && elem_token(e, makers[m].name).n == 0)) {
		spoil(b, m);
		return;
	}
	d = &all[m];
	if (makers[m].kind != NO_NAME)
		d->named[d->n] = declare_name(b, e, &makers[m], d->things + d->n * makers[m].bytes);
	d->elems[d->n++] = e;
}

static void declare_all(struct build *b, const struct elem *const *roots, size_t n_roots,
			struct declared *all)
{
	const struct elem *const *tops;
	size_t n_tops;

	tops = override_apply(b, roots, n_roots, &n_tops);
	make_room(b, tops, n_tops, all);
	for (unsigned m = 0; m < N_MAKERS; m++)
		all[m].n = 0; /* counted again while they are entered */
	for (size_t i = 0; i < n_tops; i++)
		declare(b, tops[i], all);
}

/* The catalog's arrays, whether or not all in them turns out well. */
static void fill_arrays(struct catalog *cat, const struct declared *all)
{
	const struct declared *d = all;

#define TAKE(member)                                       \
	do {                                               \
		cat->member = (const void *)d->things;     \
		cat->n_##member = (d++)->n;                \
	} while (0)
	TAKE(sources);
	TAKE(keys);
	TAKE(codes);
	TAKE(classes);
	TAKE(parts);
	TAKE(fields);
	TAKE(lists);
	TAKE(timelines);
	TAKE(views);
	TAKE(policies);
	TAKE(weblogs);
	TAKE(tests);
#undef TAKE
}

static void make_all(struct build *b, const struct declared *all)
{
	for (unsigned m = 0; m < N_MAKERS; m++) {
		const struct declared *d = &all[m];

		for (size_t i = 0; i < d->n; i++) {
			bool twice = makers[m].kind != NO_NAME && !d->named[i];
			bool ok =
				!d->elems[i]->broken && !twice &&
				makers[m].make(b, d->elems[i], (uint32_t)i, d->things + i * makers[m].bytes);

			if (d->named[i])
				d->named[i]->ok = ok;
		}
	}
}

/* ---- rules over the whole ---- */

static void check_identity(struct build *b, const struct elem *const *roots, size_t n_roots)
{
	const struct key *first = NULL;

	for (size_t i = 0; i < b->cat->n_keys; i++) {
		const struct key *key = &b->cat->keys[i];

		if (!key->name || key->role != KEY_IDENTITY)
			continue;
		if (first)
			diag_add(b->ds, "M0122", key->at, "give one of them the role unique",
				 "there are two identity keys, `%s` and `%s`", first->name, key->name);
		else
			first = key;
	}
	b->cat->identity = first;
	if (!first && n_roots && names_whole(b->names, NAMES_KEY))
		diag_add(b->ds, "M0121", roots[0]->at,
			 "declare <key name=\"...\" role=\"identity\" type=\"...\"/>",
			 "no key of the directory is the identity of a customer");
}

/* A path that has a value cannot have another one below it. */
static void check_paths(struct build *b)
{
	for (const struct named *n = names_first(b->names, NAMES_PATH); n; n = n->next)
		for (size_t i = 1; i < n->name.n; i++) {
			struct str above = { n->name.p, i };

			if (n->name.p[i] == '.' && names_get(b->names, NAMES_PATH, above))
				diag_add(b->ds, "M0501", n->at, "choose another path for one of them",
					 "`%.*s` has a value, so `%.*s` cannot be below it", STR_ARG(above),
					 STR_ARG(n->name));
		}
}

void build_catalog(struct build *b, const struct elem *const *roots, size_t n_roots, bool incomplete)
{
	struct declared all[N_MAKERS] = { 0 };

	b->names = names_new(b->scratch, b->ds, incomplete);
	declare_all(b, roots, n_roots, all);
	fill_arrays(b->cat, all);
	make_all(b, all);
	build_consents(b, all[MAKER_PART].elems, (struct part *)(void *)all[MAKER_PART].things, all[MAKER_PART].n);
	check_identity(b, roots, n_roots);
	check_paths(b);
	if (!b->cat->identity || !names_whole(b->names, NAMES_SOURCE) || !names_whole(b->names, NAMES_KEY) ||
	    !names_whole(b->names, NAMES_PART) || !names_whole(b->names, NAMES_PATH))
		return; /* what follows would only tell again that something is wrong */
	check_use(b);
	check_keys(b);
	check_plans(b);
	check_pools(b);
	check_advice(b);
	check_rights(b);
}
