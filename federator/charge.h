/* charge.h - a customer counts for who is shown it: what federator/limits/ says of that, counted and logged, and as a
 * refusal. On the lane's loop; the service must have limits. */
#ifndef FEDERATOR_CHARGE_H
#define FEDERATOR_CHARGE_H

#include "base/arena.h"
#include "federator/service.h"

/* The words of the refusal: type, title and suggestion of a problem with status 429. */
#define CHARGE_TYPE "too-many-customers"
#define CHARGE_TITLE "Too many different customers"
#define CHARGE_SUGGESTION "ask again when Retry-After is over; who needs more talks to the operator"

/* They ask by a key, in canonical form; `now_us` of clock_mono_us(). */
struct limits_told charge_key(const struct lane *lane, const struct limits_who *who, struct str key, struct str value,
			      uint64_t now_us) MUST_CHECK NONNULL(1, 2);
/* They ask for somebody of whom limits_hash() is known. */
struct limits_told charge_subject(const struct lane *lane, const struct limits_who *who, uint64_t subject,
				  uint64_t now_us) MUST_CHECK NONNULL(1, 2);
/* A key that was fresh to them is nobody's. */
void charge_nobody(const struct lane *lane, const struct limits_who *who, uint64_t now_us) NONNULL(1, 2);
/* What is over, as the detail of the problem, in `mem`. */
struct str charge_detail(const struct limits_state *over, struct arena *mem) NONNULL(1, 2);

#endif
