/* personal.h - does a text hold what says who a person is, under whatever name it comes? No state; safe from any
 * thread. */
#ifndef WEBLOG_PERSONAL_H
#define WEBLOG_PERSONAL_H

#include "base/base.h"

/* An e-mail address, a user and password in front of a host, a phone number (Korean ones with and without what stands
 * between the digits, others with a +), a Korean resident registration number, or a signed token (JWT)? The text is
 * decoded; %40 counts as @. One pass over a text with fewer than nine digits. */
bool weblog_is_personal(struct str text);
/* The same, or a number that a payment card may have: 13 to 19 digits of a card's range, with the check digit right.
 * Apart, since one product's number in many has that form, too; written in groups it is a card's for both. */
bool weblog_is_personal_or_card(struct str text);
/* The same as weblog_is_personal() where the mapping says that the number of a thing stands: of telephone numbers only
 * those that are surely one, 010 with eight digits and what has the number of a country in front. */
bool weblog_is_personal_as_thing(struct str text);
/* Full-width letters, digits and signs, as Korean and Japanese keyboards write them, as those of ASCII; all kinds of
 * dashes as hyphens, of blanks as blanks; what nobody sees is left out. `out` takes as many bytes as the text has.
 * False: there is nothing of that. */
bool weblog_fold(struct str text, char *out, size_t *n_out) NONNULL(2, 3);

#endif
