/* spelling.h - masks: how a source writes a number, "C########" (# one digit, #+ all digits there are,
 * anything else itself). No state; safe from any thread. */
#ifndef METADATA_SPELLING_H
#define METADATA_SPELLING_H

#include "base/arena.h"

/* Can this mask be used: at least one `#`, at most one `#+`? */
bool spelling_mask_ok(const char *mask) NONNULL(1);
/* The digits of `text` when it is written exactly like the mask; *digits_out lives in `mem`. */
bool spelling_read(const char *mask, struct str text, struct arena *mem, struct str *digits_out)
	MUST_CHECK NONNULL(1, 3, 4);
/* Digits into the mask. `pad`: put zeros in front when the mask has more places than there are digits.
 * False when the number of digits does not fit, or `digits` holds anything else. */
bool spelling_write(const char *mask, struct str digits, bool pad, struct arena *mem, struct str *out)
	MUST_CHECK NONNULL(1, 4, 5);

#endif
