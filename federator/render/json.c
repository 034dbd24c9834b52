#include "federator/render/render.h"

#include <stdlib.h>

#include "federator/render/escape.h"
#include "federator/render/origins.h"

struct json {
	struct buf *out;
	bool pretty;
	int depth;
	bool first; /* nothing yet in the innermost object or array */
};

static const struct escape json_escape = {
	.ascii = {"\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004",      "\\u0005",      "\\u0006",
		  "\\u0007", "\\b",     "\\t",     "\\n",     "\\u000b",      "\\f",          "\\r",
		  "\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012",      "\\u0013",      "\\u0014",
		  "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019",      "\\u001a",      "\\u001b",
		  "\\u001c", "\\u001d", "\\u001e", "\\u001f", ['"'] = "\\\"", ['\\'] = "\\\\"},
	.marks = {'"', '\\', '\\'},
};

void render_json_string(struct str text, struct buf *out)
{
	char *to = buf_reserve(out, text.n + 2);

	*to = '"';
	if (escape_copy(to + 1, text, &json_escape)) {
		to[1 + text.n] = '"';
		buf_add(out, text.n + 2);
		return;
	}
	buf_add(out, 1);
	escape_put(text, &json_escape, out);
	buf_putc(out, '"');
}

static void line(struct json *j)
{
	if (j->pretty)
		buf_printf(j->out, "\n%*s", 2 * j->depth, "");
}

static void begin(struct json *j, char bracket)
{
	buf_putc(j->out, bracket);
	j->depth++;
	j->first = true;
}

static void end(struct json *j, char bracket)
{
	j->depth--;
	if (!j->first)
		line(j);
	buf_putc(j->out, bracket);
	j->first = false;
}

static void next(struct json *j)
{
	if (!j->first)
		buf_putc(j->out, ',');
	j->first = false;
	line(j);
}

static void key(struct json *j, struct str name)
{
	next(j);
	render_json_string(name, j->out);
	buf_putc(j->out, ':');
	if (j->pretty)
		buf_putc(j->out, ' ');
}

/* A text member; the NULL view leaves it out. */
static void member(struct json *j, struct str name, struct str value)
{
	if (!value.p)
		return;
	key(j, name);
	render_json_string(value, j->out);
}

static void lost(struct json *j, const struct origin *o)
{
	key(j, STR("lost"));
	begin(j, '[');
	for (size_t i = 0; i < o->n_lost; i++) {
		const struct lost *l = &o->lost[i];

		next(j);
		begin(j, '{');
		member(j, STR("part"), str_of(l->from->part->name));
		key(j, STR("value"));
		if (l->value.p)
			render_json_string(l->value, j->out);
		else
			buf_puts(j->out, "null");
		member(j, STR("as_of"), l->as_of);
		end(j, '}');
	}
	end(j, ']');
}

static void origin(struct str pointer, const struct origin *o, void *arg)
{
	const struct from *from = o->from;
	struct json *j = arg;

	key(j, pointer);
	begin(j, '{');
	member(j, STR("part"), str_of(from->part->name));
	member(j, STR("source"), str_of(from->part->source->name));
	member(j, STR("column"), str_of(origins_column(from)));
	member(j, STR("as_of"), o->as_of);
	member(j, STR("rule"), str_of(o->rule));
	key(j, STR("mapping"));
	buf_putc(j->out, '"');
	escape_put(str_of(from->at.name), &json_escape, j->out);
	buf_printf(j->out, ":%u\"", from->at.line);
	if (o->provisional) {
		key(j, STR("provisional"));
		buf_puts(j->out, "true");
	}
	if (o->n_lost > 0)
		lost(j, o);
	end(j, '}');
}

/* A text or a literal. */
static void scalar(struct json *j, const struct node *n)
{
	size_t at = j->out->len;

	if (n->kind == NODE_TEXT)
		render_json_string(n->value, j->out);
	else
		buf_put_str(j->out, n->value);
	render_note(n, at, j->out);
}

/* What stands before a value: the comma, and of a member its name. Only names in maps are data, and escaped. */
static void before(struct json *j, const struct node *parent, const struct node *n)
{
	char *to;

	if (parent->kind == NODE_ARRAY) {
		next(j);
		return;
	}
	if (parent->map || j->pretty) {
		key(j, n->name);
		return;
	}
	to = buf_reserve(j->out, n->name.n + STR(",\"\":").n);
	if (!j->first)
		*to++ = ',';
	j->first = false;
	*to++ = '"';
	to = mempcpy(to, n->name.p, n->name.n);
	*to++ = '"';
	*to++ = ':';
	buf_add(j->out, (size_t)(to - j->out->data) - j->out->len);
}

static void value(struct json *j, const struct node *n);

static void children(struct json *j, const struct node *parent)
{
	bool array = parent->kind == NODE_ARRAY;

	begin(j, array ? '[' : '{');
	for (const struct node *n = parent->first; n; n = n->next) {
		before(j, parent, n);
		value(j, n);
	}
	end(j, array ? ']' : '}');
}

static void value(struct json *j, const struct node *n)
{
	switch (n->kind) {
	case NODE_NULL:
		buf_puts(j->out, "null");
		return;
	case NODE_OBJECT:
	case NODE_ARRAY:
		children(j, n);
		return;
	case NODE_TEXT:
	case NODE_LITERAL:
		scalar(j, n);
		return;
	case NODE_PROVENANCE:
		begin(j, '{');
		origins_each(n->of, origin, j);
		end(j, '}');
		return;
	}
	abort();
}

void render_json(const struct node *root, bool pretty, struct buf *out)
{
	struct json j = {.out = out, .pretty = pretty};

	value(&j, root);
}
