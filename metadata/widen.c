#include "metadata/widen.h"

#include <stdlib.h>

#include "metadata/weblogs.h"

#define HELP "the mapping loads all the same; if this is not meant, take it back"

enum sight { WITHHELD, MASKED, SHOWN };

/* How somebody sees a class. */
struct seen {
	enum sight sight;
	enum mask_kind mask; /* when masked */
};

/* A field by its whole path, also when it stands in lists; a log by a path that no field can have. */
struct place {
	struct str path;
	const struct class_ *cls;
	struct span at;
};

struct places {
	struct arena *mem;
	struct place *of;
	size_t n;
	size_t cap;
};

/* A field whose class has another name than before. */
struct moved {
	struct place is;
	const struct class_ *was;
};

struct widen {
	const struct catalog *was;
	const struct catalog *is;
	const struct class_ *former[CLASSES_MAX]; /* by index of a class of `is`: that of `was`, or NULL */
	const struct moved *moved;
	size_t n_moved;
	struct diags *ds;
	size_t n;
};

/* A role with a purpose, and what it may see. */
struct pair {
	const char *role;
	const char *purpose;
	struct rights was;
	struct rights is;
	const struct policy *policy; /* the first of `is` that names it */
};

/* ---- what is more ---- */

static struct seen seen_of(const struct rights *rights, const struct class_ *cls)
{
	uint64_t bit = cls ? UINT64_C(1) << cls->index : 0;

	if (rights->show & bit)
		return (struct seen){ SHOWN, MASK_NONE };
	if (rights->mask & bit)
		return (struct seen){ MASKED, cls->mask };
	return (struct seen){ WITHHELD, MASK_NONE };
}

/* Two masks leave different characters, so another mask counts as more, unless it leaves none. */
static bool is_more(struct seen was, struct seen is)
{
	if (is.sight != was.sight)
		return is.sight > was.sight;
	return is.sight == MASKED && is.mask != was.mask && is.mask != MASK_ALL;
}

static const char *told(struct seen seen)
{
	static const char *const masked[] = {
		[MASK_NONE] = "masked",         [MASK_NAME] = "masked as name",
		[MASK_PHONE] = "masked as phone", [MASK_EMAIL] = "masked as email",
		[MASK_RRN] = "masked as rrn",   [MASK_CARD] = "masked as card",
		[MASK_ACCOUNT] = "masked as account", [MASK_ADDRESS] = "masked as address",
		[MASK_GENERIC] = "masked as generic",
		[MASK_ALL] = "masked as all",
	};

	switch (seen.sight) {
	case WITHHELD:
		return "withheld";
	case MASKED:
		return masked[seen.mask];
	case SHOWN:
		return "shown";
	}
	abort();
}

/* ---- fields that moved ---- */

static void place_add(struct places *ps, struct str path, const struct class_ *cls, struct span at)
{
	if (ps->n == ps->cap) {
		struct place *more = arena_array_of(ps->mem, struct place, 2 * ps->cap + 64);

		if (ps->n)
			memcpy(more, ps->of, ps->n * sizeof(*more));
		ps->of = more;
		ps->cap = 2 * ps->cap + 64;
	}
	ps->of[ps->n++] = (struct place){ path, cls, at };
}

static struct str below(struct arena *mem, struct str outer, struct str inner)
{
	if (!outer.n || !inner.n)
		return outer.n ? outer : inner;
	return arena_printf(mem, "%.*s.%.*s", STR_ARG(outer), STR_ARG(inner));
}

static void places_of_list(struct places *ps, struct str outer, const struct list *list)
{
	struct str path = below(ps->mem, outer, list->path);

	for (size_t i = 0; i < list->n_fields; i++) {
		const struct field *f = &list->fields[i].field;

		place_add(ps, below(ps->mem, path, f->path), f->cls, f->at);
	}
	for (size_t i = 0; i < list->n_lists; i++)
		places_of_list(ps, path, &list->lists[i]);
}

static int by_path(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	return str_cmp(a->path, b->path);
}

static struct places places_of(const struct catalog *cat, struct arena *mem)
{
	struct places ps = { .mem = mem };

	for (size_t i = 0; i < cat->n_fields; i++)
		place_add(&ps, cat->fields[i].path, cat->fields[i].cls, cat->fields[i].at);
	for (size_t i = 0; i < cat->n_lists; i++)
		places_of_list(&ps, (struct str){ 0 }, &cat->lists[i]);
	for (size_t i = 0; i < cat->n_weblogs; i++)
		place_add(&ps, arena_printf(mem, "weblog %s", cat->weblogs[i].name), cat->weblogs[i].cls,
			  cat->weblogs[i].at);
	if (ps.n)
		qsort(ps.of, ps.n, sizeof(ps.of[0]), by_path);
	return ps;
}

static void find_moved(struct widen *w, struct arena *mem)
{
	struct places was = places_of(w->was, mem), is = places_of(w->is, mem);
	struct moved *moved = arena_array_of(mem, struct moved, is.n + 1);

	for (size_t i = 0; i < is.n && was.n; i++) {
		const struct place *old = bsearch(&is.of[i], was.of, was.n, sizeof(was.of[0]), by_path);

		if (old && strcmp(old->cls->name, is.of[i].cls->name) != 0)
			moved[w->n_moved++] = (struct moved){ is.of[i], old->cls };
	}
	w->moved = moved;
}

/* ---- one role with one purpose ---- */

static const struct policy *policy_of(const struct widen *w, const struct pair *pair,
				      const struct class_ *cls, enum sight sight)
{
	uint64_t bit = UINT64_C(1) << cls->index;

	for (size_t i = 0; i < w->is->n_policies; i++) {
		const struct policy *p = &w->is->policies[i];

		if (((sight == SHOWN ? p->show : p->mask) & bit) &&
		    policy_names(p, str_of(pair->role), str_of(pair->purpose)))
			return p;
	}
	return pair->policy;
}

