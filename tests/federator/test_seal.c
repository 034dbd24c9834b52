#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "federator/service_state.h"

struct fixture {
	struct arena *mem;
	struct options opt;
	struct service svc;
	struct str subject;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	f->opt.id_ttl_s = 3600;
	f->svc.opt = &f->opt;
	memset(f->svc.seal_key, 7, sizeof(f->svc.seal_key));
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

static bool unseal(struct fixture *f, const char *tenant, struct str id)
{
	return unseal_id(&f->svc, str_of(tenant), id, f->mem, &f->subject);
}

static void the_subject_comes_back_and_is_not_visible(void **state)
{
	struct fixture *f = *state;
	struct str id = seal_id(&f->svc, STR("mall"), STR("M0000001"), f->mem);

	assert_memory_equal(id.p, "c.", 2);
	assert_null(strstr(id.p, "M0000001"));
	assert_true(unseal(f, "mall", id));
	assert_true(str_eq(f->subject, STR("M0000001")));
}

static void two_seals_of_one_subject_differ(void **state)
{
	struct fixture *f = *state;

	assert_false(str_eq(seal_id(&f->svc, STR("mall"), STR("M1"), f->mem),
			    seal_id(&f->svc, STR("mall"), STR("M1"), f->mem)));
}

/* Every letter counts: none stands for another one. */
static void an_id_that_was_written_otherwise_is_none(void **state)
{
	struct fixture *f = *state;
	struct str id = { 0 };
	char *changed;

	while (!id.p || !strchr(id.p, '_')) /* one in 64 letters */
		id = seal_id(&f->svc, STR("mall"), STR("M1"), f->mem);
	changed = (char *)(uintptr_t)arena_str(f->mem, id).p;
	*strchr(changed, '_') = '\xc3';
	assert_false(unseal(f, "mall", (struct str){ changed, id.n }));
}

static void another_tenant_or_installation_cannot_open_it(void **state)
{
	struct fixture *f = *state;
	struct str id = seal_id(&f->svc, STR("mall"), STR("M1"), f->mem);

	assert_false(unseal(f, "bank", id));
	f->svc.seal_key[0] ^= 1;
	assert_false(unseal(f, "mall", id));
}

static void an_expired_id_is_refused(void **state)
{
	struct fixture *f = *state;
	struct str id;

	f->opt.id_ttl_s = (uint64_t)-10; /* wraps: ten seconds ago */
	id = seal_id(&f->svc, STR("mall"), STR("M1"), f->mem);
	assert_false(unseal(f, "mall", id));
}

static void whatever_else_is_refused(void **state)
{
	struct fixture *f = *state;
	struct str id = seal_id(&f->svc, STR("mall"), STR("M1"), f->mem);
	char *changed = (char *)(uintptr_t)arena_str(f->mem, id).p;

	for (size_t n = 0; n < id.n; n++)
		assert_false(unseal(f, "mall", (struct str){ id.p, n }));
	changed[id.n / 2] = changed[id.n / 2] == 'A' ? 'B' : 'A';
	assert_false(unseal(f, "mall", (struct str){ changed, id.n }));
	assert_false(unseal(f, "mall", STR("c.!!!!")));
}

static void message_opens_whole_and_about_the_same_only(void **state)
{
	struct fixture *f = *state;
	struct str sealed = seal_message(&f->svc, STR("pop mall"), STR("010-1234-5678"), f->mem), plain;
	char *changed = (char *)(uintptr_t)arena_str(f->mem, sealed).p;

	assert_null(memmem(sealed.p, sealed.n, "010-1234", 8));
	assert_true(unseal_message(&f->svc, STR("pop mall"), sealed, f->mem, &plain));
	assert_true(str_eq(plain, STR("010-1234-5678")));
	assert_false(unseal_message(&f->svc, STR("pop bank"), sealed, f->mem, &plain));
	for (size_t n = 0; n < sealed.n; n++)
		assert_false(unseal_message(&f->svc, STR("pop mall"), (struct str){ sealed.p, n }, f->mem, &plain));
	changed[sealed.n - 1] ^= 1;
	assert_false(unseal_message(&f->svc, STR("pop mall"), (struct str){ changed, sealed.n }, f->mem, &plain));
	f->svc.seal_key[0] ^= 1;
	assert_false(unseal_message(&f->svc, STR("pop mall"), sealed, f->mem, &plain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_subject_comes_back_and_is_not_visible, begin, end),
		cmocka_unit_test_setup_teardown(two_seals_of_one_subject_differ, begin, end),
		cmocka_unit_test_setup_teardown(an_id_that_was_written_otherwise_is_none, begin, end),
		cmocka_unit_test_setup_teardown(another_tenant_or_installation_cannot_open_it, begin, end),
		cmocka_unit_test_setup_teardown(an_expired_id_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(whatever_else_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(message_opens_whole_and_about_the_same_only, begin, end),
	};
	struct err err;

	if (!digest_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
