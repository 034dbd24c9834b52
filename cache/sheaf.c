#include "cache/sheaf.h"

#include <assert.h>
#include <stdlib.h>

#include "cache/entry.h"
#include "cache/varint.h"

enum { ERA_AT = 4, COPIES_AT = 20, CUSTOMER_AT, GIVEN_AT, LEADS_AT };

static const char magic[4] = { 'F', 'E', '4', '\n' };

/* Given names of all copies, each once. */
struct given {
	const unsigned char *of[SHEAF_GIVEN_MOST];
	size_t n, n_keys;
};

/* What stands in front of the next copy. */
struct reading {
	struct str left;
	const unsigned char *names;
	size_t n_names, n_keys;
	uint64_t began, stored;
};

static unsigned char byte_at(struct str bytes, size_t at)
{
	return (unsigned char)bytes.p[at];
}

static uint64_t u64_at(struct str bytes, size_t at)
{
	uint64_t v;

	memcpy(&v, bytes.p + at, sizeof(v));
	return v;
}

size_t sheaf_clear(struct str bytes)
{
	size_t n;

	if (!bytes.p || bytes.n < SHEAF_HEAD || byte_at(bytes, LEADS_AT) > byte_at(bytes, GIVEN_AT))
		return 0;
	n = SHEAF_HEAD + (size_t)byte_at(bytes, GIVEN_AT) * NAME_BYTES;
	return n <= bytes.n ? n : 0;
}

uint64_t sheaf_version(struct str bytes)
{
	return bytes.p && bytes.n >= SHEAF_VERSION_AT + sizeof(uint64_t) ? u64_at(bytes, SHEAF_VERSION_AT) : 0;
}

uint64_t sheaf_era(struct str bytes)
{
	return u64_at(bytes, ERA_AT);
}

/* ---- reading ---- */

static bool begin_reading(struct str opened, struct reading *r)
{
	size_t clear = sheaf_clear(opened);

	if (!clear || memcmp(opened.p, magic, sizeof(magic)) != 0 || byte_at(opened, CUSTOMER_AT) > 1)
		return false;
	*r = (struct reading){ .left = { opened.p + clear, opened.n - clear },
			       .names = (const unsigned char *)opened.p + SHEAF_HEAD,
			       .n_names = byte_at(opened, GIVEN_AT) };
	r->n_keys = r->n_names - byte_at(opened, LEADS_AT);
	return true;
}

static bool take_bytes(struct reading *r, size_t n, const char **out)
{
	if (n > r->left.n)
		return false;
	*out = r->left.p;
	r->left.p += n;
	r->left.n -= n;
	return true;
}

static bool take_times(struct reading *r, struct sheaf_copy *out)
{
	uint64_t began, stored, span;

	if (!varint_take(&r->left, &began) || !varint_take(&r->left, &stored) || !varint_take(&r->left, &span))
		return false;
	r->began += (uint64_t)varint_to_signed(began);
	r->stored += (uint64_t)varint_to_signed(stored);
	out->began = r->began;
	out->stored_ms = (int64_t)r->stored;
	out->ends_ms = (int64_t)(r->stored + span);
	return span == entry_span(out->stored_ms, span);
}

static bool take_copy(struct reading *r, struct sheaf_copy *out)
{
	const char *place, *given, *rows;
	uint64_t n_given, n_rows;

	if (!take_bytes(r, sizeof(out->place), &place) || !take_times(r, out) || !varint_take(&r->left, &n_given) ||
	    n_given > SHEAF_GIVEN_MOST || !take_bytes(r, (size_t)n_given, &given) || !varint_take(&r->left, &n_rows) ||
	    n_rows > r->left.n || !take_bytes(r, (size_t)n_rows, &rows))
		return false;
	memcpy(&out->place, place, sizeof(out->place));
	out->rows = (struct str){ rows, (size_t)n_rows };
	out->names = r->names;
	out->n_keys = r->n_keys;
	out->given = (const unsigned char *)given;
	out->n_given = (size_t)n_given;
	return true;
}

bool sheaf_find(struct str opened, uint64_t place, struct sheaf_copy *out)
{
	struct reading r;

	if (place == 0 || !begin_reading(opened, &r))
		return false;
	while (r.left.n > 0) {
		if (!take_copy(&r, out))
			return false;
		if (out->place == place)
			return true;
	}
	return false;
}

