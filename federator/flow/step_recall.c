/* step_recall.c - was the same asked a moment ago, by somebody with the same rights, and has nothing changed since? */
#include <assert.h>

#include "base/memory.h"
#include "base/text.h"
#include "cache/shelf.h"
#include "federator/flow/recall.h"
#include "federator/flow/steps.h"

/* What may differ from one answer to the next is in the key, or such answers are not kept. */
static bool may_be_kept(const struct flow *flow)
{
	const struct ask *ask = &flow->ask;

	return service_rendered(flow->lane->service) && cache_keeps(flow->lane->cache) && !ask->no_cache &&
	       !ask->explain && !ask->timeline && !ask->canonical && !ask->pretty && !ask->onlooker &&
	       !ask->unmask.n;
}

/* Names and values of all keys that were asked by; returns how many. The names in the order they are shown in. */
static size_t list_keys(const struct flow *flow, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < flow->ask.n_by; i++)
		out[n++] = flow->ask.by[i].name;
	for (size_t i = 0; i < flow->n_asked; i++) {
		out[n++] = str_of(flow->asked[i].key->name);
		out[n++] = flow->asked[i].value;
	}
	for (size_t i = 0; i < flow->n_blocked; i++)
		out[n++] = str_of(flow->blocked[i]->name);
	return n;
}

/* All that the answer depends on beside the copies. */
static void make_key(struct flow *flow)
{
	const struct ask *ask = &flow->ask;
	const uint64_t plain[] = { flow->world->serial, flow->rights.show, flow->rights.mask,
				   flow->view->index,	ask->n_by,	   flow->n_asked,
				   flow->n_blocked,	ask->budget_ms,	   (uint64_t)ask->format,
				   ask->provenance,	ask->strict,	   ask->flat };
	struct str texts[6 + 4 * ASK_KEYS_MAX] = { ask->tenant, ask->role,  ask->purpose,
						   ask->fields, ask->parts, ask->lang };
	size_t n = 6 + list_keys(flow, texts + 6), bytes = sizeof(plain);
	char *all, *to;

	for (size_t i = 0; i < n; i++)
		bytes += sizeof(texts[i].n) + texts[i].n;
	all = arena_alloc(flow->mem, bytes);
	to = mempcpy(all, plain, sizeof(plain));
	for (size_t i = 0; i < n; i++) {
		to = mempcpy(to, &texts[i].n, sizeof(texts[i].n));
		to = texts[i].n ? mempcpy(to, texts[i].p, texts[i].n) : to;
	}
	flow->recall_key = arena_alloc(flow->mem, DIGEST_SIP128_BYTES);
	digest_sip128((struct str){ all, bytes }, flow->recall_key);
}

/* The next `bytes` of what is kept, which is aligned to nothing. */
static void next(const char **at, void *out, size_t bytes)
{
	memcpy(out, *at, bytes);
	*at += bytes;
}

/* By its age, and by what the question says of ages. */
static bool is_fresh(const struct flow *flow, const struct recall *kept, int64_t now_ms)
{
	const struct ask *ask = &flow->ask;

	return now_ms >= kept->made_ms && kept->until_ms - now_ms > INT64_C(1000) * ask->min_fresh_s &&
	       (!ask->has_max_age || now_ms - kept->oldest_ms <= INT64_C(1000) * ask->max_age_s) &&
	       kept->generation == vary_generation(flow, now_ms);
}

static bool stands(const struct flow *flow, const struct recall *kept, const char *pins, int64_t now_ms)
{
	struct cache_pin *aligned;

	if (!is_fresh(flow, kept, now_ms))
		return false;
	aligned = arena_array_of(flow->mem, struct cache_pin, kept->n_pins);
	memcpy(aligned, pins, kept->n_pins * sizeof(*aligned));
	return cache_pins_hold(flow->lane->cache, aligned, kept->n_pins, clock_mono_us());
}

