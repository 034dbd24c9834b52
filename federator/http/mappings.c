#include "federator/http/handlers.h"
#include "federator/http/question.h"
#include "federator/render/render.h"

#define SERVICE_NAMESPACE "urn:federator:service:1"

/* These paths take no parameters; a typo must not be silent. */
static bool no_query(struct exchange *x)
{
	struct question q = { .mem = x->mem };

	if (question_query(&q, x->query, NULL, 0))
		return true;
	exchange_problem(x, q.fault.status, q.fault.type, q.fault.detail, q.fault.suggestion);
	return false;
}

static void files_put(struct arena *mem, struct node *root, const struct catalog *cat)
{
	struct node *files = tree_array(mem, root, STR("files"), STR("file"));

	for (size_t i = 0; i < cat->n_files; i++) {
		struct node *file = tree_object(mem, files, STR(""));

		tree_text(mem, file, STR("name"), str_of(cat->files[i].name));
		tree_number(mem, file, STR("bytes"), (int64_t)cat->files[i].text.n);
	}
}

static void labels_put(struct arena *mem, struct node *view, struct labels labels)
{
	struct node *map;

	if (labels.n == 0)
		return;
	map = tree_map(mem, view, STR("labels"), STR("label"));
	for (size_t i = 0; i < labels.n; i++)
		tree_text(mem, map, str_of(labels.of[i].lang), str_of(labels.of[i].text));
}

static void views_put(struct arena *mem, struct node *root, const struct catalog *cat)
{
	struct node *views = tree_array(mem, root, STR("views"), STR("view"));

	for (size_t i = 0; i < cat->n_views; i++) {
		const struct view *v = &cat->views[i];
		struct node *view = tree_object(mem, views, STR("")), *by;

		tree_text(mem, view, STR("name"), str_of(v->name));
		tree_text(mem, view, STR("shape"), v->shape == SHAPE_FLAT ? STR("flat") : STR("tree"));
		tree_number(mem, view, STR("budget_ms"), v->budget_ms);
		by = tree_array(mem, view, STR("by"), STR("key"));
		for (size_t k = 0; k < v->n_by; k++)
			tree_text(mem, by, STR(""), str_of(v->by[k]->name));
		labels_put(mem, view, v->labels);
	}
}

void mappings_list(struct exchange *x)
{
	const struct world *world;
	struct buf out = { 0 };
	struct node *root;

	if (!no_query(x))
		return;
	if (!x->acceptable) {
		exchange_problem(x, 406, "not-acceptable",
				 "the list comes as application/json and application/xml", NULL);
		return;
	}
	world = service_world(x->lane->service);
	root = tree_object(x->mem, NULL, STR("mappings"));
	tree_text(x->mem, root, STR("revision"), str_of(world->cat->revision));
	files_put(x->mem, root, world->cat);
	views_put(x->mem, root, world->cat);
	if (x->format == FORMAT_XML)
		render_xml(root, SERVICE_NAMESPACE, false, &out);
	else
		render_json(root, false, &out);
	world_unref(&world);
	exchange_bytes(x, 200, x->format == FORMAT_XML ? "application/xml" : "application/json", &out);
}

static bool file_put(const struct catalog *cat, struct str revision, struct str name, struct buf *out)
{
	if (!str_eq(revision, str_of(cat->revision)))
		return false;
	for (size_t i = 0; i < cat->n_files; i++) {
		if (str_eq(name, str_of(cat->files[i].name))) {
			buf_put_str(out, cat->files[i].text);
			return true;
		}
	}
	return false;
}

void mappings_file(struct exchange *x)
{
	const struct world *world;
	struct buf out = { 0 };
	bool found;

	if (!no_query(x))
		return;
	world = service_world(x->lane->service);
	found = file_put(world->cat, x->args[0], x->args[1], &out);
	world_unref(&world);
	if (found)
		exchange_bytes(x, 200, "application/xml", &out);
	else
		exchange_problem(x, 404, "no-such-file",
				 "the running mapping set has no such file or another revision",
				 "see GET /v1/mappings");
}

void mappings_schema(struct exchange *x)
{
	struct buf out = { 0 };

	if (!no_query(x))
		return;
	buf_put_str(&out, mapping_schema_text());
	exchange_bytes(x, 200, "application/xml", &out);
}
