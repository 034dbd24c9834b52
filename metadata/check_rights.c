/* check_rights.c - policies by which nobody sees anything more. */
#include "metadata/check.h"

/* What a role sees for a purpose without the policies whose bit is set. */
struct without {
	const struct catalog *cat;
	const bool *left_out;
	struct str role, purpose;
};

static bool counts(const struct without *w, size_t policy)
{
	return !w->left_out[policy] && policy_names(&w->cat->policies[policy], w->role, w->purpose);
}

static struct rights rights_of(const struct without *w)
{
	struct rights r = { 0 };

	for (size_t i = 0; i < w->cat->n_policies; i++) {
		if (!counts(w, i))
			continue;
		r.known = true;
		r.show |= w->cat->policies[i].show;
		r.mask |= w->cat->policies[i].mask;
	}
	r.mask &= ~r.show;
	return r;
}

/* The minutes for which a class of a set may be unmasked at most. */
static uint32_t minutes_of(const struct without *w, uint64_t cls)
{
	uint32_t most = 0;

	for (size_t i = 0; i < w->cat->n_policies; i++)
		for (size_t u = 0; counts(w, i) && u < w->cat->policies[i].n_unmasks; u++)
			if ((w->cat->policies[i].unmasks[u].classes & cls) &&
			    w->cat->policies[i].unmasks[u].minutes > most)
				most = w->cat->policies[i].unmasks[u].minutes;
	return most;
}

/* Do the others give the pair all that the policy gives it? */
static bool adds_nothing_to(const struct without *others, const struct policy *policy)
{
	struct rights r = rights_of(others);

	if (!r.known || (policy->show & ~r.show) || (policy->mask & ~(r.show | r.mask)))
		return false;
	for (size_t u = 0; u < policy->n_unmasks; u++)
		for (uint64_t left = policy->unmasks[u].classes & ~r.show; left; left &= left - 1)
			if (minutes_of(others, left & -left) < policy->unmasks[u].minutes)
				return false;
	return true;
}

static bool adds_nothing(const struct catalog *cat, const bool *left_out, const struct policy *policy)
{
	for (size_t r = 0; r < policy->n_roles; r++)
		for (size_t u = 0; u < policy->n_purposes; u++) {
			struct without others = { cat, left_out, str_of(policy->roles[r]),
						  str_of(policy->purposes[u]) };

			if (!adds_nothing_to(&others, policy))
				return false;
		}
	return true;
}

/* From the last one on, so that of two alike the second is told, and only that. */
void check_rights(struct build *b)
{
	const struct catalog *cat = b->cat;
	bool *left_out = arena_array_of(b->scratch, bool, cat->n_policies);

	memset(left_out, 0, cat->n_policies * sizeof(*left_out));
	for (size_t i = cat->n_policies; i-- > 0;) {
		left_out[i] = true;
		if (adds_nothing(cat, left_out, &cat->policies[i]))
			diag_add(b->ds, "M0710", cat->policies[i].at, "take it out",
				 "others give all its roles, for all its purposes, as much as this policy");
		else
			left_out[i] = false;
	}
}
