/* normalize.h - one canonical form per key value, whoever wrote it: people, sources, our own answers.
 * No state; safe from any thread. */
#ifndef METADATA_NORMALIZE_H
#define METADATA_NORMALIZE_H

#include "metadata/catalog.h"

enum key_verdict {
	KEY_OK,
	KEY_MALFORMED, /* not a value of this type */
	KEY_BLOCKED, /* matches key->block: never asked for, nor accepted from a source */
};

/* What a caller typed -> canonical. Accepts every declared spelling and the type's own human forms; trims
 * white space. *out lives in `mem`. phone types: E.164 ("+821012345678"); integer: digits without leading
 * zeros; email: as text with the ASCII letters lower-cased; uuid: lower-case 8-4-4-4-12. A key with declared
 * spellings keeps the digits only. At most 256 bytes, no control characters. */
enum key_verdict normalize_key(const struct key *key, struct str raw, struct arena *mem,
			       struct str *out) MUST_CHECK NONNULL(1, 3, 4);

/* Any usual spelling of a UUID (upper case, in braces, without dashes) -> lower-case 8-4-4-4-12, in `mem`. False: it is
 * none. */
bool normalize_uuid(struct str raw, struct arena *mem, struct str *out) MUST_CHECK NONNULL(2, 3);

/* What people should write for a key of this type, "an e-mail address". */
const char *normalize_expects(enum key_type type) __attribute__((returns_nonnull));

/* A cell of a source, read by the column's spellings (n_as == 0: any form normalize_key takes) -> canonical. */
enum key_verdict normalize_cell(const struct key *key, const struct spelling *const *as, size_t n_as,
				struct str cell, struct arena *mem, struct str *out) MUST_CHECK
	NONNULL(1, 5, 6);

/* Canonical -> the way one source writes it, for a query parameter. spelling == NULL: the key's first spelling,
 * else the canonical form itself. False when the value cannot be written so (wrong number of digits). */
bool spell_key(const struct key *key, const struct spelling *spelling, struct str canonical,
	       struct arena *mem, struct str *out) MUST_CHECK NONNULL(1, 4, 5);

#endif
