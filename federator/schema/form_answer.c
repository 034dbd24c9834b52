/* form_answer.c - what stands around the customer: the counterpart of flow/step_merge.c, flow/envelope.c and
 * flow/candidates.c. */
#include "federator/schema/form.h"

static const char *const outcomes[] = { "one", "none", "many", "unlinked", "too_many", "blocked" };
static const char *const match_states[] = { "stale" };
static const char *const states[] = { "live", "fresh", "stale", "missing", "skipped" };
static const char *const reasons[] = { "deadline",    "refused", "busy",       "auth",
				       "error",	      "schema_mismatch", "too_large", "wrong_subject",
				       "key_unknown", "no_key",	 "no_consent", "not_in_cache",
				       "malformed_key", "lacking_key" /* flat answers only */ };
static const char *const routed[] = { "one", "none", "many", "unlinked", "too_many", "blocked", "default" };
static const struct form_rule routing_rules[] = {
	{ NULL, "outcome", { "many" }, "candidates", NULL },
};
static const char *const picks[] = { "order", "newest", "max", "min", "sum" };
static const struct form_rule part_rules[] = {
	{ NULL, "state", { "missing", "skipped" }, "reason", "stale" },
};
static const struct form_rule tree_rules[] = {
	{ "match", "outcome", { "many" }, "candidates", NULL },
	{ "match", "outcome", { "one", "unlinked" }, "customer", NULL },
};
static const char *const warning_codes[] = { "bad_value", "unknown_code", "bad_text", "collation" };

static struct form *put_text(struct form_context *ctx, struct form *parent, struct str name)
{
	struct form *form = form_new(ctx->mem, parent, FORM_VALUE, name);

	form->types = UINT32_C(1) << TYPE_TEXT;
	return form;
}

static struct form *put_bool(struct form_context *ctx, struct form *parent, struct str name,
			     const char *about)
{
	struct form *form = form_new(ctx->mem, parent, FORM_VALUE, name);

	form->types = UINT32_C(1) << TYPE_BOOLEAN;
	form->about = str_of(about);
	return form;
}

static struct form *put_count(struct form_context *ctx, struct form *parent, struct str name,
			      const char *about)
{
	struct form *form = form_new(ctx->mem, parent, FORM_VALUE, name);

	form->types = UINT32_C(1) << TYPE_INTEGER;
	form->count = true;
	form->about = str_of(about);
	return form;
}

static struct form *put_word(struct form_context *ctx, struct form *parent, struct str name,
			     const char *const *words, size_t n)
{
	struct form *form = form_new(ctx->mem, parent, FORM_WORD, name);

	form->words = words;
	form->n_words = n;
	return form;
}

static struct form *put_texts(struct form_context *ctx, struct form *parent, struct str name, struct str item)
{
	struct form *array = form_new(ctx->mem, parent, FORM_ARRAY, name);

	array->item = item;
	put_text(ctx, array, STR(""));
	return array;
}

static void put_match(struct form_context *ctx, struct form *root)
{
	struct form *match = form_need(ctx->mem, root, FORM_OBJECT, STR("match"));
	struct form *by;

	put_word(ctx, match, STR("outcome"), outcomes, ARRAY_LEN(outcomes))->required = true;
	by = put_text(ctx, match, STR("by"));
	by->required = true;
	by->about = STR("The keys asked by, separated by blanks; `id` for a sealed id.");
	put_text(ctx, match, STR("blocked"))->about =
		STR("Those of the keys asked by whose value is never asked for: they were left out.");
	put_word(ctx, match, STR("state"), match_states, ARRAY_LEN(match_states))->about =
		STR("Found in a stale copy only, which gives candidates and never decides.");
	put_bool(ctx, match, STR("complete"),
		 "False when a source that could have named another customer did not answer.");
	put_texts(ctx, match, STR("evidence"), STR("column"))->about =
		STR("Part and column in which the key was found.");
}

static void put_candidates(struct form_context *ctx, struct form *root)
{
	struct form *array = form_new(ctx->mem, root, FORM_ARRAY, STR("candidates"));
	struct form *one = form_new(ctx->mem, array, FORM_OBJECT, STR(""));
	struct form *rank;

	array->item = STR("candidate");
	array->about = STR("Those who fit, best first; with outcome `many`.");
	rank = put_count(ctx, one, STR("rank"), "From 1.");
	rank->required = true;
	put_text(ctx, one, STR("by"))->about = STR("Those of the keys asked by that name this customer.");
	put_text(ctx, one, STR("id"))->about = STR("Sealed id: ask by it to choose this customer.");
	if (ctx->cat->candidate)
		form_customer(ctx, ctx->cat->candidate, one)->required = true;
	put_texts(ctx, one, STR("evidence"), STR("column"))->required = true;
}

