/* plan_view.c - the plan from the identity to the parts of a view. */
#include "metadata/plan.h"

/* Work space of plan_view(). */
struct scheduler {
	const struct catalog *cat;
	struct arena *mem;
	bool *needed; /* by part index */
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

static bool query_ready(const struct scheduler *s, const struct part *part, const struct query *q)
{
	bool any = false;

	for (size_t i = 0; i < q->n_by; i++) {
		bool known = q->by[i].key == s->cat->identity, coming = false;

		if (!known)
			givers_of(s, q->by[i].key, part, &known, &coming);
		if ((coming && s->patient) || (!known && !q->by[i].optional))
			return false;
		any = any || known;
	}
	return any;
}

static void place(struct scheduler *s, const struct part *part, const struct query *q)
{
	struct plan_step *steps = arena_array_of(s->mem, struct plan_step, s->plan.n_steps + 1);
	uint32_t *after = arena_array_of(s->mem, uint32_t, s->plan.n_steps + 1);
	size_t n = 0;

	for (size_t i = 0; i < s->plan.n_steps; i++) {
		bool gives = false;

		steps[i] = s->plan.steps[i];
		for (size_t k = 0; k < q->n_by && !gives; k++)
			gives = q->by[k].key != s->cat->identity &&
				plan_part_gives(steps[i].part, q->by[k].key);
		if (gives)
			after[n++] = (uint32_t)i;
	}
	steps[s->plan.n_steps] =
		(struct plan_step){ .part = part, .query = q, .after = after, .n_after = n };
	s->plan.steps = steps;
	s->plan.n_steps++;
	s->placed[part->index] = true;
}

/* Place what can be placed; false when a whole round placed nothing. */
static bool place_round(struct scheduler *s)
{
	bool *now = arena_array_of(s->mem, bool, s->cat->n_parts);
	const struct query **with = arena_array_of(s->mem, const struct query *, s->cat->n_parts);
	bool moved = false;

	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];

		if (!s->needed[p] || s->placed[p])
			continue;
		for (size_t i = 0; i < part->n_queries && !now[p]; i++) {
			now[p] = query_ready(s, part, &part->queries[i]);
			with[p] = &part->queries[i];
		}
	}
	for (size_t p = 0; p < s->cat->n_parts; p++) {
		if (now[p]) {
			place(s, &s->cat->parts[p], with[p]);
			moved = true;
		}
	}
	return moved;
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

enum { NO_GIVER, ONE_GIVER, MANY_GIVERS };

/* Who outside the view could give the key? */
static int outside_giver(const struct scheduler *s, const struct key *key, const struct part *self,
			 const struct part **giver_out)
{
	int found = NO_GIVER;

	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];

		if (part == self || s->needed[p] || part->find_only || !plan_part_gives(part, key))
			continue;
		*giver_out = part;
		found = found == NO_GIVER ? ONE_GIVER : MANY_GIVERS;
	}
	return found;
}

/* Add the only giver of each key that the query lacks. */
static bool add_givers(struct scheduler *s, const struct part *part, const struct query *q,
		       const struct key **several_out)
{
	const struct part *giver = NULL;
	bool added = false;

	for (size_t i = 0; i < q->n_by; i++) {
		bool placed, coming;

		if (q->by[i].key == s->cat->identity || q->by[i].optional)
			continue;
		givers_of(s, q->by[i].key, part, &placed, &coming);
		if (placed || coming)
			continue;
		switch (outside_giver(s, q->by[i].key, part, &giver)) {
		case MANY_GIVERS:
			*several_out = q->by[i].key;
			return false;
		case ONE_GIVER:
			s->needed[giver->index] = true;
			added = true;
			break;
		default:
			return false;
		}
	}
	return added;
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

/* Bring in givers for parts that could not be placed; true when it is worth placing again. */
static bool complete(struct scheduler *s, const struct view *view, struct diags *ds)
{
	bool added = false;

	for (size_t p = 0; p < s->cat->n_parts; p++) {
		const struct part *part = &s->cat->parts[p];
		const struct key *several = NULL;
		bool mine = false;

		if (!s->needed[p] || s->placed[p])
			continue;
		for (size_t i = 0; i < part->n_queries && !mine; i++)
			mine = add_givers(s, part, &part->queries[i], &several);
		if (!mine) {
			tell_unplaced(s, view, part, several, ds);
			s->needed[p] = false;
		}
		added = true;
	}
	return added;
}

struct plan plan_view(const struct catalog *cat, const struct view *view, struct arena *mem,
		      struct diags *ds)
{
	struct scheduler s = { .cat = cat, .mem = mem };

	s.needed = arena_array_of(mem, bool, cat->n_parts + 1);
	s.placed = arena_array_of(mem, bool, cat->n_parts + 1);
	for (size_t i = 0; i < view->n_uses; i++)
		plan_use_needs(&view->uses[i], UINT64_MAX, s.needed);
	for (size_t i = 0; i < view->n_extra_parts; i++)
		s.needed[view->extra_parts[i]->index] = true;
	do
		place_all(&s);
	while (complete(&s, view, ds));
	return s.plan;
}
