#include "tests/federator/front_bed.h"

#include "tests/cmocka_all.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

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

	answer_text(f->later_x, "later");
}

static void handle_later(struct exchange *x)
{
	struct fixture *f = x->context;

	f->later_x = x;
	f->later.fire = answer_later;
	loop_timer_set(f->loop, &f->later, deadline_after_ms(1));
}

static void handle_parked(struct exchange *x)
{
	struct fixture *f = x->context;
	uint64_t one = 1;

	f->parked[f->n_parked++ % 2] = x;
	assert_int_equal(write(f->parked_fd, &one, sizeof(one)), sizeof(one));
}

static void tell(int fd)
{
	uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static void await(int fd)
{
	uint64_t one;

	assert_int_equal(read(fd, &one, sizeof(one)), sizeof(one));
}

static void handle_stalled(struct exchange *x)
{
	struct fixture *f = x->context;
	struct deadline due;

	tell(f->stalled_fd);
	await(f->go_fd);
	due = deadline_after_ms(2 * f->patience_ms);
	while (deadline_left_us(due) > 0)
		;
	answer_text(x, "stalled");
}

void front_bed_wait_stalled(struct fixture *f)
{
	await(f->stalled_fd);
}

bool front_bed_go_on(struct fixture *f)
{
	tell(f->go_fd);
	return true;
}

static void handle_big(struct exchange *x)
{
	struct reply reply = { .status = 200, .content_type = "text/plain", .len = BIG_BYTES };

	reply.body = calloc(1, BIG_BYTES);
	assert_non_null(reply.body);
	exchange_reply(x, &reply);
}

static void handle_count(struct exchange *x)
{
	struct fixture *f = x->context;

	answer_text(x, f->front->connections > 1 ? "more" : "one");
}

/* Answers by itself, and hangs up. */
static void take_client(void *owner, const struct wire *wire)
{
	struct wire mine = *wire;

	(void)owner;
	assert_int_equal(wire_send(&mine, STR("mine\n")), 5);
	wire_finish(&mine);
	wire_close(&mine);
}

static void handle_given(struct exchange *x)
{
	exchange_part(x, take_client, NULL);
}

static void give_later(struct loop_timer *t)
{
	struct fixture *f = CONTAINER_OF(t, struct fixture, later);

	exchange_part(f->later_x, take_client, NULL);
}

static void handle_given_later(struct exchange *x)
{
	handle_later(x);
	((struct fixture *)x->context)->later.fire = give_later;
}

static void answer_parked(struct loop_post *p)
{
	struct fixture *f = CONTAINER_OF(p, struct fixture, answer_parked);

	for (int i = 0; i < 2; i++)
		answer_text(f->parked[i], "parked");
}

static const struct route table[] = {
	{ "GET", "/now", handle_now, ROUTE_WORK, 0 },
	{ "QUERY", "/echo", handle_echo, ROUTE_WORK, 0 },
	{ "GET", "/later", handle_later, ROUTE_WORK, 0 },
	{ "GET", "/parked", handle_parked, ROUTE_WORK, 0 },
	{ "GET", "/stalled", handle_stalled, ROUTE_WORK, 0 },
	{ "GET", "/big", handle_big, ROUTE_WORK, 0 },
	{ "GET", "/count", handle_count, ROUTE_WORK, 0 },
	{ "GET", "/given", handle_given, ROUTE_WORK, 0 },
	{ "GET", "/given-later", handle_given_later, ROUTE_WORK, 0 },
	{ "GET", "/livez", handle_now, ROUTE_ALWAYS, 0 },
	{ "GET", "/shown", handle_now, ROUTE_WORK, MAY_VIEW },
	{ "GET", "/shown-later", handle_later, ROUTE_WORK, MAY_VIEW },
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

int front_bed_begin_with(void **state, const struct front_limits *limits)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint32_t ms = limits->patience_ms ? limits->patience_ms : 60000;
	struct front_conf conf = { .routes = &routes,
				   .context = f,
				   .connections = limits->connections ? limits->connections : 10,
				   .requests = limits->requests ? limits->requests : 10,
				   .shares = 1,
				   .tls = limits->tls,
				   .access = limits->access,
				   .patience = { 0, ms, ms, ms, BIG_BYTES },
				   .stopped = stopped,
				   .owner = f };
	struct err err;

	assert_non_null(f);
	assert_true(listen_open("127.0.0.1:0", LISTEN_BARE, &f->at, &err));
	f->patience_ms = ms;
	f->stalled_fd = eventfd(0, EFD_CLOEXEC);
	f->go_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(f->stalled_fd >= 0 && f->go_fd >= 0);
	f->parked_fd = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
	assert_true(f->parked_fd >= 0);
	f->loop = loop_new(&err);
	assert_non_null(f->loop);
	f->lane.loop = f->loop;
	f->drain.run = drain;
	conf.lane = &f->lane;
	conf.fd = f->at.fd;
	f->front = front_open(&conf, &err);
	assert_non_null(f->front);
	if (limits->audit) { /* as in the server: its turn comes behind libmicrohttpd's */
		audit_port_open(&f->port, limits->audit, f->loop);
		f->lane.audit = &f->port;
	}
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	*state = f;
	return 0;
}

int front_bed_begin(void **state)
{
	return front_bed_begin_with(state, &(struct front_limits){ 0 });
}

void front_bed_stop(struct fixture *f, uint32_t drain_ms)
{
	f->drain_ms = drain_ms;
	loop_post(f->loop, &f->drain);
	pthread_join(f->thread, NULL);
	front_free(&f->front);
}

int front_bed_end(void **state)
{
	struct fixture *f = *state;

	if (f->front)
		front_bed_stop(f, 0);
	audit_port_close(&f->port);
	loop_free(&f->loop);
	close(f->parked_fd);
	close(f->stalled_fd);
	close(f->go_fd);
	free(f);
	return 0;
}

void connect_to(const struct fixture *f, int fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(f->at.port) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
}

int dial(const struct fixture *f)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	connect_to(f, fd);
	return fd;
}

void say_bytes(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the server may close while we still talk */
		bytes += sent;
		n -= (size_t)sent;
	}
}

void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* One whole answer by its Content-Length (`head`: without body), or what came until the close; its status. */
int hear(struct fixture *f, int fd, bool head)
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
bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0;
}

int ask(struct fixture *f, int fd, const char *text)
{
	say(fd, text);
	return hear(f, fd, false);
}

bool has(const struct fixture *f, const char *text)
{
	return strstr(f->answer, text) != NULL;
}

void front_bed_wait_parked(struct fixture *f)
{
	uint64_t one;

	for (int i = 0; i < 2; i++)
		assert_int_equal(read(f->parked_fd, &one, sizeof(one)), sizeof(one));
}

void front_bed_answer_parked(struct fixture *f)
{
	f->answer_parked.run = answer_parked;
	loop_post(f->loop, &f->answer_parked);
}
