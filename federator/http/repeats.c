#include "federator/http/repeats.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"
#include "federator/flow/repeat.h"
#include "federator/http/recording.h"
#include "federator/http/respond.h"

enum {
	SETS = 512, /* a power of two */
	WAYS = 2,
	KEY_MOST = 2048, /* bytes */
	BYTES_MOST = 2 << 20,
	SECOND_MS = 1000,
};

/* A request that was answered with what was kept whole. */
struct repeats_slot {
	uint64_t hash, seen_us;
	struct repeated *kept; /* NULL: it was seen once */
};

void repeats_begin(struct repeats *r, const struct lane *lane)
{
	*r = (struct repeats){ .lane = lane };
}

/* ---- what is kept ---- */

static void repeated_free(struct repeated *kept)
{
	MHD_destroy_response(kept->response);
	repeat_free(&kept->repeat);
	explicit_bzero(kept->text, kept->key.n);
	free(kept);
}

struct repeated *repeats_hold(struct repeated *found)
{
	found->holds++;
	return found;
}

void repeats_let_go(struct repeated **foundp)
{
	struct repeated *found = *foundp;

	*foundp = NULL;
	if (--found->holds == 0 && found->dropped)
		repeated_free(found);
}

static void drop(struct repeats *r, struct repeats_slot *slot)
{
	struct repeated *kept = slot->kept;

	if (!kept)
		return;
	slot->kept = NULL;
	r->bytes -= kept->bytes;
	kept->dropped = true;
	if (kept->holds == 0)
		repeated_free(kept);
}

void repeats_end(struct repeats *r)
{
	for (size_t i = 0; r->slots && i < SETS * WAYS; i++)
		drop(r, &r->slots[i]);
	if (r->slots)
		loop_timer_cancel(r->lane->loop, &r->timer);
	free(r->slots);
	r->slots = NULL;
}

static void on_timer(struct loop_timer *t)
{
	struct repeats *r = CONTAINER_OF(t, struct repeats, timer);
	bool any = false;

	for (size_t i = 0; i < SETS * WAYS; i++) {
		struct repeats_slot *slot = &r->slots[i];

		if (slot->kept && repeat_is_over(slot->kept->repeat))
			drop(r, slot);
		any = any || slot->kept;
	}
	if (any)
		lane_timer_set(r->lane, t, deadline_after_ms(SECOND_MS));
}

/* ---- look-up ---- */

static char *put(char *to, struct str part)
{
	if (part.n)
		to = mempcpy(to, part.p, part.n);
	*to++ = '\0'; /* in none of them */
	return to;
}

struct repeats_key repeats_key(const struct exchange *x, struct str target)
{
	const uint32_t counts[] = { (uint32_t)x->headers.n, (uint32_t)x->body.n };
	struct str method = str_of(x->method);
	size_t bytes = sizeof(counts) + method.n + target.n + x->certificate.n + 3 + x->body.n;
	char *text, *to;

	for (size_t i = 0; i < x->headers.n; i++)
		bytes += x->headers.of[i].name.n + x->headers.of[i].value.n + 2;
	if (bytes > KEY_MOST)
		return (struct repeats_key){ 0 };
	text = arena_alloc(x->mem, bytes);
	to = put(put(put(mempcpy(text, counts, sizeof(counts)), method), target), x->certificate);
	for (size_t i = 0; i < x->headers.n; i++)
		to = put(put(to, x->headers.of[i].name), x->headers.of[i].value);
	if (x->body.n)
		memcpy(to, x->body.p, x->body.n);
	return (struct repeats_key){ { text, bytes }, XXH3_64bits(text, bytes) };
}

static struct repeats_slot *set_of(const struct repeats *r, uint64_t hash)
{
	return &r->slots[(hash & (SETS - 1)) * WAYS];
}

/* Nothing that says who may have it has changed. */
static bool may_give(const struct repeats *r, const struct repeated *kept)
{
	return !kept->access || access_is_same(kept->access, &kept->pass, lane_wall_ms(r->lane) / 1000);
}

struct repeated *repeats_find(struct repeats *r, const struct repeats_key *key, uint64_t now_us, bool *again_out)
{
	struct repeats_slot *set = r->slots ? set_of(r, key->hash) : NULL;

	*again_out = false;
	for (size_t i = 0; set && key->text.p && i < WAYS; i++) {
		struct repeats_slot *slot = &set[i];

		if (slot->hash != key->hash)
			continue;
		if (slot->kept && str_eq(slot->kept->key, key->text) && may_give(r, slot->kept) &&
		    repeat_holds(slot->kept->repeat, now_us)) {
			slot->seen_us = now_us;
			return slot->kept;
		}
		drop(r, slot);
		*again_out = slot->seen_us && now_us - slot->seen_us < 1000 * SECOND_MS;
	}
	return NULL;
}

/* ---- keeping ---- */

/* The key's own, else the one that was not asked for longest. */
static struct repeats_slot *slot_for(struct repeats *r, uint64_t hash)
{
	struct repeats_slot *set, *slot;

	if (!r->slots)
		r->slots = memory_new_array(SETS * WAYS, sizeof(struct repeats_slot));
	slot = set = set_of(r, hash);
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].seen_us < slot->seen_us)
			slot = &set[i];
	}
	return slot;
}

/* Without its response. NULL: there is no memory, or no room. */
static struct repeated *repeated_new(const struct repeats *r, struct str key, const struct exchange *x)
{
	SCOPED(buf_free) struct buf text = { 0 };
	size_t gap = respond_log_form(x, &text), line = text.len, bytes;
	struct repeated *kept;
	char *at;

	if (x->lane->audit)
		recording_put(x, &text);
	bytes = sizeof(struct repeated) + key.n + text.len;
	kept = r->bytes + bytes + x->reply.len <= BYTES_MOST ? memory_try(bytes) : NULL;
	if (!kept)
		return NULL;
	*kept = (struct repeated){ .access = x->access,
				   .pass = x->pass,
				   .caller = x->caller,
				   .status = x->reply.status,
				   .len = x->reply.len,
				   .level = respond_log_level(x),
				   .bytes = bytes + x->reply.len };
	at = mempcpy(kept->text, key.p, key.n);
	memcpy(at, text.data, text.len);
	kept->key = (struct str){ kept->text, key.n };
	kept->before = (struct str){ at, gap };
	kept->after = (struct str){ at + gap, line - gap };
	kept->record = text.len > line ? (struct str){ at + line, text.len - line } : (struct str){ 0 };
	return kept;
}

/* What is not kept goes with the reply. */
static void keep(struct repeats *r, struct repeats_slot *slot, struct str key, struct exchange *x)
{
	struct repeated *kept = repeated_new(r, key, x);

	if (!kept)
		return;
	kept->response = respond_make_shared(x);
	if (!kept->response) {
		free(kept);
		return;
	}
	kept->repeat = x->reply.repeat;
	x->reply.repeat = NULL;
	r->bytes += kept->bytes;
	slot->kept = kept;
	r->timer.fire = on_timer;
	if (r->timer.slot == 0)
		lane_timer_set(r->lane, &r->timer, deadline_after_ms(SECOND_MS));
}

struct MHD_Response *repeats_keep(struct repeats *r, const struct repeats_key *key, struct exchange *x)
{
	struct repeats_slot *slot;

	if (!x->reply.rendered || !key->text.p)
		return NULL;
	slot = slot_for(r, key->hash);
	drop(r, slot);
	slot->hash = key->hash;
	slot->seen_us = x->begun_us;
	if (x->reply.repeat)
		keep(r, slot, key->text, x);
	return slot->kept ? slot->kept->response : NULL;
}
