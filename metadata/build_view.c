/* build_view.c - views: their keys, and their uses with those of other views taken over. */
#include "metadata/build.h"

static const char *const shapes[] = { [SHAPE_TREE] = "tree", [SHAPE_FLAT] = "flat" };

enum { VIEWS_DEEP = 32 };

/* The uses of one view, gathered. */
struct gather {
	struct build *b;
	enum shape shape;
	struct use *uses;
	size_t n_uses;
	const struct part **parts;
	size_t n_parts;
	bool ok;
};

static void add_use(struct gather *g, struct use use)
{
	for (size_t i = 0; i < g->n_uses; i++) {
		struct use *had = &g->uses[i];

		if (had->field != use.field || had->list != use.list || had->timeline != use.timeline)
			continue;
		*had = use; /* the later one counts, at the place of the first */
		return;
	}
	g->uses[g->n_uses++] = use;
}

static void add_part(struct gather *g, const struct part *part)
{
	for (size_t i = 0; i < g->n_parts; i++)
		if (g->parts[i] == part)
			return;
	g->parts[g->n_parts++] = part;
}

/* ---- one path ---- */

static struct use use_of(const struct named *named, struct span at)
{
	struct use use = { .kind = named->use, .only = ~UINT64_C(0), .at = at };

	switch (named->use) {
	case USE_FIELD:
		use.field = named->thing;
		break;
	case USE_LIST:
		use.list = named->thing;
		use.limit = use.list->limit;
		break;
	case USE_TIMELINE:
		use.timeline = named->thing;
		use.limit = use.timeline->limit;
		break;
	}
	return use;
}

/* An attribute that has no meaning here. */
static void refuse(struct gather *g, const struct elem *e, const char *attribute, const char *why)
{
	const struct attr *a = elem_attr(e, attribute);

	if (a)
		diag_add(g->b->ds, "M0604", a->name_at, "take it out", "%s %s", attribute, why);
}

static void set_limit(struct gather *g, const struct elem *e, struct use *use)
{
	uint32_t limit = elem_number(e, "limit", use->limit);

	if (use->kind == USE_FIELD)
		refuse(g, e, "limit", "is for lists and time lines");
	else if (limit > use->limit)
		diag_add(g->b->ds, "M0605", elem_at(e, "limit"), "raise the limit there, or lower it here",
			 "limit %u is more than the %u of `%.*s` itself", limit, use->limit,
			 STR_ARG(elem_token(e, "path")));
	else
		use->limit = limit;
}

static void set_only(struct gather *g, const struct elem *e, struct use *use)
{
	struct words w = { .attr = elem_attr(e, "only") };
	uint64_t bit;

	if (use->kind != USE_LIST) {
		refuse(g, e, "only", "is for lists");
		return;
	}
	if (w.attr)
		use->only = 0;
	while (elem_next_word(&w))
		if (build_list_member(g->b, use->list, w.word, w.at, &bit))
			use->only |= bit;
}

static void set_flat(struct gather *g, const struct elem *e, struct use *use)
{
	struct str as = elem_token(e, "as"), default_ = elem_string(e, "default");

	if (g->shape == SHAPE_TREE) {
		refuse(g, e, "as", "is for flat views");
		refuse(g, e, "default", "is for flat views");
		return;
	}
	if (use->kind != USE_FIELD)
		diag_add(g->b->ds, "M0607", elem_at(e, "path"), "show a field, such as a count made in SQL",
			 "a flat view shows single values, and `%.*s` is not one",
			 STR_ARG(elem_token(e, "path")));
	else if (!as.p || !default_.p)
		diag_add(g->b->ds, "M0606", e->at, "a flat answer must be whole, whatever is late",
			 "a use in a flat view needs %s", as.p ? "default" : "as");
	use->as = as.p ? build_keep(g->b, as) : "";
	use->default_ = default_.p ? build_keep(g->b, default_) : "";
}

/* Everything below an object of the view: "address" for address.street and address.city. */
static bool gather_below(struct gather *g, const struct elem *e)
{
	struct str path = elem_token(e, "path");
	bool any = false;

	for (const struct named *n = names_first(g->b->names, NAMES_PATH); n; n = n->next) {
		if (n->name.n <= path.n || n->name.p[path.n] != '.' || memcmp(n->name.p, path.p, path.n) != 0)
			continue;
		any = true;
		if (n->ok)
			add_use(g, use_of(n, e->at));
		else
			g->ok = false;
	}
	return any;
}

static void gather_path(struct gather *g, const struct elem *e)
{
	const struct named *named;
	struct use use;

	if (g->shape == SHAPE_TREE && !names_get(g->b->names, NAMES_PATH, elem_token(e, "path")) &&
	    gather_below(g, e)) {
		refuse(g, e, "limit", "is for one list or time line");
		refuse(g, e, "only", "is for one list");
		return;
	}
	named = names_want_named(g->b->names, NAMES_PATH, elem_token(e, "path"), elem_at(e, "path"));
	if (!named) {
		g->ok = false;
		return;
	}
	use = use_of(named, e->at);
	set_limit(g, e, &use);
	set_only(g, e, &use);
	set_flat(g, e, &use);
	add_use(g, use);
}

/* ---- other views and parts ---- */

/* Build a view before its turn, because another one uses it. False when it stands in a circle. */
static bool build_before(struct build *b, struct named *named)
{
	struct view *view = named->thing;

	if (named->busy || b->view_depth == VIEWS_DEEP)
		return false;
	b->view_depth++;
	named->ok = build_view(b, named->elem, (uint32_t)(view - b->cat->views), view);
	b->view_depth--;
	return true;
}

