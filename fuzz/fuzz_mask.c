/* What every mask promises of any text that a source may hold: it is UTF-8, masked again it is the same, the whole text
 * is only left where nothing was to hide, and an address has no digit. */
#include "base/text.h"
#include "federator/view/mask.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static bool has_digit(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

static bool has_star(struct str text)
{
	return text.n && memchr(text.p, '*', text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { size ? (const char *)data : "", size };
	struct arena *mem = arena_new();

	for (int i = MASK_NAME; i <= MASK_ALL; i++) {
		enum mask_kind kind = (enum mask_kind)i;
		struct str masked = mask_text(kind, text, mem);

		check(text_is_utf8(masked) && has_star(masked));
		check(str_eq(mask_text(kind, masked, mem), masked));
		check(!str_eq(masked, text) || has_star(text));
		check(kind != MASK_ADDRESS || !has_digit(masked));
	}
	arena_wipe_free(&mem);
	return 0;
}
