/* list.c - lists: rows of several parts into ordered, limited items, with nested lists and look-ups. */
#include "federator/view/list.h"

#include <stdlib.h>

#include "federator/view/tuples.h"
#include "federator/view/value.h"

/* The row of a look-up part that belongs to the item, by the key in one of its columns; false: none. */
static bool look_up(struct merge *m, const struct cell_from *cf, const struct item *item, struct fact **fact_out,
		    uint32_t *row_out)
{
	const struct lookup *lk = &cf->lookup;
	struct fact *fact = &m->facts[lk->part->index];
	struct str key = fact_key(item->fact, item->row, cf->column, m->mem);

	for (uint32_t r = 0; key.p && r < fact_rows(fact); r++) {
		if (fact_row_proves(fact, r, lk->key, key, m->mem) &&
		    tuples_join(fact, r, lk->key, item->fact, item->row, m->mem)) {
			*fact_out = fact;
			*row_out = r;
			return true;
		}
	}
	return false;
}

/* The key in a column of an item by which others are joined to it; the NULL view when it has none. False: it has one
 * that is never asked for, as it is blocked or cannot be read. */
static bool joins_by(struct merge *m, const struct item *item, uint32_t column, struct str *key_out)
{
	*key_out = fact_key(item->fact, item->row, column, m->mem);
	return key_out->p || fact_blank(item->fact, item->row, column);
}

/* Where a value of an item stands. */
struct place {
	struct fact *fact; /* NULL: nowhere */
	uint32_t row, column;
};

/* False: unknown, as list_cell(). */
static bool find_cell(struct merge *m, const struct cell_from *cf, const struct item *item, struct place *out)
{
	struct str key;

	*out = (struct place){ .fact = item->fact, .row = item->row, .column = cf->column };
	switch (cf->kind) {
	case CELL_NONE:
		out->fact = NULL;
		break;
	case CELL_HERE:
		break;
	case CELL_LOOKUP:
		if (!joins_by(m, item, cf->column, &key) ||
		    !tuples_tell(&m->facts[cf->lookup.part->index], cf->lookup.key, key, item->fact, item->row, m->mem))
			return false;
		out->column = cf->lookup.column;
		if (!look_up(m, cf, item, &out->fact, &out->row))
			out->fact = NULL;
		break;
	}
	return true;
}

static enum typed_verdict read_place(struct merge *m, const struct place *at, struct typed *out)
{
	return at->fact ? fact_typed(at->fact, at->row, at->column, m->mem, out) : TYPED_NULL;
}

bool list_cell(struct merge *m, const struct list *list, uint32_t field, const struct item *item,
	       enum typed_verdict *verdict_out, struct typed *out)
{
	struct place at;

	*verdict_out = TYPED_NULL;
	if (!find_cell(m, &list->fields[field].per_part[item->part], item, &at))
		return false;
	*verdict_out = read_place(m, &at, out);
	return true;
}

static bool row_belongs(struct merge *m, const struct list *list, struct fact *fact, uint32_t row,
			const struct outer *outer)
{
	return !list->join || (fact_row_proves(fact, row, list->join, outer->key, m->mem) &&
			       tuples_join(fact, row, list->join, outer->item->fact, outer->item->row, m->mem));
}

/* Is known which rows of the part belong? */
static bool tells(struct merge *m, const struct list *list, struct fact *fact, const struct outer *outer)
{
	return list->join ? tuples_tell(fact, list->join, outer->key, outer->item->fact, outer->item->row, m->mem)
			  : fact_tells(fact);
}

static size_t gather(struct merge *m, const struct list *list, const struct outer *outer, struct items *items)
{
	size_t room = 0;

	for (size_t p = 0; p < list->n_parts; p++)
		room += fact_rows(&m->facts[list->parts[p]->index]);
	items->of = arena_array_of(m->mem, struct item, room);
	items->all_known = true;
	for (size_t p = 0; p < list->n_parts; p++) {
		struct fact *fact = &m->facts[list->parts[p]->index];
		bool known = tells(m, list, fact, outer);

		items->any_known = items->any_known || known;
		items->all_known = items->all_known && known;
		for (uint32_t r = 0; r < fact_rows(fact); r++)
			if (row_belongs(m, list, fact, r, outer))
				items->of[items->n++] =
					(struct item){ .fact = fact, .part = (uint32_t)p, .row = r };
	}
	return items->n;
}

/* What item_cmp() needs; qsort_r hands it through. */
struct order {
	enum value_type type;
	const struct codes *codes; /* NULL: none */
	bool desc;
};

