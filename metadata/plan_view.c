/* plan_view.c - the plan of a view: from the identity, or from an asked key that leads to nobody. */
#include "metadata/plan.h"

/* Work space of plan_view() and plan_unlinked(). */
struct scheduler {
	const struct catalog *cat;
	const struct key *start; /* the key that is known from the beginning */
	struct arena *mem;
	unsigned char *needed; /* by part index: enum plan_need */
	bool *placed; /* by part index */
	bool patient; /* wait also for parts that are not placed yet but give one of the keys */
	struct plan plan;
};

/* Is some needed part other than `self` that gives the key already placed, resp. still to come? */
static void givers_of(const struct scheduler *s, const struct key *key, const struct part *self,
		      bool *placed_out, bool *coming_out)
{
	*placed_out = *coming_out = false;
	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];

		if (part == self || !s->needed[p] || !plan_part_gives(part, key))
			continue;
		if (s->placed[p])
			*placed_out = true;
		else
			*coming_out = true;
	}
}

/* Is the consent that the part requires known by then? */
static bool consent_ready(const struct scheduler *s, const struct part *part)
{
	for (size_t i = 0; part->consent && i < part->consent->n_from; i++)
		if (!s->placed[part->consent->from[i].part->index])
			return false;
	return true;
}

/* Does the part wait for another one's answer: a key of its query, or its consent? */
static bool waits_for(const struct scheduler *s, const struct part *part, const struct query *q,
		      const struct part *other)
{
	for (size_t i = 0; part->consent && i < part->consent->n_from; i++)
		if (part->consent->from[i].part == other)
			return true;
	for (size_t k = 0; k < q->n_by; k++)
		if (q->by[k].key != s->start && q->by[k].key != s->cat->identity &&
		    plan_part_gives(other, q->by[k].key))
			return true;
	return false;
}

static bool query_ready(const struct scheduler *s, const struct part *part, const struct query *q)
{
	bool any = false;

	for (size_t i = 0; i < q->n_by; i++) {
		bool known = q->by[i].key == s->start, coming = false;

		if (!known && q->by[i].key != s->cat->identity) /* nobody is known by what a part gives */
			givers_of(s, q->by[i].key, part, &known, &coming);
		if ((coming && s->patient) || (!known && !q->by[i].optional))
			return false;
		any = any || known;
	}
	return any;
}

/* The part waits for those of the first `before` steps whose answers it needs. */
static void place(struct scheduler *s, const struct part *part, const struct query *q, size_t before)
{
	uint32_t *after = arena_array_of(s->mem, uint32_t, before + 1);
	size_t n = 0;

	for (size_t i = 0; i < before; i++)
		if (waits_for(s, part, q, s->plan.steps[i].part))
			after[n++] = (uint32_t)i;
	plan_append(&s->plan, (struct plan_step){ .part = part, .query = q, .after = after, .n_after = n }, s->mem);
	s->placed[part->index] = true;
}

/* Place what can be placed; false when a whole round placed nothing. */
static bool place_round(struct scheduler *s)
{
	bool *now = arena_array_of(s->mem, bool, s->cat->n_parts);
	const struct query **with = arena_array_of(s->mem, const struct query *, s->cat->n_parts);
	size_t before = s->plan.n_steps;

	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];

		if (!s->needed[p] || s->placed[p] || !consent_ready(s, part))
			continue;
		for (size_t i = 0; i < part->n_queries && !now[p]; i++) {
			now[p] = query_ready(s, part, &part->queries[i]);
			with[p] = &part->queries[i];
		}
	}
	for (size_t p = 0; p < s->cat->n_parts; p++)
		if (now[p])
			place(s, &s->cat->parts[p], with[p], before);
	return s->plan.n_steps > before;
}

static void place_all(struct scheduler *s)
{
	s->plan = (struct plan){ 0 };
	memset(s->placed, 0, s->cat->n_parts * sizeof(*s->placed));
	do {
		s->patient = true;
		while (place_round(s))
			;
		s->patient = false;
	} while (place_round(s));
}

enum giver { NO_GIVER, ONE_GIVER, MANY_GIVERS };

/* Who outside the view could give the key? */
static enum giver outside_giver(const struct scheduler *s, const struct key *key, const struct part *self,
			 const struct part **giver_out)
{
	enum giver found = NO_GIVER;

	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];

		if (part == self || s->needed[p] || part->find_only || !plan_part_gives(part, key))
			continue;
		*giver_out = part;
		found = found == NO_GIVER ? ONE_GIVER : MANY_GIVERS;
	}
	return found;
}

