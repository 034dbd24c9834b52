/* form_customer.c - what may stand in "customer": fields, lists, time lines, or the texts of a flat view. */
#include "federator/schema/form.h"
#include "federator/view/list.h"

/* The words of err_reason() (base/err.h) and of the flow, as gaps of a time line say them. */
static const char *const gap_reasons[] = { "deadline",	"refused",	   "busy",	"auth",
					   "error",	"schema_mismatch", "too_large", "wrong_subject",
					   "key_unknown", "no_consent",	   "truncated" };

static struct str title_of(const struct form_context *ctx, struct labels labels)
{
	return str_of(labels_in(labels, ctx->lang));
}

/* The object that holds the last of `segments`. Its place among the other members is that of its first member
 * that is known, so they can stand in any order. */
static struct form *place(struct form_context *ctx, struct form *object, const struct str *segments, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		struct form *next = form_member(object, segments[i]);

		object->any_order = true;
		object = next ? next : form_new(ctx->mem, object, FORM_OBJECT, segments[i]);
	}
	return object;
}

static struct str last_of(const struct str *segments, size_t n)
{
	return n ? segments[n - 1] : STR("");
}

static struct str about_field(const struct form_context *ctx, const struct field *field, bool masked)
{
	const char *title = labels_in(field->cls->labels, ctx->lang);

	return arena_printf(ctx->mem, "Privacy class %s%s%s%s.%s%s%s", field->cls->name, title ? " (" : "",
			    title ? title : "", title ? ")" : "", masked ? " Some roles see it masked." : "",
			    field->currency ? " Currency: " : "", field->currency ? field->currency : "");
}

static uint32_t bit_of(enum value_type type)
{
	return UINT32_C(1) << type;
}

static struct form *put_field(struct form_context *ctx, const struct field *field, uint32_t types,
			      struct form *object)
{
	struct form *holder = place(ctx, object, field->segments, field->n_segments);
	struct str name = last_of(field->segments, field->n_segments);
	struct form *form = form_new(ctx->mem, holder, FORM_VALUE, name);

	form->types = field->codes || !types ? bit_of(TYPE_TEXT) : types;
	form->codes = field->codes;
	form->lang = ctx->lang;
	form->masked = (ctx->masked >> field->cls->index) & 1;
	form->nullable = true;
	form->sourced = true;
	form->title = title_of(ctx, field->labels);
	form->about = about_field(ctx, field, form->masked);
	if (field->codes)
		ctx->codes_used[field->codes->index] = true;
	return form;
}

/* Candidates of one field may be integers and decimals, or dates and timestamps; each is shown as it is. */
static uint32_t types_of(const struct field *field)
{
	uint32_t types = 0;

	for (size_t i = 0; i < field->n_from; i++)
		types |= bit_of(field->from[i].part->columns[field->from[i].column].type);
	return types;
}

/* ---- lists ---- */

static uint32_t list_types(const struct list *list, size_t f)
{
	uint32_t types = 0;

	for (size_t p = 0; p < list->n_parts; p++) {
		const struct cell_from *cell = &list->fields[f].per_part[p];

		switch (cell->kind) {
		case CELL_NONE:
			break;
		case CELL_HERE:
			types |= bit_of(list->parts[p]->columns[cell->column].type);
			break;
		case CELL_LOOKUP:
			types |= bit_of(cell->lookup.part->columns[cell->lookup.column].type);
			break;
		}
	}
	return types;
}

static void put_list_fields(struct form_context *ctx, const struct list *list, uint64_t only, int32_t skip,
			    struct form *item)
{
	for (size_t f = 0; f < list->n_fields; f++)
		if ((int32_t)f != skip && (f >= 32 || (only >> f) & 1))
			put_field(ctx, &list->fields[f].field, list_types(list, f), item);
}

static void put_list(struct form_context *ctx, const struct list *list, uint64_t only, uint32_t limit,
		     struct form *holder)
{
	struct form *array, *item;

	holder = place(ctx, holder, list->segments, list->n_segments);
	array = form_new(ctx->mem, holder, FORM_ARRAY, last_of(list->segments, list->n_segments));
	array->item = list_item_name(list);
	array->max = limit;
	array->title = title_of(ctx, list->labels);
	if (list->plain_items) {
		put_list_fields(ctx, list, only, -1, array);
		return;
	}
	item = form_new(ctx->mem, array, FORM_OBJECT, STR(""));
	put_list_fields(ctx, list, only, -1, item);
	for (size_t i = 0; i < list->n_lists; i++)
		if (i >= 32 || (only >> (32 + i)) & 1)
			put_list(ctx, &list->lists[i], list->lists[i].only, list->lists[i].limit, item);
}

