/* timeline.c - one journey over several lists, newest first; a late source is a visible gap. */
#include <stdlib.h>

#include "federator/view/list.h"
#include "federator/view/mask.h"
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
	return (!f->has_since || at_us >= f->since_us) && (!f->has_until || at_us < f->until_us) &&
	       (!f->has_before || at_us <= f->before_us);
}

static size_t gather(struct merge *m, const struct timeline *tl, struct event **events_out)
{
	struct items *items = arena_array_of(m->mem, struct items, tl->n_of);
	struct event *events;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < tl->n_of; i++) {
		if (!wanted(m, &tl->of[i]))
			continue;
		items[i] = list_items(m, tl->of[i].list, NULL, (int32_t)tl->of[i].at_field, true);
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
	time->mask = mask_of(at);
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
			else if (fact_known(fact) && !fact_tells(fact))
				put_gap(m, of, "truncated", array);
		}
	}
}

/* May the source have older rows than those it gave? */
static bool is_full(const struct fact *fact)
{
	return fact->pages && fact_rows(fact) >= fact->part->rows_max;
}

/* How far back all lists reach: older events would stand before newer ones that have not been fetched yet. */
static int64_t horizon_of(struct merge *m, const struct timeline *tl, bool *full_out)
{
	int64_t horizon = INT64_MIN;

	*full_out = false;
	for (size_t i = 0; i < tl->n_of; i++) {
		for (size_t p = 0; p < tl->of[i].list->n_parts; p++) {
			struct fact *fact = &m->facts[tl->of[i].list->parts[p]->index];
			int64_t oldest = INT64_MAX;

			if (!is_full(fact))
				continue;
			*full_out = true;
			for (uint32_t r = 0; r < fact_rows(fact); r++) {
				struct item item = { .fact = fact, .part = (uint32_t)p, .row = r };
				enum typed_verdict v;

				if (list_cell(m, tl->of[i].list, tl->of[i].at_field, &item, &v, &item.key) &&
				    v == TYPED_OK && item.key.instant_us < oldest)
					oldest = item.key.instant_us;
			}
			if (oldest != INT64_MAX && oldest > horizon)
				horizon = oldest;
		}
	}
	return horizon;
}

/* Note where the page after these events begins. */
static void note_next(struct merge *m, const struct event *events, size_t shown, bool more)
{
	struct timeline_filter *f = &m->timeline;

	f->more = more && shown > 0;
	if (!f->more)
		return;
	f->next_us = events[shown - 1].item.key.instant_us;
	f->next_skip = f->has_before && f->before_us == f->next_us ? f->skip : 0;
	for (size_t i = shown; i-- > 0 && events[i].item.key.instant_us == f->next_us;)
		f->next_skip++;
}

/* The events of a later page: without those of its first moment that an earlier page has shown. */
static size_t skip_shown(const struct timeline_filter *f, const struct event *events, size_t n)
{
	size_t skip = 0;

	while (f->has_before && skip < f->skip && skip < n && events[skip].item.key.instant_us == f->before_us)
		skip++;
	return skip;
}

/* Has any of its lists something to say, be it that it is missing? Of lists that nobody asked for nothing is known. */
static bool anything_asked(struct merge *m, const struct timeline *tl)
{
	for (size_t i = 0; i < tl->n_of; i++) {
		const struct list *list = tl->of[i].list;

		if (!list_consented(m, list))
			return true;
		for (size_t p = 0; p < list->n_parts; p++)
			if (m->facts[list->parts[p]->index].state != FACT_UNASKED)
				return true;
	}
	return false;
}

void timeline_merge(struct merge *m, const struct timeline *tl, uint32_t limit, struct node *customer)
{
	struct event *events;
	size_t n = gather(m, tl, &events), skip = skip_shown(&m->timeline, events, n), shown = 0;
	bool full = false;
	int64_t horizon = m->timeline.paged ? horizon_of(m, tl, &full) : INT64_MIN;
	struct node *array;

	if (!anything_asked(m, tl))
		return;
	events += skip;
	n -= skip;
	if (m->timeline.limit && m->timeline.limit < limit)
		limit = m->timeline.limit;
	customer = tree_place(m->mem, customer, tl->segments, tl->n_segments);
	array = tree_array(m->mem, customer, tl->segments[tl->n_segments - 1], STR("event"));
	while (shown < n && shown < limit && events[shown].item.key.instant_us >= horizon)
		put_event(m, &events[shown++], array);
	full = full && (!m->timeline.has_since || horizon >= m->timeline.since_us);
	note_next(m, events, shown, full || shown < n);
	put_gaps(m, tl, array);
}