/* Add the only outside giver of a key that the query lacks. A key that a part still to be placed gives is left to that
 * part, unless `rings`: then those parts wait for each other and somebody else must begin. */
static bool add_giver(struct scheduler *s, const struct part *part, const struct query *q, bool rings,
		      const struct key **several_out)
{
	for (size_t i = 0; i < q->n_by; i++) {
		const struct part *giver = NULL;
		bool placed, coming;

		if (q->by[i].key == s->cat->identity || q->by[i].optional)
			continue;
		givers_of(s, q->by[i].key, part, &placed, &coming);
		if (placed || (coming && !rings))
			continue;
		switch (outside_giver(s, q->by[i].key, part, &giver)) {
		case NO_GIVER:
			return false;
		case ONE_GIVER:
			s->needed[giver->index] |= NEED_ASKED;
			return true;
		case MANY_GIVERS:
			*several_out = q->by[i].key;
			return false;
		}
	}
	return false;
}

static void tell_unplaced(const struct scheduler *s, const struct view *view, const struct part *part,
			  const struct key *several, struct diags *ds)
{
	if (several)
		diag_add(ds, "M0302", view->at,
			 "name the one to ask with `<use part=\"...\"/>` in this view",
			 "view `%s`: several parts give the key `%s` that part `%s` needs", view->name,
			 several->name, part->name);
	else
		diag_add(ds, "M0301", view->at,
			 "give the part a query by the identity key, or by a key that another part of the view gives",
			 "view `%s`: part `%s` cannot be asked when only `%s` is known", view->name, part->name,
			 s->cat->identity->name);
}

static bool stuck(const struct scheduler *s, size_t part)
{
	return s->needed[part] && !s->placed[part];
}

/* Bring in one giver for a part that could not be placed. */
static bool bring_giver(struct scheduler *s, bool rings)
{
	const struct key *several;

	for (size_t p = 0; p < s->cat->n_parts; p++)
		for (size_t i = 0; stuck(s, p) && i < s->cat->parts[p].n_queries; i++)
			if (add_giver(s, &s->cat->parts[p], &s->cat->parts[p].queries[i], rings, &several))
				return true;
	return false;
}

/* Extra parts and givers bring the parts of their consent along. */
static void need_consents(struct scheduler *s)
{
	for (size_t p = 0; p < s->cat->n_parts; p++)
		if (s->needed[p] && s->cat->parts[p].consent)
			plan_consent_needs(s->cat->parts[p].consent, s->needed);
}

static void tell_stuck(struct scheduler *s, const struct view *view, struct diags *ds)
{
	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];
		const struct key *several = NULL;

		if (!stuck(s, p))
			continue;
		for (size_t i = 0; i < part->n_queries && !several; i++)
			add_giver(s, part, &part->queries[i], true, &several);
		tell_unplaced(s, view, part, several, ds);
	}
}

struct plan plan_view(const struct catalog *cat, const struct view *view, struct arena *mem,
		      struct diags *ds)
{
	struct scheduler s = { .cat = cat, .start = cat->identity, .mem = mem };

	s.needed = arena_array_of(mem, unsigned char, cat->n_parts + 1);
	s.placed = arena_array_of(mem, bool, cat->n_parts + 1);
	for (size_t i = 0; i < view->n_uses; i++)
		plan_use_needs(&view->uses[i], UINT64_MAX, NULL, s.needed);
	for (size_t i = 0; i < view->n_extra_parts; i++)
		s.needed[view->extra_parts[i]->index] |= NEED_ASKED;
	do {
		need_consents(&s);
		place_all(&s);
	} while (bring_giver(&s, false) || bring_giver(&s, true));
	tell_stuck(&s, view, ds);
	return s.plan;
}

struct plan plan_unlinked(const struct catalog *cat, const struct view *view, const struct key *asked,
			  struct arena *mem)
{
	struct scheduler s = { .cat = cat, .start = asked, .mem = mem };

	s.needed = arena_array_of(mem, unsigned char, cat->n_parts + 1);
	s.placed = arena_array_of(mem, bool, cat->n_parts + 1);
	for (size_t i = 0; i < view->plan.n_steps; i++)
		s.needed[view->plan.steps[i].part->index] |= NEED_ASKED;
	place_all(&s);
	return s.plan;
}
