#include "tests/cache/property/hand.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAKEN_BYTES = 10000 };

static void flush(struct hand *h)
{
	redis_server_do(h->server, "FLUSHALL");
}

static void cut(struct hand *h)
{
	redis_server_do(h->server, "CLIENT KILL TYPE normal SKIPME yes");
}

/* Connections that listen to the tracking channel. */
static void cut_channels(struct hand *h)
{
	redis_server_do(h->server, "CLIENT KILL TYPE pubsub SKIPME yes");
}

static void forget_scripts(struct hand *h)
{
	redis_server_do(h->server, "SCRIPT FLUSH");
}

static void lose_tombs(struct hand *h)
{
	redis_server_do(h->server, "UNLINK fed2:x:{t}:t");
}

static void lose_floors(struct hand *h)
{
	redis_server_do(h->server, "UNLINK fed2:c:{t}:f");
}

static void save(struct hand *h)
{
	redis_server_do(h->server, "SAVE");
}

/* With what was saved last, however old that is. */
static void restart(struct hand *h)
{
	redis_server_kill(h->server);
	redis_server_restart(h->server);
}

static void restart_empty(struct hand *h)
{
	hand_clean(h);
	restart(h);
}

static void freeze(struct hand *h)
{
	redis_server_freeze(h->server);
	h->frozen = true;
}

/* Some keys go, however important. */
static void evict(struct hand *h)
{
	static const char label[] = "\r\nused_memory:";
	redisReply *info = redis_server_command(h->server, "INFO memory");
	const char *at = strstr(info->str, label);
	long used = at ? strtol(at + sizeof(label) - 1, NULL, 10) : 0;

	freeReplyObject(info);
	redis_server_do(h->server, "CONFIG SET maxmemory-policy allkeys-random");
	redis_server_do(h->server, "CONFIG SET maxmemory %ld", used - TAKEN_BYTES);
	redis_server_do(h->server, "CONFIG SET maxmemory 0");
}

static const struct {
	const char *name;
	void (*strike)(struct hand *h);
} faults[] = {
	{ "flush", flush },	      { "cut", cut },		  { "cut_channels", cut_channels },
	{ "forget_scripts", forget_scripts }, { "lose_tombs", lose_tombs }, { "lose_floors", lose_floors },
	{ "save", save },	      { "restart", restart },	  { "restart_empty", restart_empty },
	{ "freeze", freeze },	      { "evict", evict },
};
static_assert(ARRAY_LEN(faults) == HAND_FAULTS, "as hand.h says");

void hand_strike(struct hand *h, unsigned which)
{
	hand_rest(h);
	faults[which].strike(h);
	h->struck[which]++;
}

void hand_rest(struct hand *h)
{
	if (h->frozen)
		redis_server_thaw(h->server);
	h->frozen = false;
}

void hand_clean(const struct hand *h)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/dump.rdb", h->server->dir);
	unlink(path);
}

const char *hand_name(unsigned which)
{
	return faults[which].name;
}