bool sheaf_decode(struct str opened, struct sheaf *out)
{
	struct reading r;
	size_t n = 0;

	out->n = 0;
	if (!begin_reading(opened, &r))
		return false;
	out->era = sheaf_era(opened);
	out->version = sheaf_version(opened);
	out->of_customer = byte_at(opened, CUSTOMER_AT);
	while (r.left.n > 0) {
		struct sheaf_copy *copy = &out->copies[out->n];

		if (out->n == SHEAF_COPIES_MOST || !take_copy(&r, copy))
			return false;
		for (size_t i = 0; i < copy->n_given; i++)
			if (copy->given[i] >= r.n_names)
				return false;
		n += copy->place != 0;
		out->n++;
	}
	return n == byte_at(opened, COPIES_AT);
}

/* ---- writing ---- */

static bool add_given(struct given *g, const unsigned char *name, size_t from)
{
	for (size_t i = from; i < g->n; i++)
		if (memcmp(g->of[i], name, NAME_BYTES) == 0)
			return true;
	if (g->n == SHEAF_GIVEN_MOST)
		return false;
	g->of[g->n++] = name;
	return true;
}

/* Keys, or customers, which stand behind `from`. False: they are too many. */
static bool gather_given(const struct sheaf *s, bool customers, size_t from, struct given *g)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sheaf_copy *c = &s->copies[i];

		for (size_t k = 0; k < c->n_given; k++)
			if ((c->given[k] >= c->n_keys) == customers &&
			    !add_given(g, c->names + (size_t)c->given[k] * NAME_BYTES, from))
				return false;
	}
	return true;
}

static bool gather(const struct sheaf *s, struct given *g)
{
	bool fits;

	g->n = 0;
	fits = gather_given(s, false, 0, g);
	g->n_keys = g->n;
	return fits && gather_given(s, true, g->n_keys, g);
}

static bool fits(const struct sheaf *s)
{
	struct given given;
	size_t bytes = 0;

	for (size_t i = 0; i < s->n; i++)
		bytes += s->copies[i].rows.n;
	return s->n <= SHEAF_COPIES_MOST && (s->n <= 1 || bytes <= SHEAF_BYTES_MOST) && gather(s, &given);
}

void sheaf_bound(struct sheaf *s)
{
	while (!fits(s)) {
		size_t first = 0;

		for (size_t i = 1; i < s->n; i++)
			if (s->copies[i].ends_ms < s->copies[first].ends_ms)
				first = i;
		s->copies[first] = s->copies[--s->n];
	}
}

static size_t place_of(const struct given *g, const struct sheaf_copy *c, unsigned char which)
{
	size_t i = which >= c->n_keys ? g->n_keys : 0;

	while (memcmp(g->of[i], c->names + (size_t)which * NAME_BYTES, NAME_BYTES) != 0)
		i++;
	assert(i < g->n);
	return i;
}

static void put_copy(const struct sheaf_copy *c, const struct sheaf_copy *before, const struct given *g,
		     struct buf *out)
{
	buf_put(out, &c->place, sizeof(c->place));
	varint_put(out, varint_from_signed((int64_t)(c->began - before->began)));
	varint_put(out, varint_from_signed((int64_t)((uint64_t)c->stored_ms - (uint64_t)before->stored_ms)));
	varint_put(out, (uint64_t)c->ends_ms - (uint64_t)c->stored_ms);
	varint_put(out, c->n_given);
	for (size_t i = 0; i < c->n_given; i++)
		buf_putc(out, (char)(unsigned char)place_of(g, c, c->given[i]));
	varint_put(out, c->rows.n);
	buf_put_str(out, c->rows);
}

void sheaf_usual_times(uint64_t ttl_ms, const struct rows *rows, struct buf *out)
{
	varint_put(out, varint_from_signed(0));
	varint_put(out, ttl_ms);
	varint_put(out, 0);
	if (rows->n_rows > 0)
		return;
	varint_put(out, 2);
	entry_put_rows(rows, out);
}

void sheaf_encode(const struct sheaf *s, struct buf *out)
{
	struct sheaf_copy before = { 0 };
	struct given given;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->copies[i].place != 0;
	if (s->n > SHEAF_COPIES_MOST || !gather(s, &given))
		abort(); /* sheaf_bound() was forgotten */
	buf_put(out, magic, sizeof(magic));
	buf_put(out, &s->era, sizeof(s->era));
	buf_put(out, &s->version, sizeof(s->version));
	buf_putc(out, (char)n);
	buf_putc(out, (char)s->of_customer);
	buf_putc(out, (char)(unsigned char)given.n);
	buf_putc(out, (char)(unsigned char)(given.n - given.n_keys));
	for (size_t i = 0; i < given.n; i++)
		buf_put(out, given.of[i], NAME_BYTES);
	for (size_t i = 0; i < s->n; i++) {
		put_copy(&s->copies[i], &before, &given, out);
		before = s->copies[i];
	}
}
