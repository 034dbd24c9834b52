/* redis_fill.c - copies come into Redis. Those of one sheaf that come within a moment go together, and only in the
 * place of the version that was read: what is there instead is taken for the next try, never what was known before,
 * since a change may have removed it (docs/decisions/0035-sheaves.md). */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/nonce.h"
#include "cache/redis_fill.h"

enum {
	TRIES_MOST = 8,
	WORDS_BYTES = 4096, /* of a copy, without its rows */
	FILL_WORDS = 6 + REDIS_FILL_KEYS, /* without those of copies, and the sheaf */
	COPY_WORDS = 6,
};

/* ---- the end of a fill ---- */

static void unhold(struct redis *r, struct redis_fill *fill)
{
	r->held -= fill->bytes;
	fill->bytes = 0;
}

static void drop(struct redis *r, struct redis_fill *fill)
{
	unhold(r, fill);
	buf_free(&fill->plain);
	arena_wipe_free(&fill->mem);
	free(fill);
}

/* Now the next one of its sheaf may go. */
static void end(struct redis *r, struct redis_fill *fill)
{
	struct redis_fill *behind = fill->behind;

	drop(r, fill);
	if (behind)
		redis_fill_send(r, behind);
}

void redis_fill_refuse(struct redis *r, const struct cache_key *key, struct cache_ticket ticket)
{
	cache_add(&r->base.count.put_failures, 1);
	redis_release(&r->base, key, ticket);
}

static struct cache_ticket ticket_of(const struct redis_fill *fill, const struct fill_copy *c)
{
	return (struct cache_ticket){ .began = c->copy.began, .era = fill->ticket.era };
}

static void give_up(struct redis *r, struct redis_fill *fill)
{
	for (const struct fill_copy *c = fill->copies; c; c = c->next)
		redis_fill_refuse(r, &c->key, ticket_of(fill, c));
	end(r, fill);
}

/* Nor is it known whether Redis has it, or those behind it; the connection is lost, or will be. */
static void lose(struct redis *r, struct redis_fill *fill)
{
	for (struct redis_fill *behind; fill; fill = behind) {
		behind = fill->behind;
		cache_add(&r->base.count.put_failures, fill->n);
		for (const struct fill_copy *c = fill->copies; c; c = c->next)
			redis_orphan(r, &c->key, c->copy.began);
		drop(r, fill);
	}
}

/* ---- what is sent ---- */

static bool is_same_given(const struct sheaf_copy *a, const struct sheaf_copy *b)
{
	for (size_t i = 0, k; i < a->n_given; i++) {
		for (k = 0; k < b->n_given; k++)
			if (memcmp(a->names + (size_t)a->given[i] * NAME_BYTES,
				   b->names + (size_t)b->given[k] * NAME_BYTES, NAME_BYTES) == 0)
				break;
		if (k == b->n_given)
			return false;
	}
	return true;
}

/* What is there and has not ended, without what is replaced; but what that gave is followed as long as it would have
 * been there. */
static void keep_base(struct sheaf *s, const struct redis_fill *fill, int64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct sheaf_copy copy = s->copies[i];
		const struct sheaf_copy *young = redis_fill_find(fill, copy.place);

		if (copy.ends_ms <= now_ms || (young && is_same_given(&copy, young)))
			continue;
		if (young) {
			copy.place = 0;
			copy.rows = STR("");
		}
		s->copies[n++] = copy;
	}
	s->n = n;
}

/* Copies that began before what is there are of no use. */
static void leave_out_older(struct redis *r, struct redis_fill *fill, const struct sheaf *base)
{
	struct fill_copy **link = &fill->copies;

	while (*link) {
		struct fill_copy *c = *link;
		size_t i = 0;

		while (i < base->n && (base->copies[i].place != c->copy.place || !c->copy.place ||
				       base->copies[i].began <= c->copy.began))
			i++;
		if (i == base->n) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		fill->n--;
		redis_fill_refuse(r, &c->key, ticket_of(fill, c));
	}
}

