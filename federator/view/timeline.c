/* timeline.c - one journey over several lists, newest first; a late source is a visible gap. */
#include <stdlib.h>

#include "federator/view/list.h"
#include "federator/view/value.h"

struct event {
	const struct timeline_of *of;
	struct item item; /* its `key` is the time */
	size_t list; /* place of its list in the time line */
};

static int event_cmp(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->item.key.instant_us != y->item.key.instant_us)
		return x->item.key.instant_us > y->item.key.instant_us ? -1 : 1;
	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	if (x->item.part != y->item.part)
		return x->item.part < y->item.part ? -1 : 1;
	return (x->item.row > y->item.row) - (x->item.row < y->item.row);
}

static struct str kind_of(const struct timeline_of *of)
{
	return of->list->segments[of->list->n_segments - 1];
}

static bool wanted(struct merge *m, const struct timeline_of *of)
{
	return value_visible(m, &of->list->fields[of->at_field].field) && list_consented(m, of->list);
}

static bool in_window(const struct timeline_filter *f, int64_t at_us)
{
	return (!f->has_since || at_us >= f->since_us) && (!f->has_until || at_us < f->until_us);
}

static size_t gather(struct merge *m, const struct timeline *tl, struct event **events_out)
{
	struct items *items = arena_array_of(m->mem, struct items, tl->n_of);
	struct event *events;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < tl->n_of; i++) {
		if (!wanted(m, &tl->of[i]))
			continue;
		items[i] = list_items(m, tl->of[i].list, (struct str){ 0 }, (int32_t)tl->of[i].at_field, true);
		room += items[i].n;
	}
	events = arena_array_of(m->mem, struct event, room);
	for (size_t i = 0; i < tl->n_of; i++)
		for (size_t k = 0; k < items[i].n; k++)
			if (items[i].of[k].keyed && in_window(&m->timeline, items[i].of[k].key.instant_us))
				events[n++] = (struct event){ .of = &tl->of[i], .item = items[i].of[k], .list = i };
	qsort(events, n, sizeof(*events), event_cmp);
	*events_out = events;
	return n;
}

static void put_event(struct merge *m, const struct event *e, struct node *array)
{
	const struct list *list = e->of->list;
	const struct field *at = &list->fields[e->of->at_field].field;
	struct node *object = tree_object(m->mem, array, STR(""));
	struct node *time = tree_text(m->mem, object, STR("at"), e->item.key.text);

	time->cls = at->cls;
	tree_text(m->mem, object, STR("kind"), kind_of(e->of));
	list_put_fields(m, list, e->of->only, &e->item, (int32_t)e->of->at_field, object);
}

static void put_gap(struct merge *m, const struct timeline_of *of, const char *reason, struct node *array)
{
	struct node *object = tree_object(m->mem, array, STR(""));

	tree_text(m->mem, object, STR("kind"), kind_of(of));
	tree_text(m->mem, object, STR("missing"), str_of(reason));
}

static void put_gaps(struct merge *m, const struct timeline *tl, struct node *array)
{
	for (size_t i = 0; i < tl->n_of; i++) {
		const struct timeline_of *of = &tl->of[i];

		if (!list_consented(m, of->list))
			put_gap(m, of, "no_consent", array);
		for (size_t p = 0; wanted(m, of) && p < of->list->n_parts; p++) {
			const struct fact *fact = &m->facts[of->list->parts[p]->index];

			if (fact->state == FACT_MISSING)
				put_gap(m, of, fact->reason, array);
		}
	}
}

void timeline_merge(struct merge *m, const struct timeline *tl, uint32_t limit, struct node *customer)
{
	struct event *events;
	size_t n = gather(m, tl, &events);
	struct node *array;

	if (m->timeline.limit && m->timeline.limit < limit)
		limit = m->timeline.limit;
	customer = tree_place(m->mem, customer, tl->segments, tl->n_segments);
	array = tree_array(m->mem, customer, tl->segments[tl->n_segments - 1], STR("event"));
	for (size_t i = 0; i < n && i < limit; i++)
		put_event(m, &events[i], array);
	put_gaps(m, tl, array);
}
