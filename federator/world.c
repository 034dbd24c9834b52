#include "federator/world.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/source_conf.h"
#include "federator/underway.h"
#include "metadata/common.h"
#include "metadata/plan.h"

/* An adapter and how many sets use it. */
struct shared {
	struct adapter *ad;
	size_t sets;                      /* under home->lock */
	unsigned char conf[DIGEST_BYTES]; /* of all that adapter_open() was told, the password too */
};

struct world_box {
	struct world pub; /* first: a struct world * of ours is the box */
	struct home *home;
	struct arena *mem;
	size_t owners; /* under home->lock */
	/* what pub shows as const */
	struct shared **shared;
	struct adapter **adapters;
	const char **troubles;
	unsigned char (*part_ids)[DIGEST_BYTES];
	struct meter_set **source_sets, **view_sets;
};

static struct world_box *box_of(const struct world *w)
{
	return (struct world_box *)(uintptr_t)w;
}

bool home_begin(struct home *home, const struct options *opt, const struct stand_in *stand_in, struct err *err)
{
	home->reaper = reaper_new(err);
	if (!home->reaper)
		return false;
	home->opt = opt;
	home->stand_in = stand_in;
	home->owners = 0;
	home->source_meters = home->view_meters = NULL;
	pthread_mutex_init(&home->lock, NULL);
	clock_cond_init(&home->fewer);
	return true;
}

uint32_t home_end(struct home *home)
{
	uint32_t left;

	assert(home->owners == 0);
	left = reaper_free(&home->reaper);
	pthread_cond_destroy(&home->fewer);
	pthread_mutex_destroy(&home->lock);
	return left;
}

static void conf_digest(const struct adapter_conf *conf, unsigned char out[DIGEST_BYTES])
{
	const uint32_t numbers[] = { (uint32_t)conf->zone_offset_s, conf->pool, conf->queue, conf->cap_ms };
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	digest_add_str(&d, str_of(conf->name));
	digest_add_str(&d, str_of(conf->driver));
	digest_add_str(&d, str_of(conf->connect));
	digest_add_str(&d, str_of(conf->secret ? conf->secret : "")); /* read again before each connect */
	digest_add_str(&d, str_of(conf->zone));
	digest_add(&d, numbers, sizeof(numbers));
	digest_end(&d, out);
}

/* Once each time a source goes down or comes back. */
static void source_notice(const char *source, const struct err *err)
{
	if (err)
		log_event(LOG_WARN, "source_down", LOG_CSTR("source", source), LOG_CSTR("reason", err_reason(err->cls)),
			  LOG_CSTR("text", err->text));
	else
		log_event(LOG_INFO, "source_up", LOG_CSTR("source", source));
}

/* A source that cannot be opened: its adapter refuses every fetch, because the fixture driver is given a file that is
 * not there. The others go on, and a reload tries again. */
static void make_unavailable(struct world_box *box, struct adapter_conf *conf, const struct err *err,
			     const char **trouble_out)
{
	const char *where = strcmp(err->where, conf->name) == 0 ? "" : err->where; /* a file, else told already */

	*trouble_out = arena_printf(box->mem, "%s%s%s", where, *where ? ": " : "", err->text).p;
	conf->driver = "fixture";
	conf->connect = "/nonexistent/source-without-secret";
	conf->connect_text = NULL; /* nothing takes its place before a reload */
	conf->pool = 1;
	conf->notice = NULL; /* told already */
}

/* How the source is opened; *trouble_out tells why it is unavailable. */
static struct adapter_conf conf_of(struct world_box *box, const struct source *src, struct arena *mem,
				   const char **trouble_out)
{
	const struct stand_in *stand_in = box->home->stand_in;
	struct adapter_conf conf = { .name = src->name };
	struct err err;

	if (stand_in) {
		conf.answer = stand_in->answer;
		conf.answer_owner = stand_in->owner;
	} else if (source_conf(box->home->opt, box->pub.cat, src, mem, &conf, &err)) {
		conf.notice = source_notice;
	} else {
		make_unavailable(box, &conf, &err, trouble_out);
	}
	return conf;
}

