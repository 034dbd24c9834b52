#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"
#include "cache/cache_driver.h"
#include "cache/entry.h"
#include "cache/redis_pipe.h"
#include "cache/redis_socket.h"

/* One connection at a time. Whatever goes wrong or is late: it is closed, all that waits is a miss, and a
 * new one begins empty, so that no look-up can meet the answer of another. Nothing is sent before a first
 * look-up was answered: a server that hangs, loads or refuses us costs nobody time. */
enum phase {
	DOWN, /* timer: next attempt */
	CONNECTING, /* timer: give up */
	GREETING, /* timer: give up */
	UP, /* timer: the oldest look-up may be late */
};

enum { GREETING_MS = 1000, BACK_OFF_LEAST_MS = 50, BACK_OFF_MOST_MS = 5000 };

struct redis {
	struct cache base;
	struct loop *loop;
	struct redis_address address;
	char *user, *password;
	uint64_t timeout_us;
	uint32_t back_off_ms;
	_Atomic enum phase phase; /* written on the loop's thread, read on any */
	struct loop_fd watch;
	bool waits_to_write;
	struct loop_timer timer; /* see enum phase */
	struct loop_timer flush; /* due at once: all commands of a turn go together */
	struct redis_pipe pipe;
	struct cache_ask *oldest, *newest; /* look-ups without an answer */
};

static void set_timer(struct redis *r, uint64_t at_us)
{
	loop_timer_set(r->loop, &r->timer, (struct deadline){ at_us });
}

/* ---- the end of a connection ---- */

/* Half of the delay is random, so that many processes do not come back together. */
static void retry_later(struct redis *r)
{
	uint32_t half = r->back_off_ms / 2;

	loop_timer_set(r->loop, &r->timer, deadline_after_ms(half + randombytes_uniform(half + 1)));
	r->back_off_ms = 2 * r->back_off_ms < BACK_OFF_MOST_MS ? 2 * r->back_off_ms : BACK_OFF_MOST_MS;
}

static void close_connection(struct redis *r)
{
	loop_timer_cancel(r->loop, &r->flush);
	loop_timer_cancel(r->loop, &r->timer);
	if (r->watch.fd >= 0) {
		loop_unwatch(r->loop, &r->watch);
		close(r->watch.fd);
		r->watch.fd = -1;
	}
	cache_add(&r->base.count.put_failures, redis_pipe_end(&r->pipe));
	r->phase = DOWN;
}

/* Look-ups are answered last: found() may come back to us, and must meet a closed connection. */
static void miss_all(struct redis *r)
{
	struct cache_ask *ask = r->oldest;

	r->oldest = r->newest = NULL;
	while (ask) {
		struct cache_ask *next = ask->next;

		cache_found(&r->base, ask, (struct cache_hit){ 0 });
		ask = next;
	}
}

static void go_down(struct redis *r)
{
	close_connection(r);
	retry_later(r);
	miss_all(r);
}

/* ---- commands and replies ---- */

static void send_command(struct redis *r, enum redis_command what, const struct str *words, size_t n)
{
	redis_pipe_add(&r->pipe, what, words, n);
	if (r->flush.slot == 0)
		loop_timer_set(r->loop, &r->flush, (struct deadline){ 1 });
}

#define SEND(r, what, ...)                                             \
	send_command((r), (what), (const struct str[]){ __VA_ARGS__ }, \
		     sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

static void flush_out(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, flush);
	bool rest;

	if (!redis_pipe_flush(&r->pipe, r->watch.fd, &rest)) {
		go_down(r);
		return;
	}
	if (rest != r->waits_to_write)
		loop_rewatch(r->loop, &r->watch, rest ? EPOLLIN | EPOLLOUT : EPOLLIN);
	r->waits_to_write = rest;
}

