/* Answers whose records are not durable yet, on the wire. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "tests/cmocka_all.h"
#include "tests/federator/audit_bed.h"
#include "tests/federator/disk.h"
#include "tests/federator/front_bed.h"

enum { MANY = 300, AMPLE_MS = 60000 };

#define SHOWN "GET /shown HTTP/1.1\r\nHost: x\r\n\r\n"
#define SHOWN_LATER "GET /shown-later HTTP/1.1\r\nHost: x\r\n\r\n"
#define LIVEZ "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
#define BIG "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"

static struct {
	struct audit_bed bed;
	struct counters *counters;
	struct audit *audit;
} record;
static struct arena *names_mem;
static struct options opt;
static struct access *everybody;

static atomic_uint runs;

enum MHD_Result __real_MHD_run(struct MHD_Daemon *daemon);
enum MHD_Result __wrap_MHD_run(struct MHD_Daemon *daemon);
uint64_t __wrap_loop_lag_us(const struct loop *loop);

/* Nobody is turned away because the machine has more to do. */
uint64_t __wrap_loop_lag_us(const struct loop *loop)
{
	(void)loop;
	return 0;
}

/* What is said at the very end, by whom, to which front; on its loop. */
static struct words {
	const struct front *front;
	int fd;
	const char *text;
} last;

enum MHD_Result __wrap_MHD_run(struct MHD_Daemon *daemon)
{
	atomic_fetch_add(&runs, 1);
	if (last.front && last.front->draining && last.front->dearth.held_fd < 0)
		say(last.fd, last.text);
	return __real_MHD_run(daemon);
}

static atomic_bool timeless;

int __real_epoll_wait(int fd, struct epoll_event *events, int most, int ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms);

/* The loop's: while it is `timeless`, no timer wakes it. */
int __wrap_epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	return __real_epoll_wait(fd, events, most, ms > 0 && atomic_load(&timeless) ? -1 : ms);
}

static int begin(void **state)
{
	struct audit_conf conf = { .secret = STR("a secret of the tests"),
				   .file_bytes = 1 << 20,
				   .keep_s = 86400,
				   .patience_ms = AMPLE_MS,
				   .queued_most = 2 * MANY };
	struct front_limits limits = { .connections = 2 * MANY, .requests = 2 * MANY };
	const struct tenancy *tenants;
	struct err err = { 0 };

	log_set_level(LOG_ERROR + 1);
	assert_true(digest_init(&err));
	names_mem = arena_new();
	assert_true(options_read(&opt, NULL, 0, NULL, names_mem, &err));
	tenants = tenancy_read(&opt, names_mem, &err);
	assert_non_null(tenants);
	everybody = access_open(&opt, tenants, &err);
	assert_non_null(everybody);
	disk_is(false, false);
	audit_bed_begin(&record.bed);
	conf.dir = record.bed.dir;
	conf.counters = record.counters = counters_new(AUDIT_COUNTS);
	record.audit = audit_open(&conf, &err);
	if (!record.audit)
		fail_msg("%s", err.text);
	limits.audit = record.audit;
	limits.access = everybody;
	return front_bed_begin_with(state, &limits);
}

static int end(void **state)
{
	struct fixture *f = *state;

	disk_is(false, false);
	atomic_store(&timeless, false);
	if (f->front)
		front_bed_stop(f, 0);
	assert_true(audit_finish(record.audit, (struct deadline){ 0 })); /* its thread wakes the loop, which ends now */
	front_bed_end(state);
	access_close(&everybody);
	arena_wipe_free(&names_mem);
	audit_close(&record.audit);
	counters_free(&record.counters);
	audit_bed_end(&record.bed);
	return 0;
}

static uint64_t written(void)
{
	return counters_sum(record.counters, AUDIT_WRITTEN);
}

/* Is there nothing to read? */
static bool is_silent(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

static void shown_hangs(int fd)
{
	disk_is(false, true);
	say(fd, SHOWN);
	disk_wait_hung();
}

static void no_answer_is_sent_before_its_record_is_durable(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), other = dial(f);

	assert_int_equal(ask(f, fd, SHOWN), 200);
	shown_hangs(fd);
	assert_int_equal(ask(f, other, LIVEZ), 200);
	assert_true(is_silent(fd));
	assert_int_equal(written(), 1);
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	assert_true(has(f, "\r\n\r\nnow"));
	assert_int_equal(written(), 2);
	close(fd);
	close(other);
}

/* More than are polled, and some whose handlers waited before. */
static void many_wait_and_all_are_answered(void **state)
{
	struct fixture *f = *state;
	int fds[MANY], late = dial(f);

	disk_is(false, true);
	say(late, SHOWN_LATER);
	disk_wait_hung();
	for (int i = 0; i < MANY; i++) {
		fds[i] = dial(f);
		say(fds[i], SHOWN);
	}
	disk_is(false, false);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(hear(f, fds[i], false), 200);
		close(fds[i]);
	}
	assert_int_equal(hear(f, late, false), 200);
	close(late);
	assert_int_equal(written(), MANY + 1);
}

/* Who waits in vain shall fail, not hang. */
static int dial_impatient(const struct fixture *f)
{
	struct timeval most = { .tv_sec = 20 };
	int fd = dial(f);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)), 0);
	return fd;
}

