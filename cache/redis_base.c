/* redis_base.c - sheaves as they were written here last: the next copies of a customer come soon or not at all, and
 * then there is no need to ask Redis what is there. Rows lie open in these, so nothing stays for long. */
#include "base/memory.h"
#include "cache/redis_state.h"

enum { BYTES_MOST = 32 << 10, KEPT_MS = 1000 };

static struct redis_base *base_of(struct redis *r, struct str sheaf)
{
	return &r->bases[digest_sip(sheaf) % ARRAY_LEN(r->bases)];
}

static void drop(struct redis_base *base)
{
	base->sheaf[0] = '\0';
	buf_free(&base->opened);
}

void redis_base_drop(struct redis *r, struct str sheaf)
{
	drop(base_of(r, sheaf));
}

void redis_base_keep(struct redis *r, struct str sheaf, struct buf *opened)
{
	struct redis_base *base = base_of(r, sheaf);

	drop(base);
	if (opened->len > BYTES_MOST)
		return;
	memcpy(base->sheaf, sheaf.p, sheaf.n);
	base->sheaf[sheaf.n] = '\0';
	base->until = deadline_after_ms(KEPT_MS);
	base->opened = *opened;
	*opened = (struct buf){ 0 };
	if (r->forget.slot == 0)
		loop_timer_set(r->loop, &r->forget, base->until);
}

struct str redis_base_find(struct redis *r, struct str sheaf)
{
	const struct redis_base *base = base_of(r, sheaf);

	return str_eq(str_of(base->sheaf), sheaf) ? buf_str(&base->opened) : (struct str){ 0 };
}

void redis_bases_forget(struct loop_timer *t)
{
	struct redis *r = CONTAINER_OF(t, struct redis, forget);
	struct deadline next = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(r->bases); i++) {
		struct redis_base *base = &r->bases[i];

		if (base->sheaf[0] && deadline_left_us(base->until) == 0)
			drop(base);
		else if (base->sheaf[0] && (!next.at_us || base->until.at_us < next.at_us))
			next = base->until;
	}
	if (next.at_us)
		loop_timer_set(r->loop, t, next);
}

void redis_bases_drop(struct redis *r)
{
	loop_timer_cancel(r->loop, &r->forget);
	for (size_t i = 0; i < ARRAY_LEN(r->bases); i++)
		drop(&r->bases[i]);
}
