#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/federator/front_bed.h"

/* What a request smuggled behind each case would be. */
#define NEXT "GET /now HTTP/1.1\r\nHost: y\r\n\r\n"
#define GET_NOW "GET /now HTTP/1.1\r\nHost: x\r\n"
#define ECHO_IT "QUERY /echo HTTP/1.1\r\nHost: x\r\n"

struct probe {
	const char *text;
	size_t n;
	int status;
};
#define PROBE(text, status) { text, sizeof(text) - 1, status }

/* All that comes until the close; how many answers that is. */
static int hear_all(struct fixture *f, int fd)
{
	size_t n = 0;
	ssize_t got;
	int answers = 0;

	while ((got = recv(fd, f->answer + n, sizeof(f->answer) - 1 - n, 0)) > 0)
		n += (size_t)got;
	f->answer[n] = '\0';
	for (const char *at = f->answer; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
		answers++;
	return answers;
}

/* One answer of that status, and the connection is closed. */
static void refused(struct fixture *f, const struct probe *p)
{
	int fd = dial(f), answers;

	say_bytes(fd, p->text, p->n);
	say(fd, NEXT);
	answers = hear_all(f, fd);
	if (answers != 1 || strtol(f->answer + 9, NULL, 10) != p->status)
		fail_msg("%s\n%d answers, not one of %d: %s", p->text, answers, p->status, f->answer);
	close(fd);
}

static void refused_all(struct fixture *f, const struct probe *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refused(f, &of[i]);
}

static void a_body_of_doubtful_length_is_refused(void **state)
{
	static const struct probe cases[] = {
		PROBE(ECHO_IT "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
		PROBE(ECHO_IT "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
		PROBE(ECHO_IT "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
		PROBE(ECHO_IT "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
		PROBE(ECHO_IT "Transfer-Encoding: identity\r\n\r\n", 501),
		PROBE(ECHO_IT "Transfer-Encoding: xchunked\r\n\r\n", 501),
		PROBE(ECHO_IT "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
		PROBE(ECHO_IT "Content-Length : 5\r\n\r\nabcde", 400),
		PROBE(ECHO_IT "Transfer-Encoding\t: chunked\r\nContent-Length: 0\r\n\r\n", 400),
		PROBE(GET_NOW "Content-Length: 3\r\n\r\nabc", 400),
		PROBE(GET_NOW "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
		PROBE(ECHO_IT "Content-Length: 1114113\r\n\r\n", 413),
		PROBE(ECHO_IT "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n", 413),
		PROBE(ECHO_IT "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
		PROBE(ECHO_IT "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
		PROBE(ECHO_IT "Transfer-Encoding: chunked\r\n\r\n2\r\nabX3\r\n", 400),
		PROBE(ECHO_IT "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 413),
	};

	refused_all(*state, cases, ARRAY_LEN(cases));
}

/* libmicrohttpd 0.9.75 refuses these itself, sends the header of its answer twice, and closes. */
static void a_length_that_is_no_number_is_refused(void **state)
{
	static const char *const cases[] = { "+5", "-1", "5, 5", "0x5", "", "99999999999999999999999" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fd = dial(f);
		long status;

		say(fd, ECHO_IT "Content-Length: ");
		say(fd, cases[i]);
		say(fd, "\r\n\r\nabcde" NEXT);
		hear_all(f, fd);
		status = strtol(f->answer + 9, NULL, 10);
		assert_true(status == 400 || status == 413);
		assert_false(has(f, "200 OK"));
		close(fd);
	}
}

static void what_a_proxy_might_read_otherwise_is_refused(void **state)
{
	static const struct probe cases[] = {
		PROBE("GET /now HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
		PROBE("GET /now HTTP/1.1\r\nAccept: */*\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\0b\r\n\r\n", 400),
		PROBE(GET_NOW "X\0Y: a\r\n\r\n", 400),
		PROBE("GET /now\0x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\rContent-Length: 5\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\001b\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\r\n b\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\r\n\tb\r\nY: c\r\n\r\n", 400),
		PROBE(GET_NOW "X: a\nContent-Length: 5\r\n\r\n", 400),
		PROBE("GET /now HTTP/1.1\nHost: x\r\n\r\n", 400),
		PROBE(GET_NOW "\n", 400),
		PROBE(GET_NOW ": x\r\nContent-Length: 5\r\n\r\n", 400),
		PROBE(GET_NOW "X{Y}: x\r\n\r\n", 400),
		PROBE(GET_NOW "nonsense\r\n\r\n", 400),
		PROBE("GET  /now HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	};

	refused_all(*state, cases, ARRAY_LEN(cases));
}

static void a_target_that_is_no_path_is_refused(void **state)
{
	static const struct probe cases[] = {
		PROBE("GET http://x/now HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /now%00x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /a/..%2fnow HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /a/../now HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /now#x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /now x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /now\001 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		PROBE("GET /now\377 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	};

	refused_all(*state, cases, ARRAY_LEN(cases));
}

static void methods_and_versions_that_are_not_known_are_refused(void **state)
{
	static const struct probe cases[] = {
		PROBE("BREW /now HTTP/1.1\r\nHost: x\r\n\r\n", 501),
		PROBE("get /now HTTP/1.1\r\nHost: x\r\n\r\n", 501),
		PROBE("TRACE /now HTTP/1.1\r\nHost: x\r\n\r\n", 501),
		PROBE("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
		PROBE("GET /now HTTP/2.0\r\nHost: x\r\n\r\n", 505),
		PROBE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
		PROBE("GET /now\r\n", 400),
	};

	refused_all(*state, cases, ARRAY_LEN(cases));
}

/* `n` bytes of `c` between two texts: one refusal, whatever the length. */
static void refused_long(struct fixture *f, const char *head, size_t n, const char *tail, int status)
{
	static char text[20000];
	int fd = dial(f), answers;

	memset(text, 'a', n);
	say(fd, head);
	say_bytes(fd, text, n);
	say(fd, tail);
	answers = hear_all(f, fd);
	if (answers != 1 || strtol(f->answer + 9, NULL, 10) != status)
		fail_msg("%zu bytes: %d answers, not one of %d: %s", n, answers, status, f->answer);
	close(fd);
}

/* Between 7,700 and 8,170 bytes libmicrohttpd has no room for an answer of its own, and gives none. */
static void a_header_that_is_too_long_is_refused(void **state)
{
	struct fixture *f = *state;
	char text[4200], long_field[sizeof(GET_NOW "Y: \r\nX: ") + 3900];
	int fd = dial(f);

	snprintf(long_field, sizeof(long_field), GET_NOW "Y: %03900d\r\nX: ", 0);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say(fd, "GET /now?");
	say(fd, text);
	assert_int_equal(ask(f, fd, " HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	close(fd);
	for (size_t n = 6200; n < 8300; n += 50)
		refused_long(f, "GET /now?", n, " HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 414);
	refused_long(f, "GET /now?", 20000, " HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 414);
	for (size_t n = 2300; n < 4200; n += 100)
		refused_long(f, long_field, n, "\r\n\r\n" NEXT, 431);
	for (size_t n = 8300; n < 20000; n += 4000)
		refused_long(f, GET_NOW "X: ", n, "\r\n\r\n" NEXT, 431);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRONT_STORY(a_body_of_doubtful_length_is_refused),
		FRONT_STORY(a_length_that_is_no_number_is_refused),
		FRONT_STORY(what_a_proxy_might_read_otherwise_is_refused),
		FRONT_STORY(a_target_that_is_no_path_is_refused),
		FRONT_STORY(methods_and_versions_that_are_not_known_are_refused),
		FRONT_STORY(a_header_that_is_too_long_is_refused),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
