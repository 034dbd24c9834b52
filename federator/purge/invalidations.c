#include "federator/purge/invalidations.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "cache/inbox.h"
#include "federator/purge/follower.h"
#include "federator/purge/purge.h"

/* So long what a source does not answer for is tried again; meanwhile everything behind waits. */
enum { NAME_MOST = 512, RESOLVE_MS = 10 * 1000 };

struct invalidations {
	struct follower own;
	struct inbox *inbox;
	bool stopping; /* on the thread */
	struct loop_post drain, stop;
};

/* One entry on its way. */
struct tiding {
	struct invalidations *all;
	struct arena *mem; /* it lies in there */
	struct str id;
	struct purge purge;
};

/* ---- what an entry says ---- */

/* Milliseconds of the clock of Redis; 0: the writer made its own id. */
static int64_t moment_of(struct str id)
{
	const char *dash = memchr(id.p, '-', id.n);
	uint64_t ms;

	if (!dash || !text_to_u64((struct str){ id.p, (size_t)(dash - id.p) }, &ms) || ms > INT64_MAX)
		return 0;
	return (int64_t)ms;
}

/* One field, or `by` and `value` together; returns how many words it took, 0: refused. */
static size_t add_field(struct purge *purge, const struct str *words, size_t n)
{
	static const char fields[] = "its fields are by and value, source, part, and all with the value true";
	struct str name = words[0], value = words[1];
	bool good = false;

	purge->detail = fields;
	if (str_eq(name, STR("by"))) {
		purge->detail = "the field `by` takes the name of a key, and the field `value` stands behind it";
		if (n < 4 || !str_eq(words[2], STR("value")))
			return 0;
		return purge_add(purge, PURGE_KEY, value, words[3]) ? 4 : 0;
	}
	if (str_eq(name, STR("source")))
		good = purge_add(purge, PURGE_SOURCE, value, STR(""));
	else if (str_eq(name, STR("part")))
		good = purge_add(purge, PURGE_PART, value, STR(""));
	else if (str_eq(name, STR("all")) && str_eq(value, STR("true")))
		good = purge_add(purge, PURGE_ALL, STR(""), STR(""));
	return good ? 2 : 0;
}

static bool entry_read(struct purge *purge, const struct inbox_entry *entry)
{
	size_t at = 0, took = 1;

	purge->detail = "it has too many fields";
	if (entry->n_words > 4 * PURGE_MOST)
		return false;
	while (at + 1 < entry->n_words && took) {
		took = add_field(purge, entry->words + at, entry->n_words - at);
		at += took;
	}
	return took > 0;
}

/* ---- dealing with it ---- */

static void count(const struct invalidations *inv, size_t meter)
{
	counters_add(inv->own.lane.meters, meter, 1);
}

static void stop_if_done(struct invalidations *inv)
{
	if (inv->stopping && inbox_out(inv->inbox) == 0)
		loop_stop(inv->own.lane.loop);
}

static void tiding_end(struct tiding *t, bool dealt_with)
{
	struct invalidations *inv = t->all;
	struct arena *mem = t->mem;

	inbox_done(inv->inbox, t->id, dealt_with);
	arena_wipe_free(&mem);
	stop_if_done(inv);
}

/* Its own names are void, and it is not known whose they are now. True: it is tried again. */
static bool is_to_be_resolved(const struct tiding *t)
{
	int64_t age_ms = clock_wall_ms() - moment_of(t->id);

	if (!t->purge.unresolved)
		return false;
	if (t->all->stopping || (age_ms < RESOLVE_MS && age_ms > -RESOLVE_MS)) /* clocks differ */
		return true;
	log_event(LOG_WARN, "invalidation_unresolved", LOG_STR("entry", t->id));
	return false;
}

static void on_purged(struct purge *purge)
{
	struct tiding *t = CONTAINER_OF(purge, struct tiding, purge);
	int64_t ms = moment_of(t->id);
	bool good = purge->err.cls == ERR_NONE && !is_to_be_resolved(t);

	count(t->all, good ? METER_TOLD : METER_TOLD_AGAIN);
	if (good && ms)
		histogram_count_in(t->all->own.lane.meters, METER_TOLD_TOOK,
				   purge->committed_ms > ms ? (uint64_t)(purge->committed_ms - ms) * 1000 : 0);
	tiding_end(t, good);
}

