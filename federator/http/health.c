#include <inttypes.h>

#include "federator/http/handlers.h"
#include "federator/http/identify.h"
#include "federator/render/render.h"

#define SERVICE_NAMESPACE "urn:federator:service:1"

/* A member of the snapshot `s` under its own name. */
#define FIGURE(at, s, member) tree_number(mem, (at), STR(#member), (int64_t)(s).member)

static void word_reply(struct exchange *x, int status, const char *word)
{
	struct buf out = { 0 };

	buf_printf(&out, "%s\n", word);
	exchange_bytes(x, status, "text/plain", &out);
}

void health_live(struct exchange *x)
{
	word_reply(x, 200, "live");
}

static struct str source_word(const char *trouble, const struct adapter_state *s)
{
	if (trouble)
		return STR("unavailable");
	return s->connected ? STR("up") : s->last_error == ERR_NONE ? STR("connecting") : STR("down");
}

static void sources_put(struct arena *mem, struct node *root, const struct world *world)
{
	struct node *sources = tree_array(mem, root, STR("sources"), STR("source"));

	for (size_t i = 0; i < world->cat->n_sources; i++) {
		struct adapter_state s = adapter_state(world->adapters[i]);
		struct node *source = tree_object(mem, sources, STR(""));

		tree_text(mem, source, STR("name"), arena_str(mem, str_of(world->cat->sources[i].name)));
		tree_text(mem, source, STR("state"), source_word(world->troubles[i], &s));
		if (world->troubles[i])
			tree_text(mem, source, STR("why"), arena_str(mem, str_of(world->troubles[i])));
		else if (s.down.cls != ERR_NONE)
			tree_text(mem, source, STR("why"), arena_str(mem, str_of(s.down.text)));
		if (s.last_error != ERR_NONE)
			tree_text(mem, source, STR("last_error"), str_of(err_reason(s.last_error)));
		tree_text(mem, source, STR("breaker"), str_of(breaker_word(s.breaker)));
		FIGURE(source, s, probes);
		FIGURE(source, s, pool);
		FIGURE(source, s, limit);
		FIGURE(source, s, connected);
		FIGURE(source, s, busy);
		FIGURE(source, s, hung);
		FIGURE(source, s, queued);
		FIGURE(source, s, fetches);
		FIGURE(source, s, joined);
		FIGURE(source, s, failures);
		FIGURE(source, s, cut);
	}
}

static void cache_put_state(struct arena *mem, struct node *root, struct service *svc)
{
	struct cache_state s = service_cache(svc);
	struct node *node = tree_object(mem, root, STR("cache"));

	tree_text(mem, node, STR("kind"), str_of(s.kind));
	tree_bool(mem, node, STR("up"), s.up);
	FIGURE(node, s, hits);
	FIGURE(node, s, misses);
	FIGURE(node, s, puts);
	FIGURE(node, s, put_failures);
	FIGURE(node, s, timeouts);
	FIGURE(node, s, unasked);
	FIGURE(node, s, bad_values);
	if (strcmp(s.kind, "redis") == 0)
		return; /* its keys are not ours alone, and it counts no others */
	FIGURE(node, s, entries);
	FIGURE(node, s, bytes);
}

static void near_put_state(struct arena *mem, struct node *root, const struct service *svc)
{
	struct cache_near_state s = service_near(svc);
	uint64_t age_us = clock_mono_us() - s.proven_us;
	struct node *node;

	if (!s.used)
		return;
	node = tree_object(mem, root, STR("near"));
	tree_bool(mem, node, STR("up"), s.up);
	if (s.why)
		tree_text(mem, node, STR("why"), str_of(s.why));
	if (s.up)
		tree_number(mem, node, STR("proven_ms"), (int64_t)(age_us / 1000));
	FIGURE(node, s, hits);
	FIGURE(node, s, misses);
	FIGURE(node, s, puts);
	FIGURE(node, s, late);
	FIGURE(node, s, told);
	FIGURE(node, s, flushes);
	FIGURE(node, s, losses);
	FIGURE(node, s, entries);
	FIGURE(node, s, bytes);
}

static void words_put_state(struct arena *mem, struct node *root, const struct service *svc)
{
	struct cache_words_state s = service_words(svc);
	struct node *node;

	if (!s.used && !s.learning)
		return;
	node = tree_object(mem, root, STR("book"));
	tree_bool(mem, node, STR("learning"), s.learning);
	if (s.learning) {
		FIGURE(node, s, seen);
		FIGURE(node, s, wanted);
	}
	if (!s.number)
		return;
	tree_text(mem, node, STR("number"), arena_printf(mem, "%08" PRIx32, s.number));
	FIGURE(node, s, bytes);
	tree_number(mem, node, STR("age_ms"), clock_wall_ms() - s.learnt_ms);
}

void health_put(struct arena *mem, struct node *at, struct service *svc)
{
	const struct world *world = service_world(svc);

	tree_text(mem, at, STR("revision"), arena_str(mem, str_of(world->cat->revision)));
	sources_put(mem, at, world);
	cache_put_state(mem, at, svc);
	near_put_state(mem, at, svc);
	words_put_state(mem, at, svc);
	world_unref(&world);
}

void health_reply(struct exchange *x, int status, const struct node *root)
{
	struct buf out = { 0 };

	if (x->format == FORMAT_XML)
		render_xml(root, SERVICE_NAMESPACE, true, &out);
	else
		render_json(root, true, &out);
	exchange_bytes(x, status, x->format == FORMAT_XML ? "application/xml" : "application/json", &out);
}

bool health_is_verbose(const struct exchange *x)
{
	return str_eq(x->query, STR("verbose")) || str_eq(x->query, STR("verbose="));
}

static void verbose_reply(struct exchange *x)
{
	int status = x->draining || service_is_vacant(x->lane->service) ? 503 : 200;
	struct node *root = tree_object(x->mem, NULL, STR("ready"));

	tree_bool(x->mem, root, STR("ready"), status == 200);
	health_put(x->mem, root, x->lane->service);
	health_reply(x, status, root);
}

void health_ready(struct exchange *x)
{
	bool verbose = health_is_verbose(x);

	if (verbose && !x->caller.may)
		identify_refuse(x);
	else if (verbose)
		verbose_reply(x);
	else
		word_reply(x, x->draining ? 503 : 200, x->draining ? "stopping" : "ready");
}