/* The body with its ages as they are now goes to `out`; returns its end. */
static char *put_body(const struct recall *kept, const char *ages, const char *body, int64_t now_ms, char *out)
{
	char *to = out;
	size_t from = 0;

	for (uint32_t i = 0; i < kept->n_ages; i++) {
		struct recall_age age;

		next(&ages, &age, sizeof(age));
		to = mempcpy(to, body + from, age.at - from);
		to += text_from_i64(now_ms - age.since_ms, to);
		from = age.at + age.n;
	}
	to = mempcpy(to, body + from, kept->len - from);
	*to = '\0'; /* as buf.h leaves it */
	return to;
}

/* Room for a body. NULL: there is no memory. */
static char *room_of(const struct flow *flow, size_t bytes)
{
	struct arena *mem = flow->ask.at_once;

	return mem ? arena_alloc(mem, bytes) : memory_try(bytes);
}

static void count(const struct flow *flow, const struct recall *kept, const char *counts)
{
	for (uint32_t i = 0; i < kept->n_counts; i++) {
		struct recall_count c;

		next(&counts, &c, sizeof(c));
		counters_add(flow->world->source_meters[c.source], c.meter, c.n);
	}
	counters_add(flow->world->view_meters[flow->view->index], VIEW_RENDERED, 1);
}

static void put_status(struct reply *reply, int64_t left_ms)
{
	char *to = stpcpy(reply->cache_status, "federator; hit; ttl=");

	static_assert(sizeof("federator; hit; ttl=; detail=rendered") + TEXT_I64_MOST <= sizeof(reply->cache_status),
		      "any number has room");
	to += text_from_i64(left_ms / 1000, to);
	strcpy(to, "; detail=rendered");
}

static void serve(void *arg, const struct shelf_item *item)
{
	struct flow *flow = arg;
	struct reply *reply = &flow->reply;
	int64_t now_ms = lane_wall_ms(flow->lane);
	const char *pins = item->bytes.p, *ages, *counts, *seen;
	struct recall kept;

	next(&pins, &kept, sizeof(kept));
	if (!stands(flow, &kept, pins, now_ms))
		return;
	ages = pins + kept.n_pins * sizeof(struct cache_pin);
	counts = ages + kept.n_ages * sizeof(struct recall_age);
	seen = counts + kept.n_counts * sizeof(struct recall_count);
	reply->body = room_of(flow, kept.len + kept.n_ages * TEXT_I64_MOST + 1);
	if (!reply->body)
		return;
	reply->lent = flow->ask.at_once != NULL;
	reply->len = (size_t)(put_body(&kept, ages, seen + kept.n_seen, now_ms, reply->body) - reply->body);
	if (kept.n_seen)
		reply->seen = arena_str(flow->mem, (struct str){ seen, kept.n_seen });
	reply->status = 200;
	reply->content_type = kept.content_type;
	memcpy(reply->etag, kept.etag, sizeof(reply->etag));
	reply->age_s = (uint32_t)((now_ms - kept.oldest_ms) / 1000);
	reply->parts = kept.parts;
	reply->complete = reply->from_cache = reply->rendered = true;
	put_status(reply, kept.until_ms - now_ms);
	limit_found_again(flow, kept.found);
	count(flow, &kept, counts);
	if (flow->ask.repeats)
		reply->repeat = repeat_new(flow, &kept, pins, counts);
}

static bool recall(struct flow *flow)
{
	struct str key;

	if (!may_be_kept(flow))
		return false;
	make_key(flow);
	key = (struct str){ (const char *)flow->recall_key, DIGEST_SIP128_BYTES };
	return shelf_get(service_rendered(flow->lane->service), key, flow->started_us, serve, flow) && flow->reply.body;
}

enum step_end step_recall(struct flow *flow)
{
	if (recall(flow))
		return STEP_ANSWERED;
	/* No earlier step waits, or keeps a text of the question. */
	ask_copy(&flow->ask, &flow->ask, flow->mem);
	lane_timer_set(flow->lane, &flow->timer, flow->due);
	return STEP_DONE;
}
