#include "tests/cmocka_all.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/federator/front_bed.h"

/* Two requests at a time. */
static int begin_busy(void **state)
{
	return front_bed_begin_with(state, &(struct front_limits){ .requests = 2 });
}

/* Two connections. */
static int begin_narrow(void **state)
{
	return front_bed_begin_with(state, &(struct front_limits){ .connections = 2 });
}

/* Clients have time for a few bytes. */
static int begin_brisk(void **state)
{
	return front_bed_begin_with(state, &(struct front_limits){ .patience_ms = 300 });
}

/* Clients have no time. */
static int begin_hasty(void **state)
{
	return front_bed_begin_with(state, &(struct front_limits){ .patience_ms = 30 });
}

static void what_is_too_much_is_turned_away_at_once(void **state)
{
	struct fixture *f = *state;
	int parked[2] = { dial(f), dial(f) }, fd = dial(f);

	for (int i = 0; i < 2; i++)
		say(parked[i], "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
	front_bed_wait_parked(f);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
	assert_true(has(f, "urn:federator:problem:overloaded"));
	assert_true(has(f, "Retry-After: 1\r\n"));
	assert_int_equal(ask(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(ask(f, fd, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	front_bed_answer_parked(f);
	while (ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 503)
		; /* until the answer has left */
	assert_true(has(f, "\r\n\r\nnow"));
	close(fd);
	close(parked[0]);
	close(parked[1]);
}

static void who_asks_nothing_makes_room(void **state)
{
	struct fixture *f = *state;
	static const char now[] = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";
	int asks = dial(f), silent, third, fourth;

	assert_int_equal(ask(f, asks, now), 200);
	silent = dial(f);
	say(silent, "GET /now HTTP/1.1\r\nHo");
	third = dial(f);
	assert_true(is_closed(silent));
	assert_int_equal(ask(f, third, now), 200);
	assert_int_equal(ask(f, asks, now), 200);
	fourth = dial(f);
	assert_true(is_closed(third)); /* idle for longer */
	assert_int_equal(ask(f, fourth, now), 200);
	assert_int_equal(ask(f, asks, now), 200);
	close(asks);
	close(silent);
	close(third);
	close(fourth);
}

static void while_all_wait_health_is_told(void **state)
{
	struct fixture *f = *state;
	int parked[2] = { dial(f), dial(f) }, fd;

	for (int i = 0; i < 2; i++)
		say(parked[i], "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
	front_bed_wait_parked(f);
	fd = dial(f);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
	close(fd);
	assert_true(has(f, "all connections are taken"));
	assert_true(has(f, "Connection: close\r\n"));
	fd = dial(f);
	assert_int_equal(ask(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_true(is_closed(fd));
	close(fd);
	front_bed_answer_parked(f);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hear(f, parked[i], false), 200);
		close(parked[i]);
	}
}

static void a_slow_header_or_body_is_cut(void **state)
{
	static const char *const begun[] = { "", "GET /now HTTP/1.1\r\nHost: x\r\nX-Slow: ",
					     "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(begun); i++) {
		int fd = dial(f);

		say(fd, begun[i]);
		assert_true(is_closed(fd));
		close(fd);
	}
}

static void an_answer_that_nobody_reads_is_cut(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), other;

	say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	while (recv(fd, f->answer, 1, 0) != 1) { /* it is on its way, unless this client was too slow itself */
		close(fd);
		fd = dial(f);
		say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	other = dial(f);
	while (ask(f, other, "GET /count HTTP/1.1\r\nHost: x\r\n\r\n") != 200 || !has(f, "\r\n\r\none"))
		if (!has(f, "more")) { /* this one was too slow itself */
			close(other);
			other = dial(f);
		}
	close(other);
	close(fd);
}

/* Its last bytes came while the loop was busy, which took longer than the client has. */
static void who_waited_to_be_read_is_not_late(void **state)
{
	struct fixture *f = *state;
	int waits, busy = -1;

	do { /* until this client was not too slow itself */
		close(busy);
		waits = dial(f);
		busy = dial(f);
		say(waits, "GET /now HTTP/1.1\r\nHost: x\r\n");
		say(busy, "GET /stalled HTTP/1.1\r\nHost: x\r\n\r\n");
		front_bed_wait_stalled(f);
	} while (recv(waits, f->answer, 1, MSG_DONTWAIT) == 0 && front_bed_go_on(f) && close(waits) == 0);
	say(waits, "\r\n");
	front_bed_go_on(f);
	assert_int_equal(hear(f, waits, false), 200);
	close(waits);
	close(busy);
}

/* Not one more descriptor can be opened; returns the limit there was. */
static struct rlimit exhaust(void)
{
	struct rlimit before, none;
	int lowest = dup(0);

	assert_true(lowest > 0);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

static void without_descriptors_who_knocks_hears_503(void **state)
{
	struct fixture *f = *state;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct rlimit before = exhaust();

	connect_to(f, fd);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
	assert_true(has(f, "no connection is left"));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(fd);
	do { /* until it has looked who knocks */
		fd = dial(f);
		ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
		close(fd);
	} while (has(f, "no connection is left"));
	assert_true(has(f, "\r\n\r\nnow"));
}

static void without_descriptors_an_idle_connection_makes_room(void **state)
{
	struct fixture *f = *state;
	int idle = dial(f), fd = socket(AF_INET, SOCK_STREAM, 0);
	struct rlimit before;

	assert_int_equal(ask(f, idle, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	before = exhaust();
	connect_to(f, fd);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(is_closed(idle));
	close(idle);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_too_much_is_turned_away_at_once, begin_busy, front_bed_end),
		cmocka_unit_test_setup_teardown(who_asks_nothing_makes_room, begin_narrow, front_bed_end),
		cmocka_unit_test_setup_teardown(while_all_wait_health_is_told, begin_narrow, front_bed_end),
		cmocka_unit_test_setup_teardown(a_slow_header_or_body_is_cut, begin_hasty, front_bed_end),
		cmocka_unit_test_setup_teardown(an_answer_that_nobody_reads_is_cut, begin_hasty, front_bed_end),
		cmocka_unit_test_setup_teardown(who_waited_to_be_read_is_not_late, begin_brisk, front_bed_end),
		FRONT_STORY(without_descriptors_who_knocks_hears_503),
		FRONT_STORY(without_descriptors_an_idle_connection_makes_room),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
