/* build_key.c - keys and the ways sources write them. */
#include "metadata/build.h"

#include "metadata/block.h"
#include "metadata/overlap.h"
#include "metadata/sqltext.h"

static bool is_phone(enum key_type type)
{
	return type == KEY_PHONE_KR || type == KEY_PHONE_US;
}

static void phone_spellings(struct key *key)
{
	static const struct spelling built_in[] = {
		{ "e164", NULL }, { "digits", NULL }, { "dashed", NULL }
	};

	key->spellings = built_in;
	key->n_spellings = ARRAY_LEN(built_in);
}

/* Columns say by `as` how they are written; of what is asked for only the text is there. */
static void check_overlap(struct build *b, const struct elem *e, const struct key *key, const struct spelling *first,
			  const struct spelling *second)
{
	struct str text;

	if (strcmp(first->name, second->name) == 0)
		diag_add(b->ds, "M0120", elem_at(e, "name"), NULL, "the key `%s` has a spelling `%s` already",
			 key->name, second->name);
	else if (strcmp(first->mask, second->mask) == 0)
		diag_add(b->ds, "M0203", elem_at(e, "mask"), NULL, "the spellings `%s` and `%s` cannot be told apart",
			 first->name, second->name);
	else if (overlap_find(key, first, second, b->scratch, &text))
		diag_add(b->ds, "M0229", elem_at(e, "mask"), "let a source write one of them in another form, in SQL",
			 "`%.*s` can be two values: asked for, it is read as `%s`, not as `%s`", STR_ARG(text),
			 first->name, second->name);
}

static void declared_spellings(struct build *b, const struct elem *e, struct key *key)
{
	struct spelling *of = arena_array_of(b->mem, struct spelling, elem_count(e, "spelling") + 1);

	for (const struct elem *c = elem_child(e, "spelling"); c; c = elem_sibling(c)) {
		struct spelling s = { build_keep(b, elem_token(c, "name")),
				      build_keep(b, elem_token(c, "mask")) };

		for (size_t i = 0; i < key->n_spellings; i++)
			check_overlap(b, c, key, &of[i], &s);
		of[key->n_spellings++] = s;
	}
	key->spellings = of;
}

static void build_spellings(struct build *b, const struct elem *e, struct key *key)
{
	const struct elem *first = elem_child(e, "spelling");
	bool one_form = key->type == KEY_EMAIL || key->type == KEY_UUID;

	if (first && (is_phone(key->type) || one_form))
		diag_add(b->ds, "M0204", first->at,
			 one_form ? "take it out" : "built in are e164, digits and dashed",
			 "a key of this type takes no spellings of its own");
	if (is_phone(key->type))
		phone_spellings(key);
	else
		declared_spellings(b, e, key);
}

bool build_key(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	static const char *const roles[] = { "identity", "unique", "shared", "item" };
	static const char *const types[] = { "text",  "upper", "lower",	   "integer", "digits",
					     "email", "uuid",  "phone-kr", "phone-us" };
	struct str block = elem_string(e, "block");
	struct key *key = thing;
	struct err err = { 0 };

	*key = (struct key){ .name = build_keep(b, elem_token(e, "name")),
			     .role = build_word(e, "role", roles, ARRAY_LEN(roles), KEY_ITEM),
			     .type = build_word(e, "type", types, ARRAY_LEN(types), KEY_TEXT),
			     .values = elem_number(e, "values", 1),
			     .block = block.p ? build_keep(b, block) : NULL,
			     .labels = build_labels(b, e),
			     .at = e->at,
			     .index = index };
	if (strcmp(key->name, sqltext_before.name) == 0)
		diag_add(b->ds, "M0227", elem_at(e, "name"), "choose another name",
			 "`:before` is the parameter that pages a time line");
	build_spellings(b, e, key);
	if (key->block && !block_compile(key->block, b->mem, &key->block_re, &err))
		diag_add(b->ds, "M0202", elem_at(e, "block"), "a POSIX extended regular expression",
			 "block is not a pattern: %s", err.text);
	return true;
}