static void answer_oldest(struct redis *r, struct str value)
{
	struct cache_ask *ask = r->oldest;
	struct cache_hit hit = { 0 };

	assert(ask);
	r->oldest = ask->next;
	if (!r->oldest)
		r->newest = NULL;
	if (value.p && !entry_decode(value, &ask->key, ask->mem, &hit)) {
		cache_add(&r->base.count.bad_values, 1);
		cache_drop(&r->base, &ask->key);
	}
	cache_found(&r->base, ask, hit);
}

static bool take_value(struct redis *r, const struct redis_reply *reply, bool failed)
{
	bool string = reply->type == REDIS_REPLY_STRING;

	if (!string && !failed && reply->type != REDIS_REPLY_NIL)
		return false;
	r->back_off_ms = BACK_OFF_LEAST_MS;
	answer_oldest(r, string ? (struct str){ reply->text, reply->n } : (struct str){ 0 });
	return true;
}

static bool take_probe(struct redis *r, const struct redis_reply *reply)
{
	if (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_NIL)
		return false;
	r->phase = UP;
	loop_timer_cancel(r->loop, &r->timer);
	return true;
}

/* False: this cannot be the answer to that command, or it says that we cannot work here. */
static bool take_reply(void *arg, enum redis_command what, const struct redis_reply *reply)
{
	struct redis *r = arg;
	bool failed = reply->type == REDIS_REPLY_ERROR; /* OOM, READONLY, LOADING, NOAUTH, MOVED ... */

	switch (what) {
	case REDIS_AUTH:
		return reply->type == REDIS_REPLY_STATUS;
	case REDIS_PROBE:
		return take_probe(r, reply);
	case REDIS_GET:
		return take_value(r, reply, failed);
	case REDIS_SET:
		cache_add(&r->base.count.puts, !failed);
		cache_add(&r->base.count.put_failures, failed);
		return failed || reply->type == REDIS_REPLY_STATUS;
	case REDIS_UNLINK:
		return failed || reply->type == REDIS_REPLY_INTEGER;
	case REDIS_CLIENT_ID:
	case REDIS_TRACKING:
	case REDIS_SUBSCRIBE:
	case REDIS_BEAT:
	case REDIS_UNASKED:
		break;
	}
	return false; /* not sent here, or nobody asked: the order is lost */
}

/* Afterwards the connection may be down. */
static void receive(struct redis *r)
{
	if (!redis_pipe_receive(&r->pipe, r->watch.fd, take_reply, r))
		go_down(r);
}

/* ---- the beginning of a connection ---- */

/* The probe is a look-up like ours, so it finds out all that could stand in their way. */
static void greet(struct redis *r)
{
	if (!redis_pipe_begin(&r->pipe)) {
		go_down(r);
		return;
	}
	r->phase = GREETING;
	if (r->password && r->user)
		SEND(r, REDIS_AUTH, STR("AUTH"), str_of(r->user), str_of(r->password));
	else if (r->password)
		SEND(r, REDIS_AUTH, STR("AUTH"), str_of(r->password));
	SEND(r, REDIS_PROBE, STR("GET"), STR("fed1:"));
	loop_rewatch(r->loop, &r->watch, EPOLLIN);
	r->waits_to_write = false;
}

static void start(struct redis *r)
{
	struct err err;

	r->watch.fd = redis_socket_connect(&r->address);
	if (r->watch.fd < 0) {
		retry_later(r);
		return;
	}
	if (!loop_watch(r->loop, &r->watch, EPOLLOUT, &err)) {
		close(r->watch.fd);
		r->watch.fd = -1;
		retry_later(r);
		return;
	}
	r->phase = CONNECTING;
	loop_timer_set(r->loop, &r->timer, deadline_after_ms(GREETING_MS));
}

