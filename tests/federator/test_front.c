#include "tests/cmocka_all.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "federator/http/exchange.h"
#include "federator/http/front.h"
#include "federator/http/front_state.h"
#include "federator/http/listen.h"

/* A front on a loop of its own thread; the test is the client, with a plain socket. */
struct fixture {
	struct listener at;
	struct loop *loop;
	struct lane lane;
	struct front *front;
	pthread_t thread;
	struct loop_post drain;
	uint32_t drain_ms;
	struct exchange *parked, *parked_before; /* of /parked, on the loop's thread */
	struct loop_post answer_parked;
	struct loop_timer later;
	char answer[300000];
};

static void answer_text(struct exchange *x, const char *text)
{
	struct buf out = { 0 };

	buf_puts(&out, text);
	exchange_bytes(x, 200, "text/plain", &out);
}

static void handle_now(struct exchange *x)
{
	answer_text(x, "now");
}

static void handle_echo(struct exchange *x)
{
	struct buf out = { 0 };

	buf_put_str(&out, x->body);
	exchange_bytes(x, 200, "text/plain", &out);
}

static void answer_later(struct loop_timer *t)
{
	struct fixture *f = CONTAINER_OF(t, struct fixture, later);

	answer_text(f->parked, "later");
}

static void handle_later(struct exchange *x)
{
	struct fixture *f = x->context;

	f->parked = x;
	f->later.fire = answer_later;
	loop_timer_set(f->loop, &f->later, deadline_after_ms(1));
}

static void handle_parked(struct exchange *x)
{
	struct fixture *f = x->context;

	f->parked_before = f->parked;
	f->parked = x;
}

static void answer_parked(struct loop_post *p)
{
	struct fixture *f = CONTAINER_OF(p, struct fixture, answer_parked);

	answer_text(f->parked, "one");
	answer_text(f->parked_before, "other");
}

static const struct route table[] = {
	{ "GET", "/now", handle_now, ROUTE_WORK },
	{ "QUERY", "/echo", handle_echo, ROUTE_WORK },
	{ "GET", "/later", handle_later, ROUTE_WORK },
	{ "GET", "/parked", handle_parked, ROUTE_WORK },
	{ "GET", "/livez", handle_now, ROUTE_ALWAYS },
};
static const struct routes routes = { table, ARRAY_LEN(table) };

static void stopped(void *owner)
{
	struct fixture *f = owner;

	loop_stop(f->loop);
}

static void *run(void *arg)
{
	struct fixture *f = arg;

	loop_run(f->loop);
	return NULL;
}

static void drain(struct loop_post *p)
{
	struct fixture *f = CONTAINER_OF(p, struct fixture, drain);

	front_quiesce(f->front);
	close(f->at.fd);
	f->at.fd = -1;
	front_drain(f->front, f->drain_ms);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct front_conf conf = {
		.routes = &routes, .context = f, .connections = 10, .requests = 2, .shares = 1,
		.stopped = stopped, .owner = f
	};
	struct err err;

	assert_non_null(f);
	assert_true(listen_open("127.0.0.1:0", &f->at, &err));
	f->loop = loop_new(&err);
	assert_non_null(f->loop);
	f->lane.loop = f->loop;
	f->drain.run = drain;
	conf.lane = &f->lane;
	conf.fd = f->at.fd;
	f->front = front_open(&conf, &err);
	assert_non_null(f->front);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	*state = f;
	return 0;
}

static void stop(struct fixture *f, uint32_t drain_ms)
{
	f->drain_ms = drain_ms;
	loop_post(f->loop, &f->drain);
	pthread_join(f->thread, NULL);
	front_free(&f->front);
}

static int end(void **state)
{
	struct fixture *f = *state;

	if (f->front)
		stop(f, 0);
	loop_free(&f->loop);
	free(f);
	return 0;
}

static int dial(const struct fixture *f)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(f->at.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void say_bytes(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the server may close while we still talk */
		bytes += sent;
		n -= (size_t)sent;
	}
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* One whole answer by its Content-Length (`head`: without body), or what came until the close; its status. */
static int hear(struct fixture *f, int fd, bool head)
{
	size_t n = 0, body = 0;
	char *split = NULL, *length;
	ssize_t got;

	for (;;) {
		got = recv(fd, f->answer + n, split ? body - n : 1, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
		f->answer[n] = '\0';
		if (!split && (split = strstr(f->answer, "\r\n\r\n"))) {
			length = strstr(f->answer, "Content-Length: ");
			body = (size_t)(split + 4 - f->answer) +
			       (length && !head ? strtoul(length + 16, NULL, 10) : 0);
		}
		if (split && n >= body)
			break;
	}
	f->answer[n] = '\0';
	return n > 9 ? (int)strtol(f->answer + 9, NULL, 10) : 0;
}

/* The peer closed: no byte, or a reset because we said more than it read. */
static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0;
}

static int ask(struct fixture *f, int fd, const char *text)
{
	say(fd, text);
	return hear(f, fd, false);
}

static bool has(const struct fixture *f, const char *text)
{
	return strstr(f->answer, text) != NULL;
}

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
	assert_true(has(f, "Vary: Accept, Accept-Language, Authorization"));
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
	assert_int_equal(ask(f, fd, "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n"), 413);
	assert_true(has(f, "problem:too-large"));
	assert_true(is_closed(fd));
	close(fd);
}

