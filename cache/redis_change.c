/* redis_change.c - what changes in Redis what others may find: a copy does not come, or is void. */
#include <inttypes.h>
#include <stdio.h>

#include "base/nonce.h"
#include "base/text.h"
#include "cache/name.h"
#include "cache/redis_state.h"

enum { WORDS_BYTES = 4096, SETTLE_MS = 1, CHANGE_MS = 2000 };

void redis_fresh_make(char out[REDIS_FRESH_BYTES])
{
	uint32_t number;

	nonce_draw((unsigned char *)&number, sizeof(number));
	text_from_hex(number | 1, REDIS_FRESH_BYTES - 1, out);
}

void redis_token_make(const struct redis *r, uint64_t began, char out[REDIS_TOKEN_BYTES])
{
	snprintf(out, REDIS_TOKEN_BYTES, "%s%016" PRIu64, r->home->process, began);
}

void redis_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket)
{
	struct redis *r = (struct redis *)c;
	char token[REDIS_TOKEN_BYTES];
	struct redis_keys keys;

	if (!redis_ready_for(r, WORDS_BYTES)) {
		redis_orphan(r, key, ticket.began);
		return;
	}
	redis_fills_send(r); /* who waits for it may look for what was kept with the same ticket */
	redis_token_make(r, ticket.began, token);
	redis_keys_make(&keys, name_key_tenant(key), key);
	REDIS_SEND(r, REDIS_RELEASE, STR("EVALSHA"), str_of(r->sha[SCRIPT_RELEASE]), STR("1"), str_of(keys.lease),
		   str_of(token));
}

/* ---- changes ---- */

static void queue(struct redis_changes *changes, struct cache_change *change)
{
	change->next = NULL;
	*(changes->newest ? &changes->newest->next : &changes->oldest) = change;
	changes->newest = change;
}

static struct cache_change *unqueue(struct redis_changes *changes)
{
	struct cache_change *change = changes->oldest;

	changes->oldest = change->next;
	if (!changes->oldest)
		changes->newest = NULL;
	return change;
}

/* It may be void in Redis, or not; here nothing from before is given out again without asking there. */
static void fail(struct redis *r, struct cache_change *change, const char *why)
{
	struct err err = { 0 };

	near_drop_all(r->home->near);
	heard_all(&r->home->heard);
	err_set(&err, ERR_REFUSED, "cache", "%s: copies may be served that are void; try again", why);
	change->done(change, &err);
}

/* Did it miss copies, because what leads to them was evicted? Asked behind it, so that all hear of it before. */
static void send_check(struct redis *r, struct cache_change *change)
{
	char tenant_name[TENANT_MOST + 1], fresh[REDIS_FRESH_BYTES];
	struct redis_keys keys;

	if (!redis_ready_for(r, WORDS_BYTES)) {
		fail(r, change, "Redis cannot be reached");
		return;
	}
	name_tenant(change->tenant, tenant_name);
	redis_keys_make(&keys, str_of(tenant_name), NULL);
	redis_fresh_make(fresh);
	REDIS_SEND(r, REDIS_CHECK, STR("EVALSHA"), str_of(r->sha[SCRIPT_CHECK]), STR("2"), str_of(keys.floors),
		   str_of(keys.tombs), str_of(r->run), str_of(fresh), change->bare ? STR("bare") : STR(""));
	queue(&r->checks, change);
	redis_expect_by(r, change->due_us);
}

static void send_change(struct redis *r, struct cache_change *change)
{
	char tenant_name[TENANT_MOST + 1], fresh[REDIS_FRESH_BYTES], indexes[96], sheaves[96];
	struct str tenant = { tenant_name, 0 };
	struct redis_keys keys;

	if (!redis_ready_for(r, WORDS_BYTES)) {
		fail(r, change, "Redis cannot be reached");
		return;
	}
	name_tenant(change->tenant, tenant_name);
	tenant.n = strlen(tenant_name);
	redis_keys_make(&keys, tenant, NULL);
	redis_fresh_make(fresh);
	snprintf(indexes, sizeof(indexes), "fed2:x:{%s}:", tenant_name);
	snprintf(sheaves, sizeof(sheaves), "fed2:c:{%s:", tenant_name);
	REDIS_SEND(r, REDIS_INVALIDATE, STR("EVALSHA"), str_of(r->sha[SCRIPT_INVALIDATE]), STR("2"),
		   str_of(keys.floors), str_of(keys.tombs), str_of(r->run), str_of(fresh), str_of(change->name.text),
		   change->whole ? STR("whole") : str_of(indexes), str_of(sheaves), str_of(r->home->words_key));
	change->sent_us = clock_mono_us();
	queue(&r->changes, change);
	redis_expect_by(r, change->due_us);
}

