/* weblog_mapping.c - the command weblog: which log of the mapping is meant, and what a trial finds by its rules. */
#include "federator/cli/weblog.h"

#include <inttypes.h>

#include <jansson.h>

#include "base/digest.h"
#include "metadata/load.h"

static const char *names_of(const struct catalog *cat, struct arena *mem)
{
	struct str names = str_of(cat->weblogs[0].name);

	for (size_t i = 1; i < cat->n_weblogs; i++)
		names = arena_printf(mem, "%.*s, %s", STR_ARG(names), cat->weblogs[i].name);
	return arena_cstr(mem, names);
}

static const struct weblog *log_of(const struct catalog *cat, const char *name, struct arena *mem)
{
	const struct weblog *log = NULL;

	if (cat->n_weblogs == 0)
		message_error("the mapping has no <weblog>; see docs/weblog.md");
	else if (!name && cat->n_weblogs > 1)
		message_error("the mapping has several logs; say which one: %s", names_of(cat, mem));
	else if (!name)
		log = &cat->weblogs[0];
	else if ((log = catalog_weblog(cat, str_of(name))) == NULL)
		message_error("the mapping has no log '%s'; it has %s", name, names_of(cat, mem));
	return log;
}

int weblog_of_mapping(struct args *args, const char *name, struct options *opt, const struct catalog **cat,
		      const struct weblog **out)
{
	struct diags *ds = diags_new(args->mem);
	struct err err;
	int code = setup_options(args, false, opt);

	if (code != EXIT_OK)
		return code;
	if (!*opt->map) {
		message_error("weblog takes --map DIR here: the mapping with the <weblog>");
		return EXIT_USAGE;
	}
	if (!digest_init(&err))
		return message_err(&err);
	*cat = catalog_load(opt->map, ds);
	if (!*cat) {
		message_findings(ds);
		return EXIT_FINDINGS;
	}
	*out = log_of(*cat, name, args->mem);
	return *out ? EXIT_OK : EXIT_USAGE;
}

/* ---- printing ---- */

static double percent(uint64_t part, uint64_t of)
{
	return of ? 100.0 * (double)part / (double)of : 0.0;
}

static void counted_text(const char *title, const struct weblog_counted *counted, size_t n, struct buf *out)
{
	buf_puts(out, title);
	for (size_t i = 0; i < n && counted[i].name.p; i++)
		buf_printf(out, "%s%.*s %" PRIu64, i ? ", " : "", STR_ARG(counted[i].name), counted[i].n);
	buf_puts(out, n && counted[0].name.p ? "\n" : "none\n");
}

void weblog_effect_text(const struct weblog_effect_sums *s, struct buf *out)
{
	uint64_t events = s->verdicts[WEBLOG_EVENT];

	buf_printf(out,
		   "\nevents      %" PRIu64 "; left out: %" PRIu64 " for assets, %" PRIu64 " of bots, %" PRIu64
		   " no requests\n",
		   events, s->verdicts[WEBLOG_ASSET], s->verdicts[WEBLOG_BOT], s->verdicts[WEBLOG_NO_REQUEST]);
	buf_puts(out, "results    ");
	for (size_t i = 0; i < WEBLOG_RESULTS; i++)
		buf_printf(out, " %s %" PRIu64 "%s", weblog_result_words[i], s->results[i],
			   i + 1 < WEBLOG_RESULTS ? "," : "\n");
	counted_text("kinds       ", s->kinds, s->n_kinds, out);
	buf_printf(out, "searches    %" PRIu64 " by the rules of the mapping\n", s->searches);
	buf_printf(out,
		   "different   products %" PRIu64 ", categories %" PRIu64 ", orders %" PRIu64 ", terms %" PRIu64 "\n",
		   s->products, s->categories, s->orders, s->distinct_terms);
	buf_printf(out, "visitors    %" PRIu64 ", with a name of their own %" PRIu64 "\n", s->visitors, s->named);
	counted_text("evidence    ", s->evidence, s->n_evidence, out);
	buf_printf(out, "linked      %.1f %% of events, those of %" PRIu64 " visitors with evidence\n",
		   percent(s->linked_events, events), s->linked_visitors);
	counted_text("hidden      ", s->hidden, WEBLOG_EFFECT_TOP, out);
	if (s->n_shown)
		buf_puts(out, "\nthe first events, and what they have:\n");
	for (size_t i = 0; i < s->n_shown; i++)
		buf_printf(out, "    %.*s\n", STR_ARG(s->shown[i]));
}

static json_t *counted_json(const struct weblog_counted *counted, size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n && counted[i].name.p; i++)
		json_object_setn_new_nocheck(object, counted[i].name.p, counted[i].name.n,
					     json_integer((json_int_t)counted[i].n));
	return object;
}

static void number_set(json_t *object, const char *name, uint64_t n)
{
	json_object_set_new(object, name, json_integer((json_int_t)n));
}

json_t *weblog_effect_json(const struct weblog_effect_sums *s)
{
	json_t *doc = json_object(), *shown = json_array(), *by_result = json_object();

	number_set(doc, "events", s->verdicts[WEBLOG_EVENT]);
	number_set(doc, "assets", s->verdicts[WEBLOG_ASSET]);
	number_set(doc, "bots", s->verdicts[WEBLOG_BOT]);
	number_set(doc, "no_requests", s->verdicts[WEBLOG_NO_REQUEST]);
	for (size_t i = 0; i < WEBLOG_RESULTS; i++)
		number_set(by_result, weblog_result_words[i], s->results[i]);
	json_object_set_new(doc, "results", by_result);
	json_object_set_new(doc, "kinds", counted_json(s->kinds, s->n_kinds));
	number_set(doc, "products", s->products);
	number_set(doc, "categories", s->categories);
	number_set(doc, "orders", s->orders);
	number_set(doc, "searches", s->searches);
	number_set(doc, "terms", s->distinct_terms);
	number_set(doc, "visitors", s->visitors);
	number_set(doc, "named_visitors", s->named);
	number_set(doc, "linked_visitors", s->linked_visitors);
	number_set(doc, "linked_events", s->linked_events);
	json_object_set_new(doc, "evidence", counted_json(s->evidence, s->n_evidence));
	json_object_set_new(doc, "hidden", counted_json(s->hidden, WEBLOG_EFFECT_TOP));
	for (size_t i = 0; i < s->n_shown; i++)
		json_array_append_new(shown, json_stringn_nocheck(s->shown[i].p, s->shown[i].n));
	json_object_set_new(doc, "first_events", shown);
	return doc;
}
