#include "federator/limits/actors.h"

#include <assert.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"

enum { DROPS = 64 }; /* in one go, so that nobody waits for thousands */

static const uint32_t most[LIMITS_SORTS] = {
	[LIMITS_CLIENT] = 16384, /* more than a key file holds */
	[LIMITS_PERSON] = 65536,
	[LIMITS_NAME] = 16 * LIMITS_NAMES_OF_CLIENT,
};

void actors_begin(struct actors *all, uint64_t credit_us)
{
	all->newest = &all->oldest;
	all->credit_us = credit_us;
}

static void age_leave(struct actors *all, struct actor *a)
{
	*a->newer_at = a->newer;
	if (a->newer)
		a->newer->newer_at = a->newer_at;
	else
		all->newest = a->newer_at;
}

static void age_join(struct actors *all, struct actor *a)
{
	a->newer = NULL;
	a->newer_at = all->newest;
	*all->newest = a;
	all->newest = &a->newer;
}

/* A client is heard of behind each of its names, so these go first. */
static void forget(struct actors *all, struct actor *a)
{
	assert(a->names == 0);
	age_leave(all, a);
	*a->at = a->next;
	if (a->next)
		a->next->at = a->at;
	if (a->id.client)
		a->id.client->names--;
	all->n[a->id.sort]--;
	keys_seen_end(&a->seen);
	free(a);
}

void actors_end(struct actors *all)
{
	while (all->oldest)
		forget(all, all->oldest);
}

/* Threads read the clock before they wait for each other: what one calls now may be before what another one did. */
static bool is_hour_ago(uint64_t then_us, uint64_t now_us)
{
	return now_us > then_us && now_us - then_us >= HOUR_S * SECOND_US;
}

/* Nothing is lost with who is silent for an hour: the credit is full, and the keys are those of an hour ago. */
static void forget_silent(struct actors *all, uint64_t now_us)
{
	for (int n = 0; n < DROPS && all->oldest && is_hour_ago(all->oldest->heard_us, now_us); n++)
		forget(all, all->oldest);
}

static bool has_place(const struct actors *all, enum limits_sort sort, const struct actor *client)
{
	return all->n[sort] < most[sort] && (!client || client->names < LIMITS_NAMES_OF_CLIENT);
}

static struct actor **bucket_of(struct actors *all, const struct actor_id *id)
{
	uint64_t hash = digest_sip(str_of(id->name)) + (uint64_t)id->sort + ((uintptr_t)id->client >> 4);

	return &all->buckets[hash % ACTOR_BUCKETS];
}

/* The one of the same sort, name and client; NULL: there is none. */
static struct actor *actor_with(struct actors *all, const struct actor_id *id)
{
	struct actor *a = *bucket_of(all, id);

	while (a && (a->id.sort != id->sort || a->id.client != id->client || strcmp(a->id.name, id->name) != 0))
		a = a->next;
	return a;
}

/* NULL: there is no memory. */
static struct actor *actor_new(struct actors *all, const struct actor_id *id, uint64_t now_us)
{
	struct actor **bucket = bucket_of(all, id), *a = memory_try(sizeof(*a));

	if (!a)
		return NULL;
	*a = (struct actor){ .id = *id, .credit_us = all->credit_us };
	a->heard_us = a->credited_us = a->hour_us = now_us;
	a->next = *bucket;
	a->at = bucket;
	if (a->next)
		a->next->at = &a->next;
	*bucket = a;
	if (a->id.client)
		a->id.client->names++;
	all->n[a->id.sort]++;
	age_join(all, a);
	return a;
}

static bool name_set(struct actor_id *id, struct str name)
{
	if (!name.n || name.n >= ACTOR_NAME_BYTES)
		return false;
	memcpy(id->name, name.p, name.n);
	return true;
}

static struct actor *client_of(struct actors *all, struct str name, uint64_t now_us)
{
	struct actor_id id = { .sort = LIMITS_CLIENT };
	struct actor *client;

	if (!name_set(&id, name))
		return NULL;
	client = actor_with(all, &id);
	if (!client && !has_place(all, LIMITS_CLIENT, NULL)) {
		id.name[0] = '\0';
		client = actor_with(all, &id);
	}
	return client ? client : actor_new(all, &id, now_us);
}

static struct actor *agent_of(struct actors *all, const struct limits_who *who, struct actor *client, uint64_t now_us,
			      bool *crowded_out)
{
	struct actor_id id = { .sort = who->agent_proven ? LIMITS_PERSON : LIMITS_NAME };
	struct actor *agent;

	if ((!who->agent_proven && !client) || !name_set(&id, who->agent))
		return NULL;
	if (!who->agent_proven)
		id.client = client;
	agent = actor_with(all, &id);
	*crowded_out = !agent && !has_place(all, id.sort, id.client);
	return agent || *crowded_out ? agent : actor_new(all, &id, now_us);
}

void actor_forget_keys(struct actor *a)
{
	keys_seen_end(&a->seen);
	a->found = a->learnt = a->nobody = 0;
}

static void begin_hour(struct actor *a, uint64_t now_us)
{
	actor_forget_keys(a);
	a->told = 0;
	a->hour_us = now_us;
}

static void hear(struct actors *all, struct actor *a, uint64_t now_us)
{
	age_leave(all, a);
	age_join(all, a);
	a->heard_us = now_us > a->heard_us ? now_us : a->heard_us;
	if (is_hour_ago(a->hour_us, now_us))
		begin_hour(a, now_us);
}

void actors_find(struct actors *all, const struct limits_who *who, uint64_t now_us, struct actor *out[ACTOR_KINDS],
		 bool *crowded_out)
{
	*crowded_out = false;
	forget_silent(all, now_us);
	out[ACTOR_CLIENT] = client_of(all, who->client, now_us);
	out[ACTOR_AGENT] = agent_of(all, who, out[ACTOR_CLIENT], now_us, crowded_out);
	for (int kind = 0; kind < ACTOR_KINDS; kind++) /* the agent first: its client outlives it */
		if (out[kind])
			hear(all, out[kind], now_us);
}