static void redis_ready(struct loop_fd *w, uint32_t events)
{
	struct redis *r = CONTAINER_OF(w, struct redis, watch);

	if (r->phase == CONNECTING) {
		if (redis_socket_connected(w->fd))
			greet(r);
		else
			go_down(r);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(r);
	if (r->phase != DOWN && (events & EPOLLOUT))
		flush_out(&r->flush);
}

/* An answer that is already here is not late: the loop may have been busy itself. */
static void check_late(struct redis *r)
{
	receive(r);
	if (r->phase != UP || !r->oldest)
		return;
	if (clock_mono_us() < r->oldest->sent_us + r->timeout_us) {
		set_timer(r, r->oldest->sent_us + r->timeout_us);
		return;
	}
	for (const struct cache_ask *ask = r->oldest; ask; ask = ask->next)
		cache_add(&r->base.count.timeouts, 1);
	go_down(r);
}

static void redis_timer(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, timer);

	switch ((enum phase)r->phase) {
	case DOWN:
		start(r);
		return;
	case CONNECTING:
	case GREETING:
		go_down(r);
		return;
	case UP:
		check_late(r);
		return;
	}
}

/* ---- the driver ---- */

static void redis_get(struct cache *c, struct cache_ask *ask)
{
	struct redis *r = (struct redis *)c;

	if (r->phase != UP || !redis_pipe_room(&r->pipe, sizeof(ask->key))) {
		cache_found(c, ask, (struct cache_hit){ 0 });
		return;
	}
	SEND(r, REDIS_GET, STR("GET"), str_of(ask->key.text));
	ask->next = NULL;
	ask->sent_us = clock_mono_us();
	*(r->newest ? &r->newest->next : &r->oldest) = ask;
	r->newest = ask;
	if (r->timer.slot == 0)
		set_timer(r, ask->sent_us + r->timeout_us);
}

static void redis_put(struct cache *c, const struct cache_key *key, struct str bytes, uint64_t ttl_ms)
{
	struct redis *r = (struct redis *)c;
	char ttl[24];

	if (r->phase != UP || !redis_pipe_room(&r->pipe, bytes.n + sizeof(*key))) {
		cache_add(&c->count.put_failures, 1);
		return;
	}
	snprintf(ttl, sizeof(ttl), "%" PRIu64, ttl_ms);
	SEND(r, REDIS_SET, STR("SET"), str_of(key->text), bytes, STR("PX"), str_of(ttl));
}

static void redis_drop(struct cache *c, const struct cache_key *key)
{
	struct redis *r = (struct redis *)c;

	if (r->phase == UP && redis_pipe_room(&r->pipe, sizeof(*key)))
		SEND(r, REDIS_UNLINK, STR("UNLINK"), str_of(key->text));
}

static void redis_state(struct cache *c, struct cache_state *out)
{
	out->up = ((struct redis *)c)->phase == UP;
}

static void free_secret(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void redis_free(struct cache *c)
{
	struct redis *r = (struct redis *)c;

	close_connection(r);
	miss_all(r);
	free(r->user);
	free_secret(r->password);
	free(r);
}

struct cache *cache_on_redis(const struct redis_conf *conf, struct loop *loop, struct err *err)
{
	static const struct cache_driver driver = { "redis",	redis_get,   redis_put,
						    redis_drop, redis_state, redis_free };
	struct redis_address address;
	struct redis *r;

	if (!redis_socket_address(conf->address, &address, err))
		return NULL;
	r = memory_new(sizeof(*r));
	r->base.driver = &driver;
	r->loop = loop;
	r->address = address;
	r->user = conf->user ? memory_text(conf->user) : NULL;
	r->password = conf->password ? memory_text(conf->password) : NULL;
	r->timeout_us = UINT64_C(1000) * conf->timeout_ms;
	r->back_off_ms = BACK_OFF_LEAST_MS;
	r->watch = (struct loop_fd){ .fd = -1, .ready = redis_ready };
	r->timer.fire = redis_timer;
	r->flush.fire = flush_out;
	set_timer(r, 1); /* in the first turn of the loop */
	return &r->base;
}
