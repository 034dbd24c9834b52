/* scripts.h - what Redis does in one step: Lua (scripts/), loaded at the beginning of a connection. No state.
 *
 * KEYS are copy, lease, floors (stamp.h) and tombs, unless said otherwise. Tombs are a zset of the names that were
 * voided lately, with the tick of it; and of "@last", the last tick there was, and "@evicted" (see invalidate).
 *
 * A tick is Redis' clock in microseconds, or one more than the last where that is more: a clock that jumps back breaks
 * no order. When tombs or floors are lost, or were another run's of a server, there is a new era: all copies are void,
 * and no ticket of before is good. So whatever is evicted, flushed, restored or failed over is safe. */
#ifndef CACHE_SCRIPTS_H
#define CACHE_SCRIPTS_H

#include "base/base.h"

enum script {
	SCRIPT_BEGIN, /* run, fresh, token, how (ask, ahead, past), lease ms, seen, source, part
			 -> 2, copy | 1, tick, era | 0, ms that the lease lasts yet */
	SCRIPT_FILL, /* era, began, token, ttl, source, part, prefix of indexes, rest of the key, number of names,
			names ..., given names ..., copy -> 1, or 0: refused */
	SCRIPT_RELEASE, /* KEYS: lease; token, or the process that it begins with */
	SCRIPT_INVALIDATE, /* KEYS: floors, tombs; run, fresh, name, "whole" or prefix of indexes, prefix of copies
			      -> copies removed */
};
enum { SCRIPTS = SCRIPT_INVALIDATE + 1 };

/* The text; static. */
struct str script_text(enum script script);

#endif
