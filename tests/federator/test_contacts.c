/* test_contacts.c - contacts in the process: each is found until its end, with what was said of it last. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "federator/contacts.h"
#include "federator/service_state.h"

struct fixture {
	struct arena *mem;
	struct service svc;
	struct lane lane;
	int done;
};

static struct fixture *the; /* whom done() tells */

static int begin(void **state)
{
	struct fixture *f = the = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	f->svc.contacts = contacts_new();
	f->lane = (struct lane){ .service = &f->svc, .still_ms = 1000 };
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	contacts_free(&f->svc.contacts);
	assert_null(f->svc.contacts);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static void on_done(struct contact_errand *e)
{
	(void)e;
	the->done++;
}

static struct contact_errand errand(struct fixture *f, const char *id)
{
	f->done = 0;
	return (struct contact_errand){
		.lane = &f->lane, .mem = f->mem, .tenant = STR("t"), .id = str_of(id), .done = on_done
	};
}

static bool keep(struct fixture *f, const char *id, const char *agent, int64_t until_ms, size_t n_names)
{
	struct cache_name *names = arena_array_of(f->mem, struct cache_name, n_names);
	struct contact contact = { str_of(agent), until_ms, names, n_names };
	struct contact_errand e = errand(f, id);

	for (size_t i = 0; i < n_names; i++)
		snprintf(names[i].text, sizeof(names[i].text), "%016u", (unsigned)i);
	contact_keep(&e, &contact);
	assert_int_equal(f->done, 1);
	return !e.failed;
}

static struct contact_errand find(struct fixture *f, const char *id)
{
	struct contact_errand e = errand(f, id);

	contact_find(&e);
	assert_int_equal(f->done, 1);
	assert_false(e.failed);
	return e;
}

static void it_is_found_as_it_was_said_last(void **state)
{
	struct fixture *f = *state;
	struct contact_errand e;

	assert_false(find(f, "a").found);
	assert_true(keep(f, "a", "kim", 5000, CONTACT_NAMES_MOST));
	e = find(f, "a");
	assert_true(e.found && str_eq(e.contact.agent, STR("kim")));
	assert_int_equal(e.contact.until_ms, 5000);
	assert_int_equal(e.contact.n_names, CONTACT_NAMES_MOST);
	assert_string_equal(e.contact.names[63].text, "0000000000000063");
	assert_true(keep(f, "a", "", 6000, 0));
	e = find(f, "a");
	assert_true(e.found && e.contact.agent.n == 0 && e.contact.n_names == 0);
	assert_false(find(f, "b").found);
}

static void it_ends_by_itself_or_when_it_is_said(void **state)
{
	struct fixture *f = *state;
	struct contact_errand e;

	assert_true(keep(f, "a", "kim", 5000, 1));
	assert_true(keep(f, "b", "lee", 5000, 1));
	e = errand(f, "a");
	contact_end(&e);
	assert_false(e.failed);
	assert_false(find(f, "a").found);
	f->lane.still_ms = 4999;
	assert_true(find(f, "b").found);
	f->lane.still_ms = 5000;
	assert_false(find(f, "b").found);
}

static void tenants_have_their_own(void **state)
{
	struct fixture *f = *state;
	struct contact_errand e;

	assert_true(keep(f, "a", "kim", 5000, 1));
	e = errand(f, "a");
	e.tenant = STR("u");
	contact_find(&e);
	assert_false(e.found);
}

/* What is over makes room. */
static void there_is_room_for_so_many(void **state)
{
	struct fixture *f = *state;
	size_t kept = 0;
	char id[32];

	for (bool room = true; room && kept < 200000; kept += room) {
		snprintf(id, sizeof(id), "call-%zu", kept);
		room = keep(f, id, "kim", 5000, 0);
	}
	assert_int_equal(kept, 100000);
	assert_true(keep(f, "call-7", "lee", 5000, 0)); /* it is there already */
	f->lane.still_ms = 6000;
	assert_true(keep(f, "one more", "kim", 7000, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_found_as_it_was_said_last, begin, end),
		cmocka_unit_test_setup_teardown(it_ends_by_itself_or_when_it_is_said, begin, end),
		cmocka_unit_test_setup_teardown(tenants_have_their_own, begin, end),
		cmocka_unit_test_setup_teardown(there_is_room_for_so_many, begin, end),
	};

	return cmocka_run_group_tests_name("contacts", tests, NULL, NULL);
}