static struct shared *shared_find(struct home *home, const struct world *former,
				  const unsigned char conf[DIGEST_BYTES])
{
	struct shared *found = NULL;

	if (!former)
		return NULL;
	pthread_mutex_lock(&home->lock);
	for (size_t i = 0; i < former->cat->n_sources && !found; i++)
		if (memcmp(box_of(former)->shared[i]->conf, conf, DIGEST_BYTES) == 0)
			found = box_of(former)->shared[i];
	if (found)
		found->sets++;
	pthread_mutex_unlock(&home->lock);
	return found;
}

static struct shared *shared_open(const struct adapter_conf *conf, const unsigned char digest[DIGEST_BYTES],
				  struct err *err)
{
	struct adapter *ad = adapter_open(conf, err);
	struct shared *s;

	if (!ad)
		return NULL;
	s = memory_new(sizeof(*s));
	s->ad = ad;
	s->sets = 1;
	memcpy(s->conf, digest, DIGEST_BYTES);
	return s;
}

/* Hash of the part's definition and of what it is asked from. */
static void part_id(const struct part *part, struct str connect, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, part->definition, DIGEST_BYTES);
	digest_add_str(&d, str_of(part->source->name));
	digest_add_str(&d, str_of(part->name)); /* by which it is voided as a whole */
	connect_digest(&d, connect);
	digest_end(&d, out);
}

static bool source_open(struct world_box *box, const struct source *src, const struct world *former,
			struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new(); /* for the secret */
	const struct catalog *cat = box->pub.cat;
	unsigned char digest[DIGEST_BYTES];
	const char *trouble = NULL;
	struct adapter_conf conf = conf_of(box, src, mem, &trouble);
	struct shared *s;

	conf_digest(&conf, digest);
	s = shared_find(box->home, former, digest);
	if (!s)
		s = shared_open(&conf, digest, err);
	if (!s && !trouble && err->cls == ERR_CONFIG) { /* a connection string nobody can read */
		make_unavailable(box, &conf, err, &trouble);
		conf_digest(&conf, digest);
		s = shared_open(&conf, digest, err);
	}
	if (!s)
		return false;
	if (trouble)
		log_event(LOG_WARN, "source_unavailable", LOG_CSTR("source", src->name),
			  LOG_CSTR("why", trouble));
	box->shared[src->index] = s;
	box->adapters[src->index] = s->ad;
	box->troubles[src->index] = trouble;
	for (size_t i = 0; i < cat->n_parts; i++)
		if (cat->parts[i].source == src)
			part_id(&cat->parts[i], str_of(conf.connect), box->part_ids[i]);
	return true;
}

static const struct cache_wholes *wholes_make(const struct catalog *cat, struct arena *mem)
{
	struct cache_wholes *wholes = arena_array_of(mem, struct cache_wholes, cat->n_parts);

	for (size_t i = 0; i < cat->n_parts; i++) {
		cache_whole_make(&wholes[i].source, CACHE_SOURCE, str_of(cat->parts[i].source->name));
		cache_whole_make(&wholes[i].part, CACHE_PART, str_of(cat->parts[i].name));
	}
	return wholes;
}

/* What is counted of sources and views goes on from the sets before. */
static const bool *walked_make(const struct catalog *cat, struct arena *mem)
{
	bool *walked = arena_array_of(mem, bool, cat->n_keys);

	for (size_t i = 0; i < cat->n_keys; i++)
		walked[i] = plan_walked(cat, &cat->keys[i]);
	return walked;
}

static void meters_take(struct world_box *box)
{
	const struct catalog *cat = box->pub.cat;
	struct counters **of_sources = arena_array_of(box->mem, struct counters *, cat->n_sources);
	struct counters **of_views = arena_array_of(box->mem, struct counters *, cat->n_views);
	struct home *home = box->home;

	box->source_sets = arena_array_of(box->mem, struct meter_set *, cat->n_sources);
	box->view_sets = arena_array_of(box->mem, struct meter_set *, cat->n_views);
	pthread_mutex_lock(&home->lock);
	for (size_t i = 0; i < cat->n_sources; i++) {
		box->source_sets[i] = meter_set_take(&home->source_meters, cat->sources[i].name, SOURCE_METERS);
		of_sources[i] = box->source_sets[i]->counters;
	}
	for (size_t i = 0; i < cat->n_views; i++) {
		box->view_sets[i] = meter_set_take(&home->view_meters, cat->views[i].name, VIEW_METERS);
		of_views[i] = box->view_sets[i]->counters;
	}
	pthread_mutex_unlock(&home->lock);
	box->pub.source_meters = of_sources;
	box->pub.view_meters = of_views;
}

