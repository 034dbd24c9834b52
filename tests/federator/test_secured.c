/* Connections with TLS: the client is GnuTLS on a plain, blocking socket. */
#include "tests/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "tests/federator/front_bed.h"
#include "tests/federator/own_pair.h"

static struct own_pair pair;
static struct tls *tls;

static int begin_with(void **state, uint32_t patience_ms)
{
	const struct tls_conf conf = {
		.certificate = pair.certificate, .key = pair.key, .authorities = "", .revocations = ""
	};
	struct err err;

	own_pair_begin(&pair);
	own_pair_write(&pair, 10);
	tls = tls_open(&conf, &err);
	assert_non_null(tls);
	return front_bed_begin_with(state, &(struct front_limits){ .patience_ms = patience_ms, .tls = tls });
}

static int begin(void **state)
{
	return begin_with(state, 0);
}

static int begin_impatient(void **state)
{
	return begin_with(state, 50);
}

static int end(void **state)
{
	front_bed_end(state);
	tls_free(&tls);
	own_pair_end(&pair);
	return 0;
}

/* ---- the client ---- */

struct client {
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

static void client_begin(struct client *c, const struct fixture *f)
{
	int rc;

	c->fd = dial(f);
	assert_int_equal(gnutls_init(&c->session, GNUTLS_CLIENT), 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&c->credentials), 0);
	assert_int_equal(gnutls_set_default_priority(c->session), 0);
	assert_int_equal(gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->credentials), 0);
	gnutls_transport_set_int(c->session, c->fd);
	do
		rc = gnutls_handshake(c->session);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	assert_int_equal(rc, 0);
}

static void client_end(struct client *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->credentials);
	close(c->fd);
}

static void client_say(struct client *c, const char *text)
{
	assert_int_equal(gnutls_record_send(c->session, text, strlen(text)), strlen(text));
}

/* Up to `mark`, or to the end: *closed_out says whether it was a proper one. */
static void client_hear(struct client *c, struct fixture *f, const char *mark, bool *closed_out)
{
	size_t n = 0;
	ssize_t got = 1;

	f->answer[0] = '\0';
	while (!strstr(f->answer, mark) && got != 0) {
		got = gnutls_record_recv(c->session, f->answer + n, sizeof(f->answer) - 1 - n);
		if (got < 0 && gnutls_error_is_fatal((int)got))
			break;
		n += got > 0 ? (size_t)got : 0;
		f->answer[n] = '\0';
	}
	*closed_out = got == 0;
}

/* ---- stories ---- */

static void answers_keep_the_session(void **state)
{
	struct fixture *f = *state;
	struct client c;
	bool closed;

	client_begin(&c, f);
	for (int i = 0; i < 3; i++) {
		client_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
		client_hear(&c, f, "\r\n\r\nlater", &closed);
		assert_true(has(f, "200 OK"));
	}
	client_say(&c, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	client_hear(&c, f, "\r\n\r\n", &closed);
	assert_true(has(f, "200 OK"));
	client_end(&c);
}

/* The session goes with the connection, and libmicrohttpd ends one that was never used. */
static void a_session_that_is_given_away_is_not_the_front_s(void **state)
{
	struct fixture *f = *state;
	bool closed;

	for (int i = 0; i < 3; i++) {
		struct client c;

		client_begin(&c, f);
		client_say(&c, "GET /given HTTP/1.1\r\nHost: x\r\n\r\n");
		client_hear(&c, f, "no more", &closed);
		assert_true(closed);
		assert_string_equal(f->answer, "mine\n");
		client_end(&c);
	}
}

static void who_does_not_finish_the_handshake_is_cut(void **state)
{
	static const char record[] = "\x16\x03\x01\x02\x00\x01\x00";
	struct fixture *f = *state;

	for (size_t n = 0; n < sizeof(record) - 1; n++) {
		int fd = dial(f);

		if (n)
			say_bytes(fd, record, n);
		assert_true(is_closed(fd));
		close(fd);
	}
}

static void bytes_of_no_handshake_end_the_connection(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	char got[64];

	say(fd, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
	while (recv(fd, got, sizeof(got), 0) > 0)
		assert_null(memmem(got, sizeof(got), "HTTP", 4));
	close(fd);
}

static void the_end_does_not_wait_for_handshakes(void **state)
{
	struct fixture *f = *state;
	int begun[8];
	struct client c;

	for (size_t i = 0; i < ARRAY_LEN(begun); i++) {
		begun[i] = dial(f);
		say_bytes(begun[i], "\x16\x03\x01", i % 4);
	}
	client_begin(&c, f); /* by now the others were taken */
	front_bed_stop(f, 0);
	for (size_t i = 0; i < ARRAY_LEN(begun); i++) {
		assert_true(is_closed(begun[i]));
		close(begun[i]);
	}
	client_end(&c);
}

static void a_front_that_never_drained_ends_with_handshakes(void **state)
{
	struct fixture *f = *state;
	struct client c;
	int fd = dial(f);

	say_bytes(fd, "\x16", 1);
	client_begin(&c, f);
	client_end(&c);
	loop_stop(f->loop);
	pthread_join(f->thread, NULL);
	front_free(&f->front);
	close(f->at.fd);
	assert_true(is_closed(fd));
	close(fd);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(answers_keep_the_session),
		STORY(a_session_that_is_given_away_is_not_the_front_s),
		cmocka_unit_test_setup_teardown(who_does_not_finish_the_handshake_is_cut, begin_impatient, end),
		STORY(bytes_of_no_handshake_end_the_connection),
		STORY(the_end_does_not_wait_for_handshakes),
		STORY(a_front_that_never_drained_ends_with_handshakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
