/* mask.h - what a role may see of a value in part only. What does not look like its kind is masked whole, so
 * a value in the wrong column never shows more than its rule. Each mask leaves its own output as it is. No
 * state; safe from any thread. */
#ifndef FEDERATOR_VIEW_MASK_H
#define FEDERATOR_VIEW_MASK_H

#include "base/arena.h"
#include "metadata/catalog.h"

#define MASK_WHOLE "****" /* also hides how long the value was */

/* How values of the field look masked: by the mask of its class where that knows the types of all candidates, which are
 * text and, for the numbers phone, rrn, card and account, and for generic, integer. All else is masked whole, and so
 * are codes: the words are few. */
enum mask_kind mask_of(const struct field *field) NONNULL(1);
/* The text as the mask shows it.
 *   none   as it is
 *   name   김*용, 김*, 남궁*수: surname or first character, and the last; other scripts: K***** H******
 *   phone  010-****-5678, +8210****5678: prefix and last four; three to six digits: the last two
 *   email  k***@netvibes.com: first character and domain
 *   rrn    711231-*******: the date of birth of a Korean resident registration number
 *   card   540926******1234: first six and last four at most (PCI DSS 3.4.1)
 *   account  ***-***-**6789: the last four of eight digits or more; in an IBAN letters count as digits
 *   address  서울특별시 강남구 ****: 시/도 and 시/군/구 (districts.def); of others at most the last two parts behind one
 *          with a number, when they are names of places: ****, Springfield, IL
 *   generic  K****g: first and last of six characters or more; hides the length
 *   all    MASK_WHOLE
 * The NULL view stays the NULL view. The result points into `text`, is a constant or lives in `mem`. */
struct str mask_text(enum mask_kind kind, struct str text, struct arena *mem) NONNULL(3);

#endif
