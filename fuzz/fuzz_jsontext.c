/* Values stand where they say, inside what is around them, and each of them is a document of its own. */
#include "base/digest.h"
#include "base/jsontext.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_node(struct str text, const struct jsontext *node)
{
	size_t behind = node->at, n = 0;

	check(node->n > 0 && node->at <= text.n && node->n <= text.n - node->at);
	for (const struct jsontext *c = node->first; c; c = c->next, n++) {
		check(c->at > behind && c->at + c->n < node->at + node->n);
		check(node->kind != JSONTEXT_OBJECT || jsontext_member(node, c->name) == c);
		behind = c->at + c->n - 1;
		check_node(text, c);
	}
	check(n == node->n_items);
}

static void check_alone(struct str text, const struct jsontext *node, struct arena *mem)
{
	struct jsontext_fault fault;
	const struct jsontext *again = jsontext_read((struct str){ text.p + node->at, node->n }, true, mem, &fault);

	check(again && again->kind == node->kind && again->n_items == node->n_items);
	check(str_eq(again->text, node->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *mem;
	struct jsontext_fault fault = { 0 };
	const struct jsontext *root;
	struct err err;

	if (!digest_init(&err))
		return 0;
	mem = arena_new();
	root = jsontext_read(text, true, mem, &fault);
	if (root) {
		check_node(text, root);
		check_alone(text, root, mem);
		if (root->first)
			check_alone(text, root->first, mem);
		check(jsontext_read(text, false, mem, &fault) != NULL);
	} else {
		check(fault.what && fault.at <= size);
	}
	arena_wipe_free(&mem);
	return 0;
}
