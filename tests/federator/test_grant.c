/* test_grant.c - a grant opens as it was sealed, for whom it was sealed, until its time is over; nothing else does. */
#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "federator/access/grant.h"
#include "federator/service_state.h"

struct fixture {
	struct arena *mem;
	struct service svc;
	struct grantee to;
	struct str text;
};

static const struct grant granted = { .classes = { "phone secret", 12 },
				      .reason = { "본인 확인 요청", 20 },
				      .contact = { "call-7", 6 },
				      .given_ms = 400,
				      .until_ms = 1000 };

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	memset(f->svc.seal_key, 7, sizeof(f->svc.seal_key));
	f->to = (struct grantee){ STR("mall"), STR("desk"), STR("kim"), STR("agent"), STR("service") };
	f->text = grant_seal(&f->svc, &f->to, &granted, f->mem);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static bool opens(struct fixture *f, const struct grantee *to, struct str text, int64_t now_ms)
{
	struct grant out = { .until_ms = -1 };
	bool good = grant_open(&f->svc, to, text, now_ms, f->mem, &out);

	assert_true(good || out.until_ms == -1);
	return good;
}

static void it_opens_as_it_was_sealed(void **state)
{
	struct fixture *f = *state;
	struct grant out;

	assert_true(grant_open(&f->svc, &f->to, f->text, 999, f->mem, &out));
	assert_true(str_eq(out.classes, granted.classes));
	assert_true(str_eq(out.reason, granted.reason));
	assert_true(str_eq(out.contact, granted.contact));
	assert_int_equal(out.given_ms, 400);
	assert_int_equal(out.until_ms, 1000);
	for (size_t i = 0; i < f->text.n; i++)
		assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", f->text.p[i]));
}

static void it_ends(void **state)
{
	struct fixture *f = *state;

	assert_true(opens(f, &f->to, f->text, 999));
	assert_false(opens(f, &f->to, f->text, 1000));
	assert_false(opens(f, &f->to, f->text, INT64_MAX));
}

static void it_is_nobody_elses(void **state)
{
	struct fixture *f = *state;
	struct str *texts[] = { &f->to.tenant, &f->to.client, &f->to.agent, &f->to.role, &f->to.purpose };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str was = *texts[i];

		*texts[i] = STR("other");
		assert_false(opens(f, &f->to, f->text, 0));
		*texts[i] = STR("");
		assert_false(opens(f, &f->to, f->text, 0));
		*texts[i] = was;
	}
	assert_true(opens(f, &f->to, f->text, 0));
	f->svc.seal_key[0] ^= 1;
	assert_false(opens(f, &f->to, f->text, 0));
}

/* Two neighbours are not the same when one takes from the other. */
static void texts_do_not_run_together(void **state)
{
	struct fixture *f = *state;
	struct grantee other = f->to;

	other.client = STR("des");
	other.agent = STR("kkim");
	assert_false(opens(f, &other, f->text, 0));
}

static void every_letter_counts(void **state)
{
	struct fixture *f = *state;
	char *text = (char *)(uintptr_t)arena_str(f->mem, f->text).p;

	for (size_t i = 0; i < f->text.n; i++) {
		char was = text[i];

		assert_false(opens(f, &f->to, (struct str){ text, i }, 0));
		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(opens(f, &f->to, (struct str){ text, f->text.n }, 0));
		text[i] = was;
	}
	assert_true(opens(f, &f->to, (struct str){ text, f->text.n }, 0));
}

static void other_sealed_texts_are_none(void **state)
{
	struct fixture *f = *state;
	struct options opt = { .id_ttl_s = 3600 };
	struct str id;

	f->svc.opt = &opt;
	id = seal_id(&f->svc, STR("mall"), STR("M1"), f->mem);
	assert_false(opens(f, &f->to, id, 0));
	assert_false(opens(f, &f->to, arena_printf(f->mem, "u.%.*s", (int)id.n - 2, id.p + 2), 0));
	assert_false(opens(f, &f->to, STR(""), 0));
	assert_false(opens(f, &f->to, STR("u."), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_opens_as_it_was_sealed, begin, end),
		cmocka_unit_test_setup_teardown(it_ends, begin, end),
		cmocka_unit_test_setup_teardown(it_is_nobody_elses, begin, end),
		cmocka_unit_test_setup_teardown(texts_do_not_run_together, begin, end),
		cmocka_unit_test_setup_teardown(every_letter_counts, begin, end),
		cmocka_unit_test_setup_teardown(other_sealed_texts_are_none, begin, end),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
