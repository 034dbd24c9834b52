/* post.c - pops, and what was counted of whom, on their way to other nodes, which share Redis with this one. A message
 * is sealed with a key of the installation, as one of its sort: who the caller is stands in it. It says which node sent
 * it and when; old ones are refused. */
#include <sodium.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/http/streams_state.h"

enum { GOOD_MS = KEPT_MS, MOMENT_BYTES = 8, GATHER_MS = 50 };

static const char pops[] = "pop", counted[] = "counted";

static struct str about_of(const struct streams *s, const char *about, struct arena *mem)
{
	return arena_printf(mem, "%s %s", about, service_options(s->conf.service)->tenant);
}

static void moment_put(int64_t ms, struct buf *out)
{
	for (int i = 0; i < MOMENT_BYTES; i++)
		buf_putc(out, (char)((uint64_t)ms >> (8 * i) & 0xff));
}

static int64_t moment_get(const char *bytes)
{
	uint64_t ms = 0;

	for (int i = MOMENT_BYTES - 1; i >= 0; i--)
		ms = ms << 8 | (unsigned char)bytes[i];
	return (int64_t)ms;
}

static void send(struct streams *s, const char *about, struct str bytes)
{
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	SCOPED(buf_free) struct buf plain = { 0 };
	bool sent;

	if (!s->courier)
		return;
	mem = arena_new();
	buf_put(&plain, s->node, sizeof(s->node));
	moment_put(clock_wall_ms(), &plain);
	buf_put_str(&plain, bytes);
	sent = courier_send(s->courier, seal_message(s->conf.service, about_of(s, about, mem), buf_str(&plain), mem));
	counters_add(s->lane.meters, sent ? METER_POPS_SENT : METER_POPS_LOST, 1);
}

void post_send(struct streams *s, struct str pop)
{
	send(s, pops, pop);
}

/* What is in one of that sort; the NULL view for one that this node sent itself. */
static bool open_message(const struct streams *s, const char *about, struct str message, struct arena *mem,
			 struct str *bytes_out)
{
	enum { HEAD = sizeof(s->node) + MOMENT_BYTES };
	struct str plain;
	int64_t age_ms;

	if (!unseal_message(s->conf.service, about_of(s, about, mem), message, mem, &plain) || plain.n < HEAD)
		return false;
	age_ms = clock_wall_ms() - moment_get(plain.p + sizeof(s->node));
	if (age_ms > GOOD_MS || age_ms < -GOOD_MS)
		return false;
	*bytes_out = (struct str){ plain.p + HEAD, plain.n - HEAD };
	if (memcmp(plain.p, s->node, sizeof(s->node)) == 0)
		*bytes_out = (struct str){ 0 };
	return true;
}

/* ---- what was counted ---- */

static bool learn(struct streams *s, struct str bytes)
{
	uint32_t n;
	bool good = limits_learn(service_limits(s->conf.service), bytes, clock_mono_us(), &n);

	counters_add(s->lane.meters, METER_LIMITS_LEARNT, n);
	return good;
}

static void on_gathered(struct loop_timer *t)
{
	SCOPED(buf_free) struct buf news = { 0 };
	struct streams *s = CONTAINER_OF(t, struct streams, news_timer);

	limits_news_take(service_limits(s->conf.service), &news);
	send(s, counted, buf_str(&news));
}

/* More of it comes in a moment. */
static void on_counted(struct loop_post *p)
{
	struct streams *s = CONTAINER_OF(p, struct streams, news_post);

	loop_timer_set(s->loop, &s->news_timer, deadline_after_ms(GATHER_MS));
}

static void wake(void *owner)
{
	struct streams *s = owner;

	loop_post(s->loop, &s->news_post);
}

/* ---- what comes ---- */

static void on_message(void *arg, struct str message)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct streams *s = arg;
	struct str bytes;
	bool good = true;

	if (open_message(s, pops, message, mem, &bytes)) {
		if (bytes.p && !atomic_load(&s->stopping))
			agents_pop(s, bytes, NULL);
	} else {
		good = open_message(s, counted, message, mem, &bytes) && learn(s, bytes);
	}
	if (!good)
		counters_add(s->lane.meters, METER_POPS_REFUSED, 1);
}

static void on_state(void *arg, bool up, const char *why)
{
	(void)arg;
	if (up)
		log_event(LOG_INFO, "pops_up");
	else
		log_event(LOG_WARN, "pops_down", LOG_CSTR("text", why));
}

bool post_begin(struct streams *s, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct redis_conf conf;

	randombytes_buf(s->node, sizeof(s->node));
	if (!service_redis(s->conf.service, &conf))
		return true;
	s->courier = courier_open(
		&(const struct courier_conf){
			.redis = &conf,
			.channel = arena_printf(mem, "fed2:pops:%s", service_options(s->conf.service)->tenant).p,
			.take = on_message,
			.state = on_state,
			.arg = s },
		s->loop, err);
	if (!s->courier)
		return false;
	s->news_post.run = on_counted;
	s->news_timer.fire = on_gathered;
	limits_share(service_limits(s->conf.service), wake, s);
	return true;
}

void post_end(struct streams *s)
{
	if (!s->courier)
		return;
	limits_share(service_limits(s->conf.service), NULL, NULL);
	loop_timer_cancel(s->loop, &s->news_timer);
	courier_close(&s->courier);
}
