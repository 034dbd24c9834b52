#include "federator/limits/limits.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "federator/limits/actors.h"
#include "federator/limits/news.h"

enum {
	MINUTE_S = 60,
	KEYS_FREE = 4096, /* of an actor without a quota: then counting begins anew */
	/* So many keys, and so many of ten of them nobody's, are worth a word. */
	MISSES_LEAST = 40,
	MISSES_OF_TEN = 8,
	NEWS_MOST = 64 << 10,
};

struct limits {
	pthread_mutex_t lock;
	struct limits_quota quotas[ACTOR_KINDS];
	struct actors actors;
	unsigned char key[DIGEST_SIP_KEY_BYTES];
	struct buf news; /* for others */
	limits_wake *wake; /* NULL: there are none */
	void *owner;
};

/* What other processes have in common with this one, and with no other installation. */
static void key_make(struct str salt, unsigned char out[DIGEST_SIP_KEY_BYTES])
{
	unsigned char whole[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, salt);
	digest_add_str(&d, STR("limits"));
	digest_end(&d, whole);
	memcpy(out, whole, DIGEST_SIP_KEY_BYTES);
}

struct limits *limits_new(const struct limits_quota quotas[ACTOR_KINDS], struct str salt)
{
	struct limits *l = memory_new(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	memcpy(l->quotas, quotas, sizeof(l->quotas));
	actors_begin(&l->actors, MINUTE_S * SECOND_US);
	key_make(salt, l->key);
	return l;
}

void limits_free(struct limits **lp)
{
	struct limits *l = *lp;

	if (!l)
		return;
	actors_end(&l->actors);
	buf_free(&l->news);
	pthread_mutex_destroy(&l->lock);
	free(l);
	*lp = NULL;
}

void limits_count(struct limits *l, uint32_t n_out[LIMITS_SORTS])
{
	pthread_mutex_lock(&l->lock);
	memcpy(n_out, l->actors.n, sizeof(l->actors.n));
	pthread_mutex_unlock(&l->lock);
}

static uint32_t counted(const struct actor *a)
{
	return a->seen.n - a->found;
}

/* ---- requests ---- */

static uint32_t seconds_up(uint64_t us)
{
	return (uint32_t)((us + SECOND_US - 1) / SECOND_US);
}

/* Time that passes is credit, up to a minute; a request costs its share of one. */
static uint64_t price_us(uint32_t quota)
{
	return MINUTE_S * SECOND_US / quota;
}

static void state_of_requests(const struct actor *a, enum actor_kind kind, uint32_t quota, struct limits_state *out)
{
	uint64_t price = price_us(quota);
	uint64_t rest_us = a->credit_us < price ? price - a->credit_us : MINUTE_S * SECOND_US - a->credit_us;

	*out = (struct limits_state){ .kind = kind,
				      .quota = quota,
				      .window_s = MINUTE_S,
				      .left = (uint32_t)(a->credit_us / price),
				      .reset_s = seconds_up(rest_us) };
}

static void earn(struct actor *a, uint64_t now_us)
{
	uint64_t full_us = MINUTE_S * SECOND_US, credit_us;

	if (now_us <= a->credited_us)
		return;
	credit_us = a->credit_us + (now_us - a->credited_us);
	a->credited_us = now_us;
	a->credit_us = credit_us < full_us ? credit_us : full_us;
}

/* What it has left is less than what is in *nearest. */
static bool is_nearer(const struct limits_state *state, const struct limits_state *nearest)
{
	return !nearest->quota || state->left < nearest->left;
}

/* The request is paid by both when both can. */
struct limits_told limits_request(struct limits *l, const struct limits_who *who, uint64_t now_us)
{
	struct limits_told told = { .verdict = LIMITS_PASS };
	struct actor *actors[ACTOR_KINDS];

