#include "weblog/memo.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"

/* An entry's hash, which is never zero, stands in front of it. */
struct generation {
	unsigned char *slots;
	size_t n;
};

struct weblog_memo {
	struct generation young, old;
	size_t n_slots, slot_bytes, most;
};

struct weblog_memo *weblog_memo_new(size_t entries, size_t bytes)
{
	struct weblog_memo *memo = memory_new(sizeof(*memo));

	memo->most = entries / 2;
	memo->n_slots = entries;
	memo->slot_bytes = (DIGEST_SIP128_BYTES + bytes + 7) / 8 * 8;
	memo->young.slots = memory_new_array(memo->n_slots, memo->slot_bytes);
	memo->old.slots = memory_new_array(memo->n_slots, memo->slot_bytes);
	return memo;
}

void weblog_memo_free(struct weblog_memo **memo)
{
	if (!*memo)
		return;
	free((*memo)->young.slots);
	free((*memo)->old.slots);
	free(*memo);
	*memo = NULL;
}

/* The slot with that hash, or the free one where it would stand. */
static unsigned char *slot_of(const struct weblog_memo *memo, const struct generation *in, const unsigned char *hash,
			      bool *found)
{
	static const unsigned char none[DIGEST_SIP128_BYTES];
	size_t at;

	memcpy(&at, hash, sizeof(at));
	for (;; at++) {
		unsigned char *slot = in->slots + (at & (memo->n_slots - 1)) * memo->slot_bytes;

		*found = memcmp(slot, hash, DIGEST_SIP128_BYTES) == 0;
		if (*found || memcmp(slot, none, DIGEST_SIP128_BYTES) == 0)
			return slot;
	}
}

static void grow_old(struct weblog_memo *memo)
{
	struct generation old = memo->old;

	memo->old = memo->young;
	memset(old.slots, 0, memo->n_slots * memo->slot_bytes);
	memo->young = (struct generation){ old.slots, 0 };
}

void *weblog_memo_at(struct weblog_memo *memo, struct str text, bool *is_new)
{
	unsigned char hash[DIGEST_SIP128_BYTES], *slot, *old;
	bool found;

	digest_sip128(text, hash);
	hash[DIGEST_SIP128_BYTES - 1] |= 1;
	slot = slot_of(memo, &memo->young, hash, &found);
	*is_new = false;
	if (found)
		return slot + DIGEST_SIP128_BYTES;
	if (memo->young.n == memo->most) {
		grow_old(memo);
		slot = slot_of(memo, &memo->young, hash, &found);
	}
	old = slot_of(memo, &memo->old, hash, &found);
	*is_new = !found;
	memo->young.n++;
	if (found)
		memcpy(slot, old, memo->slot_bytes);
	else
		memcpy(slot, hash, sizeof(hash));
	return slot + DIGEST_SIP128_BYTES;
}
