#include "federator/view/tree.h"

#include <assert.h>

#include "base/text.h"

static struct node *add(struct arena *mem, struct node *parent, struct str name, enum node_kind kind)
{
	struct node *n = arena_new_of(mem, struct node);

	n->kind = kind;
	n->name = name;
	if (!parent)
		return n;
	assert(parent->kind == NODE_OBJECT || parent->kind == NODE_ARRAY);
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

struct node *tree_object(struct arena *mem, struct node *parent, struct str name)
{
	return add(mem, parent, name, NODE_OBJECT);
}

struct node *tree_map(struct arena *mem, struct node *parent, struct str name, struct str item)
{
	struct node *n = add(mem, parent, name, NODE_OBJECT);

	n->map = true;
	n->item = item;
	return n;
}

struct node *tree_array(struct arena *mem, struct node *parent, struct str name, struct str item)
{
	struct node *n = add(mem, parent, name, NODE_ARRAY);

	n->item = item;
	return n;
}

struct node *tree_text(struct arena *mem, struct node *parent, struct str name, struct str value)
{
	struct node *n = add(mem, parent, name, NODE_TEXT);

	n->value = value;
	return n;
}

struct node *tree_number(struct arena *mem, struct node *parent, struct str name, int64_t value)
{
	struct node *n = add(mem, parent, name, NODE_LITERAL);
	char digits[TEXT_I64_MOST];

	n->value = arena_str(mem, (struct str){digits, text_from_i64(value, digits)});
	return n;
}

struct node *tree_bool(struct arena *mem, struct node *parent, struct str name, bool value)
{
	struct node *n = add(mem, parent, name, NODE_LITERAL);

	n->value = value ? STR("true") : STR("false");
	return n;
}

struct node *tree_null(struct arena *mem, struct node *parent, struct str name)
{
	return add(mem, parent, name, NODE_NULL);
}

struct node *tree_member(const struct node *object, struct str name)
{
	for (struct node *n = object->first; n; n = n->next)
		if (str_eq(n->name, name))
			return n;
	return NULL;
}

struct node *tree_place(struct arena *mem, struct node *object, const struct str *segments, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		struct node *next = tree_member(object, segments[i]);

		object = next ? next : tree_object(mem, object, segments[i]);
		assert(object->kind == NODE_OBJECT); /* the loader refuses a field inside a field */
	}
	return object;
}
