/* choice.c - what of a view a caller chose, and what of that the role may see. */
#include "base/text.h"
#include "federator/flow/request.h"

static bool visible(const struct flow *flow, const struct class_ *cls)
{
	return (flow_visible(flow) >> cls->index) & 1;
}

static struct str path_of(const struct use *use)
{
	switch (use->kind) {
	case USE_FIELD:
		return use->field->path;
	case USE_LIST:
		return use->list->path;
	case USE_TIMELINE:
		return use->timeline->path;
	}
	return STR("");
}

static void withhold(struct flow *flow, struct str path)
{
	struct str *more = arena_array_of(flow->mem, struct str, flow->n_withheld + 1);

	for (size_t i = 0; i < flow->n_withheld; i++) {
		if (str_eq(flow->withheld[i], path))
			return;
		more[i] = flow->withheld[i];
	}
	more[flow->n_withheld++] = path;
	flow->withheld = more;
}

/* Name what is withheld of a list; true when something of it is left to show. */
static bool list_left(struct flow *flow, const struct list *list, uint64_t only, struct str prefix)
{
	bool left = false;

	for (size_t f = 0; f < list->n_fields; f++) {
		const struct field *field = &list->fields[f].field;

		if (f < 32 && !((only >> f) & 1))
			continue;
		if (visible(flow, field->cls))
			left = true;
		else
			withhold(flow, field->path.n ? arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(prefix),
								     STR_ARG(field->path))
						     : prefix);
	}
	for (size_t i = 0; i < list->n_lists; i++)
		if (i >= 32 || (only >> (32 + i)) & 1)
			left = list_left(flow, &list->lists[i], list->lists[i].only,
					 arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(prefix),
						      STR_ARG(list->lists[i].path))) ||
			       left;
	return left;
}

static bool use_left(struct flow *flow, const struct use *use)
{
	switch (use->kind) {
	case USE_FIELD:
		if (visible(flow, use->field->cls))
			return true;
		withhold(flow, use->field->path);
		return flow->view->shape == SHAPE_FLAT; /* its default is shown */
	case USE_LIST:
		return list_left(flow, use->list, use->only, use->list->path);
	case USE_TIMELINE:
		return true; /* its entries are filtered one by one */
	}
	return false;
}

bool choice_next(struct str *rest, struct str *name_out)
{
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	size_t n = comma ? (size_t)(comma - rest->p) : rest->n;

	if (rest->n == 0)
		return false;
	*name_out = (struct str){ rest->p, n };
	rest->p += n + (comma != NULL);
	rest->n -= n + (comma != NULL);
	return true;
}

bool choice_below(struct str path, struct str head)
{
	return path.n > head.n && memcmp(path.p, head.p, head.n) == 0 && path.p[head.n] == '.';
}

/* Does one of the names choose the path, or an object around it? */
static bool named(struct str names, struct str path)
{
	struct str name;

	while (choice_next(&names, &name))
		if (str_eq(path, name) || choice_below(path, name))
			return true;
	return false;
}

static struct str below(struct flow *flow, struct str path, struct str member)
{
	return member.n ? arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(path), STR_ARG(member)) : path;
}

/* What the names choose inside a list that stands at `path`, at any depth; false: nothing. `only` holds what of it is
 * shown at all. */
static bool narrow(struct flow *flow, const struct list *list, uint64_t only, struct str path, struct str names,
		   struct list *out)
{
	struct list *lists = arena_array_of(flow->mem, struct list, list->n_lists);

	*out = *list;
	out->lists = lists;
	out->only = 0;
	for (size_t f = 0; f < list->n_fields; f++)
		if (named(names, below(flow, path, list->fields[f].field.path)))
			out->only |= UINT64_C(1) << f;
	for (size_t i = 0; i < list->n_lists; i++) {
		struct str inside = below(flow, path, list->lists[i].path);

		lists[i] = list->lists[i];
		if (named(names, inside) ||
		    narrow(flow, &list->lists[i], list->lists[i].only, inside, names, &lists[i]))
			out->only |= UINT64_C(1) << (32 + i);
	}
	out->only &= only;
	return out->only != 0;
}

/* Leave of a use what the names choose; false: nothing. */
static bool chosen_by(struct flow *flow, struct use *use, struct str names)
{
	struct list *list;

	if (named(names, path_of(use)))
		return true;
	if (use->kind != USE_LIST)
		return false;
	list = arena_new_of(flow->mem, struct list);
	if (!narrow(flow, use->list, use->only, use->list->path, names, list))
		return false;
	use->list = list;
	use->only = list->only;
	return true;
}

static enum step_end unknown_field(struct flow *flow, struct str name)
{
	const char **names = arena_array_of(flow->mem, const char *, flow->view->n_uses);
	const char *near;

