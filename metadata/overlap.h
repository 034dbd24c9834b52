/* overlap.h - can two spellings of a key be mistaken for each other? No state; safe from any thread. */
#ifndef METADATA_OVERLAP_H
#define METADATA_OVERLAP_H

#include "metadata/catalog.h"

/* A text that is written as both spellings say and is another value of the key in each. *text_out, an example, lives in
 * `mem`. False: there is none; built-in spellings never overlap. */
bool overlap_find(const struct key *key, const struct spelling *a, const struct spelling *b, struct arena *mem,
		  struct str *text_out) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