	pthread_mutex_lock(&l->lock);
	actors_find(&l->actors, who, now_us, actors, &told.crowded);
	for (int kind = 0; kind < ACTOR_KINDS; kind++) {
		uint32_t quota = l->quotas[kind].requests;
		struct limits_state state;

		if (!actors[kind] || !quota)
			continue;
		earn(actors[kind], now_us);
		state_of_requests(actors[kind], (enum actor_kind)kind, quota, &state);
		if (is_nearer(&state, &told.state))
			told.state = state;
	}
	if (told.state.quota && !told.state.left)
		told.verdict = LIMITS_REQUESTS;
	for (int kind = 0; kind < ACTOR_KINDS && told.verdict == LIMITS_PASS; kind++)
		if (actors[kind] && l->quotas[kind].requests)
			actors[kind]->credit_us -= price_us(l->quotas[kind].requests);
	if (told.state.quota && told.verdict == LIMITS_PASS)
		state_of_requests(actors[told.state.kind], told.state.kind, told.state.quota, &told.state);
	pthread_mutex_unlock(&l->lock);
	return told;
}

/* ---- customers ---- */

/* Once an hour for each. */
static enum limits_notice notice(struct actor *a)
{
	uint32_t asked = counted(a) - a->learnt;
	enum limits_notice what = NOTICE_NONE;

	if (keys_seen_in_sequence(&a->seen))
		what = NOTICE_SEQUENCE;
	else if (asked >= MISSES_LEAST && 10 * (uint64_t)a->nobody >= MISSES_OF_TEN * (uint64_t)asked)
		what = NOTICE_MISSES;
	if (a->told & (1u << what))
		what = NOTICE_NONE;
	a->told |= 1u << what;
	return what;
}

uint64_t limits_hash(const struct limits *l, struct str key, struct str value)
{
	return digest_sip_keyed(value, l->key) * UINT64_C(0x9e3779b97f4a7c15) + digest_sip_keyed(key, l->key);
}

static void state_of_customers(const struct actor *a, enum actor_kind kind, uint32_t quota, uint64_t now_us,
			       struct limits_state *out)
{
	*out = (struct limits_state){ .kind = kind,
				      .of_customers = true,
				      .quota = quota,
				      .window_s = HOUR_S,
				      .left = quota > counted(a) ? quota - counted(a) : 0,
				      .reset_s = seconds_up(a->hour_us + HOUR_S * SECOND_US - now_us) };
}

/* Has the actor room for it? */
static bool customer_fits(struct actor *a, uint32_t quota, uint64_t hash)
{
	if (!quota && a->seen.n >= KEYS_FREE)
		actor_forget_keys(a);
	return keys_seen_has(&a->seen, hash) || !quota || counted(a) < quota;
}

/* Nothing is counted of what another of the two has no room for. */
static enum limits_verdict customer_judge(const struct limits *l, struct actor *const actors[ACTOR_KINDS],
					  uint64_t hash, uint64_t now_us, struct limits_state *state_out)
{
	for (int kind = 0; kind < ACTOR_KINDS; kind++) {
		uint32_t quota = l->quotas[kind].customers;

		if (!actors[kind] || customer_fits(actors[kind], quota, hash))
			continue;
		state_of_customers(actors[kind], (enum actor_kind)kind, quota, now_us, state_out);
		return LIMITS_CUSTOMERS;
	}
	return LIMITS_PASS;
}

static void note(struct limits *l, const struct limits_news *news)
{
	bool first = !l->news.len;

	if (!l->wake || l->news.len > NEWS_MOST)
		return;
	limits_news_write(news, &l->news);
	if (first)
		l->wake(l->owner);
}

/* `text` as for keys_seen_add(). */
static struct limits_told take(struct limits *l, const struct limits_who *who, uint64_t hash, struct str text,
			       uint64_t now_us)
{
	struct limits_told told = { .notice = NOTICE_NONE };
	struct actor *actors[ACTOR_KINDS];

	pthread_mutex_lock(&l->lock);
	actors_find(&l->actors, who, now_us, actors, &told.crowded);
	told.verdict = customer_judge(l, actors, hash, now_us, &told.state);
	for (int kind = 0; kind < ACTOR_KINDS && told.verdict == LIMITS_PASS; kind++) {
		struct actor *a = actors[kind];

		if (!a || keys_seen_has(&a->seen, hash) || !keys_seen_add(&a->seen, hash, text))
			continue;
		told.fresh = true;
		if (!told.notice)
			told.notice = notice(a);
	}
	if (told.fresh)
		note(l, &(struct limits_news){ .who = *who, .subject = hash });
	pthread_mutex_unlock(&l->lock);
	return told;
}

struct limits_told limits_customer(struct limits *l, const struct limits_who *who, struct str key, struct str value,
				   uint64_t now_us)
{
	return take(l, who, limits_hash(l, key, value), value, now_us);
}

struct limits_told limits_subject(struct limits *l, const struct limits_who *who, uint64_t subject, uint64_t now_us)
{
	return take(l, who, subject, (struct str){ 0 }, now_us);
}

/* False: it was known. */
static bool found(struct limits *l, const struct limits_news *news, uint64_t now_us)
{
	struct actor *actors[ACTOR_KINDS];
	bool crowded, fresh = false;

	actors_find(&l->actors, &news->who, now_us, actors, &crowded);
	for (int kind = 0; kind < ACTOR_KINDS; kind++) {
		struct actor *a = actors[kind];

		if (!a || keys_seen_has(&a->seen, news->subject) ||
		    !keys_seen_add(&a->seen, news->subject, (struct str){ 0 }))
			continue;
		a->found++;
		fresh = true;
	}
	return fresh;
}

void limits_found(struct limits *l, const struct limits_who *who, uint64_t subject, uint64_t now_us)
{
	const struct limits_news news = { .who = *who, .subject = subject, .found = true };

	pthread_mutex_lock(&l->lock);
	if (found(l, &news, now_us))
		note(l, &news);
	pthread_mutex_unlock(&l->lock);
}

enum limits_notice limits_nobody(struct limits *l, const struct limits_who *who, uint64_t now_us)
{
	enum limits_notice what = NOTICE_NONE;
	struct actor *actors[ACTOR_KINDS];
	bool crowded;

