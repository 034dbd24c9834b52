/* redis_reread.c - a request looks for its parts in turn, as their keys become known, and most of them lie together in
 * the sheaf of its customer: it is read once. What it holds may have been voided since; then the request is no older
 * than with the part that it was read for. Only copies are found here: whether there is none, Redis says. */
#include "cache/name.h"
#include "cache/redis_state.h"
#include "cache/sheaf.h"

enum { GOOD_US = 20000, BYTES_MOST = 64 << 10 };

void redis_reread_keep(const struct redis *r, struct cache_ask *ask, struct str floors)
{
	struct str sheaf = name_key_sheaf(&ask->key), opened = buf_str(&r->opened);
	struct cache_reread *of = ask->reread;

	if (!of || opened.n > BYTES_MOST || (of->sent_us == ask->sent_us && str_eq(of->sheaf, sheaf)))
		return;
	*of = (struct cache_reread){ .sheaf = arena_str(ask->mem, sheaf),
				     .opened = arena_str(ask->mem, opened),
				     .floors = arena_str(ask->mem, floors),
				     .sent_us = ask->sent_us,
				     .pin = ask->pin };
}

bool redis_reread_find(const struct redis *r, struct cache_ask *ask, struct cache_hit *out)
{
	const struct cache_reread *of = ask->reread;

	if (!of || !of->sent_us || clock_mono_us() - of->sent_us >= GOOD_US ||
	    !str_eq(of->sheaf, name_key_sheaf(&ask->key)))
		return false;
	ask->pin = of->pin;
	if (!redis_read_from(r, ask, of->opened, of->floors, out))
		return false;
	ask->version = sheaf_version(of->opened);
	return true;
}
