/* post.c - pops on their way to other nodes, which share Redis with this one. A message is sealed with a key of the
 * installation: who the caller is stands in it. It says which node sent it and when; old ones are refused. */
#include <sodium.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/http/streams_state.h"

enum { GOOD_MS = KEPT_MS, MOMENT_BYTES = 8 };

static const char about[] = "pop";

static struct str about_of(const struct streams *s, struct arena *mem)
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

void post_send(struct streams *s, struct str pop)
{
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	SCOPED(buf_free) struct buf plain = { 0 };
	bool sent;

	if (!s->courier)
		return;
	mem = arena_new();
	buf_put(&plain, s->node, sizeof(s->node));
	moment_put(clock_wall_ms(), &plain);
	buf_put_str(&plain, pop);
	sent = courier_send(s->courier, seal_message(s->conf.service, about_of(s, mem), buf_str(&plain), mem));
	counters_add(s->lane.meters, sent ? METER_POPS_SENT : METER_POPS_LOST, 1);
}

/* What is ours: the pop in the message; the NULL view for one that this node sent itself. */
static bool open_message(const struct streams *s, struct str message, struct arena *mem, struct str *pop_out)
{
	enum { HEAD = sizeof(s->node) + MOMENT_BYTES };
	struct str plain;
	int64_t age_ms;

	if (!unseal_message(s->conf.service, about_of(s, mem), message, mem, &plain) || plain.n < HEAD)
		return false;
	age_ms = clock_wall_ms() - moment_get(plain.p + sizeof(s->node));
	if (age_ms > GOOD_MS || age_ms < -GOOD_MS)
		return false;
	*pop_out = (struct str){ plain.p + HEAD, plain.n - HEAD };
	if (memcmp(plain.p, s->node, sizeof(s->node)) == 0)
		*pop_out = (struct str){ 0 };
	return true;
}

static void on_message(void *arg, struct str message)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct streams *s = arg;
	struct str pop;

	if (!open_message(s, message, mem, &pop))
		counters_add(s->lane.meters, METER_POPS_REFUSED, 1);
	else if (pop.p && !atomic_load(&s->stopping))
		agents_pop(s, pop, NULL);
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
	return s->courier != NULL;
}
