#include "federator/render/origins.h"

#include "federator/render/escape.h"

struct walk {
	struct buf pointer;
	origins_visit *visit;
	void *arg;
};

static const struct escape pointer_escape = {.ascii = {['~'] = "~0", ['/'] = "~1"}, .marks = {'~', '/', '/'}};

static void walk(struct walk *w, const struct node *n)
{
	size_t index = 0, here = w->pointer.len;

	if (n->origin)
		w->visit(buf_str(&w->pointer), n->origin, w->arg);
	for (const struct node *child = n->first; child; child = child->next) {
		buf_putc(&w->pointer, '/');
		if (n->kind == NODE_ARRAY)
			buf_printf(&w->pointer, "%zu", index++);
		else
			escape_put(child->name, &pointer_escape, &w->pointer);
		walk(w, child);
		w->pointer.len = here;
	}
}

void origins_each(const struct node *of, origins_visit *visit, void *arg)
{
	struct walk w = {.visit = visit, .arg = arg};

	buf_putc(&w.pointer, '/');
	escape_put(of->name, &pointer_escape, &w.pointer);
	walk(&w, of);
	buf_free(&w.pointer);
}

const char *origins_column(const struct from *from)
{
	return from->part->columns[from->column].name;
}