static void put_warnings(struct form_context *ctx, struct form *part)
{
	struct form *array = form_new(ctx->mem, part, FORM_ARRAY, STR("warnings"));
	struct form *one = form_new(ctx->mem, array, FORM_OBJECT, STR(""));

	array->item = STR("warning");
	array->about =
		STR("Cells that could not be read; rows left out that only a collation takes for those asked for.");
	put_text(ctx, one, STR("column"));
	put_word(ctx, one, STR("code"), warning_codes, ARRAY_LEN(warning_codes))->required = true;
	put_count(ctx, one, STR("cells"), "How many.")->required = true;
}

static void put_walk(struct form_context *ctx, struct form *part)
{
	struct form *walk = form_new(ctx->mem, part, FORM_OBJECT, STR("match"));

	walk->about = STR("How it did on the way to the customer, where only one of both was answered.");
	walk->rules = part_rules;
	walk->n_rules = ARRAY_LEN(part_rules);
	put_word(ctx, walk, STR("state"), states, ARRAY_LEN(states))->required = true;
	put_word(ctx, walk, STR("reason"), reasons, ARRAY_LEN(reasons) - 1);
}

static struct form *put_instant(struct form_context *ctx, struct form *parent, struct str name)
{
	struct form *form = put_text(ctx, parent, name);

	form->types = UINT32_C(1) << TYPE_TIMESTAMP;
	return form;
}

static void put_parts(struct form_context *ctx, struct form *root)
{
	struct form *parts = form_need(ctx->mem, root, FORM_MAP, STR("parts"));
	struct form *part = form_new(ctx->mem, parts, FORM_OBJECT, STR(""));
	const char **names = arena_array_of(ctx->mem, const char *, ctx->cat->n_parts);

	for (size_t i = 0; i < ctx->cat->n_parts; i++)
		names[i] = ctx->cat->parts[i].name;
	parts->item = STR("part");
	parts->words = names;
	parts->n_words = ctx->cat->n_parts;
	part->rules = part_rules;
	part->n_rules = ARRAY_LEN(part_rules);
	parts->about = STR("How each part that was needed did.");
	put_word(ctx, part, STR("state"), states, ARRAY_LEN(states))->required = true;
	put_word(ctx, part, STR("reason"), reasons, ARRAY_LEN(reasons) - 1);
	put_text(ctx, part, STR("depends_on"))->about = STR("The missing part that would give the key.");
	put_count(ctx, part, STR("deadline_ms"), "With reason `deadline`: how long it had.");
	put_count(ctx, part, STR("age_ms"), "How long ago the source was asked.");
	put_instant(ctx, part, STR("stored"))->about = STR("With state `stale`: when the source gave the copy.");
	put_count(ctx, part, STR("max_stale_ms"), "How long behind its ttl a copy may stand in.");
	put_bool(ctx, part, STR("refreshing"),
		 "A query is under way into the cache: the late one, or one behind the answer.");
	put_count(ctx, part, STR("took_ms"), NULL);
	put_count(ctx, part, STR("rows"), NULL);
	put_bool(ctx, part, STR("truncated"), "There were more rows or keys than the mapping allows.");
	put_bool(ctx, part, STR("more"), "A list shows fewer items than there are rows.");
	put_warnings(ctx, part);
	put_walk(ctx, part);
}

/* Made when the forms of the customer have told which vocabularies are used; stands before `currency`. */
static void put_labels(struct form_context *ctx, struct form *labels)
{
	labels->about = STR("Titles of the codes that occur, by vocabulary.");
	for (size_t c = 0; c < ctx->cat->n_codes; c++) {
		const struct codes *codes = &ctx->cat->codes[c];
		const char **words = arena_array_of(ctx->mem, const char *, codes->n);
		struct form *map;

		if (!ctx->codes_used[c])
			continue;
		map = form_new(ctx->mem, labels, FORM_MAP, str_of(codes->name));
		map->item = STR("label");
		for (size_t i = 0; i < codes->n; i++)
			words[i] = codes->of[i].is;
		map->words = words;
		map->n_words = codes->n;
		put_text(ctx, map, STR(""));
	}
}

static void put_head(struct form_context *ctx, const struct view *view, struct form *root)
{
	const char **name = arena_new_of(ctx->mem, const char *);

	*name = view->name;
	put_text(ctx, root, STR("id"))->about = STR("Sealed id of the customer, for further requests.");
	put_word(ctx, root, STR("view"), name, 1)->required = true;
	put_text(ctx, root, STR("revision"))->about = STR("Hash of the mapping the answer was made with.");
	put_bool(ctx, root, STR("complete"), "Every part that was needed answered, with all its rows.")->required =
		true;
}

