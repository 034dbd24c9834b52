#include "tests/adapters/support.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/pool.h"

/* A driver with a socket and a server that never answers: its fetches read what does not come, or wait for what is no
 * socket. */
static struct {
	int listener;
	struct sockaddr_un address;
	atomic_bool connect_reads, connect_waits, fetch_waits, fetch_answers, fetch_looks, closes_early;
	sem_t go;
} deaf;

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		abort();
	if (connect(fd, (const struct sockaddr *)&deaf.address, sizeof(deaf.address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void wait_to_go(void)
{
	while (sem_wait(&deaf.go) != 0)
		continue;
}

static bool read_in_vain(int fd, struct err *err)
{
	char c;

	if (read(fd, &c, 1) > 0)
		abort();
	return err_set(err, ERR_REFUSED, "deaf", "the server hung up");
}

static bool deaf_check(const struct adapter_conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	return true;
}

static void deaf_disconnect(void **conn)
{
	int *fd = *conn;

	close(*fd);
	free(fd);
	*conn = NULL;
}

static bool deaf_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	int *fd = malloc(sizeof(*fd));
	void *conn = fd;

	if (fd == NULL)
		abort();
	if (deaf.connect_waits) /* as for the address of a name */
		wait_to_go();
	if (deaf.closes_early) /* as libpq does on its way to another address */
		close(dial());
	*fd = dial();
	if (*fd < 0) {
		free(fd);
		return err_set(err, ERR_REFUSED, conf->name, "cannot connect");
	}
	if (deaf.connect_reads) {
		read_in_vain(*fd, err);
		deaf_disconnect(&conn);
		return false;
	}
	*conn_out = conn;
	return true;
}

static bool deaf_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	int *fd = conn;
	char c;

	if (deaf.fetch_waits) {
		wait_to_go();
	} else if (!deaf.fetch_answers || (deaf.fetch_looks && recv(*fd, &c, 1, MSG_DONTWAIT) == 0)) {
		*lost_out = true;
		return read_in_vain(*fd, err);
	}
	f->rows = arena_new_of(f->mem, struct rows);
	return true;
}

static const struct adapter_driver deaf_driver = {
	.name = "deaf",
	.check = deaf_check,
	.connect = deaf_connect,
	.fetch = deaf_fetch,
	.disconnect = deaf_disconnect,
};

static int each(void **state)
{
	(void)state;
	deaf.connect_reads = deaf.connect_waits = deaf.closes_early = false;
	deaf.fetch_waits = deaf.fetch_answers = deaf.fetch_looks = false;
	sem_init(&deaf.go, 0, 0);
	return 0;
}

static struct adapter *open_deaf(uint32_t pool, uint32_t cap_ms)
{
	const struct adapter_conf conf = {
		.name = "source", .connect = "", .zone = "UTC", .pool = pool, .queue = 16, .cap_ms = cap_ms
	};
	struct err err = { 0 };
	struct adapter *ad = pool_open(&conf, &deaf_driver, &err);

	if (ad == NULL)
		fail_msg("%s", err.text);
	return ad;
}

static struct fetch *soon(void)
{
	return support_fetch(ASK(.columns = "a", .give_up = deadline_after_ms(20), .cap = deadline_after_ms(20)));
}

static bool hangs(void *adapter)
{
	return adapter_state(adapter).hung == adapter_state(adapter).pool;
}

static bool hangs_no_more(void *adapter)
{
	return adapter_state(adapter).hung == 0;
}

static bool was_cut(void *adapter)
{
	return adapter_state(adapter).cut > 0;
}

static void a_fetch_that_hangs_in_its_socket_is_cut_at_its_cap(void **state)
{
	(void)state;
	struct adapter *ad = open_deaf(1, 1000);
	struct fetch *f;

	deaf.fetch_answers = true; /* once, so that it is connected */
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	deaf.fetch_answers = false;
	f = support_run_cut(ad, *ASK(.columns = "a"));
	assert_int_equal(f->err.cls, ERR_LATE);
	assert_non_null(strstr(f->err.text, "was cut"));
	assert_true(f->ended_us >= f->cap.at_us);
	assert_int_equal(adapter_state(ad).cut, 1);
	support_free(&f);
	deaf.fetch_answers = true;
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	assert_int_equal(adapter_state(ad).cut, 1);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_connect_that_hangs_is_cut_and_the_source_is_down(void **state)
{
	(void)state;
	struct adapter *ad;

	deaf.connect_reads = true;
	ad = open_deaf(1, 100);
	support_until(was_cut, ad);
	while (adapter_state(ad).down.cls == ERR_NONE)
		continue;
	assert_int_equal(adapter_state(ad).down.cls, ERR_REFUSED);
	assert_non_null(strstr(adapter_state(ad).down.text, "was cut"));
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_call_within_its_limit_is_left_alone(void **state)
{
	(void)state;
	struct adapter *ad = open_deaf(2, 1000);

	deaf.fetch_answers = true;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(support_run_class(ad, ASK(.columns = "a", .cap = deadline_after_ms(20000))), ERR_NONE);
	assert_int_equal(adapter_state(ad).cut, 0);
	assert_int_equal(adapter_state(ad).hung, 0);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void when_all_workers_hang_hard_fetches_fail_at_once_until_they_return(void **state)
{
	(void)state;
	struct adapter *ad = open_deaf(2, 1000);
	struct fetch *f[2] = { soon(), soon() }, *refused = soon();
	struct err err = { 0 };

	deaf.fetch_waits = true;
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		f[i]->give_up = (struct deadline){ 0 };
		support_start(ad, f[i]);
	}
	support_until(hangs, ad);
	assert_int_equal(adapter_state(ad).busy, 2);
	assert_int_equal(adapter_state(ad).cut, 2);
	assert_false(adapter_submit(ad, refused, &err));
	assert_int_equal(err.cls, ERR_LATE);
	assert_non_null(strstr(err.text, "does not come back from a fetch"));
	sem_post(&deaf.go);
	sem_post(&deaf.go);
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		support_wait(f[i]);
		assert_int_equal(f[i]->err.cls, ERR_LATE); /* whatever the driver says of a shut socket */
		support_free(&f[i]);
	}
	support_until(hangs_no_more, ad);
	deaf.fetch_waits = false;
	deaf.fetch_answers = true;
	support_until(support_is_up, ad);
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	support_free(&refused);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static bool one_hangs(void *adapter)
{
	return adapter_state(adapter).hung == 1;
}

static void a_connect_that_hangs_hard_holds_up_no_other_connect(void **state)
{
	(void)state;
	struct adapter *ad;

	deaf.connect_waits = deaf.fetch_answers = true;
	ad = open_deaf(2, 100);
	support_until(one_hangs, ad);
	deaf.connect_waits = false;
	support_until(support_is_up, ad);
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	assert_int_equal(adapter_state(ad).hung, 1);
	sem_post(&deaf.go);
	support_until(hangs_no_more, ad);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void closing_cuts_what_hangs_and_leaves_nobody_behind(void **state)
{
	(void)state;
	struct adapter *ad = open_deaf(1, 30000);
	struct fetch *f = support_fetch(ASK(.columns = "a"));

	support_start(ad, f);
	while (adapter_state(ad).connected == 0 || adapter_state(ad).queued > 0)
		continue;
	assert_int_equal(adapter_close(&ad, 0), 0);
	support_wait(f);
	assert_true(f->err.cls == ERR_LATE || f->err.cls == ERR_REFUSED);
	support_free(&f);
}

static void a_connection_cut_while_idle_is_replaced_unseen(void **state)
{
	(void)state;
	struct adapter *ad = open_deaf(1, 1000);

	deaf.fetch_answers = deaf.fetch_looks = true;
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	assert_true(watch_cut(&ad->workers[0].watch));
	assert_int_equal(support_run_class(ad, ASK(.columns = "a")), ERR_NONE);
	assert_int_equal(adapter_state(ad).cut, 1);
	assert_int_equal(adapter_state(ad).connects, 2);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void no_connection_leaves_a_file_open(void **state)
{
	(void)state;
	struct adapter *ad;
	size_t before;

	deaf.closes_early = true;
	ad = open_deaf(1, 1000);
	support_until(support_is_up, ad);
	before = support_open_files();
	for (int i = 0; i < 900; i++) {
		struct fetch *f = support_fetch(ASK(.columns = "a"));

		deaf.fetch_answers = i % 3 != 0; /* a source that never answered would not be asked */
		support_start(ad, f);
		while (!support_is_done(f)) { /* it is asked twice */
			int fd = accept4(deaf.listener, NULL, NULL, SOCK_NONBLOCK);

			if (fd >= 0)
				close(fd);
		}
		support_wait(f);
		assert_int_equal(f->err.cls, i % 3 ? ERR_NONE : ERR_REFUSED);
		support_free(&f);
	}
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_true(support_open_files() < before);
}

static void listen_deaf(void)
{
	deaf.address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(deaf.address.sun_path, sizeof(deaf.address.sun_path), "%s", support_path("deaf"));
	deaf.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(deaf.listener, (const struct sockaddr *)&deaf.address, sizeof(deaf.address)) != 0 ||
	    listen(deaf.listener, 1000) != 0)
		abort();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_fetch_that_hangs_in_its_socket_is_cut_at_its_cap, each),
		cmocka_unit_test_setup(a_connect_that_hangs_is_cut_and_the_source_is_down, each),
		cmocka_unit_test_setup(a_call_within_its_limit_is_left_alone, each),
		cmocka_unit_test_setup(when_all_workers_hang_hard_fetches_fail_at_once_until_they_return, each),
		cmocka_unit_test_setup(a_connect_that_hangs_hard_holds_up_no_other_connect, each),
		cmocka_unit_test_setup(closing_cuts_what_hangs_and_leaves_nobody_behind, each),
		cmocka_unit_test_setup(a_connection_cut_while_idle_is_replaced_unseen, each),
		cmocka_unit_test_setup(no_connection_leaves_a_file_open, each),
	};
	int failed;

	listen_deaf();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(deaf.listener);
	support_dir_drop();
	return failed;
}