static void meters_drop(struct world_box *box)
{
	const struct catalog *cat = box->pub.cat;
	struct home *home = box->home;

	pthread_mutex_lock(&home->lock);
	for (size_t i = 0; i < cat->n_sources; i++)
		meter_set_drop(&home->source_meters, &box->source_sets[i]);
	for (size_t i = 0; i < cat->n_views; i++)
		meter_set_drop(&home->view_meters, &box->view_sets[i]);
	pthread_mutex_unlock(&home->lock);
}

static void box_free(struct world_box *box)
{
	struct arena *mem = box->mem; /* the box itself lives in it */

	meters_drop(box);
	for (size_t i = 0; i < box->pub.cat->n_sources; i++) {
		struct shared *s = box->shared[i];
		bool last;

		if (!s)
			continue;
		pthread_mutex_lock(&box->home->lock);
		last = --s->sets == 0;
		pthread_mutex_unlock(&box->home->lock);
		if (last) {
			reaper_take(box->home->reaper, &s->ad);
			free(s);
		}
	}
	underway_free(&box->pub.underway);
	catalog_unref(&box->pub.cat);
	arena_wipe_free(&mem);
}

const struct world *world_open(struct home *home, const struct catalog *cat, const struct world *former,
			       struct err *err)
{
	static _Atomic uint64_t serial;
	struct arena *mem = arena_new();
	struct world_box *box = arena_new_of(mem, struct world_box);

	*box = (struct world_box){
		.home = home,
		.mem = mem,
		.owners = 1,
		.shared = arena_array_of(mem, struct shared *, cat->n_sources),
		.adapters = arena_array_of(mem, struct adapter *, cat->n_sources),
		.troubles = arena_array_of(mem, const char *, cat->n_sources),
		.part_ids = arena_alloc_array(mem, DIGEST_BYTES, cat->n_parts),
	};
	box->pub = (struct world){ .cat = cat,
				   .serial = atomic_fetch_add(&serial, 1),
				   .adapters = box->adapters,
				   .troubles = box->troubles,
				   .part_ids = (const unsigned char(*)[DIGEST_BYTES])box->part_ids,
				   .wholes = wholes_make(cat, mem),
				   .walked = walked_make(cat, mem),
				   .common = columns_common(cat, mem),
				   .underway = underway_new(),
				   .loaded_ms = clock_wall_ms() };
	meters_take(box);
	for (size_t i = 0; i < cat->n_sources; i++) {
		if (!source_open(box, &cat->sources[i], former, err)) {
			box_free(box);
			return NULL;
		}
	}
	pthread_mutex_lock(&home->lock);
	home->owners++;
	pthread_mutex_unlock(&home->lock);
	return &box->pub;
}

void world_add_owner(const struct world *w)
{
	box_of(w)->owners++;
	box_of(w)->home->owners++;
}

const struct world *world_ref(const struct world *w)
{
	struct home *home = box_of(w)->home;

	pthread_mutex_lock(&home->lock);
	world_add_owner(w);
	pthread_mutex_unlock(&home->lock);
	return w;
}

/* Under the lock, and the last that is done with the home: who waits for no owners may end it. */
static void home_leave(struct home *home)
{
	home->owners--;
	pthread_cond_broadcast(&home->fewer);
}

void world_unref(const struct world **w)
{
	struct world_box *box;
	struct home *home;
	bool last;

	if (!*w)
		return;
	box = box_of(*w);
	home = box->home;
	*w = NULL;
	pthread_mutex_lock(&home->lock);
	last = --box->owners == 0;
	if (!last)
		home_leave(home);
	pthread_mutex_unlock(&home->lock);
	if (!last)
		return;
	box_free(box);
	pthread_mutex_lock(&home->lock);
	home_leave(home);
	pthread_mutex_unlock(&home->lock);
}
