/* A canonical value is its own canonical form, and every spelling of it that can be written is read back
 * as it. The first byte chooses the key, the rest is what somebody typed. */
#include "fuzz/fuzz_target.h"
#include "metadata/normalize.h"

#include <stdlib.h>

#include "base/text.h"

static const struct spelling member_spellings[] = { { "crm", "C########" }, { "shop", "#+" } };
static const struct spelling waybill_spellings[] = { { "dashed", "##-####-#+" } };
static const struct spelling phone_spellings[] = { { "e164", NULL }, { "digits", NULL }, { "dashed", NULL } };

static const struct key keys[] = {
	{ .name = "a", .type = KEY_TEXT },
	{ .name = "b", .type = KEY_UPPER },
	{ .name = "c", .type = KEY_LOWER },
	{ .name = "d", .type = KEY_INTEGER },
	{ .name = "e", .type = KEY_DIGITS },
	{ .name = "f", .type = KEY_EMAIL },
	{ .name = "g", .type = KEY_UUID },
	{ .name = "h", .type = KEY_PHONE_KR, .spellings = phone_spellings, .n_spellings = 3 },
	{ .name = "i", .type = KEY_PHONE_US, .spellings = phone_spellings, .n_spellings = 3 },
	{ .name = "j", .type = KEY_INTEGER, .spellings = member_spellings, .n_spellings = 2 },
	{ .name = "k", .type = KEY_TEXT, .spellings = member_spellings, .n_spellings = 2 },
	{ .name = "l", .type = KEY_DIGITS, .spellings = waybill_spellings, .n_spellings = 1 },
};

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_spellings(const struct key *key, struct str canonical, struct arena *mem)
{
	struct str written, back;

	for (size_t i = 0; i < key->n_spellings; i++) {
		const struct spelling *as = &key->spellings[i];

		if (!spell_key(key, as, canonical, mem, &written))
			continue;
		check(normalize_cell(key, &as, 1, written, mem, &back) == KEY_OK);
		check(str_eq(back, canonical));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct key *key;
	struct str canonical, again;
	struct arena *mem;

	if (size == 0)
		return 0;
	key = &keys[data[0] % ARRAY_LEN(keys)];
	mem = arena_new();
	if (normalize_key(key, (struct str){ (const char *)data + 1, size - 1 }, mem, &canonical) == KEY_OK) {
		check(canonical.n > 0 && canonical.n <= 256 && text_is_utf8(canonical));
		check(memchr(canonical.p, '\0', canonical.n) == NULL && canonical.p[canonical.n] == '\0');
		check(normalize_key(key, canonical, mem, &again) == KEY_OK && str_eq(again, canonical));
		check_spellings(key, canonical, mem);
	}
	arena_wipe_free(&mem);
	return 0;
}