/* Its line is here, and more of it than is read at once. */
static void a_long_header_is_read_at_once_beside_those_who_wait(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), longer = dial_impatient(f);
	char header[HEADER_BYTES_MAX - 100];

	memset(header, 'a', sizeof(header));
	header[sizeof(header) - 1] = '\0';
	shown_hangs(fd);
	assert_int_equal(ask(f, longer, LIVEZ), 200);
	atomic_store(&timeless, true);
	say(longer, "GET /livez HTTP/1.1\r\nHost: x\r\nX: ");
	say(longer, header);
	assert_int_equal(ask(f, longer, "\r\n\r\n"), 200);
	assert_true(is_silent(fd));
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	assert_int_equal(written(), 1);
	close(fd);
	close(longer);
}

static void who_waits_behind_half_a_header_is_answered(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), half = dial(f), other = dial(f);

	say(half, "GET /livez HTTP/1.1\r\nHo");
	shown_hangs(fd);
	assert_int_equal(ask(f, other, LIVEZ), 200);
	assert_true(is_silent(fd));
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	assert_int_equal(ask(f, fd, SHOWN), 200);
	close(half);
	assert_int_equal(ask(f, fd, SHOWN), 200);
	assert_int_equal(written(), 3);
	close(fd);
	close(other);
}

static void others_go_on_beside_those_who_wait(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), slow = dial_impatient(f), big = dial_impatient(f), piped = dial_impatient(f);
	char *rest = malloc(BIG_BYTES);
	size_t n = 0;
	ssize_t got;

	assert_non_null(rest);
	say(big, BIG);
	assert_int_equal(recv(big, rest, 1, MSG_WAITALL), 1);
	say(slow, "GET /livez");
	shown_hangs(fd);
	atomic_store(&timeless, true);
	say(piped, LIVEZ LIVEZ LIVEZ);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hear(f, piped, false), 200);
	assert_int_equal(ask(f, slow, " HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	while (n < BIG_BYTES - 1 && (got = recv(big, rest, BIG_BYTES, 0)) > 0)
		n += (size_t)got;
	assert_true(n >= BIG_BYTES - 1);
	assert_true(is_silent(fd));
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	free(rest);
	close(fd);
	close(slow);
	close(big);
	close(piped);
}

static void what_is_asked_behind_comes_behind(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	shown_hangs(fd);
	say(fd, LIVEZ SHOWN "GET /count HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(is_silent(fd));
	disk_is(false, false);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(hear(f, fd, false), 200);
		assert_true(has(f, "\r\n\r\nnow"));
	}
	assert_int_equal(hear(f, fd, false), 200);
	assert_true(has(f, "\r\n\r\none"));
	assert_int_equal(written(), 2);
	close(fd);
}

static void hang_up_hard(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

static void who_hangs_up_is_on_record_and_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	static const char count[] = "GET /count HTTP/1.1\r\nHost: x\r\n\r\n";
	int gone = dial(f), fd = dial(f);

	shown_hangs(gone);
	hang_up_hard(gone);
	assert_int_equal(ask(f, fd, count), 200);
	while (!has(f, "\r\n\r\none"))
		assert_int_equal(ask(f, fd, count), 200); /* until it is gone: while the disk still hangs */
	say(fd, SHOWN);
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	assert_int_equal(written(), 2);
	close(fd);
}

/* Once in a millisecond is enough, and what else it is run for. */
static void the_daemon_is_not_run_in_circles_meanwhile(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), other = dial(f);
	uint64_t began_us, took_ms;
	unsigned before;

	shown_hangs(fd);
	assert_int_equal(ask(f, other, LIVEZ), 200);
	began_us = clock_mono_us();
	before = atomic_load(&runs);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(f, other, LIVEZ), 200);
	while (clock_mono_us() - began_us < 50000)
		;
	before = atomic_load(&runs) - before;
	took_ms = (clock_mono_us() - began_us) / 1000;
	assert_true(before <= took_ms + 100);
	disk_is(false, false);
	assert_int_equal(hear(f, fd, false), 200);
	close(fd);
	close(other);
}

static void who_still_waits_at_the_end_gets_503(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	shown_hangs(fd);
	front_bed_stop(f, 20);
	assert_int_equal(hear(f, fd, false), 503);
	assert_true(has(f, "urn:federator:problem:stopping"));
	assert_true(is_closed(fd));
	close(fd);
}

/* It comes after the last look whether anybody waits. */
static void stop_when_asked(struct fixture *f, const char *text)
{
	int fd = dial(f);

	assert_int_equal(ask(f, fd, LIVEZ), 200);
	last = (struct words){ f->front, fd, text };
	front_bed_stop(f, 20);
	last.front = NULL;
	assert_true(is_closed(fd));
	close(fd);
}

static void who_asks_for_what_is_recorded_at_the_very_end_is_cut(void **state)
{
	stop_when_asked(*state, SHOWN);
}

static void who_asks_for_what_takes_time_at_the_very_end_is_cut(void **state)
{
	struct fixture *f = *state;

	stop_when_asked(f, SHOWN_LATER);
	assert_non_null(f->later_x);
	if (f->later.slot) {
		loop_timer_cancel(f->loop, &f->later);
		f->later.fire(&f->later); /* its handler learns of nothing */
	}
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(no_answer_is_sent_before_its_record_is_durable),
		STORY(many_wait_and_all_are_answered),
		STORY(others_go_on_beside_those_who_wait),
		STORY(a_long_header_is_read_at_once_beside_those_who_wait),
		STORY(who_waits_behind_half_a_header_is_answered),
		STORY(what_is_asked_behind_comes_behind),
		STORY(who_hangs_up_is_on_record_and_leaves_nothing_behind),
		STORY(the_daemon_is_not_run_in_circles_meanwhile),
		STORY(who_still_waits_at_the_end_gets_503),
		STORY(who_asks_for_what_is_recorded_at_the_very_end_is_cut),
		STORY(who_asks_for_what_takes_time_at_the_very_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
