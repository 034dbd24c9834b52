/* plan.c - the two plans of a mapping: from an asked key to the identity, and from the identity to a view. */
#include "metadata/plan.h"

#include <assert.h>

#define FAR UINT32_MAX

bool plan_part_gives(const struct part *part, const struct key *key)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].gives == key)
			return true;
	return false;
}

/* Can this query be asked when only `key` is known? */
static bool askable_by(const struct query *q, const struct key *key)
{
	bool used = false;

	for (size_t i = 0; i < q->n_by; i++) {
		if (q->by[i].key == key)
			used = true;
		else if (!q->by[i].optional)
			return false;
	}
	return used;
}

static const struct query *query_by(const struct part *part, const struct key *key)
{
	for (size_t i = 0; i < part->n_queries; i++)
		if (askable_by(&part->queries[i], key))
			return &part->queries[i];
	return NULL;
}

/* The nearest key, by `far`, that the part gives. */
static uint32_t nearest_given(const struct part *part, const uint32_t *far)
{
	uint32_t best = FAR;

	for (size_t i = 0; i < part->n_columns; i++) {
		const struct key *k = part->columns[i].gives;

		if (k && far[k->index] < best)
			best = far[k->index];
	}
	return best;
}

/* far[key] = how many parts lie between the key and the identity at least. */
static uint32_t *distances(const struct catalog *cat, struct arena *mem)
{
	uint32_t *far = arena_array_of(mem, uint32_t, cat->n_keys);
	bool moved = true;

	for (size_t i = 0; i < cat->n_keys; i++)
		far[i] = FAR;
	far[cat->identity->index] = 0;
	while (moved) {
		moved = false;
		for (size_t k = 0; k < cat->n_keys; k++) {
			if (cat->keys[k].role == KEY_ITEM)
				continue;
			for (size_t p = 0; p < cat->n_parts; p++) {
				uint32_t d = nearest_given(&cat->parts[p], far);

				if (d != FAR && d + 1 < far[k] &&
				    query_by(&cat->parts[p], &cat->keys[k])) {
					far[k] = d + 1;
					moved = true;
				}
			}
		}
	}
	return far;
}

static void add_step(struct plan *plan, const struct part *part, const struct query *query,
		     const struct key *waits_for, struct arena *mem)
{
	struct plan_step *steps = arena_array_of(mem, struct plan_step, plan->n_steps + 1);
	uint32_t *after = arena_array_of(mem, uint32_t, plan->n_steps + 1);
	size_t n = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		steps[i] = plan->steps[i];
		if (waits_for && plan_part_gives(steps[i].part, waits_for))
			after[n++] = (uint32_t)i;
	}
	steps[plan->n_steps] =
		(struct plan_step){ .part = part, .query = query, .after = after, .n_after = n };
	plan->steps = steps;
	plan->n_steps++;
}

static struct plan plan_confirm(const struct catalog *cat, struct arena *mem)
{
	struct plan plan = { 0 };

	for (size_t p = 0; p < cat->n_parts; p++) {
		const struct part *part = &cat->parts[p];
		const struct query *q = query_by(part, cat->identity);

		if (q && !part->find_only && plan_part_gives(part, cat->identity))
			add_step(&plan, part, q, NULL, mem);
	}
	return plan;
}

struct plan plan_resolve(const struct catalog *cat, const struct key *asked, struct arena *mem)
{
	uint32_t *far;
	struct plan plan = { 0 };
	const struct key **front;
	size_t n_front = 1;

	if (asked == cat->identity)
		return plan_confirm(cat, mem);
	far = distances(cat, mem);
	if (far[asked->index] == FAR)
		return plan;
	front = arena_array_of(mem, const struct key *, cat->n_keys + 1);
	front[0] = asked;
	for (size_t at = 0; at < n_front; at++) {
		const struct key *k = front[at];

		for (size_t p = 0; p < cat->n_parts; p++) {
			const struct part *part = &cat->parts[p];
			const struct query *q = query_by(part, k);

			if (!q || nearest_given(part, far) >= far[k->index])
				continue;
			add_step(&plan, part, q, at ? k : NULL, mem);
			for (size_t c = 0; c < part->n_columns; c++) {
				const struct key *g = part->columns[c].gives;
				bool seen = g == NULL || far[g->index] == 0 ||
					    far[g->index] >= far[k->index];

				for (size_t i = 0; i < n_front && !seen; i++)
					seen = front[i] == g;
				if (!seen)
					front[n_front++] = g;
			}
		}
	}
	return plan;
}

static void list_needs(const struct list *list, uint64_t only, uint64_t visible, bool *needed)
{
	bool shown = false;

	for (size_t f = 0; f < list->n_fields; f++) {
		const struct list_field *lf = &list->fields[f];

		if ((f < 32 && !(only & (UINT64_C(1) << f))) ||
		    !(visible & (UINT64_C(1) << lf->field.cls->index)))
			continue;
		shown = true;
		for (size_t p = 0; p < list->n_parts; p++)
			if (lf->per_part[p].kind == CELL_LOOKUP)
				needed[lf->per_part[p].lookup.part->index] = true;
	}
	for (size_t i = 0; i < list->n_lists; i++) {
		if (i < 32 && !(only & (UINT64_C(1) << (32 + i))))
			continue;
		list_needs(&list->lists[i], UINT64_MAX, visible, needed);
		shown = true;
	}
	for (size_t p = 0; shown && p < list->n_parts; p++)
		needed[list->parts[p]->index] = true;
}

void plan_use_needs(const struct use *use, uint64_t visible, bool *needed)
{
	switch (use->kind) {
	case USE_FIELD:
		if (visible & (UINT64_C(1) << use->field->cls->index))
			for (size_t i = 0; i < use->field->n_from; i++)
				needed[use->field->from[i].part->index] = true;
		return;
	case USE_LIST:
		list_needs(use->list, use->only, visible, needed);
		return;
	case USE_TIMELINE:
		for (size_t i = 0; i < use->timeline->n_of; i++)
			list_needs(use->timeline->of[i].list,
				   (use->timeline->of[i].only & UINT32_MAX) |
					   (UINT64_C(1) << use->timeline->of[i].at_field),
				   visible, needed);
		return;
	}
}

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

uint32_t plan_critical_ms(const struct plan *plan, struct arena *mem, const struct part *const **chain_out,
			  size_t *n_chain_out)
{
	uint32_t *ends = arena_array_of(mem, uint32_t, plan->n_steps + 1);
	size_t *via = arena_array_of(mem, size_t, plan->n_steps + 1);
	size_t last = plan->n_steps, n = 0;
	const struct part **chain;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct plan_step *st = &plan->steps[i];
		uint32_t begin = 0;

		via[i] = plan->n_steps;
		for (size_t a = 0; a < st->n_after; a++) {
			assert(st->after[a] < i);
			if (ends[st->after[a]] > begin) {
				begin = ends[st->after[a]];
				via[i] = st->after[a];
			}
		}
		ends[i] = begin + st->part->deadline_ms;
		if (last == plan->n_steps || ends[i] > ends[last])
			last = i;
	}
	chain = arena_array_of(mem, const struct part *, plan->n_steps + 1);
	for (size_t i = last; i != plan->n_steps; i = via[i])
		n++;
	*n_chain_out = n;
	for (size_t i = last; i != plan->n_steps; i = via[i])
		chain[--n] = plan->steps[i].part;
	*chain_out = chain;
	return plan->n_steps ? ends[last] : 0;
}
