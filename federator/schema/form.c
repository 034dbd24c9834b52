/* form.c - forms, and what two of them have in common. */
#include "federator/schema/form.h"

struct form *form_new(struct arena *mem, struct form *parent, enum form_kind kind, struct str name)
{
	struct form *form = arena_new_of(mem, struct form);

	*form = (struct form){ .kind = kind, .name = name };
	if (!parent)
		return form;
	if (parent->last)
		parent->last->next = form;
	else
		parent->first = form;
	parent->last = form;
	return form;
}

struct form *form_need(struct arena *mem, struct form *parent, enum form_kind kind, struct str name)
{
	struct form *form = form_new(mem, parent, kind, name);

	form->required = true;
	return form;
}

struct form *form_member(const struct form *form, struct str name)
{
	for (struct form *child = form->first; child; child = child->next)
		if (str_eq(child->name, name))
			return child;
	return NULL;
}

static void append(struct form *parent, struct form *child)
{
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static struct form *copy_of(struct arena *mem, const struct form *form)
{
	struct form *copy = arena_new_of(mem, struct form);

	*copy = *form;
	copy->next = NULL;
	return copy;
}

static bool same_names(const struct form *a, const struct form *b)
{
	const struct form *x = a->first, *y = b->first;

	while (x && y && str_eq(x->name, y->name)) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}

/* Members of either; what only one has is optional. */
static void unite_members(struct arena *mem, struct form *both, const struct form *a, const struct form *b)
{
	both->first = both->last = NULL;
	both->any_order = a->any_order || b->any_order || !same_names(a, b);
	for (struct form *x = a->first; x; x = x->next) {
		struct form *y = form_member(b, x->name);
		struct form *one = copy_of(mem, y ? form_union(mem, x, y) : x);

		one->required = one->required && y;
		append(both, one);
	}
	for (struct form *y = b->first; y; y = y->next) {
		struct form *one;

		if (form_member(a, y->name))
			continue;
		one = copy_of(mem, y);
		one->required = false;
		append(both, one);
	}
}

static void unite_words(struct arena *mem, struct form *both, const struct form *a, const struct form *b)
{
	const char **words = arena_array_of(mem, const char *, a->n_words + b->n_words);
	size_t n = 0;

	for (size_t i = 0; i < a->n_words + b->n_words; i++) {
		const char *word = i < a->n_words ? a->words[i] : b->words[i - a->n_words];
		bool seen = false;

		for (size_t k = 0; k < n; k++)
			seen = seen || strcmp(words[k], word) == 0;
		if (!seen)
			words[n++] = word;
	}
	both->words = words;
	both->n_words = n;
}

static void unite_items(struct arena *mem, struct form *both, const struct form *a, const struct form *b)
{
	struct form *item = form_union(mem, form_item(mem, a), form_item(mem, b));

	both->first = both->last = NULL;
	append(both, copy_of(mem, item));
	both->max = a->max == 0 || b->max == 0 ? 0 : a->max > b->max ? a->max : b->max;
}

static void unite_values(struct form *both, const struct form *a, const struct form *b)
{
	both->types = a->types | b->types;
	if (a->codes != b->codes)
		both->codes = NULL;
	both->masked = a->masked || b->masked;
	both->count = a->count && b->count;
}

struct form *form_union(struct arena *mem, struct form *a, struct form *b)
{
	struct form *both = copy_of(mem, a);

	both->required = a->required && b->required;
	both->nullable = a->nullable || b->nullable;
	both->sourced = a->sourced || b->sourced;
	if (!str_eq(a->title, b->title))
		both->title = (struct str){ 0 };
	if (!str_eq(a->about, b->about))
		both->about = (struct str){ 0 };
	if (a->kind != b->kind || !str_eq(a->item, b->item)) {
		*both = (struct form){ .kind = FORM_ANY, .name = a->name, .nullable = true };
		return both;
	}
	switch (a->kind) {
	case FORM_VALUE:
		unite_values(both, a, b);
		break;
	case FORM_WORD:
		unite_words(mem, both, a, b);
		break;
	case FORM_OBJECT:
		unite_members(mem, both, a, b);
		break;
	case FORM_ARRAY:
		unite_items(mem, both, a, b);
		break;
	case FORM_MAP:
	case FORM_ORIGINS:
	case FORM_ANY:
		break;
	}
	return both;
}

struct form *form_item(struct arena *mem, const struct form *array)
{
	struct form *item = array->first;

	for (struct form *next = item->next; next; next = next->next)
		item = form_union(mem, item, next);
	return item;
}
