#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "federator/tls.h"
#include "tests/federator/own_pair.h"

struct fixture {
	struct own_pair pair;
	struct tls_conf conf;
	struct tls *tls;
	struct err err;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	own_pair_begin(&f->pair);
	own_pair_write(&f->pair, 10);
	f->conf = (struct tls_conf){ .certificate = f->pair.certificate, .key = f->pair.key, .authorities = "" };
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	tls_free(&f->tls);
	own_pair_end(&f->pair);
	free(f);
	return 0;
}

static bool opens(struct fixture *f)
{
	f->tls = tls_open(&f->conf, &f->err);
	return f->tls != NULL;
}

static void the_pair_is_read_with_its_date(void **state)
{
	struct fixture *f = *state;

	assert_true(opens(f));
	assert_in_range(tls_expires(f->tls), time(NULL) + 9 * 86400, time(NULL) + 11 * 86400);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->pair.key, 0640), 0);
	assert_false(opens(f));
	assert_int_equal(f->err.cls, ERR_CONFIG);
	assert_string_equal(f->err.where, "tls-key");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
	struct fixture *f = *state;

	own_pair_write_key(&f->pair);
	assert_false(opens(f));
	assert_non_null(strstr(f->err.text, "is not that of the certificate"));
}

static void authorities_have_to_be_certificates(void **state)
{
	struct fixture *f = *state;

	f->conf.authorities = f->pair.key;
	assert_false(opens(f));
	assert_string_equal(f->err.where, "client-ca");
	f->conf.authorities = f->pair.certificate;
	assert_true(opens(f));
}

/* What began with the old files goes on with them. */
static void changed_files_are_read_again(void **state)
{
	struct fixture *f = *state;
	const struct tls_set *old, *same, *new;

	assert_true(opens(f));
	old = tls_current(f->tls);
	assert_true(tls_reload(f->tls, &f->err));
	same = tls_current(f->tls);
	assert_ptr_equal(old, same);
	tls_set_drop(&same);
	own_pair_write(&f->pair, 20);
	assert_true(tls_reload(f->tls, &f->err));
	new = tls_current(f->tls);
	assert_ptr_not_equal(old, new);
	assert_in_range(tls_expires(f->tls), time(NULL) + 19 * 86400, time(NULL) + 21 * 86400);
	tls_set_drop(&old);
	tls_set_drop(&new);
	assert_null(new);
}

static void bad_files_leave_all_as_it_was(void **state)
{
	struct fixture *f = *state;
	int64_t expires;

	assert_true(opens(f));
	expires = tls_expires(f->tls);
	own_pair_write_key(&f->pair);
	assert_false(tls_reload(f->tls, &f->err));
	assert_false(tls_reload(f->tls, &f->err)); /* who asks again is told again */
	own_pair_write(&f->pair, -1);
	assert_false(tls_reload(f->tls, &f->err));
	assert_non_null(strstr(f->err.text, "has expired"));
	assert_int_equal(tls_expires(f->tls), expires);
	own_pair_write(&f->pair, 30);
	assert_true(tls_reload(f->tls, &f->err));
	assert_true(tls_expires(f->tls) > expires);
}

/* A service that starts is of more use than one that does not; its clients say what is wrong. */
static void a_certificate_that_has_expired_begins(void **state)
{
	struct fixture *f = *state;

	own_pair_write(&f->pair, -1);
	assert_true(opens(f));
	assert_true(tls_expires(f->tls) < time(NULL));
}

static void replaced_authorities_vouch_no_more(void **state)
{
	struct fixture *f = *state;
	struct own_pair clients;
	const struct tls_set *old, *new;

	own_pair_begin(&clients);
	own_pair_write(&clients, 10);
	f->conf.authorities = clients.certificate;
	assert_true(opens(f));
	old = tls_current(f->tls);
	assert_true(tls_asks(old));
	assert_true(tls_vouches(old));
	own_pair_write(&f->pair, 10);
	assert_true(tls_reload(f->tls, &f->err));
	assert_true(tls_vouches(old)); /* they are the same */
	own_pair_write(&clients, 10);
	assert_true(tls_reload(f->tls, &f->err));
	new = tls_current(f->tls);
	assert_false(tls_vouches(old));
	assert_true(tls_vouches(new));
	tls_set_drop(&old);
	tls_set_drop(&new);
	own_pair_end(&clients);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_pair_is_read_with_its_date),
		STORY(a_key_that_others_can_read_is_refused),
		STORY(a_key_of_another_certificate_is_refused),
		STORY(authorities_have_to_be_certificates),
		STORY(changed_files_are_read_again),
		STORY(bad_files_leave_all_as_it_was),
		STORY(a_certificate_that_has_expired_begins),
		STORY(replaced_authorities_vouch_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
