/* plan.h - which parts answer which question, in what order: worked out once, when a mapping loads.
 * Safe from any thread; everything lives in `mem`. */
#ifndef METADATA_PLAN_H
#define METADATA_PLAN_H

#include "metadata/catalog.h"
#include "metadata/diag.h"

/* The way from one asked key to the identity key. A part takes part when one of its queries can be asked with
 * that one key and it gives a key that is nearer to the identity; so a walk never runs in a circle, and among
 * several ways only the shortest are walked. For the identity key itself: the parts that can confirm it. */
struct plan plan_resolve(const struct catalog *cat, const struct key *asked, struct arena *mem)
	NONNULL(1, 2, 3);

/* The ways from several keys that are asked together: for each set of keys that some query requires, none of them the
 * identity or of the role item, such a plan. Steps that need one key only are added behind; ways by one key are not
 * among them. */
const struct way *plan_ways(const struct catalog *cat, struct arena *mem, size_t *n_out) NONNULL(1, 2, 3);

/* The parts of a view, starting from the identity alone. Each is asked with the first query, in document order,
 * among those that can be asked soonest, and waits for every planned part that gives one of its keys. A key that
 * no part of the view gives is given by the directory's only giver; none or several are findings (M0301, M0302)
 * at the part. */
struct plan plan_view(const struct catalog *cat, const struct view *view, struct arena *mem,
		      struct diags *ds) NONNULL(1, 2, 3, 4);

/* The parts of a view's plan that can be asked when `asked` leads to nobody: from that key and what the parts asked
 * so give, never by the identity. Empty when no part can. */
struct plan plan_unlinked(const struct catalog *cat, const struct view *view, const struct key *asked,
			  struct arena *mem) NONNULL(1, 2, 3, 4);

/* Why a part is needed: set of bits by part index, none for a part that is not. */
enum plan_need {
	NEED_SHOWN = 1, /* something of it is shown */
	NEED_ASKED = 2, /* it says whether something may be shown, gives a key, or is named by <use part> */
};

/* Add to needed[part->index] what a use asks for when only fields of the classes in `visible` are shown, and only the
 * parts of `askable` (NULL: all) can be asked: without a row of the list around it nothing inside is shown. */
void plan_use_needs(const struct use *use, uint64_t visible, const bool *askable, unsigned char *needed)
	NONNULL(1, 4);

/* Add the parts that a consent is read from. */
void plan_consent_needs(const struct field *consent, unsigned char *needed) NONNULL(1, 2);

/* Does a column of the part give the key? */
bool plan_part_gives(const struct part *part, const struct key *key) NONNULL(1, 2);

/* Does a column of the part prove the key? */
bool plan_part_proves(const struct part *part, const struct key *key) NONNULL(1, 2);

/* Are fields outside lists taken from the part? Then it has one row for each customer, whatever `rows` allows for other
 * keys. */
bool plan_part_single(const struct catalog *cat, const struct part *part) NONNULL(1, 2);

/* Put a step at the end of a plan that is being made. */
void plan_append(struct plan *plan, struct plan_step step, struct arena *mem) NONNULL(1, 3);

/* Milliseconds of a budget that are kept to merge, mask and render what the parts have answered. */
uint32_t plan_reserve_ms(uint32_t budget_ms);

/* Milliseconds of the slowest chain of deadlines through a plan; the parts of that chain, first asked first, go
 * to *chain_out (in `mem`). */
uint32_t plan_critical_ms(const struct plan *plan, struct arena *mem,
			  const struct part *const **chain_out, size_t *n_chain_out)
	NONNULL(1, 2, 3, 4);

/* Can parts be asked by the key while no customer is known? What a customer's own copies are asked by lies with the
 * customer, so other keys need not be followed. Of a catalog that has all its plans. */
bool plan_walked(const struct catalog *cat, const struct key *key) NONNULL(1, 2);

#endif