static bool is_code(const struct order *o, const struct item *item)
{
	return o->codes && item->rank < o->codes->n;
}

static int item_cmp(const void *a, const void *b, void *arg)
{
	const struct item *x = a, *y = b;
	const struct order *o = arg;
	bool code = is_code(o, x);
	int c = 0;

	if (x->keyed != y->keyed)
		return x->keyed ? -1 : 1;
	if (code != is_code(o, y))
		return code ? -1 : 1;
	if (x->keyed)
		c = code ? (x->rank > y->rank) - (x->rank < y->rank) : typed_cmp(o->type, &x->key, &y->key);
	if (c)
		return o->desc ? -c : c;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* The declared type of a field of a list; the loader has checked that all its parts agree. */
static enum value_type field_type(const struct list *list, uint32_t field)
{
	for (size_t p = 0; p < list->n_parts; p++) {
		const struct cell_from *cf = &list->fields[field].per_part[p];

		switch (cf->kind) {
		case CELL_NONE:
			break;
		case CELL_HERE:
			return list->parts[p]->columns[cf->column].type;
		case CELL_LOOKUP:
			return cf->lookup.part->columns[cf->lookup.column].type;
		}
	}
	return TYPE_TEXT;
}

static void sort_items(struct merge *m, const struct list *list, uint32_t field, bool desc, struct items *items)
{
	struct order order = { .type = field_type(list, field),
			       .codes = list->fields[field].field.codes,
			       .desc = desc };

	for (size_t i = 0; i < items->n; i++) {
		struct item *item = &items->of[i];
		enum typed_verdict v;

		item->keyed = list_cell(m, list, field, item, &v, &item->key) && v == TYPED_OK;
		item->key_field = field;
		if (item->keyed && order.codes)
			item->rank = value_rank(order.codes, item->key.text);
	}
	qsort_r(items->of, items->n, sizeof(*items->of), item_cmp, &order);
}

/* A value that makes an item distinct, as it is shown. */
struct mark {
	bool known; /* not NULL */
	enum value_type type;
	struct typed value;
};

static struct mark read_mark(struct merge *m, const struct list *list, uint32_t field, const struct item *item)
{
	const struct codes *codes = list->fields[field].field.codes;
	struct mark mark = { .type = codes ? TYPE_TEXT : field_type(list, field) };
	enum typed_verdict v;
	size_t rank;

	mark.known = list_cell(m, list, field, item, &v, &mark.value) && v == TYPED_OK;
	if (!mark.known || !codes)
		return mark;
	rank = value_rank(codes, mark.value.text);
	if (rank < codes->n)
		mark.value.text = str_of(codes->of[rank].is);
	return mark;
}

/* Read once: list->n_distinct an item. */
static struct mark *read_marks(struct merge *m, const struct list *list, const struct items *items)
{
	struct mark *marks = arena_array_of(m->mem, struct mark, items->n * list->n_distinct);
	struct mark *at = marks;

	for (size_t i = 0; i < items->n; i++)
		for (size_t d = 0; d < list->n_distinct; d++)
			*at++ = read_mark(m, list, list->distinct[d], &items->of[i]);
	return marks;
}

/* NULL tells nothing of what an item is: two of them are not the same. */
static bool same_marks(const struct mark *a, const struct mark *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!a[i].known || !b[i].known || !typed_same(a[i].type, &a[i].value, &b[i].value))
			return false;
	return true;
}

static void drop_repeated(struct merge *m, const struct list *list, struct items *items)
{
	struct mark *marks = read_marks(m, list, items);
	size_t n = list->n_distinct, kept = 0;

	for (size_t i = 0; i < items->n; i++) {
		bool seen = false;

		for (size_t k = 0; k < kept && !seen; k++)
			seen = same_marks(&marks[k * n], &marks[i * n], n);
		if (seen)
			continue;
		memmove(&marks[kept * n], &marks[i * n], n * sizeof(*marks));
		items->of[kept++] = items->of[i];
	}
	items->n = kept;
}

struct items list_items(struct merge *m, const struct list *list, const struct outer *outer, int32_t order_field,
			bool desc)
{
	struct items items = { 0 };

	gather(m, list, outer, &items);
	if (order_field >= 0)
		sort_items(m, list, (uint32_t)order_field, desc, &items);
	if (list->n_distinct)
		drop_repeated(m, list, &items);
	return items;
}

