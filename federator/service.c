#include "federator/service_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/log.h"
#include "cache/shelf.h"
#include "base/memory.h"
#include "federator/contacts.h"
#include "federator/salt.h"
#include "federator/secret.h"
#include "metadata/widen.h"

static bool salts_make(struct service *svc, struct err *err)
{
	unsigned char tag_seed[DIGEST_BYTES];
	struct digest d;

	if (!salt_of_secret(svc->opt, svc->mem, svc->salt, err)) {
		if (err->cls != ERR_NONE)
			return false;
		randombytes_buf(svc->salt, sizeof(svc->salt));
	}
	digest_begin(&d, service_salt(svc));
	digest_add_str(&d, STR("federator sealed id"));
	digest_end(&d, svc->seal_key);
	/* a salt of this start would make other tags of each process */
	digest_begin(&d, *svc->opt->salt_secret ? service_salt(svc) : (struct str){ 0 });
	digest_add_str(&d, STR("federator entity tag"));
	digest_end(&d, tag_seed);
	randombytes_buf_deterministic(svc->tag_secret, sizeof(svc->tag_secret), tag_seed);
	sodium_memzero(tag_seed, sizeof(tag_seed));
	return true;
}

/* Without a ring of its own, who has the salt has the key. */
static bool redis_conf_make(const struct service *svc, struct redis_conf *conf, struct err *err)
{
	const struct options *opt = svc->opt;
	struct str password = { 0 };
	struct digest d;

	*conf = (struct redis_conf){ .address = opt->cache,
				     .user = *opt->cache_user ? opt->cache_user : NULL,
				     .timeout_ms = (uint32_t)opt->cache_timeout_ms,
				     .learn_from = (uint32_t)opt->cache_learn };
	if (*opt->cache_secret && !secret_find(opt, opt->cache_secret, svc->mem, &password, err))
		return false;
	conf->password = password.p;
	digest_begin(&d, service_salt(svc));
	digest_add_str(&d, STR("federator cache"));
	digest_end(&d, conf->own_key);
	return !*opt->cache_key_secret || secret_find(opt, opt->cache_key_secret, svc->mem, &conf->keys, err);
}

static bool cache_prepare(struct service *svc, struct err *err)
{
	struct cache_conf conf = { .kind = CACHE_IN_REDIS,
				   .max_bytes = svc->opt->cache_bytes,
				   .near_bytes = svc->opt->near_bytes };
	bool made;

	if (strcmp(svc->opt->cache, "memory") == 0)
		conf.kind = CACHE_IN_MEMORY;
	else if (strcmp(svc->opt->cache, "off") == 0)
		conf.kind = CACHE_OFF;
	made = redis_conf_make(svc, &conf.redis, err);
	if (made && conf.kind == CACHE_IN_REDIS)
		svc->redis = conf.redis;
	svc->cache = made ? cache_home_new(&conf, err) : NULL;
	sodium_memzero(&conf, sizeof(conf));
	return svc->cache != NULL;
}

/* NULL with findings or *err. */
static const struct world *world_load(struct service *svc, const struct world *former, struct diags *ds,
				      struct err *err)
{
	size_t errors = diags_count(ds, DIAG_ERROR);
	const struct catalog *cat;

	if (!*svc->opt->map) {
		err_set(err, ERR_CONFIG, "map", "no mapping directory is given; use --map DIR");
		return NULL;
	}
	cat = catalog_load(svc->opt->map, ds);
	if (!cat) {
		err_set(err, ERR_MAPPING, svc->opt->map, "errors in the mapping: %zu",
			diags_count(ds, DIAG_ERROR) - errors);
		return NULL;
	}
	return world_open(&svc->home, cat, former, err);
}

static void service_free(struct service *svc)
{
	cache_home_free(&svc->cache);
	contacts_free(&svc->contacts);
	shelf_free(&svc->rendered);
	limits_free(&svc->limits);
	counters_free(&svc->meters);
	pthread_mutex_destroy(&svc->reloading);
	arena_wipe_free(&svc->mem);
	sodium_memzero(svc, sizeof(*svc));
	free(svc);
}