/* It would be as bad tomorrow: it is told, and not seen again. */
static void refuse(struct tiding *t)
{
	count(t->all, METER_TOLD_REFUSED);
	log_event(LOG_WARN, "invalidation_refused", LOG_STR("entry", t->id), LOG_CSTR("text", t->purge.detail),
		  LOG_CSTR("advice", t->purge.advice ? t->purge.advice : ""));
	purge_drop(&t->purge);
	tiding_end(t, true);
}

static void on_entry(void *arg, const struct inbox_entry *entry)
{
	struct invalidations *inv = arg;
	struct arena *mem = arena_new();
	struct tiding *t = arena_new_of(mem, struct tiding);

	t->all = inv;
	t->mem = mem;
	t->id = arena_str(mem, entry->id);
	purge_begin(&t->purge, &inv->own.lane, mem);
	t->purge.often = true;
	if (entry_read(&t->purge, entry))
		purge_run(&t->purge, on_purged);
	else
		refuse(t);
}

static void on_state(void *arg, bool up, const char *why)
{
	(void)arg;
	if (up)
		log_event(LOG_INFO, "invalidations_up");
	else
		log_event(LOG_WARN, "invalidations_down", LOG_CSTR("text", why));
}

/* ---- the thread ---- */

static void on_drain(struct loop_post *p)
{
	inbox_stop(CONTAINER_OF(p, struct invalidations, drain)->inbox);
}

static void on_stop(struct loop_post *p)
{
	struct invalidations *inv = CONTAINER_OF(p, struct invalidations, stop);

	inv->stopping = true;
	stop_if_done(inv);
}

/* The tenant in braces in place of {TENANT}. */
static bool name_make(const struct options *opt, char out[NAME_MOST], struct err *err)
{
	const char *place = strstr(opt->invalidations, "{TENANT}");
	int n;

	if (place)
		n = snprintf(out, NAME_MOST, "%.*s{%s}%s", (int)(place - opt->invalidations), opt->invalidations,
			     opt->tenant, place + strlen("{TENANT}"));
	else
		n = snprintf(out, NAME_MOST, "%s", opt->invalidations);
	return n < NAME_MOST ||
	       err_set(err, ERR_CONFIG, "invalidations", "the name is longer than %d bytes", NAME_MOST - 1);
}

/* The same after a restart, so that a node finds what it left. Two of one name do no harm: each may get what the other
 * was given, and voids it twice. */
static void consumer_make(const struct options *opt, char out[NAME_MOST])
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	snprintf(out, NAME_MOST, "%s:%.200s", host, opt->listen);
}

static bool inbox_begin(struct invalidations *inv, const struct redis_conf *redis, struct err *err)
{
	const struct options *opt = service_options(inv->own.lane.service);
	char stream[NAME_MOST], consumer[NAME_MOST];

	if (!name_make(opt, stream, err))
		return false;
	consumer_make(opt, consumer);
	inv->inbox = inbox_open(&(const struct inbox_conf){ .redis = redis,
							    .stream = stream,
							    .group = "federator",
							    .consumer = consumer,
							    .take = on_entry,
							    .state = on_state,
							    .arg = inv },
				inv->own.lane.loop, err);
	return inv->inbox != NULL;
}

bool invalidations_start(struct service *svc, struct invalidations **out, struct err *err)
{
	struct invalidations *inv;
	struct redis_conf redis;

	*out = NULL;
	if (!*service_options(svc)->invalidations || !service_redis(svc, &redis))
		return true;
	inv = memory_new(sizeof(*inv));
	inv->drain.run = on_drain;
	inv->stop.run = on_stop;
	if (!follower_open(&inv->own, svc, err) || !inbox_begin(inv, &redis, err) ||
	    !follower_start(&inv->own, "invalidations", err)) {
		invalidations_stop(inv);
		invalidations_free(&inv);
		return false;
	}
	*out = inv;
	return true;
}

void invalidations_drain(struct invalidations *inv)
{
	if (inv)
		loop_post(inv->own.lane.loop, &inv->drain);
}

void invalidations_stop(struct invalidations *inv)
{
	if (!inv)
		return;
	if (inv->own.running)
		loop_post(inv->own.lane.loop, &inv->stop);
	follower_stop(&inv->own);
	inbox_close(&inv->inbox);
}

void invalidations_free(struct invalidations **invp)
{
	struct invalidations *inv = *invp;

	*invp = NULL;
	if (!inv)
		return;
	follower_free(&inv->own);
	free(inv);
}