	for (size_t i = 0; i < flow->view->n_uses; i++)
		names[i] = arena_cstr(flow->mem, path_of(&flow->view->uses[i]));
	near = text_nearest(name, names, flow->view->n_uses);
	return flow_refuse(flow, 400, "unknown-field", "The view has no such field",
			   arena_printf(flow->mem, "`%.*s` is not in view `%s`", STR_ARG(name), flow->view->name),
			   near ? arena_printf(flow->mem, "did you mean `%s`?", near).p : NULL);
}

/* Is every name of the list in the view? */
static enum step_end check_fields(struct flow *flow, struct str rest)
{
	struct str name;

	while (choice_next(&rest, &name)) {
		bool known = false;

		for (size_t i = 0; i < flow->view->n_uses && !known; i++) {
			struct use use = flow->view->uses[i];

			known = chosen_by(flow, &use, name);
		}
		if (!known)
			return unknown_field(flow, name);
	}
	return STEP_DONE;
}

static bool chosen(struct flow *flow, struct use *use)
{
	if (flow->ask.timeline && use->kind != USE_TIMELINE)
		return false;
	return !flow->ask.fields.n || chosen_by(flow, use, flow->ask.fields);
}

/* A time line of one kind only. */
static bool narrow_timeline(struct flow *flow, struct use *use)
{
	struct timeline *narrow = arena_new_of(flow->mem, struct timeline);

	*narrow = *use->timeline;
	for (size_t i = 0; i < narrow->n_of; i++) {
		const struct list *list = use->timeline->of[i].list;

		if (!str_eq(list->segments[list->n_segments - 1], flow->ask.kind))
			continue;
		narrow->of = &use->timeline->of[i];
		narrow->n_of = 1;
		use->timeline = narrow;
		return true;
	}
	return false;
}

void choice_make(struct flow *flow)
{
	flow->uses = arena_array_of(flow->mem, struct use, flow->view->n_uses);
	for (size_t i = 0; i < flow->view->n_uses; i++) {
		struct use use = flow->view->uses[i];

		if (chosen(flow, &use) && use_left(flow, &use) &&
		    (use.kind != USE_TIMELINE || !flow->ask.kind.n || narrow_timeline(flow, &use)))
			flow->uses[flow->n_uses++] = use;
	}
}

/* Is there a list of this kind in a time line of the view? */
static enum step_end check_kind(struct flow *flow)
{
	for (size_t i = 0; i < flow->view->n_uses; i++) {
		struct use use = flow->view->uses[i];

		if (!flow->ask.kind.n || (use.kind == USE_TIMELINE && narrow_timeline(flow, &use)))
			return STEP_DONE;
	}
	return flow_refuse(flow, 400, "unknown-kind", "The time line has no such kind",
			   arena_printf(flow->mem, "no list of the time line of view `%s` is called `%.*s`",
					flow->view->name, STR_ARG(flow->ask.kind)),
			   NULL);
}

static enum step_end check_parts(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	struct str rest = flow->ask.parts, name;

	while (choice_next(&rest, &name)) {
		const char **names = arena_array_of(flow->mem, const char *, cat->n_parts);
		const char *near;
		bool known = false;

		for (size_t p = 0; p < cat->n_parts; p++) {
			names[p] = cat->parts[p].name;
			known = known || str_eq(str_of(names[p]), name);
		}
		if (known)
			continue;
		near = text_nearest(name, names, cat->n_parts);
		return flow_refuse(flow, 400, "unknown-part", "There is no such part",
				   arena_printf(flow->mem, "part `%.*s` is not in the mapping", STR_ARG(name)),
				   near ? arena_printf(flow->mem, "did you mean `%s`?", near).p : NULL);
	}
	return STEP_DONE;
}

/* A question for the time line needs a view that has one. */
static enum step_end check_timeline(struct flow *flow)
{
	bool has = !flow->ask.timeline;

	for (size_t i = 0; i < flow->view->n_uses && !has; i++)
		has = flow->view->uses[i].kind == USE_TIMELINE;
	if (has)
		return STEP_DONE;
	return flow_refuse(flow, 400, "no-timeline", "The view has no time line",
			   arena_printf(flow->mem, "view `%s` uses no time line", flow->view->name),
			   "ask with the view= of one that does, or leave view= out");
}

enum step_end choice_check(struct flow *flow)
{
	enum step_end end = check_fields(flow, flow->ask.fields);

	if (end == STEP_DONE)
		end = check_fields(flow, flow->ask.field);
	if (end == STEP_DONE)
		end = check_parts(flow);
	if (end == STEP_DONE)
		end = check_timeline(flow);
	if (end == STEP_DONE)
		end = check_kind(flow);
	return end;
}