static struct limits *limits_of(const struct options *opt, struct str salt)
{
	const struct limits_quota quotas[ACTOR_KINDS] = {
		[ACTOR_AGENT] = { (uint32_t)opt->agent_requests, (uint32_t)opt->agent_customers },
		[ACTOR_CLIENT] = { (uint32_t)opt->client_requests, (uint32_t)opt->client_customers },
	};

	return limits_new(quotas, salt);
}

/* A service without a mapping set yet. */
static struct service *service_begin(const struct options *opt, const struct stand_in *stand_in, struct err *err)
{
	struct service *svc = memory_new(sizeof(*svc));

	svc->opt = opt;
	svc->mem = arena_new();
	svc->meters = counters_new(METERS);
	svc->began_ms = clock_wall_ms();
	if (!stand_in && opt->rendered_bytes && strcmp(opt->cache, "off") != 0)
		svc->rendered = shelf_new(opt->rendered_bytes);
	pthread_mutex_init(&svc->reloading, NULL);
	if (!salts_make(svc, err) || (!stand_in && !cache_prepare(svc, err)) ||
	    !home_begin(&svc->home, opt, stand_in, err)) {
		service_free(svc);
		return NULL;
	}
	if (!stand_in)
		svc->limits = limits_of(opt, service_salt(svc));
	if (!svc->redis.address)
		svc->contacts = contacts_new();
	return svc;
}

static void room_note(struct service *svc, const struct world *world)
{
	const struct catalog *cat = world->cat;
	uint64_t room = 0;

	for (size_t i = 0; i < cat->n_sources; i++)
		room += cat->sources[i].pool + svc->opt->queue;
	atomic_store(&svc->room, room < UINT32_MAX ? (uint32_t)room : UINT32_MAX);
}

/* NULL when there is no set for it to run with. */
static struct service *service_with(struct service *svc, const struct world *world)
{
	svc->world = world;
	atomic_store(&svc->running, world);
	if (world) {
		room_note(svc, world);
		return svc;
	}
	home_end(&svc->home);
	service_free(svc);
	return NULL;
}

struct service *service_open(const struct options *opt, struct diags *ds, struct err *err)
{
	struct service *svc = service_begin(opt, NULL, err);

	return svc ? service_with(svc, world_load(svc, NULL, ds, err)) : NULL;
}

struct service *service_open_alone(const struct options *opt, const struct catalog *cat,
				   const struct stand_in *stand_in, struct err *err)
{
	struct service *svc = service_begin(opt, stand_in, err);

	if (!svc)
		catalog_unref(&cat);
	return svc ? service_with(svc, world_open(&svc->home, cat, NULL, err)) : NULL;
}

struct service *service_open_anyway(const struct options *opt, struct diags *ds, struct err *err)
{
	struct service *svc = service_begin(opt, NULL, err);
	const struct world *world;
	struct err none;

	if (!svc)
		return NULL;
	err->cls = ERR_NONE;
	world = world_load(svc, NULL, ds, err);
	if (world || err->cls != ERR_MAPPING)
		return service_with(svc, world);
	atomic_store(&svc->vacant, true);
	return service_with(svc, world_open(&svc->home, catalog_nothing(), NULL, &none));
}

bool service_is_vacant(const struct service *svc)
{
	return atomic_load_explicit(&svc->vacant, memory_order_relaxed);
}

/* Said before the swap: who reads the log knows it no later than the first answer shows more. */
static void widening_tell(const struct world *former, const struct world *fresh, struct diags *ds)
{
	size_t n = widen_check(former->cat, fresh->cat, ds);

	if (n)
		log_event(LOG_WARN, "policy_widened", LOG_NUM("count", n),
			  LOG_CSTR("from", former->cat->revision), LOG_CSTR("to", fresh->cat->revision));
}

