/* Nothing but what was sealed can be unsealed: not the input itself, and not a sealed id that the input changes. The
 * subject is the input, too: it comes back as it was. */
#include "federator/service_state.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

#include <sodium.h>

enum { SUBJECT_MAX = 1024 };

static void check(bool kept)
{
	if (!kept)
		abort();
}

static bool opens(const struct service *svc, struct str id, struct arena *mem, struct str *subject_out)
{
	return unseal_id(svc, STR("mall"), id, mem, subject_out);
}

/* Put the input over the sealed id from somewhere on; only the very same characters leave it as it was. */
static void check_changed(const struct service *svc, struct str id, struct str input, struct arena *mem)
{
	size_t at = input.n ? (unsigned char)input.p[0] % id.n : 0;
	size_t n = input.n < id.n - at ? input.n : id.n - at;
	char *changed = arena_alloc(mem, id.n + 1);
	struct str subject;

	memcpy(changed, id.p, id.n);
	memcpy(changed + at, n ? input.p : "", n);
	changed[id.n] = '\0';
	check(opens(svc, (struct str){ changed, id.n }, mem, &subject) == (memcmp(changed, id.p, id.n) == 0));
	check(!opens(svc, (struct str){ id.p, at }, mem, &subject));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct options opt = { .id_ttl_s = 3600 };
	struct service svc = { .opt = &opt };
	struct str input = { size ? (const char *)data : "", size }, id, subject;
	struct arena *mem = arena_new();

	if (sodium_init() < 0)
		abort();
	memset(svc.seal_key, 7, sizeof(svc.seal_key));
	check(!opens(&svc, input, mem, &subject));
	if (input.n > SUBJECT_MAX)
		input.n = SUBJECT_MAX;
	id = seal_id(&svc, STR("mall"), input, mem);
	check(opens(&svc, id, mem, &subject) && str_eq(subject, input));
	check_changed(&svc, id, input, mem);
	arena_wipe_free(&mem);
	return 0;
}
