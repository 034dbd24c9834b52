/* fold.h - texts as the usual collations of databases see them: without regard to case and accents. Never used to
 * decide that two keys are one: only to tell why a source answered with another. No state; safe from any thread. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/base.h"

/* Are two UTF-8 texts alike but for case, accents, the width of ASCII letters and blanks at their end? Knows the Latin
 * letters with their accents, Greek and Cyrillic capitals; everything else is like itself only. It takes more
 * letters for alike than any one collation does (ø and o, ß and s). */
bool fold_alike(struct str a, struct str b);
/* A hash that is the same for texts that are alike. */
uint64_t fold_hash(struct str s);

#endif
