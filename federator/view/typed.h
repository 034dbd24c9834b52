/* typed.h - a source's text cell -> a value of the answer, by the type the mapping declares. What drivers
 * describe is not looked at: it is often wrong. No state; safe from any thread. */
#ifndef FEDERATOR_VIEW_TYPED_H
#define FEDERATOR_VIEW_TYPED_H

#include "federator/view/tree.h"

enum typed_verdict {
	TYPED_OK,
	TYPED_NULL, /* the source says NULL */
	TYPED_BAD,  /* not a value of the type */
};

struct typed {
	enum node_kind kind; /* NODE_TEXT or NODE_LITERAL; NODE_NULL with TYPED_NULL */
	struct str text;
	int64_t instant_us; /* for ordering: dates (their first moment), timestamps, times (since midnight); else 0 */
};

/* Read a cell. Blanks around anything but text are dropped (CHAR(n) columns pad).
 *   text       as it is
 *   integer    -9223372036854775808 to 18446744073709551615, canonical digits; "12.0" is 12. A JSON number
 *   decimal    decimal.h's canonical text. A JSON string, so that no reader makes a double of it
 *   boolean    1 0 t f true false y n yes no, any case, and the bytes 0 and 1 (bit(1) of MariaDB) -> true or false
 *   date       "2026-11-22", also from a timestamp at midnight
 *   timestamp  RFC 3339 with the offset of `zone`, in which zoneless text is read; a date alone is midnight. With the
 *              offset of the text, where its year would not be one of 0001-9999 in the zone
 *   time       "09:38:51", a fraction only when it is not zero, without trailing zeros; 00:00:00 to 23:59:59
 *   uuid       lower-case 8-4-4-4-12
 *   json       document.h's text: a literal. The document `null` is NULL
 *   bytes      base64, as adapters give it
 * out->text points into `cell` or lives in `mem`. *out is untouched when the verdict is TYPED_BAD. */
enum typed_verdict typed_cell(enum value_type type, struct str cell, const struct zone *zone,
			      struct arena *mem, struct typed *out) MUST_CHECK NONNULL(3, 4, 5);

/* -1, 0 or 1: numbers by value and exactly, dates, times and timestamps by instant, text by bytes, false before
 * true. Both must come from typed_cell() with TYPED_OK for this type. */
int typed_cmp(enum value_type type, const struct typed *a, const struct typed *b) NONNULL(2, 3);

/* Are two values of a type the same one? Timestamps by instant, numbers by value, dates by day, else by text. */
bool typed_same(enum value_type type, const struct typed *a, const struct typed *b) NONNULL(2, 3);

/* The exact sum of two numbers, however many digits it has; a decimal as soon as one of them is. `out` may be `a` or
 * `b`. */
void typed_add(const struct typed *a, const struct typed *b, struct arena *mem, struct typed *out) NONNULL(1, 2, 3, 4);

#endif