/* ---- time lines ---- */

static void put_kind(struct form_context *ctx, const struct list *list, struct form *event)
{
	struct form *kind = form_need(ctx->mem, event, FORM_WORD, STR("kind"));
	const char **word = arena_new_of(ctx->mem, const char *);

	*word = arena_cstr(ctx->mem, last_of(list->segments, list->n_segments));
	kind->words = word;
	kind->n_words = 1;
}

static void put_event(struct form_context *ctx, const struct timeline_of *of, struct form *array)
{
	struct form *event = form_new(ctx->mem, array, FORM_OBJECT, STR(""));
	const struct field *field = &of->list->fields[of->at_field].field;
	struct form *at = form_need(ctx->mem, event, FORM_VALUE, STR("at"));

	at->types = list_types(of->list, of->at_field);
	at->masked = (ctx->masked >> field->cls->index) & 1;
	at->sourced = true;
	at->title = title_of(ctx, field->labels);
	put_kind(ctx, of->list, event);
	put_list_fields(ctx, of->list, of->only, (int32_t)of->at_field, event);
	event->title = title_of(ctx, of->list->labels);
}

static void put_gap(struct form_context *ctx, const struct timeline_of *of, struct form *array)
{
	struct form *gap = form_new(ctx->mem, array, FORM_OBJECT, STR(""));
	struct form *missing;

	put_kind(ctx, of->list, gap);
	missing = form_need(ctx->mem, gap, FORM_WORD, STR("missing"));
	missing->words = gap_reasons;
	missing->n_words = ARRAY_LEN(gap_reasons);
	gap->about = STR("The source of these events did not answer, or not with all of them.");
}

/* Beside its limit of events a time line has one gap for every part that is missing. */
static void put_timeline(struct form_context *ctx, const struct timeline *tl, uint32_t limit,
			 struct form *customer)
{
	struct form *array;

	customer = place(ctx, customer, tl->segments, tl->n_segments);
	array = form_new(ctx->mem, customer, FORM_ARRAY, last_of(tl->segments, tl->n_segments));
	array->item = STR("event");
	array->max = limit;
	array->title = title_of(ctx, tl->labels);
	for (size_t i = 0; i < tl->n_of; i++) {
		put_event(ctx, &tl->of[i], array);
		put_gap(ctx, &tl->of[i], array);
		array->max += (uint32_t)tl->of[i].list->n_parts;
	}
}

/* ---- views ---- */

struct form *form_flat(struct form_context *ctx, const struct use *use, struct form *parent)
{
	struct form *form = form_new(ctx->mem, parent, FORM_VALUE, str_of(use->as));

	form->types = bit_of(TYPE_TEXT);
	form->about = arena_printf(ctx->mem, "Instead of a value that is not known: \"%s\".", use->default_);
	if (use->kind != USE_FIELD)
		return form;
	form->title = title_of(ctx, use->field->labels);
	form->codes = use->field->codes;
	form->lang = ctx->lang;
	if (form->codes)
		ctx->codes_used[form->codes->index] = true;
	return form;
}

static void put_use(struct form_context *ctx, const struct use *use, struct form *customer)
{
	switch (use->kind) {
	case USE_FIELD:
		put_field(ctx, use->field, types_of(use->field), customer);
		break;
	case USE_LIST:
		put_list(ctx, use->list, use->only, use->limit, customer);
		break;
	case USE_TIMELINE:
		put_timeline(ctx, use->timeline, use->limit, customer);
		break;
	}
}

struct form *form_customer(struct form_context *ctx, const struct view *view, struct form *parent)
{
	struct form *customer = form_new(ctx->mem, parent, FORM_OBJECT, STR("customer"));

	customer->title = title_of(ctx, view->labels);
	for (size_t i = 0; i < view->n_uses; i++) {
		switch (view->shape) {
		case SHAPE_TREE:
			put_use(ctx, &view->uses[i], customer);
			break;
		case SHAPE_FLAT:
			form_flat(ctx, &view->uses[i], customer)->sourced = true;
			break;
		}
	}
	return customer;
}
