#include "federator/http/pop.h"

#include <sodium.h>

#include "federator/http/headers.h"

enum { VERSION = 3 };

/* The flags of a question, by bit. */
enum {
	FLAG_PROVENANCE = 1,
	FLAG_NO_CACHE = 2,
	FLAG_BY_ID = 4,
	FLAG_NO_STORE = 8,
	FLAG_ONLY_IF_CACHED = 16,
	FLAG_MAX_AGE = 32,
	FLAG_MAX_STALE = 64,
};

void pop_id_make(char id[POP_ID_BYTES])
{
	unsigned char bytes[(POP_ID_BYTES - 1) / 2];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(id, POP_ID_BYTES, bytes, sizeof(bytes));
}

static void put_number(uint32_t n, struct buf *out)
{
	for (int i = 0; i < 4; i++)
		buf_putc(out, (char)(n >> (8 * i) & 0xff));
}

static void put_text(struct str s, struct buf *out)
{
	put_number((uint32_t)s.n, out);
	buf_put_str(out, s);
}

static bool get_number(struct str *bytes, uint32_t *out)
{
	uint32_t n = 0;

	if (bytes->n < 4)
		return false;
	for (int i = 3; i >= 0; i--)
		n = n << 8 | (unsigned char)bytes->p[i];
	*bytes = (struct str){ bytes->p + 4, bytes->n - 4 };
	*out = n;
	return true;
}

/* No text of a question is longer than a request's body. */
static bool get_text(struct str *bytes, struct arena *mem, struct str *out)
{
	uint32_t n;

	if (!get_number(bytes, &n) || n > bytes->n)
		return false;
	*out = n ? arena_str(mem, (struct str){ bytes->p, n }) : (struct str){ 0 };
	*bytes = (struct str){ bytes->p + n, bytes->n - n };
	return true;
}

static uint32_t flags_of(const struct ask *ask)
{
	return (ask->provenance ? FLAG_PROVENANCE : 0) | (ask->no_cache ? FLAG_NO_CACHE : 0) |
	       (ask->n_by ? 0 : FLAG_BY_ID) | (ask->no_store ? FLAG_NO_STORE : 0) |
	       (ask->only_if_cached ? FLAG_ONLY_IF_CACHED : 0) | (ask->has_max_age ? FLAG_MAX_AGE : 0) |
	       (ask->has_max_stale ? FLAG_MAX_STALE : 0);
}

static void take_flags(struct ask *ask, uint32_t flags)
{
	ask->provenance = flags & FLAG_PROVENANCE;
	ask->no_cache = flags & FLAG_NO_CACHE;
	ask->no_store = flags & FLAG_NO_STORE;
	ask->only_if_cached = flags & FLAG_ONLY_IF_CACHED;
	ask->has_max_age = flags & FLAG_MAX_AGE;
	ask->has_max_stale = flags & FLAG_MAX_STALE;
}

/* The numbers of a question, in the order of the bytes. */
enum { NUMBERS = 4 };
static void numbers_of(struct ask *ask, uint32_t *numbers[NUMBERS])
{
	uint32_t *all[NUMBERS] = { &ask->budget_ms, &ask->max_age_s, &ask->min_fresh_s, &ask->max_stale_s };

	memcpy(numbers, all, sizeof(all));
}

/* The texts of a question that say what is wanted, in the order of the bytes. */
enum { TEXTS = 4 };
static void texts_of(struct ask *ask, struct str *texts[TEXTS])
{
	struct str *all[TEXTS] = { &ask->view, &ask->fields, &ask->parts, &ask->lang };

	memcpy(texts, all, sizeof(all));
}

void pop_write_keys(const struct ask *ask, struct buf *out)
{
	put_number((uint32_t)ask->n_by, out);
	for (size_t i = 0; i < ask->n_by; i++) {
		put_text(ask->by[i].name, out);
		put_text(ask->by[i].value, out);
	}
}

void pop_write(const struct pop *pop, struct buf *out)
{
	struct ask ask = pop->ask;
	uint32_t *numbers[NUMBERS];
	struct str *texts[TEXTS];

	put_number(VERSION, out);
	put_text(str_of(pop->id), out);
	put_text(str_of(pop->agent), out);
	put_text(ask.contact, out);
	put_number(flags_of(&ask), out);
	numbers_of(&ask, numbers);
	for (size_t i = 0; i < NUMBERS; i++)
		put_number(*numbers[i], out);
	texts_of(&ask, texts);
	for (size_t i = 0; i < TEXTS; i++)
		put_text(*texts[i], out);
	pop_write_keys(&ask, out);
	put_text(ask.id, out);
}

bool pop_read_keys(struct str *bytes, struct arena *mem, struct ask *ask)
{
	struct str rest = *bytes;
	uint32_t n;

	if (!get_number(&rest, &n) || n > ASK_KEYS_MAX)
		return false;
	for (ask->n_by = 0; ask->n_by < n; ask->n_by++)
		if (!get_text(&rest, mem, &ask->by[ask->n_by].name) || !get_text(&rest, mem, &ask->by[ask->n_by].value))
			return false;
	*bytes = rest;
	return true;
}

static bool get_ask(struct str *bytes, struct arena *mem, struct ask *ask)
{
	uint32_t *numbers[NUMBERS], flags;
	struct str *texts[TEXTS];

	if (!get_number(bytes, &flags))
		return false;
	take_flags(ask, flags);
	numbers_of(ask, numbers);
	for (size_t i = 0; i < NUMBERS; i++)
		if (!get_number(bytes, numbers[i]))
			return false;
	texts_of(ask, texts);
	for (size_t i = 0; i < TEXTS; i++)
		if (!get_text(bytes, mem, texts[i]))
			return false;
	if (!pop_read_keys(bytes, mem, ask) || (ask->n_by == 0) != !!(flags & FLAG_BY_ID))
		return false;
	return get_text(bytes, mem, &ask->id);
}

/* What stands in events and in the table of agents is a token, or the empty text. */
static bool get_token(struct str *bytes, struct arena *mem, struct str *out)
{
	return get_text(bytes, mem, out) && (!out->n || headers_is_token(*out));
}

static bool get_name(struct str *bytes, struct arena *mem, char *out, size_t room)
{
	struct str text;

	if (!get_token(bytes, mem, &text) || text.n >= room)
		return false;
	memcpy(out, text.n ? text.p : "", text.n);
	out[text.n] = '\0';
	return true;
}

bool pop_read(struct str *bytes, struct arena *mem, struct pop *out)
{
	struct str rest = *bytes;
	struct pop pop = { 0 };
	uint32_t version;

	if (!get_number(&rest, &version) || version != VERSION || !get_name(&rest, mem, pop.id, sizeof(pop.id)) ||
	    !get_name(&rest, mem, pop.agent, sizeof(pop.agent)) || !get_token(&rest, mem, &pop.ask.contact) ||
	    !get_ask(&rest, mem, &pop.ask))
		return false;
	*out = pop;
	*bytes = rest;
	return true;
}