static void gather_view(struct gather *g, const struct elem *e)
{
	struct named *named =
		names_want_named(g->b->names, NAMES_VIEW, elem_token(e, "view"), elem_at(e, "view"));
	const struct view *view = named ? named->thing : NULL;

	g->ok = false;
	if (!view)
		return;
	if (!build_before(g->b, named)) {
		diag_add(g->b->ds, "M0608", elem_at(e, "view"), "take one of the uses out",
			 named->busy ? "the view `%s` would contain itself" :
				       "the views up to `%s` use each other too deeply",
			 view->name);
		return;
	}
	if (view->shape != g->shape) {
		diag_add(g->b->ds, "M0609", elem_at(e, "view"), NULL,
			 "the view `%s` is %s, this one is %s", view->name, shapes[view->shape],
			 shapes[g->shape]);
		return;
	}
	g->ok = named->ok;
	for (size_t i = 0; i < view->n_uses; i++)
		add_use(g, view->uses[i]);
	for (size_t i = 0; i < view->n_extra_parts; i++)
		add_part(g, view->extra_parts[i]);
}

static void gather_part(struct gather *g, const struct elem *e)
{
	const struct part *part =
		names_want(g->b->names, NAMES_PART, elem_token(e, "part"), elem_at(e, "part"));

	g->ok &= part != NULL;
	if (part)
		add_part(g, part);
}

static void refuse_all(struct gather *g, const struct elem *e)
{
	static const char *const attributes[] = { "limit", "only", "as", "default" };

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		refuse(g, e, attributes[i], "goes with path");
}

static void gather_one(struct gather *g, const struct elem *e)
{
	bool path = elem_attr(e, "path"), view = elem_attr(e, "view"), part = elem_attr(e, "part");

	if (path + view + part != 1) {
		diag_add(g->b->ds, "M0603", e->at, "write one use for each",
			 "a use names one of path, view and part");
		return;
	}
	if (path) {
		gather_path(g, e);
		return;
	}
	refuse_all(g, e);
	if (view)
		gather_view(g, e);
	else
		gather_part(g, e);
}

/* ---- the view itself ---- */

static bool build_by(struct build *b, const struct elem *e, struct view *view)
{
	const struct key **by = arena_array_of(b->mem, const struct key *, elem_count_words(e, "by") + 1);
	struct words w = { .attr = elem_attr(e, "by") };
	bool ok = true;

	view->by = by;
	while (elem_next_word(&w)) {
		const struct key *key = names_want(b->names, NAMES_KEY, w.word, w.at);

		ok &= key != NULL;
		if (!key)
			continue;
		if (key->role == KEY_ITEM)
			diag_add(b->ds, "M0602", w.at,
				 "give the key the role unique or shared, or take it out",
				 "`%s` is an item key: it leads to no customer", key->name);
		else if (view_by(view, key))
			diag_add(b->ds, "M0212", w.at, NULL, "`%s` stands in by already", key->name);
		else
			by[view->n_by++] = key;
	}
	return ok;
}

/* What every routing answer says itself. */
static bool is_taken(const char *as)
{
	static const char *const taken[] = { "outcome", "candidates", "reason", "stale" };

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(as, taken[i]) == 0)
			return true;
	return false;
}

static void check_flat_names(struct build *b, const struct view *view)
{
	for (size_t i = 0; i < view->n_uses; i++)
		if (is_taken(view->uses[i].as))
			diag_add(b->ds, "M0120", view->uses[i].at, "choose another name",
				 "`%s` is a name that every routing answer has", view->uses[i].as);
	for (size_t i = 0; i < view->n_uses; i++)
		for (size_t j = 0; j < i; j++)
			if (*view->uses[i].as && strcmp(view->uses[i].as, view->uses[j].as) == 0)
				diag_add(b->ds, "M0120", view->uses[i].at, NULL,
					 "the view `%s` shows two values as `%s`", view->name,
					 view->uses[i].as);
}

static void gather_uses(struct build *b, const struct elem *e, struct gather *g)
{
	const struct catalog *cat = b->cat;

	g->uses = arena_array_of(b->mem, struct use, cat->n_fields + cat->n_lists + cat->n_timelines + 1);
	g->parts = arena_array_of(b->mem, const struct part *, cat->n_parts + 1);
	for (const struct elem *c = elem_child(e, "use"); c; c = elem_sibling(c)) {
		bool ok = g->ok;

		gather_one(g, c);
		g->ok &= ok;
	}
}

bool build_view(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	struct named *named = names_get(b->names, NAMES_VIEW, elem_token(e, "name"));
	struct view *view = thing;
	struct gather g = { .b = b, .ok = true };
	bool ok;

	if (view->name)
		return named->ok; /* a view before it in the file has used it */
	*view = (struct view){ .name = build_keep(b, elem_token(e, "name")),
			       .shape = build_word(e, "shape", shapes, ARRAY_LEN(shapes), SHAPE_TREE),
			       .labels = build_labels(b, e),
			       .at = e->at,
			       .index = index };
	named->busy = true;
	ok = build_by(b, e, view);
	ok &= build_wait_ms(b, e, "budget", &view->budget_ms);
	g.shape = view->shape;
	gather_uses(b, e, &g);
	view->uses = g.uses;
	view->n_uses = g.n_uses;
	view->extra_parts = g.parts;
	view->n_extra_parts = g.n_parts;
	named->busy = false;
	if (view->shape == SHAPE_FLAT)
		check_flat_names(b, view);
	return ok && g.ok;
}
