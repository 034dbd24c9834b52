#include "tests/cache/samples.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cache/entry.h"
#include "cache/sheaf.h"
#include "tests/cmocka_all.h"

struct cache_key sample_key(unsigned who)
{
	static const unsigned char definition[DIGEST_BYTES] = { 1, 2, 3 };
	struct cache_name tag = sample_name(who);
	struct cache_key key;

	cache_key_make(&key, &(struct cache_asked){ .tenant = STR("t"),
						     .salt = STR("salt"),
						     .definition = definition,
						     .tag = &tag });
	return key;
}

struct cache_key sample_sheaf_key(unsigned who)
{
	struct cache_key key = sample_key(who);

	key.text[name_key_sheaf(&key).n] = '\0';
	return key;
}

struct cache_name sample_name(unsigned who)
{
	struct cache_name name;

	cache_name_make(&name, STR("t"), STR("salt"), STR("member"), (struct str){ (const char *)&who, sizeof(who) });
	return name;
}

const struct cache_wholes *sample_wholes(void)
{
	static _Thread_local struct cache_wholes wholes;

	cache_whole_make(&wholes.source, CACHE_SOURCE, STR("crm"));
	cache_whole_make(&wholes.part, CACHE_PART, STR("profile"));
	return &wholes;
}

static void keep_ticket(struct cache_ask *ask, struct cache_hit hit)
{
	(void)ask, (void)hit;
}

void sample_put(struct cache *c, unsigned who, struct cache_ticket ticket, uint64_t ttl_ms)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct cache_key key = sample_key(who);
	struct cache_name name = sample_name(who);

	cache_put(c, &(struct cache_fill){ .key = &key,
					   .wholes = sample_wholes(),
					   .rows = sample_rows(who, mem),
					   .stored_ms = 1000 + who,
					   .ttl_ms = ttl_ms,
					   .ticket = ticket,
					   .names = &name,
					   .n_names = 1 });
}

void sample_sheaf(unsigned who, struct cache_ticket ticket, int64_t left_ms, struct buf *out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf rows = { 0 };
	struct sheaf *s = memory_new(sizeof(*s));
	struct cache_key key = sample_key(who);
	int64_t now_ms = clock_wall_ms();

	entry_put_rows(sample_rows(who, mem), &rows);
	s->era = ticket.era;
	s->version = ticket.began;
	s->n = 1;
	s->copies[0] = (struct sheaf_copy){ .place = name_key_place(&key),
					    .began = ticket.began,
					    .stored_ms = now_ms,
					    .ends_ms = now_ms + left_ms,
					    .rows = buf_str(&rows) };
	sheaf_encode(s, out);
	free(s);
}

void sample_put_at_once(struct cache *c, unsigned who, uint64_t ttl_ms)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct cache_ask ask = { .key = sample_key(who), .mem = mem, .found = keep_ticket, .how = CACHE_PAST };

	cache_begin(c, &ask);
	sample_put(c, who, ask.ticket, ttl_ms);
}

const struct rows *sample_rows(unsigned who, struct arena *mem)
{
	struct str *cells = arena_array_of(mem, struct str, 6);
	struct rows *rows = arena_new_of(mem, struct rows);

	for (unsigned r = 0; r < 2; r++) {
		cells[3 * r] = arena_printf(mem, "row %u of customer %u", r, who);
		cells[3 * r + 2] = STR("");
	}
	*rows = (struct rows){ .n_rows = 2, .n_cols = 3, .cells = cells };
	return rows;
}

void sample_check(const struct rows *rows, unsigned who)
{
	struct arena *mem = arena_new();
	const struct rows *want = sample_rows(who, mem);

	assert_non_null(rows);
	assert_int_equal(rows->n_rows, want->n_rows);
	assert_int_equal(rows->n_cols, want->n_cols);
	assert_int_equal(rows->flags, 0);
	for (uint32_t i = 0; i < want->n_rows * want->n_cols; i++)
		if (!str_eq(rows->cells[i], want->cells[i]))
			fail_msg("customer %u was given \"%.*s\"", who, STR_ARG(rows->cells[i]));
	arena_wipe_free(&mem);
}
