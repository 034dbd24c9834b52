/* decimal.h - exact decimal numbers of any length, as text: money never becomes a double.
 * Canonical text: an optional minus, no plus, no leading zeros, at least one digit before the point, the
 * scale as it was written ("12.50" keeps its zero), never "-0". No state; safe from any thread. */
#ifndef FEDERATOR_VIEW_DECIMAL_H
#define FEDERATOR_VIEW_DECIMAL_H

#include "base/arena.h"

/* A source's number -> canonical text. Reads "+5", ".5", "5.", "007", and exponent forms, which SQLite uses
 * for large REALs ("1.23456789012346e+15"); these are written out exactly. False: not a number, or an
 * exponent beyond 400. *out points into `raw` when that is canonical already, else it lives in `mem`. */
bool decimal_read(struct str raw, struct arena *mem, struct str *out) MUST_CHECK NONNULL(2, 3);
/* -1, 0 or 1 by value ("12.5" equals "12.50"); both canonical. */
int decimal_cmp(struct str a, struct str b);
/* The exact sum of two canonical numbers, with the larger scale of both. Lives in `mem`. */
struct str decimal_add(struct str a, struct str b, struct arena *mem) NONNULL(3);
/* The canonical whole number of a canonical decimal whose fraction is zero or missing ("12.0" -> "12");
 * points into `number`. False: it has a fraction. */
bool decimal_whole(struct str number, struct str *out) MUST_CHECK NONNULL(2);

#endif
