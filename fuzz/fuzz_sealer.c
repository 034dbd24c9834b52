/* Bytes of others never open. What is packed may be forged only by who has a key, and still must not harm: the input is
 * unpacked as it is. Sealed as an entry it comes back the same. */
#include "cache/pack.h"
#include "cache/sealer.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check_unpack(struct str bytes)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct packer *p = packer_new(NULL);

	if (unpack(p, bytes, &out) ? out.len < PACK_LEAST || out.len > PACK_MOST : out.len != 0)
		abort();
	packer_free(&p);
}

enum { CLEAR = 36 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char secret[KEYRING_KEY_BYTES] = { 42 };
	SCOPED(buf_free) struct buf sealed = { 0 }, again = { 0 };
	struct str bytes = { (const char *)data, size };
	struct keyring *ring = keyring_of(secret);
	struct sealer *s = sealer_new(ring, NULL);

	check_unpack(bytes);
	if (sealer_open(s, STR("key"), bytes, CLEAR, &again))
		abort();
	if (size >= CLEAR) {
		sealer_seal(s, STR("key"), bytes, CLEAR, INT64_MAX, &sealed);
		if (!sealer_open(s, STR("key"), buf_str(&sealed), CLEAR, &again) || !str_eq(buf_str(&again), bytes))
			abort();
	}
	sealer_free(&s);
	keyring_free(&ring);
	return 0;
}