	pthread_mutex_lock(&l->lock);
	actors_find(&l->actors, who, now_us, actors, &crowded);
	for (int kind = 0; kind < ACTOR_KINDS; kind++) {
		struct actor *a = actors[kind];

		if (!a)
			continue;
		a->nobody++;
		if (!what)
			what = notice(a);
	}
	pthread_mutex_unlock(&l->lock);
	return what;
}

/* ---- others ---- */

void limits_share(struct limits *l, limits_wake *wake, void *owner)
{
	pthread_mutex_lock(&l->lock);
	l->wake = wake;
	l->owner = owner;
	l->news.len = 0;
	pthread_mutex_unlock(&l->lock);
}

void limits_news_take(struct limits *l, struct buf *out)
{
	pthread_mutex_lock(&l->lock);
	buf_put_str(out, buf_str(&l->news));
	l->news.len = 0;
	pthread_mutex_unlock(&l->lock);
}

/* How many of the two it is new to. It was not asked here, so it is no part of what is noticed of who asks. */
static uint32_t learn(struct limits *l, const struct limits_news *news, uint64_t now_us)
{
	struct actor *actors[ACTOR_KINDS];
	uint32_t n = 0;
	bool crowded;

	actors_find(&l->actors, &news->who, now_us, actors, &crowded);
	for (int kind = 0; kind < ACTOR_KINDS; kind++) {
		struct actor *a = actors[kind];

		if (!a || keys_seen_has(&a->seen, news->subject) ||
		    !customer_fits(a, l->quotas[kind].customers, news->subject) ||
		    !keys_seen_add(&a->seen, news->subject, (struct str){ 0 }))
			continue;
		a->learnt++;
		n++;
	}
	return n;
}

bool limits_learn(struct limits *l, struct str news, uint64_t now_us, uint32_t *n_out)
{
	struct limits_news one;

	*n_out = 0;
	pthread_mutex_lock(&l->lock);
	while (limits_news_read(&news, &one)) {
		if (one.found)
			(void)found(l, &one, now_us);
		else
			*n_out += learn(l, &one, now_us);
	}
	pthread_mutex_unlock(&l->lock);
	return news.n == 0;
}