void redis_invalidate(struct cache *c, struct cache_change *change)
{
	change->reloaded = false;
	change->due_us = clock_mono_us() + UINT64_C(1000) * CHANGE_MS; /* a look-up has less, at a screen */
	send_change((struct redis *)c, change);
}

/* What was near before may be given out until the channel has told of the change. */
static void settle(struct redis *r, struct cache_change *change)
{
	change->sent_us = clock_mono_us();
	if (near_is_past(r->home->near, change->sent_us)) {
		change->done(change, &(const struct err){ 0 });
		return;
	}
	near_hurry(r->home->near);
	queue(&r->settling, change);
	if (r->settle.slot == 0)
		loop_timer_set(r->loop, &r->settle, deadline_after_ms(SETTLE_MS));
}

void redis_settle(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, settle);

	while (r->settling.oldest && near_is_past(r->home->near, r->settling.oldest->sent_us)) {
		struct cache_change *change = unqueue(&r->settling);

		change->done(change, &(const struct err){ 0 });
	}
	if (r->settling.oldest)
		loop_timer_set(r->loop, &r->settle, deadline_after_ms(SETTLE_MS));
}

bool redis_take_changed(struct redis *r, const struct redis_reply *reply)
{
	struct cache_change *change = r->changes.oldest;

	if (reply->type != REDIS_REPLY_INTEGER && reply->type != REDIS_REPLY_ERROR)
		return false;
	unqueue(&r->changes);
	redis_bases_drop(r);
	if (redis_lacks_script(reply) && !change->reloaded) {
		change->reloaded = true;
		redis_load(r);
		send_change(r, change);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		fail(r, change, "Redis refused");
	} else {
		change->removed = (uint64_t)reply->number;
		heard_name(&r->home->heard, &change->name);
		if (change->whole)
			settle(r, change);
		else
			send_check(r, change);
	}
	return true;
}

bool redis_take_checked(struct redis *r, const struct redis_reply *reply)
{
	struct cache_change *change = r->checks.oldest;

	if (reply->type != REDIS_REPLY_INTEGER && reply->type != REDIS_REPLY_ERROR)
		return false;
	unqueue(&r->checks);
	if (redis_lacks_script(reply) && !change->reloaded) {
		change->reloaded = true;
		redis_load(r);
		send_check(r, change);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		fail(r, change, "Redis refused");
	} else {
		settle(r, change);
	}
	return true;
}

void redis_changes_wait(struct redis *r)
{
	while (r->checks.oldest) /* the older ones */
		queue(&r->unsure, unqueue(&r->checks));
	while (r->changes.oldest)
		queue(&r->unsure, unqueue(&r->changes));
	if (r->unsure.oldest)
		loop_timer_set(r->loop, &r->patience, (struct deadline){ r->unsure.oldest->due_us });
}

void redis_changes_again(struct redis *r)
{
	struct redis_changes changes = r->unsure;

	loop_timer_cancel(r->loop, &r->patience);
	r->unsure = (struct redis_changes){ 0 };
	while (changes.oldest)
		send_change(r, unqueue(&changes));
}

void redis_changes_late(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, patience);

	while (r->unsure.oldest && r->unsure.oldest->due_us <= clock_mono_us())
		fail(r, unqueue(&r->unsure), "Redis did not answer");
	if (r->unsure.oldest)
		loop_timer_set(r->loop, t, (struct deadline){ r->unsure.oldest->due_us });
}

void redis_changes_end(struct redis *r)
{
	loop_timer_cancel(r->loop, &r->settle);
	loop_timer_cancel(r->loop, &r->patience);
	while (r->settling.oldest)
		fail(r, unqueue(&r->settling), "there was no time left to hear of it");
	while (r->unsure.oldest)
		fail(r, unqueue(&r->unsure), "Redis did not answer");
}
