/* scripts.h - what Redis does in one step: Lua (scripts/), loaded at the beginning of a connection. No state.
 *
 * KEYS are sheaf, lease, floors (stamp.h) and tombs, unless said otherwise. Tombs are a zset of the names that were
 * voided lately, with the tick of it; and of "@last", the last tick there was, and "@evicted" (see check.lua).
 *
 * A tick is Redis' clock in microseconds, or one more than the last where that is more: a clock that jumps back breaks
 * no order. When tombs or floors are lost, or were another run's of a server, there is a new era: all copies are void,
 * and no ticket of before is good. So whatever is evicted, flushed, restored or failed over is safe. */
#ifndef CACHE_SCRIPTS_H
#define CACHE_SCRIPTS_H

#include "base/base.h"

enum script {
	SCRIPT_BEGIN, /* run, fresh, token, how (ask, ahead, past), lease ms, version seen ("*": whichever)
			 -> 2, sheaf, floors | 1, tick, era | 0, ms that the lease lasts yet */
	SCRIPT_FILL, /* KEYS: sheaf, floors, tombs, lease of each copy; era, version of what it takes the place of, ttl,
			prefix of indexes, tag in bytes, 0 for a customer's sheaf or 2, number of copies, then of each:
			began, token, source, part, ttl, number of names, names each with 0 or 1 behind: was it asked
			by?; sheaf -> 1 | 0, place of the first copy that is refused | 2, sheaf that is there instead */
	SCRIPT_RELEASE, /* KEYS: lease; token, or the process that it begins with */
	SCRIPT_INVALIDATE, /* KEYS: floors, tombs; run, fresh, name, "whole" or prefix of indexes, prefix of sheaves
			      -> copies removed; with a name to be relied upon only after the next one */
	SCRIPT_CHECK, /* KEYS: floors, tombs; run, fresh -> 1: keys were evicted, or tombs are too many: everything was
			 voided */
};
enum { SCRIPTS = SCRIPT_CHECK + 1 };

/* The text; static. */
struct str script_text(enum script script);

#endif