static void put_origin(struct merge *m, const struct field *field, const struct place *at, struct span span,
		       struct node *node)
{
	struct origin *o = arena_new_of(m->mem, struct origin);
	struct from *from = arena_new_of(m->mem, struct from);
	struct typed as_of;

	*from = (struct from){ .part = at->fact->part, .column = at->column, .at = span };
	*o = (struct origin){ .from = from, .field = field, .rule = "order" };
	if (fact_as_of(at->fact, at->row, m->mem, &as_of))
		o->as_of = as_of.text;
	node->origin = o;
}

static void put_field(struct merge *m, const struct list *list, uint32_t f, const struct item *item,
		      struct node *object)
{
	const struct cell_from *cf = &list->fields[f].per_part[item->part];
	const struct field *field = &list->fields[f].field;
	struct typed value = { .kind = NODE_NULL };
	enum typed_verdict v = TYPED_OK;
	struct place at;
	struct node *node;

	if (!find_cell(m, cf, item, &at))
		return;
	if (item->keyed && item->key_field == f)
		value = item->key;
	else
		v = read_place(m, &at, &value);
	if (v == TYPED_OK && field->codes)
		value_check_code(m, field->codes, at.fact, at.row, at.column, &value);
	if (field->n_segments)
		object = tree_place(m->mem, object, field->segments, field->n_segments);
	node = value_node(m, field, v, &value, object);
	if (node && v == TYPED_OK && m->provenance)
		put_origin(m, field, &at, cf->at, node);
}

void list_put_fields(struct merge *m, const struct list *list, uint64_t only, const struct item *item, int32_t skip,
		     struct node *object)
{
	for (uint32_t f = 0; f < list->n_fields; f++)
		if ((int32_t)f != skip && (f >= 32 || (only >> f) & 1) && value_visible(m, &list->fields[f].field))
			put_field(m, list, f, item, object);
}

struct str list_item_name(const struct list *list)
{
	struct str last = list->segments[list->n_segments - 1];

	if (list->plain_items || last.n < 2 || last.p[last.n - 1] != 's' || last.p[last.n - 2] == 's')
		return STR("item");
	return (struct str){ last.p, last.n - 1 };
}

static void put_items(struct merge *m, const struct list *list, uint64_t only, uint32_t limit,
		      const struct outer *outer, struct node *holder);

static void put_item(struct merge *m, const struct list *list, uint64_t only, const struct item *item,
		     struct node *array)
{
	struct node *object;
	struct str key;

	if (list->plain_items) {
		list_put_fields(m, list, only, item, -1, array);
		return;
	}
	object = tree_object(m->mem, array, STR(""));
	list_put_fields(m, list, only, item, -1, object);
	for (size_t i = 0; i < list->n_lists; i++) {
		const struct list *inner = &list->lists[i];

		if (i < 32 && !((only >> (32 + i)) & 1))
			continue;
		for (uint32_t c = 0; c < item->fact->part->n_columns; c++) {
			if (item->fact->part->columns[c].gives != inner->join)
				continue;
			if (joins_by(m, item, c, &key))
				put_items(m, inner, inner->only, inner->limit, &(struct outer){ item, key }, object);
			break;
		}
	}
}

bool list_consented(struct merge *m, const struct list *list)
{
	struct str *more;

	if (!list->consent || scalar_is_true(m, list->consent))
		return true;
	more = arena_array_of(m->mem, struct str, m->n_no_consent + 1);
	for (size_t i = 0; i < m->n_no_consent; i++) {
		if (str_eq(m->no_consent[i], list->path))
			return false;
		more[i] = m->no_consent[i];
	}
	more[m->n_no_consent++] = list->path;
	m->no_consent = more;
	return false;
}

static void put_items(struct merge *m, const struct list *list, uint64_t only, uint32_t limit,
		      const struct outer *outer, struct node *holder)
{
	struct items items;
	struct node *array;

	if (!list_consented(m, list))
		return;
	items = list_items(m, list, outer, list->order_field, list->order_desc);
	if (!items.any_known || (items.n == 0 && !items.all_known))
		return; /* unknown is not empty */
	holder = tree_place(m->mem, holder, list->segments, list->n_segments);
	array = tree_array(m->mem, holder, list->segments[list->n_segments - 1], list_item_name(list));
	for (size_t i = 0; i < items.n; i++) {
		if (i >= limit)
			items.of[i].fact->more = true;
		else
			put_item(m, list, only, &items.of[i], array);
	}
}

void list_merge(struct merge *m, const struct list *list, uint64_t only, uint32_t limit, struct node *customer)
{
	put_items(m, list, only, limit, NULL, customer);
}
