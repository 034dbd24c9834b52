/* build_consent.c - requires: the field that says whether a part or list may be shown at all. */
#include "metadata/build.h"

static bool is_boolean(const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++)
		if (field->from[i].part->columns[field->from[i].column].type != TYPE_BOOLEAN)
			return false;
	return true;
}

const struct field *build_consent(struct build *b, const struct elem *e)
{
	struct str path = elem_token(e, "requires");
	struct span at = elem_at(e, "requires");
	const struct named *named = names_want_named(b->names, NAMES_PATH, path, at);

	if (!named || !named->ok)
		return NULL;
	if (named->use == USE_FIELD && is_boolean(named->thing))
		return named->thing;
	diag_add(b->ds, "M0222", at, "declare a boolean <field> outside lists and name it here",
		 "`%.*s` does not say yes or no", STR_ARG(path));
	return NULL;
}

/* Is the consent itself read from a part that requires one? */
static bool is_circular(const struct part *part)
{
	for (size_t i = 0; part->consent && i < part->consent->n_from; i++)
		if (part->consent->from[i].part->consent)
			return true;
	return false;
}

static void note_part(const struct field *consent, struct part *parts)
{
	for (size_t i = 0; consent && i < consent->n_from; i++)
		parts[consent->from[i].part->index].consents = true;
}

static void note_lists(const struct list *lists, size_t n, struct part *parts)
{
	for (size_t i = 0; i < n; i++) {
		note_part(lists[i].consent, parts);
		note_lists(lists[i].lists, lists[i].n_lists, parts);
	}
}

void build_consents(struct build *b, const struct elem *const *elems, struct part *parts, size_t n)
{
	bool *circular = arena_array_of(b->scratch, bool, n);

	for (size_t p = 0; p < n; p++)
		if (!elems[p]->broken && parts[p].name && elem_attr(elems[p], "requires"))
			parts[p].consent = build_consent(b, elems[p]);
	for (size_t p = 0; p < n; p++)
		circular[p] = is_circular(&parts[p]);
	for (size_t p = 0; p < n; p++) {
		if (!circular[p])
			continue;
		diag_add(b->ds, "M0223", elem_at(elems[p], "requires"),
			 "take requires from the part that says whether there is consent",
			 "part `%s` requires `%.*s`, which itself requires a consent", parts[p].name,
			 STR_ARG(parts[p].consent->path));
		parts[p].consent = NULL;
	}
	for (size_t p = 0; p < n; p++)
		note_part(parts[p].consent, parts);
	note_lists(b->cat->lists, b->cat->n_lists, parts);
	for (size_t p = 0; p < n; p++)
		if (parts[p].consents && parts[p].revalidate_ms)
			diag_add(b->ds, "M0231", elem_at(elems[p], "revalidate"), "leave it out",
				 "part `%s` says whether there is a consent, which an old copy never does",
				 parts[p].name);
}
