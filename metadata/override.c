/* override.c - several directories, one set: what a later directory declares with override="true" takes the place of
 * what an earlier one declared. */
#include "base/map.h"
#include "metadata/build.h"

/* A declaration that counts so far. */
struct top {
	const struct elem *elem;
	uint32_t layer;
	struct top *other; /* policies only: another one of the same roles and purposes, added to this one */
	size_t at; /* in struct tops */
};

struct tops {
	struct build *b;
	struct map *by_name; /* element, name -> struct top */
	const struct elem **of; /* NULL: replaced */
	size_t n;
};

static const char *name_attribute(const struct elem *e)
{
	return elem_is(e, "field") || elem_is(e, "list") || elem_is(e, "timeline") ? "path" : "name";
}

static void put_words(const struct elem *e, const char *attribute, struct buf *out)
{
	struct words w = { .attr = elem_attr(e, attribute) };

	while (elem_next_word(&w))
		buf_printf(out, " %.*s", STR_ARG(w.word));
	buf_putc(out, ';');
}

/* What two declarations share when one may replace the other; the NULL view: it has no name. */
static struct str name_of(const struct elem *e, struct arena *mem)
{
	struct str name = elem_token(e, name_attribute(e));
	SCOPED(buf_free) struct buf out = { 0 };

	if (elem_is(e, "policy")) {
		put_words(e, "role", &out);
		put_words(e, "purpose", &out);
		name = buf_str(&out);
	}
	return name.n ? arena_printf(mem, "%.*s %.*s", STR_ARG(e->name), STR_ARG(name)) : (struct str){ 0 };
}

/* Inside another element nothing is overridden: the whole is. */
static void refuse_below(struct build *b, const struct elem *e)
{
	for (const struct elem *c = e->first; c; c = c->next) {
		if (elem_attr(c, "override"))
			diag_add(b->ds, "M0123", elem_at(c, "override"), "override the whole around it instead",
				 "override is for what stands directly in <mapping>");
		refuse_below(b, c);
	}
}

static void enter(struct tops *ts, struct str name, struct top top)
{
	struct top *kept = arena_new_of(ts->b->scratch, struct top);

	*kept = top;
	ts->of[top.at] = top.elem;
	if (name.n)
		(void)map_set(ts->by_name, name, kept);
}

static void keep(struct tops *ts, struct str name, struct top *had, const struct elem *e, uint32_t layer)
{
	enter(ts, name, (struct top){ .elem = e, .layer = layer, .other = had, .at = ts->n++ });
}

static bool any_older(const struct top *had, uint32_t layer)
{
	while (had && had->layer >= layer)
		had = had->other;
	return had != NULL;
}

/* Take the place of one of those of earlier directories, so that the order of the view stays; the others go. */
static void replace(struct tops *ts, struct str name, struct top *had, const struct elem *e, uint32_t layer)
{
	struct top top = { .elem = e, .layer = layer };

	for (struct top *next; had; had = next) {
		next = had->other;
		if (had->layer < layer) {
			ts->of[had->at] = NULL;
			top.at = had->at;
		} else {
			had->other = top.other;
			top.other = had;
		}
	}
	enter(ts, name, top);
}

static bool replaced_already(const struct top *had)
{
	while (had && !elem_true(had->elem, "override"))
		had = had->other;
	return had != NULL;
}

static void tell_twice(struct tops *ts, const struct elem *first, const struct elem *e)
{
	diag_add(ts->b->ds, "M0120", elem_at(e, name_attribute(e)),
		 arena_printf(ts->b->scratch, "the first one is at %s:%u:%u; override=\"true\" replaces it",
			      first->at.file, first->at.line, first->at.column)
			 .p,
		 "the %.*s `%.*s` is declared a second time", STR_ARG(e->name),
		 STR_ARG(elem_token(e, name_attribute(e))));
}

static void take(struct tops *ts, const struct elem *e, uint32_t layer)
{
	struct str name = name_of(e, ts->b->scratch);
	struct top *had = name.n ? map_get(ts->by_name, name) : NULL;
	bool policy = elem_is(e, "policy");

	refuse_below(ts->b, e);
	if (elem_true(e, "override")) {
		if (any_older(had, layer)) {
			replace(ts, name, had, e, layer);
			return;
		}
		if (!replaced_already(had))
			diag_add(ts->b->ds, "M0123", elem_at(e, "override"),
				 "take override away, or name what an earlier directory of --map declares",
				 "there is no such <%.*s> in an earlier directory", STR_ARG(e->name));
	} else if (had && had->layer < layer && !policy) {
		tell_twice(ts, had->elem, e);
		return;
	}
	keep(ts, name, policy ? had : NULL, e, layer);
}

const struct elem *const *override_apply(struct build *b, const struct elem *const *roots, size_t n_roots,
					 size_t *n_out)
{
	struct tops ts = { .b = b, .by_name = map_new(b->scratch) };
	size_t n = 0;

	for (size_t r = 0; r < n_roots; r++)
		for (const struct elem *e = roots[r]->first; e; e = e->next)
			n++;
	ts.of = arena_array_of(b->scratch, const struct elem *, n + 1);
	for (size_t r = 0; r < n_roots; r++)
		for (const struct elem *e = roots[r]->first; e; e = e->next)
			take(&ts, e, b->layers[r]);
	n = 0;
	for (size_t i = 0; i < ts.n; i++)
		if (ts.of[i])
			ts.of[n++] = ts.of[i];
	*n_out = n;
	return ts.of;
}
