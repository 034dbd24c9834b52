#include "metadata/catalog_private.h"

#include <assert.h>
#include <stdatomic.h>

#include "metadata/block.h"

const char *const catalog_type_words[VALUE_TYPES] = {
	[TYPE_TEXT] = "text",	    [TYPE_INTEGER] = "integer", [TYPE_DECIMAL] = "decimal",
	[TYPE_BOOLEAN] = "boolean", [TYPE_DATE] = "date",	[TYPE_TIMESTAMP] = "timestamp",
	[TYPE_TIME] = "time",	    [TYPE_UUID] = "uuid",	[TYPE_JSON] = "json",
	[TYPE_BYTES] = "bytes",
};

struct owned {
	struct catalog cat; /* first: the address of one is that of the other */
	struct arena *mem;
	atomic_size_t owners;
};

static struct owned *owned_of(const struct catalog *cat)
{
	return (struct owned *)(uintptr_t)cat; /* the count changes, the catalog does not */
}

struct catalog *catalog_new(struct arena **mem_out)
{
	struct arena *mem = arena_new();
	struct owned *o = arena_new_of(mem, struct owned);

	o->mem = mem;
	atomic_init(&o->owners, 1);
	*mem_out = mem;
	return &o->cat;
}

const struct catalog *catalog_ref(const struct catalog *cat)
{
	atomic_fetch_add_explicit(&owned_of(cat)->owners, 1, memory_order_relaxed);
	return cat;
}

static void catalog_end(struct owned *o)
{
	struct arena *mem = o->mem;

	for (size_t i = 0; i < o->cat.n_keys; i++)
		block_free(o->cat.keys[i].block_re); /* libc keeps it outside the arena */
	arena_wipe_free(&mem);
}

void catalog_unref(const struct catalog **cat)
{
	struct owned *o;

	if (!*cat)
		return;
	o = owned_of(*cat);
	*cat = NULL;
	if (atomic_fetch_sub_explicit(&o->owners, 1, memory_order_acq_rel) == 1)
		catalog_end(o);
}

const struct view *catalog_view(const struct catalog *cat, struct str name)
{
	for (size_t i = 0; i < cat->n_views; i++)
		if (str_eq(str_of(cat->views[i].name), name))
			return &cat->views[i];
	return NULL;
}

const struct key *catalog_key(const struct catalog *cat, struct str name)
{
	for (size_t i = 0; i < cat->n_keys; i++)
		if (str_eq(str_of(cat->keys[i].name), name))
			return &cat->keys[i];
	return NULL;
}

const struct class_ *catalog_class(const struct catalog *cat, struct str name)
{
	for (size_t i = 0; i < cat->n_classes; i++)
		if (str_eq(str_of(cat->classes[i].name), name))
			return &cat->classes[i];
	return NULL;
}

const struct plan *view_unlinked(const struct view *view, const struct key *key)
{
	size_t i = 0;

	while (view->by[i] != key)
		i++;
	return &view->unlinked[i];
}

bool view_by(const struct view *view, const struct key *key)
{
	for (size_t i = 0; i < view->n_by; i++)
		if (view->by[i] == key)
			return true;
	return false;
}

const char *labels_in(struct labels labels, struct str lang)
{
	for (size_t i = 0; i < labels.n; i++)
		if (str_eq(str_of(labels.of[i].lang), lang))
			return labels.of[i].text;
	return labels.n ? labels.of[0].text : NULL;
}

static bool holds(const char *const *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(names[i]), name))
			return true;
	return false;
}

bool policy_names(const struct policy *policy, struct str role, struct str purpose)
{
	return holds(policy->roles, policy->n_roles, role) &&
	       holds(policy->purposes, policy->n_purposes, purpose);
}

struct rights catalog_rights(const struct catalog *cat, struct str role, struct str purpose)
{
	struct rights r = { 0 };

	for (size_t i = 0; i < cat->n_policies; i++) {
		const struct policy *p = &cat->policies[i];

		if (!policy_names(p, role, purpose))
			continue;
		r.known = true;
		r.show |= p->show;
		r.mask |= p->mask;
	}
	r.mask &= ~r.show;
	assert((r.show & r.mask) == 0);
	return r;
}

static uint32_t minutes_of(const struct policy *policy, const struct class_ *cls)
{
	uint32_t most = 0;

	for (size_t i = 0; i < policy->n_unmasks; i++)
		if ((policy->unmasks[i].classes >> cls->index & 1) && policy->unmasks[i].minutes > most)
			most = policy->unmasks[i].minutes;
	return most;
}

const struct policy *catalog_unmask_policy(const struct catalog *cat, struct str role, struct str purpose,
					   const struct class_ *cls)
{
	const struct policy *best = NULL;
	uint32_t most = 0;

	for (size_t i = 0; i < cat->n_policies; i++) {
		uint32_t minutes = minutes_of(&cat->policies[i], cls);

		if (minutes > most && policy_names(&cat->policies[i], role, purpose)) {
			most = minutes;
			best = &cat->policies[i];
		}
	}
	return best;
}

uint32_t catalog_unmask_minutes(const struct catalog *cat, struct str role, struct str purpose,
				const struct class_ *cls)
{
	const struct policy *policy = catalog_unmask_policy(cat, role, purpose, cls);

	return policy ? minutes_of(policy, cls) : 0;
}
