#include "cache/home.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/memory.h"

static void process_make(char out[17])
{
	unsigned char bytes[8];

	randombytes_buf(bytes, sizeof(bytes));
	digest_hex(bytes, sizeof(bytes), out);
}

/* Who cannot open each other's values have books of their own. */
static void words_key_make(struct cache_home *home)
{
	unsigned char hash[DIGEST_BYTES];
	uint32_t number;
	char *to = stpcpy(home->words_key, "fed2:d:");
	struct digest d;

	digest_begin(&d, (struct str){ (const char *)keyring_first(home->ring, &number), KEYRING_KEY_BYTES });
	digest_add_str(&d, STR("federator words"));
	digest_end(&d, hash);
	digest_hex(hash, 8, to);
}

static bool redis_prepare(struct cache_home *home, const struct redis_conf *conf, struct err *err)
{
	if (!redis_account_make(&home->account, conf, err))
		return false;
	home->timeout_ms = conf->timeout_ms;
	home->wakeups = wakeups_new();
	home->words = words_new(conf->learn_from);
	process_make(home->process);
	home->ring = conf->keys.p ? keyring_parse(conf->keys, "cache-key-secret", err) : keyring_of(conf->own_key);
	if (home->ring)
		words_key_make(home);
	return home->ring != NULL;
}

static bool near_begin(struct cache_home *home, const struct cache_conf *conf, struct err *err)
{
	if (conf->near_bytes)
		home->near = near_new(&conf->redis, conf->near_bytes,
				      &(struct near_listeners){ home->wakeups, &home->heard }, err);
	return home->near || !conf->near_bytes;
}

struct cache_home *cache_home_new(const struct cache_conf *conf, struct err *err)
{
	struct cache_home *home = memory_new(sizeof(*home));

	home->kind = conf->kind;
	if (conf->kind == CACHE_IN_MEMORY)
		home->store = memory_store_new(conf->max_bytes, &home->heard);
	if (conf->kind == CACHE_IN_REDIS && (!redis_prepare(home, &conf->redis, err) || !near_begin(home, conf, err)))
		cache_home_free(&home);
	return home;
}

void cache_home_free(struct cache_home **homep)
{
	struct cache_home *home = *homep;

	if (!home)
		return;
	memory_store_free(&home->store);
	near_free(&home->near);
	wakeups_free(&home->wakeups);
	keyring_free(&home->ring);
	words_free(&home->words);
	redis_account_end(&home->account);
	free(home);
	*homep = NULL;
}

struct cache_near_state cache_near_state(const struct cache_home *home)
{
	return near_state(home->near);
}

struct cache_words_state cache_words_state(const struct cache_home *home)
{
	return home->words ? words_state(home->words) : (struct cache_words_state){ 0 };
}

struct cache *cache_open(struct cache_home *home, struct loop *loop)
{
	switch (home->kind) {
	case CACHE_OFF:
		break;
	case CACHE_IN_MEMORY:
		return cache_on_memory(home);
	case CACHE_IN_REDIS:
		return cache_on_redis(home, loop);
	}
	return cache_off();
}
