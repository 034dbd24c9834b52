/* plan.c - what both plans of a mapping share: who gives a key, what a use needs, how long a plan may take. */
#include "metadata/plan.h"

#include <assert.h>

bool plan_part_gives(const struct part *part, const struct key *key)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].gives == key)
			return true;
	return false;
}

bool plan_part_proves(const struct part *part, const struct key *key)
{
	for (size_t i = 0; i < part->n_columns; i++)
		if (part->columns[i].proves == key)
			return true;
	return false;
}

bool plan_part_single(const struct catalog *cat, const struct part *part)
{
	for (size_t i = 0; i < cat->n_fields; i++)
		for (size_t c = 0; c < cat->fields[i].n_from; c++)
			if (cat->fields[i].from[c].part == part)
				return true;
	return false;
}

void plan_append(struct plan *plan, struct plan_step step, struct arena *mem)
{
	struct plan_step *steps = arena_array_of(mem, struct plan_step, plan->n_steps + 1);

	for (size_t i = 0; i < plan->n_steps; i++)
		steps[i] = plan->steps[i];
	steps[plan->n_steps++] = step;
	plan->steps = steps;
}

/* A part, and what says whether it may be asked at all. */
static void need_part(const struct part *part, unsigned char *needed)
{
	needed[part->index] |= NEED_SHOWN;
	if (part->consent)
		plan_consent_needs(part->consent, needed);
}

void plan_consent_needs(const struct field *consent, unsigned char *needed)
{
	for (size_t i = 0; i < consent->n_from; i++)
		needed[consent->from[i].part->index] |= NEED_ASKED;
}

static bool list_askable(const struct list *list, const bool *askable)
{
	for (size_t p = 0; p < list->n_parts; p++)
		if (!askable || askable[list->parts[p]->index])
			return true;
	return false;
}

static void list_needs(const struct list *list, uint64_t only, uint64_t visible, const bool *askable,
		       unsigned char *needed)
{
	bool shown = false;

	if (!list_askable(list, askable))
		return;
	for (size_t f = 0; f < list->n_fields; f++) {
		const struct list_field *lf = &list->fields[f];

		if ((f < 32 && !(only & (UINT64_C(1) << f))) ||
		    !(visible & (UINT64_C(1) << lf->field.cls->index)))
			continue;
		shown = true;
		for (size_t p = 0; p < list->n_parts; p++)
			if (lf->per_part[p].kind == CELL_LOOKUP)
				need_part(lf->per_part[p].lookup.part, needed);
	}
	for (size_t i = 0; i < list->n_lists; i++) {
		if (i < 32 && !(only & (UINT64_C(1) << (32 + i))))
			continue;
		list_needs(&list->lists[i], list->lists[i].only, visible, askable, needed);
		shown = true;
	}
	for (size_t p = 0; shown && p < list->n_parts; p++)
		need_part(list->parts[p], needed);
	if (shown && list->consent)
		plan_consent_needs(list->consent, needed);
}

void plan_use_needs(const struct use *use, uint64_t visible, const bool *askable, unsigned char *needed)
{
	switch (use->kind) {
	case USE_FIELD:
		if (visible & (UINT64_C(1) << use->field->cls->index))
			for (size_t i = 0; i < use->field->n_from; i++)
				need_part(use->field->from[i].part, needed);
		return;
	case USE_LIST:
		list_needs(use->list, use->only, visible, askable, needed);
		return;
	case USE_TIMELINE:
		for (size_t i = 0; i < use->timeline->n_of; i++)
			list_needs(use->timeline->of[i].list,
				   (use->timeline->of[i].only & UINT32_MAX) |
					   (UINT64_C(1) << use->timeline->of[i].at_field),
				   visible, askable, needed);
		return;
	}
}

uint32_t plan_reserve_ms(uint32_t budget_ms)
{
	return budget_ms / 20 > 5 ? budget_ms / 20 : 5;
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