/* The sheaf as it shall be, in fill->plain; returns when its last copy ends. */
static int64_t merge(struct redis *r, struct redis_fill *fill, struct str base)
{
	struct sheaf *s = memory_raw(sizeof(*s));
	int64_t ends_ms = 0;

	if (!sheaf_decode(base, s) || s->era != fill->ticket.era)
		s->n = 0;
	leave_out_older(r, fill, s);
	keep_base(s, fill, clock_wall_ms());
	for (const struct fill_copy *c = fill->copies; c; c = c->next)
		s->copies[s->n++] = c->copy;
	s->era = fill->ticket.era;
	s->of_customer = fill->of_customer;
	nonce_draw((unsigned char *)&s->version, sizeof(s->version));
	s->version |= 1;
	sheaf_bound(s);
	for (size_t i = 0; i < s->n; i++)
		ends_ms = s->copies[i].ends_ms > ends_ms ? s->copies[i].ends_ms : ends_ms;
	fill->plain.len = 0;
	sheaf_encode(s, &fill->plain);
	free(s);
	return ends_ms;
}

static size_t put_copies(const struct redis *r, const struct redis_fill *fill, struct str *words)
{
	size_t n = 0;

	for (const struct fill_copy *c = fill->copies; c; c = c->next) {
		char *token = arena_alloc(fill->mem, REDIS_TOKEN_BYTES);

		redis_token_make(r, c->copy.began, token);
		words[n++] = arena_printf(fill->mem, "%" PRIu64, c->copy.began);
		words[n++] = str_of(token);
		words[n++] = str_of(c->wholes.source.text);
		words[n++] = str_of(c->wholes.part.text);
		words[n++] = arena_printf(fill->mem, "%" PRIu64, c->ttl_ms);
		words[n++] = arena_printf(fill->mem, "%zu", c->n_names);
		for (size_t i = 0; i < c->n_names; i++)
			words[n++] = str_of(c->names[i]);
	}
	return n;
}

static size_t count_words(const struct redis_fill *fill)
{
	size_t n = FILL_WORDS + 1 + COPY_WORDS;

	for (const struct fill_copy *c = fill->copies; c; c = c->next)
		n += 1 + COPY_WORDS + c->n_names;
	return n;
}

static void send_words(struct redis *r, struct redis_fill *fill, struct str version, int64_t px, struct str value)
{
	struct str *words = arena_array_of(fill->mem, struct str, count_words(fill));
	struct str tenant = name_key_tenant(&fill->copies->key);
	unsigned char tag[NAME_BYTES];
	struct redis_keys keys;
	size_t n = 0;

	redis_keys_make(&keys, tenant, NULL);
	name_bytes(name_key_tag(&fill->copies->key), tag);
	words[n++] = STR("EVALSHA");
	words[n++] = str_of(r->sha[SCRIPT_FILL]);
	words[n++] = arena_printf(fill->mem, "%zu", REDIS_FILL_KEYS + fill->n);
	words[n++] = str_of(fill->sheaf);
	words[n++] = str_of(keys.floors);
	words[n++] = str_of(keys.tombs);
	for (const struct fill_copy *c = fill->copies; c; c = c->next)
		words[n++] = arena_printf(fill->mem, "%s:l", c->key.text);
	words[n++] = arena_printf(fill->mem, "%016" PRIx64, fill->ticket.era);
	words[n++] = version;
	words[n++] = arena_printf(fill->mem, "%" PRId64, px > 0 ? px : 1);
	words[n++] = arena_printf(fill->mem, "fed2:x:{%.*s}:", STR_ARG(tenant));
	words[n++] = (struct str){ (const char *)tag, sizeof(tag) };
	words[n++] = fill->of_customer ? STR("0") : STR("2");
	words[n++] = arena_printf(fill->mem, "%zu", fill->n);
	n += put_copies(r, fill, words + n);
	words[n++] = value;
	assert(n <= count_words(fill) + 2);
	redis_send(r, REDIS_FILL, words, n);
}

/* In the place of what was read as `base`, which is opened, of that version. */
static void send_fill(struct redis *r, struct redis_fill *fill, struct str base, uint64_t version)
{
	struct str seen = { (const char *)&version, version ? sizeof(version) : 0 };
	SCOPED(buf_free) struct buf sealed = { 0 };
	int64_t ends_ms = merge(r, fill, base);
	size_t bytes = WORDS_BYTES * (1 + fill->n) + fill->plain.len;

	if (fill->n == 0) {
		end(r, fill);
		return;
	}
	if (!redis_ready_for(r, bytes)) {
		give_up(r, fill);
		return;
	}
	if (fill->of_customer)
		words_sample(r->home->words, buf_str(&fill->plain));
	sealer_seal(r->sealer, str_of(fill->sheaf), buf_str(&fill->plain), sheaf_clear(buf_str(&fill->plain)), ends_ms,
		    &sealed);
	send_words(r, fill, seen, ends_ms - clock_wall_ms(), buf_str(&sealed));
	fill->next = NULL;
	*(r->sent.newest ? &r->sent.newest->next : &r->sent.oldest) = fill;
	r->sent.newest = fill;
}