static void what_could_smuggle_a_request_is_refused_and_closed(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		  400 },
		{ "QUERY /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n0\r\n\r\n",
		  400 },
		{ "QUERY /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", 501 },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 400 },
		{ "GET /now HTTP/1.1\r\nHost: x\r\nX: a\001b\r\n\r\n", 400 },
		{ "BREW /now HTTP/1.1\r\nHost: x\r\n\r\n", 501 },
		{ "GET http://x/now HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fd = dial(f);

		if (ask(f, fd, cases[i].text) != cases[i].status)
			fail_msg("not %d but: %s", cases[i].status, f->answer);
		assert_true(is_closed(fd));
		close(fd);
	}
}

/* Some lengths leave libmicrohttpd's connection memory with no room for its own answer. */
static void a_request_line_of_any_length_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	char line[8400];

	for (size_t n = 8110; n < 8170; n += 20) {
		int fd = dial(f), other;

		memset(line, 'a', n);
		memcpy(line, "GET /now?", 9);
		say_bytes(fd, line, n);
		say(fd, " HTTP/1.1\r\nHost: x\r\n\r\n");
		other = dial(f);
		assert_int_equal(ask(f, other, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
		close(fd);
		close(other);
	}
	loop_post(f->loop, &f->drain);
	pthread_join(f->thread, NULL);
	assert_int_equal(f->front->active, 0);
	front_free(&f->front);
}

static void an_escaped_nul_does_not_cut_the_path(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	assert_int_equal(ask(f, fd, "GET /now%00x HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
	assert_int_equal(ask(f, fd, "GET /a/..%2fnow HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
	assert_int_equal(ask(f, fd, "GET /a/../now HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
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

static void draining_answers_what_is_in_flight_and_closes(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	stop(f, 60000);
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
	stop(f, 1);
	assert_int_equal(hear(f, fd, false), 503);
	assert_true(has(f, "Connection: close"));
	late.body = strdup("late");
	late.len = 4;
	exchange_reply(f->parked, &late); /* thrown away, nothing leaks */
	close(fd);
	close(other);
}

static void what_is_too_much_is_turned_away_at_once(void **state)
{
	struct fixture *f = *state;
	int parked[2] = { dial(f), dial(f) }, fd = dial(f);

	for (int i = 0; i < 2; i++)
		say(parked[i], "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
	while (ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200)
		; /* until both are in flight */
	assert_true(has(f, "503"));
	assert_true(has(f, "urn:federator:problem:overloaded"));
	assert_true(has(f, "Retry-After: 1\r\n"));
	assert_int_equal(ask(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(ask(f, fd, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	f->answer_parked.run = answer_parked;
	loop_post(f->loop, &f->answer_parked);
	while (ask(f, fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 503)
		; /* until the answer has left */
	assert_true(has(f, "\r\n\r\nnow"));
	close(fd);
	close(parked[0]);
	close(parked[1]);
}

static void only_loopback_can_be_listened_on(void **state)
{
	struct listener at = { .fd = -1 };
	struct err err;

	(void)state;
	assert_false(listen_open("0.0.0.0:0", &at, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_non_null(strstr(err.text, "authentication is not configured"));
	assert_false(listen_open("[::]:0", &at, &err));
	assert_false(listen_open("nonsense", &at, &err));
	assert_int_equal(at.fd, -1);
	assert_true(listen_open("localhost:0", &at, &err));
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
	assert_true(listen_open(address, &at, &err));
	assert_false(listen_open(address, &other, &err));
	close(at.fd); /* as if the process died: the file stays */
	assert_true(listen_open(address, &at, &err));
	listen_close(&at);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_keep_the_connection_open, begin, end),
		cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, begin, end),
		cmocka_unit_test_setup_teardown(a_query_method_brings_its_body, begin, end),
		cmocka_unit_test_setup_teardown(a_body_may_have_64_kib_and_no_more, begin, end),
		cmocka_unit_test_setup_teardown(what_could_smuggle_a_request_is_refused_and_closed, begin,
						end),
		cmocka_unit_test_setup_teardown(a_request_line_of_any_length_leaves_nothing_behind, begin, end),
		cmocka_unit_test_setup_teardown(an_escaped_nul_does_not_cut_the_path, begin, end),
		cmocka_unit_test_setup_teardown(a_wrong_method_is_told_the_right_ones, begin, end),
		cmocka_unit_test_setup_teardown(head_is_get_without_the_body, begin, end),
		cmocka_unit_test_setup_teardown(a_safe_request_id_is_kept_and_another_is_made, begin, end),
		cmocka_unit_test_setup_teardown(draining_answers_what_is_in_flight_and_closes, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_answered_in_time_gets_503, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_much_is_turned_away_at_once, begin, end),
		cmocka_unit_test(only_loopback_can_be_listened_on),
		cmocka_unit_test(a_dead_unix_socket_is_replaced_and_a_live_one_is_not),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