static void put_origins(struct form_context *ctx, struct form *root)
{
	struct form *origins = form_new(ctx->mem, root, FORM_ORIGINS, STR("provenance"));
	struct form *origin = form_new(ctx->mem, origins, FORM_OBJECT, STR("")), *lost, *value;

	origins->about = STR("Where each value came from, when asked for. In JSON by JSON Pointer.");
	put_text(ctx, origin, STR("part"))->required = true;
	put_text(ctx, origin, STR("source"))->required = true;
	put_text(ctx, origin, STR("column"))->required = true;
	put_instant(ctx, origin, STR("as_of"))->about = STR("When the row was last true.");
	put_word(ctx, origin, STR("rule"), picks, ARRAY_LEN(picks))->required = true;
	put_text(ctx, origin, STR("mapping"))->required = true;
	put_bool(ctx, origin, STR("provisional"), "A candidate that might have won did not answer.");
	lost = form_new(ctx->mem, origin, FORM_ARRAY, STR("lost"));
	lost = form_new(ctx->mem, lost, FORM_OBJECT, STR(""));
	put_text(ctx, lost, STR("part"))->required = true;
	value = put_text(ctx, lost, STR("value"));
	value->required = true;
	value->nullable = true;
	put_instant(ctx, lost, STR("as_of"));
}

static void put_tail(struct form_context *ctx, struct form *root)
{
	struct form *links;

	put_texts(ctx, root, STR("withheld"), STR("field"))->about = STR("Paths the role may not see.");
	put_parts(ctx, root);
	put_origins(ctx, root);
	links = form_new(ctx->mem, root, FORM_OBJECT, STR("links"));
	put_text(ctx, links, STR("self"))->required = true;
	put_text(ctx, links, STR("next"))->about = STR("The next page of the time line.");
}

static uint64_t masked_somewhere(const struct catalog *cat)
{
	uint64_t masked = 0;

	for (size_t i = 0; i < cat->n_policies; i++)
		masked |= cat->policies[i].mask;
	return masked;
}

struct form *form_routing(const struct catalog *cat, const struct view *view, struct str lang, struct arena *mem)
{
	struct form_context ctx = { .cat = cat,
				    .mem = mem,
				    .lang = lang,
				    .codes_used = arena_array_of(mem, bool, cat->n_codes) };
	struct form *root = form_new(mem, NULL, FORM_OBJECT, STR("routing"));

	root->title = str_of(labels_in(view->labels, lang));
	root->rules = routing_rules;
	root->n_rules = ARRAY_LEN(routing_rules);
	put_word(&ctx, root, STR("outcome"), routed, ARRAY_LEN(routed))->required = true;
	put_text(&ctx, root, STR("candidates"))->about = STR("With outcome `many`: how many customers fit.");
	put_word(&ctx, root, STR("reason"), reasons, ARRAY_LEN(reasons))->about =
		STR("Why some or all names hold defaults.");
	put_text(&ctx, root, STR("stale"))->about =
		STR("Some names come from copies that stand in: how many seconds ago the oldest was made.");
	for (size_t i = 0; i < view->n_uses; i++)
		form_flat(&ctx, &view->uses[i], root)->required = true;
	return root;
}

struct form *form_answer(const struct catalog *cat, const struct view *view, struct str lang,
			 struct arena *mem)
{
	struct form_context ctx = { .cat = cat,
				    .mem = mem,
				    .lang = lang,
				    .masked = masked_somewhere(cat),
				    .codes_used = arena_array_of(mem, bool, cat->n_codes) };
	struct form *root = form_new(mem, NULL, FORM_OBJECT, STR("view")), *labels, *currency;

	root->title = str_of(labels_in(view->labels, lang));
	root->rules = tree_rules;
	root->n_rules = ARRAY_LEN(tree_rules);
	if (view->shape == SHAPE_FLAT)
		root->n_rules = 1; /* a flat customer is always there */
	put_head(&ctx, view, root);
	put_match(&ctx, root);
	form_customer(&ctx, view, root)->required = view->shape == SHAPE_FLAT;
	labels = form_new(mem, root, FORM_OBJECT, STR("labels"));
	put_labels(&ctx, labels);
	currency = form_new(mem, root, FORM_MAP, STR("currency"));
	currency->item = STR("field");
	currency->about = STR("ISO 4217 code by path, of fields that have one.");
	put_text(&ctx, currency, STR(""));
	put_texts(&ctx, root, STR("no_consent"), STR("field"))->about =
		STR("Paths that the customer has not agreed to be shown.");
	put_candidates(&ctx, root);
	put_tail(&ctx, root);
	return root;
}