void redis_fill_send(struct redis *r, struct redis_fill *fill)
{
	struct str base = redis_base_find(r, str_of(fill->sheaf));

	unhold(r, fill);
	send_fill(r, fill, base, sheaf_version(base));
}

/* ---- what is answered ---- */

static void take_present(struct redis *r, struct redis_fill *fill, struct str value)
{
	SCOPED(buf_free) struct buf opened = { 0 };
	size_t clear = sheaf_clear(value);

	redis_base_drop(r, str_of(fill->sheaf));
	if (++fill->tries == TRIES_MOST) {
		give_up(r, fill);
		return;
	}
	if (clear && !sealer_open(r->sealer, str_of(fill->sheaf), value, clear, &opened))
		buf_free(&opened);
	send_fill(r, fill, buf_str(&opened), sheaf_version(value));
}

/* Its lease has ended; the others try again. */
static void refuse_one(struct redis *r, struct redis_fill *fill, int64_t place)
{
	struct fill_copy **link = &fill->copies;

	for (int64_t i = 1; i < place && *link && (*link)->next; i++)
		link = &(*link)->next;
	*link = (*link)->next;
	fill->n--;
	cache_add(&r->base.count.put_failures, 1);
	if (fill->n)
		redis_fill_send(r, fill);
	else
		end(r, fill);
}

static bool take_refused(struct redis *r, struct redis_fill *fill, const struct redis_reply *reply)
{
	const struct redis_reply *const *of = (const struct redis_reply *const *)reply->items;

	if (reply->n != 2 || of[0]->type != REDIS_REPLY_INTEGER)
		return false;
	if (of[0]->number == 2 && (of[1]->type == REDIS_REPLY_STRING || of[1]->type == REDIS_REPLY_NIL))
		take_present(r, fill, redis_reply_text(of[1]));
	else if (of[0]->number == 0 && of[1]->type == REDIS_REPLY_INTEGER)
		refuse_one(r, fill, of[1]->number);
	else
		return false;
	return true;
}

static void take_error(struct redis *r, struct redis_fill *fill, bool lacks_script)
{
	if (!lacks_script || fill->reloaded) {
		give_up(r, fill);
		return;
	}
	fill->reloaded = true;
	redis_load(r);
	redis_fill_send(r, fill);
}

static void take_kept(struct redis *r, struct redis_fill *fill)
{
	cache_add(&r->base.count.puts, fill->n);
	redis_base_keep(r, str_of(fill->sheaf), &fill->plain);
	end(r, fill);
	redis_words_look(r);
}

bool redis_take_filled(struct redis *r, const struct redis_reply *reply)
{
	struct redis_fill *fill = r->sent.oldest;

	r->sent.oldest = fill->next;
	if (!r->sent.oldest)
		r->sent.newest = NULL;
	if (reply->type == REDIS_REPLY_INTEGER && reply->number == 1) {
		take_kept(r, fill);
		return true;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		take_error(r, fill, redis_lacks_script(reply));
		return true;
	}
	if (reply->type == REDIS_REPLY_ARRAY && take_refused(r, fill, reply))
		return true;
	lose(r, fill);
	return false;
}

/* ---- the end of a connection ---- */

void redis_fills_last(struct redis *r)
{
	redis_fills_send(r);
	for (struct redis_fill *sent = r->sent.oldest; sent; sent = sent->next)
		for (struct redis_fill *fill; (fill = sent->behind);) {
			sent->behind = fill->behind;
			fill->behind = NULL;
			give_up(r, fill);
		}
}

static void end_all(struct redis *r, struct redis_fill *fill)
{
	for (struct redis_fill *next; fill; fill = next) {
		next = fill->next;
		lose(r, fill);
	}
}

void redis_fills_end(struct redis *r)
{
	loop_timer_cancel(r->loop, &r->gather);
	end_all(r, r->gathered);
	end_all(r, r->sent.oldest);
	r->gathered = NULL;
	r->sent = (struct redis_fills){ 0 };
}
