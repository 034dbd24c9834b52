#include "tests/cmocka_all.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/federator/front_bed.h"

static void answers_keep_the_connection_open(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
		assert_true(has(f, "\r\n\r\nnow"));
		assert_int_equal(ask(f, fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
		assert_true(has(f, "\r\n\r\nlater"));
		assert_int_equal(ask(f, fd, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	}
	assert_true(has(f, "Cache-Control: private, no-store"));
	assert_false(has(f, "Vary:"));
	assert_true(has(f, "application/problem+json"));
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(f, fd, false);
	assert_true(has(f, "\r\n\r\nlater"));
	hear(f, fd, false);
	assert_true(has(f, "\r\n\r\nnow"));
	close(fd);
}

static void a_query_method_brings_its_body(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
	assert_int_equal(ask(f, fd, "cde"), 200);
	assert_true(has(f, "\r\n\r\nabcde"));
	assert_int_equal(ask(f, fd,
			     "QUERY /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
			 200);
	assert_true(has(f, "\r\n\r\nabc"));
	close(fd);
}

static void a_body_may_have_64_kib_and_no_more(void **state)
{
	struct fixture *f = *state;
	static char body[65537];
	int fd = dial(f);

	memset(body, 'b', sizeof(body));
	say(fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n");
	say_bytes(fd, body, 65536);
	assert_int_equal(hear(f, fd, false), 200);
	say(fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n");
	say_bytes(fd, body, 65537);
	assert_int_equal(ask(f, fd, "\r\n0\r\n\r\n"), 413);
	assert_true(has(f, "problem:too-large"));
	say(fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
	say_bytes(fd, body, 65537);
	assert_int_equal(hear(f, fd, false), 413);
	assert_true(has(f, "problem:too-large"));
	assert_int_equal(ask(f, fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1114113\r\n\r\n"), 413);
	assert_true(has(f, "problem:too-large"));
	assert_true(is_closed(fd));
	close(fd);
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	assert_int_equal(ask(f, fd, "DELETE /now HTTP/1.1\r\nHost: x\r\nAccept: application/xml\r\n\r\n"),
			 405);
	assert_true(has(f, "Allow: GET, HEAD\r\n"));
	assert_true(has(f, "application/problem+xml"));
	close(fd);
}

static void head_is_get_without_the_body(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(hear(f, fd, true), 200);
	assert_true(has(f, "Content-Length: 3\r\n"));
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	close(fd);
}

static void a_safe_request_id_is_kept_and_another_is_made(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\nX-Request-Id: call-7\r\n\r\n");
	assert_true(has(f, "X-Request-Id: call-7\r\n"));
	ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\nX-Request-Id: a b\r\n\r\n");
	assert_false(has(f, "a b"));
	assert_true(has(f, "X-Request-Id: "));
	close(fd);
}

static void connection_that_is_given_away_is_not_the_front_s(void **state)
{
	struct fixture *f = *state;
	int others = dial(f);

	for (int i = 0; i < 100; i++) {
		int fd = dial(f);

		assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
		say(fd, i % 2 ? "GET /given HTTP/1.1\r\nHost: a\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\n\r\n" :
				"GET /given-later HTTP/1.1\r\nHost: a\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\n\r\n");
		hear(f, fd, false);
		assert_string_equal(f->answer, "mine\n");
		close(fd);
		assert_int_equal(ask(f, others, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	}
	assert_int_equal(ask(f, others, "GET /count HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	assert_true(has(f, "one"));
	close(others);
}

static void draining_answers_what_is_in_flight_and_closes(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	front_bed_stop(f, 60000);
	assert_int_equal(hear(f, fd, false), 200);
	assert_true(is_closed(fd));
	close(fd);
}

static void what_is_not_answered_in_time_gets_503(void **state)
{
	struct fixture *f = *state;
	struct reply late = { .status = 200, .content_type = "text/plain" };
	int fd = dial(f), other = dial(f);

	say(fd, "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(ask(f, other, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	front_bed_stop(f, 1);
	assert_int_equal(hear(f, fd, false), 503);
	assert_true(has(f, "Connection: close"));
	late.body = strdup("late");
	late.len = 4;
	exchange_reply(f->parked[0], &late); /* thrown away, nothing leaks */
	close(fd);
	close(other);
}

static void take_nothing(void *told, const struct wire *wire)
{
	assert_null(wire);
	++*(int *)told;
}

static void connection_of_a_client_that_was_sent_away_is_not_given(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), other = dial(f), told = 0;

	say(fd, "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(ask(f, other, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	front_bed_stop(f, 1);
	assert_int_equal(hear(f, fd, false), 503);
	exchange_part(f->parked[0], take_nothing, &told);
	assert_int_equal(told, 1);
	close(fd);
	close(other);
}

static atomic_bool is_short;

/* Linked instead of the real one. */
bool __wrap_memory_short(void);
bool __wrap_memory_short(void)
{
	return atomic_load(&is_short);
}

static void without_memory_to_spare_work_is_turned_away(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	atomic_store(&is_short, true);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
	assert_true(has(f, "memory"));
	assert_int_equal(ask(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	atomic_store(&is_short, false);
	assert_int_equal(ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	close(fd);
}

static void only_loopback_can_be_listened_on(void **state)
{
	struct listener at = { .fd = -1 };
	struct err err;

	(void)state;
	assert_false(listen_open("0.0.0.0:0", LISTEN_BARE, &at, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_non_null(strstr(err.text, "authentication is not configured"));
	assert_false(listen_open("[::]:0", LISTEN_BARE, &at, &err));
	assert_false(listen_open("nonsense", LISTEN_BARE, &at, &err));
	assert_int_equal(at.fd, -1);
	assert_true(listen_open("localhost:0", LISTEN_BARE, &at, &err));
	assert_true(at.port != 0);
	listen_close(&at);
}

static void a_dead_unix_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	char dir[] = "/tmp/fed-listen-XXXXXX", address[64];
	struct listener at, other;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(address, sizeof(address), "unix:%s/s", dir);
	assert_true(listen_open(address, LISTEN_BARE, &at, &err));
	assert_false(listen_open(address, LISTEN_BARE, &other, &err));
	close(at.fd); /* as if the process died: the file stays */
	assert_true(listen_open(address, LISTEN_BARE, &at, &err));
	listen_close(&at);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRONT_STORY(answers_keep_the_connection_open),
		FRONT_STORY(pipelined_requests_are_answered_in_order),
		FRONT_STORY(a_query_method_brings_its_body),
		FRONT_STORY(a_body_may_have_64_kib_and_no_more),
		FRONT_STORY(a_wrong_method_is_told_the_right_ones),
		FRONT_STORY(head_is_get_without_the_body),
		FRONT_STORY(a_safe_request_id_is_kept_and_another_is_made),
		FRONT_STORY(connection_that_is_given_away_is_not_the_front_s),
		FRONT_STORY(connection_of_a_client_that_was_sent_away_is_not_given),
		FRONT_STORY(draining_answers_what_is_in_flight_and_closes),
		FRONT_STORY(what_is_not_answered_in_time_gets_503),
		FRONT_STORY(without_memory_to_spare_work_is_turned_away),
		cmocka_unit_test(only_loopback_can_be_listened_on),
		cmocka_unit_test(a_dead_unix_socket_is_replaced_and_a_live_one_is_not),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
