/* mask_kinds.h - the masks that take more than a few lines, for mask.c only. Results as mask_text() gives
 * them. No state; safe from any thread. */
#ifndef FEDERATOR_VIEW_MASK_KINDS_H
#define FEDERATOR_VIEW_MASK_KINDS_H

#include "federator/view/mask.h"

/* What stands for a value that does not look like its kind. */
static const struct str mask_whole = {MASK_WHOLE, sizeof(MASK_WHOLE) - 1};

/* A person's name. */
struct str mask_name(struct str text, struct arena *mem) NONNULL(2);
/* A telephone number in any usual spelling. */
struct str mask_number_phone(struct str text, struct arena *mem) NONNULL(2);
/* A payment card number. */
struct str mask_number_card(struct str text, struct arena *mem) NONNULL(2);
/* A Korean resident registration number. */
struct str mask_number_rrn(struct str text, struct arena *mem) NONNULL(2);

/* The number of a bank account. */
struct str mask_number_account(struct str text, struct arena *mem) NONNULL(2);
/* A postal address. */
struct str mask_address(struct str text, struct arena *mem) NONNULL(2);

#endif
