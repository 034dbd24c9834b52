#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
	f->conf = (struct tls_conf){
		.certificate = f->pair.certificate, .key = f->pair.key, .authorities = "", .revocations = ""
	};
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

static void a_certificate_of_tomorrow_waits_for_its_day(void **state)
{
	struct fixture *f = *state;

	assert_true(opens(f));
	own_pair_write_dated(&f->pair, 1, 20);
	assert_false(tls_reload(f->tls, &f->err));
	assert_non_null(strstr(f->err.text, "is not valid yet"));
	assert_true(tls_expires(f->tls) < time(NULL) + 11 * 86400);
}

/* They come one after the other, and who looks in between finds two that do not belong together. */
static void a_pair_is_replaced_in_two_steps(void **state)
{
	struct fixture *f = *state;
	struct own_pair new;
	int64_t before;

	assert_true(opens(f));
	before = tls_expires(f->tls);
	own_pair_begin(&new);
	own_pair_write(&new, 20);
	assert_int_equal(rename(new.certificate, f->pair.certificate), 0);
	tls_look(f->tls);
	assert_int_equal(tls_expires(f->tls), before);
	assert_int_equal(rename(new.key, f->pair.key), 0);
	tls_look(f->tls);
	assert_true(tls_expires(f->tls) > before);
	own_pair_end(&new);
}

/* Nothing about the files changes then. */
static void what_could_not_be_read_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct rlimit usual, none;
	int64_t before;

	assert_true(opens(f));
	before = tls_expires(f->tls);
	own_pair_write(&f->pair, 20);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){ 0, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	tls_look(f->tls);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_int_equal(tls_expires(f->tls), before);
	tls_look(f->tls);
	assert_true(tls_expires(f->tls) > before);
}

static void the_moment_of_expiry_is_a_meter(void **state)
{
	struct fixture *f = *state;
	struct counters *counters = counters_new(1 + TLS_COUNTS);

	f->conf.counters = counters;
	f->conf.first = 1;
	assert_true(opens(f));
	assert_int_equal(counters_sum(counters, 1), tls_expires(f->tls));
	own_pair_write(&f->pair, 20);
	assert_true(tls_reload(f->tls, &f->err));
	assert_int_equal(counters_sum(counters, 1), tls_expires(f->tls));
	assert_int_equal(counters_sum(counters, 0), 0);
	tls_free(&f->tls);
	counters_free(&counters);
}

/* How often the log says so while the files are opened and looked at. */
static int warnings(struct fixture *f, int from_days, int until_days)
{
	FILE *log = tmpfile();
	int kept = dup(STDERR_FILENO), n = 0;
	char line[1024];

	assert_non_null(log);
	own_pair_write_dated(&f->pair, from_days, until_days);
	assert_true(dup2(fileno(log), STDERR_FILENO) >= 0);
	if (opens(f))
		for (int i = 0; i < 3; i++)
			tls_look(f->tls);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	assert_non_null(f->tls);
	tls_free(&f->tls);
	rewind(log);
	while (fgets(line, sizeof(line), log))
		n += strstr(line, "tls_expires") != NULL;
	fclose(log);
	return n;
}

static void the_log_says_in_time_that_it_expires(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(warnings(f, -75, 15), 0);
	assert_int_equal(warnings(f, -77, 13), 1); /* two weeks before */
	assert_int_equal(warnings(f, -3, 3), 0);
	assert_int_equal(warnings(f, -5, 1), 1); /* in the last third */
	assert_int_equal(warnings(f, -5, -1), 1);
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
		STORY(a_certificate_of_tomorrow_waits_for_its_day),
		STORY(a_pair_is_replaced_in_two_steps),
		STORY(what_could_not_be_read_is_tried_again),
		STORY(the_moment_of_expiry_is_a_meter),
		STORY(the_log_says_in_time_that_it_expires),
		STORY(a_certificate_that_has_expired_begins),
		STORY(replaced_authorities_vouch_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
