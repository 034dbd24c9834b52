/* Nothing but what was sealed opens as a grant: not the input itself, and not a grant that the input changes. The input
 * is reason and purpose, too: it comes back as it was, and the grant is nobody else's. */
#include "federator/access/grant.h"
#include "federator/service_state.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

#include <sodium.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static bool opens(const struct service *svc, const struct grantee *to, struct str text, struct arena *mem)
{
	struct grant out;

	return grant_open(svc, to, text, 0, mem, &out);
}

/* Put the input over the text from somewhere on. */
static void check_changed(const struct service *svc, const struct grantee *to, struct str text, struct str input,
			  struct arena *mem)
{
	size_t at = input.n ? (unsigned char)input.p[0] % text.n : 0;
	size_t n = input.n < text.n - at ? input.n : text.n - at;
	char *changed = arena_alloc(mem, text.n + 1);

	memcpy(changed, text.p, text.n);
	memcpy(changed + at, n ? input.p : "", n);
	check(opens(svc, to, (struct str){ changed, text.n }, mem) == (memcmp(changed, text.p, text.n) == 0));
	check(!opens(svc, to, (struct str){ text.p, at }, mem));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct service svc = { 0 };
	struct str input = { size ? (const char *)data : "", size }, word, text;
	struct arena *mem = arena_new();
	struct grantee to = { STR("mall"), STR("desk"), STR("kim"), STR("agent"), STR("service") }, other;
	struct grant out;

	if (sodium_init() < 0)
		abort();
	memset(svc.seal_key, 7, sizeof(svc.seal_key));
	check(!opens(&svc, &to, input, mem));
	word = (struct str){ input.p, strnlen(input.p, input.n < 600 ? input.n : 600) };
	other = to;
	to.purpose = word;
	text = grant_seal(&svc, &to, &(struct grant){ STR("phone"), word, STR(""), 2, 3 }, mem);
	check(grant_open(&svc, &to, text, 0, mem, &out) && str_eq(out.reason, word) && out.given_ms == 2 &&
	      out.until_ms == 3);
	check(opens(&svc, &other, text, mem) == str_eq(word, other.purpose));
	check_changed(&svc, &to, text, input, mem);
	arena_wipe_free(&mem);
	return 0;
}