static void tell_class(struct widen *w, const struct pair *pair, const struct class_ *cls)
{
	const struct class_ *former = w->former[cls->index];
	struct seen was = seen_of(&pair->was, former), is = seen_of(&pair->is, cls);

	if (!is_more(was, is))
		return;
	w->n++;
	if (is.sight == was.sight)
		diag_add(w->ds, "M0705", cls->at, HELP,
			 "the role `%s` with the purpose `%s` sees the class `%s` %s; before, it was %s",
			 pair->role, pair->purpose, cls->name, told(is), told(was));
	else
		diag_add(w->ds, "M0704", policy_of(w, pair, cls, is.sight)->at, HELP,
			 "the role `%s` with the purpose `%s` sees the class `%s` %s; before, %s%s",
			 pair->role, pair->purpose, cls->name, told(is),
			 former ? "it was " : "there was no such class", former ? told(was) : "");
}

static void tell_moved(struct widen *w, const struct pair *pair, const struct moved *m)
{
	struct seen was = seen_of(&pair->was, m->was), is = seen_of(&pair->is, m->is.cls);

	if (!is_more(was, is))
		return;
	w->n++;
	diag_add(w->ds, "M0706", m->is.at, HELP,
		 "the role `%s` with the purpose `%s` sees `%.*s` %s, in the class `%s`; "
		 "before, in `%s`, it was %s",
		 pair->role, pair->purpose, STR_ARG(m->is.path), told(is), m->is.cls->name, m->was->name,
		 told(was));
}

static void put_classes(const struct catalog *cat, const char *word, uint64_t set, struct buf *out)
{
	if (!set)
		return;
	buf_printf(out, "%s %s", out->len ? "," : "", word);
	for (size_t i = 0; i < cat->n_classes; i++)
		if (set & UINT64_C(1) << i)
			buf_printf(out, " `%s`", cat->classes[i].name);
}

static void tell_pair(struct widen *w, const struct pair *pair)
{
	SCOPED(buf_free) struct buf sees = { 0 };

	put_classes(w->is, "shown", pair->is.show, &sees);
	put_classes(w->is, "masked", pair->is.mask, &sees);
	w->n++;
	diag_add(w->ds, "M0707", pair->policy->at, HELP,
		 "the role `%s` with the purpose `%s` was refused before; now it sees:%s", pair->role,
		 pair->purpose, sees.len ? sees.data : " nothing"); /* it may unmask */
}

static void tell_unmask(struct widen *w, const struct pair *pair, const struct class_ *cls)
{
	struct str role = str_of(pair->role), purpose = str_of(pair->purpose);
	const struct class_ *former = w->former[cls->index];
	uint32_t was = former ? catalog_unmask_minutes(w->was, role, purpose, former) : 0;
	uint32_t is = catalog_unmask_minutes(w->is, role, purpose, cls);

	if (is <= was || seen_of(&pair->was, former).sight == SHOWN || seen_of(&pair->is, cls).sight == SHOWN)
		return;
	w->n++;
	diag_add(w->ds, "M0709", catalog_unmask_policy(w->is, role, purpose, cls)->at, HELP,
		 "the role `%s` with the purpose `%s` may unmask the class `%s` for %u min; before, %u", pair->role,
		 pair->purpose, cls->name, is, was);
}

static void compare_pair(struct widen *w, struct pair *pair)
{
	struct str role = str_of(pair->role), purpose = str_of(pair->purpose);

	pair->was = catalog_rights(w->was, role, purpose);
	pair->is = catalog_rights(w->is, role, purpose);
	for (size_t i = 0; i < w->is->n_classes; i++)
		tell_unmask(w, pair, &w->is->classes[i]);
	if (!pair->was.known) {
		tell_pair(w, pair);
		return;
	}
	for (size_t i = 0; i < w->is->n_classes; i++)
		tell_class(w, pair, &w->is->classes[i]);
	for (size_t i = 0; i < w->n_moved; i++)
		tell_moved(w, pair, &w->moved[i]);
}

/* ---- all of them ---- */

/* Does a policy in front of the place `of` name the pair already? */
static bool named_before(const struct catalog *cat, size_t of, const struct pair *pair)
{
	for (size_t i = 0; i < of; i++)
		if (policy_names(&cat->policies[i], str_of(pair->role), str_of(pair->purpose)))
			return true;
	return false;
}

static bool word_before(const char *const *words, size_t of)
{
	for (size_t i = 0; i < of; i++)
		if (strcmp(words[i], words[of]) == 0)
			return true;
	return false;
}

static void compare_policy(struct widen *w, size_t of)
{
	const struct policy *p = &w->is->policies[of];

	for (size_t r = 0; r < p->n_roles; r++) {
		for (size_t u = 0; u < p->n_purposes; u++) {
			struct pair pair = { .role = p->roles[r], .purpose = p->purposes[u], .policy = p };

			if (!word_before(p->roles, r) && !word_before(p->purposes, u) &&
			    !named_before(w->is, of, &pair))
				compare_pair(w, &pair);
		}
	}
}

size_t widen_check(const struct catalog *was, const struct catalog *is, struct diags *ds)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct widen w = { .was = was, .is = is, .ds = ds };

	for (size_t i = 0; i < is->n_classes; i++)
		w.former[i] = catalog_class(was, str_of(is->classes[i].name));
	find_moved(&w, mem);
	for (size_t i = 0; i < is->n_policies; i++)
		compare_policy(&w, i);
	return w.n;
}
