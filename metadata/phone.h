/* phone.h - telephone numbers of Korea and North America: any human form to E.164, and back to what
 * sources write. Sources of the number plans: the Korean plan of the Ministry of Science and ICT, ITU-T
 * E.164, NANP. No state; safe from any thread. */
#ifndef METADATA_PHONE_H
#define METADATA_PHONE_H

#include "metadata/catalog.h"

/* `text` (ASCII; spaces, dashes, dots, slashes and parentheses are skipped) -> "+821012345678", in `mem`.
 * `type` is KEY_PHONE_KR or KEY_PHONE_US. Korean 15XX/16XX/18XX numbers have no area code: "+82" and their
 * eight digits. Other countries only as +CC (in Korea also 00CC, and 00X with a carrier's digits where 00CC cannot
 * be meant; in America 011CC), 6 to 15 digits. */
bool phone_read(enum key_type type, struct str text, struct arena *mem, struct str *e164_out)
	MUST_CHECK NONNULL(3, 4);
/* E.164 -> the built-in spelling `form`: "e164", "digits" (national digits; in Korea "00" and the digits
 * for other countries) or "dashed" (national numbers only). False when the number cannot be written so. */
bool phone_write(enum key_type type, const char *form, struct str e164, struct arena *mem, struct str *out)
	MUST_CHECK NONNULL(2, 4, 5);

#endif