bool service_reload(struct service *svc, struct diags *ds, struct err *err)
{
	const struct world *fresh, *former;

	pthread_mutex_lock(&svc->reloading);
	former = svc->world; /* only a reload changes it */
	fresh = world_load(svc, former, ds, err);
	if (fresh) {
		if (!service_is_vacant(svc))
			widening_tell(former, fresh, ds);
		pthread_mutex_lock(&svc->home.lock);
		svc->world = fresh;
		atomic_store(&svc->running, fresh);
		pthread_mutex_unlock(&svc->home.lock);
		room_note(svc, fresh);
		atomic_store(&svc->vacant, false);
		world_unref(&former);
	}
	pthread_mutex_unlock(&svc->reloading);
	counters_add(svc->meters, fresh ? METER_RELOADS : METER_RELOADS_REFUSED, 1);
	return fresh != NULL;
}

const struct world *service_world(struct service *svc)
{
	const struct world *w;

	pthread_mutex_lock(&svc->home.lock);
	w = svc->world;
	world_add_owner(w);
	pthread_mutex_unlock(&svc->home.lock);
	return w;
}

bool service_runs(const struct service *svc, const struct world *w)
{
	return atomic_load(&svc->running) == w;
}

bool service_wait_idle(struct service *svc, struct deadline due)
{
	struct timespec until = clock_timespec(due.at_us);
	bool idle;
	int rc = 0;

	assert(due.at_us != 0);
	pthread_mutex_lock(&svc->home.lock);
	while (svc->home.owners > 1 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&svc->home.fewer, &svc->home.lock, &until);
	idle = svc->home.owners == 1; /* the service's own */
	pthread_mutex_unlock(&svc->home.lock);
	return idle;
}

bool service_is_idle(struct service *svc)
{
	bool idle;

	pthread_mutex_lock(&svc->home.lock);
	idle = svc->home.owners == 1;
	pthread_mutex_unlock(&svc->home.lock);
	return idle;
}

uint32_t service_room(const struct service *svc)
{
	return atomic_load_explicit(&svc->room, memory_order_relaxed);
}

const struct options *service_options(const struct service *svc)
{
	return svc->opt;
}

struct counters *service_meters(const struct service *svc)
{
	return svc->meters;
}

struct limits *service_limits(const struct service *svc)
{
	return svc->limits;
}

struct shelf *service_rendered(const struct service *svc)
{
	return svc->rendered;
}

int64_t service_began_ms(const struct service *svc)
{
	return svc->began_ms;
}

/* Entries and bytes are those of the store that lanes share. */
struct cache_state service_cache(struct service *svc)
{
	struct cache_state sum = { .kind = "off" };

	pthread_mutex_lock(&svc->home.lock);
	for (struct lane *lane = svc->lanes; lane; lane = lane->next) {
		struct cache_state s = cache_state(lane->cache);

		sum.up = s.up && (sum.up || lane == svc->lanes);
		sum.kind = s.kind;
		sum.hits += s.hits;
		sum.misses += s.misses;
		sum.puts += s.puts;
		sum.put_failures += s.put_failures;
		sum.timeouts += s.timeouts;
		sum.unasked += s.unasked;
		sum.bad_values += s.bad_values;
		sum.entries = s.entries;
		sum.bytes = s.bytes;
	}
	pthread_mutex_unlock(&svc->home.lock);
	return sum;
}

struct cache_near_state service_near(const struct service *svc)
{
	return svc->cache ? cache_near_state(svc->cache) : (struct cache_near_state){ 0 };
}

struct cache_words_state service_words(const struct service *svc)
{
	return svc->cache ? cache_words_state(svc->cache) : (struct cache_words_state){ 0 };
}

struct str service_salt(const struct service *svc)
{
	return (struct str){ (const char *)svc->salt, sizeof(svc->salt) };
}

const unsigned char *service_tag_secret(const struct service *svc)
{
	return svc->tag_secret;
}

struct contacts *service_contacts(const struct service *svc)
{
	return svc->contacts;
}

bool service_redis(const struct service *svc, struct redis_conf *out)
{
	if (!svc->redis.address)
		return false;
	*out = svc->redis;
	return true;
}

uint32_t service_close(struct service **svcp)
{
	struct service *svc = *svcp;
	uint32_t left;

	if (!svc)
		return 0;
	assert(service_is_idle(svc));
	world_unref(&svc->world);
	left = home_end(&svc->home);
	service_free(svc);
	*svcp = NULL;
	return left;
}
