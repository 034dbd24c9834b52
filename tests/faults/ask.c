/* fault_ask - asks the service for views of customers, over many connections, and writes every answer down.
 *
 *   fault_ask port=8080 out=FILE [connections=8] [count=1000 | ms=1000] [rate=0] [first=20000000] [customers=1000]
 *             [by=both|member|phone] [view=pop] [bodies=1]
 *
 * Until `count` requests or `ms` milliseconds are over, or SIGTERM; what is under way is waited for. rate=0: each
 * connection asks again as soon as it is answered. Else so many requests begin in each second, whatever becomes of
 * them, each on a connection that is free; when none of `connections` is, the request is not sent and has status 1. The
 * output is a struct answer for each request, followed by its body. Ends with 0 also when requests failed: they have
 * status 0. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/faults/asker.h"

enum { CONNECTIONS_MOST = 10000, EVENTS = 256, PATIENCE_US = 15000000, REST_US = 2000, STATUS_UNSENT = 1 };

static struct plan {
	uint64_t port, connections, count, ms, rate, first, customers, bodies;
	const char *by, *view, *out;
} plan = {
	.connections = 8, .first = 20000000, .customers = 1000, .bodies = 1, .by = "both", .view = "pop", .out = ""
};

static struct asker *askers;
static size_t *idle, n_idle; /* numbers of askers without a request */
static uint64_t begun, ended; /* requests */
static uint64_t begin_us;
static int epoll_fd;
static FILE *out;
static volatile sig_atomic_t told_to_end;

static bool option_read(const char *text)
{
	const struct {
		const char *name;
		uint64_t *number;
		const char **text;
	} known[] = { { "port", &plan.port, NULL },
		      { "connections", &plan.connections, NULL },
		      { "count", &plan.count, NULL },
		      { "ms", &plan.ms, NULL },
		      { "rate", &plan.rate, NULL },
		      { "first", &plan.first, NULL },
		      { "customers", &plan.customers, NULL },
		      { "bodies", &plan.bodies, NULL },
		      { "by", NULL, &plan.by },
		      { "view", NULL, &plan.view },
		      { "out", NULL, &plan.out } };
	const char *value = strchr(text, '=');

	if (value == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) != (size_t)(value - text) ||
		    strncmp(text, known[i].name, (size_t)(value - text)) != 0)
			continue;
		if (known[i].number)
			*known[i].number = strtoull(value + 1, NULL, 10);
		else
			*known[i].text = value + 1;
		return true;
	}
	return false;
}

static void record(const struct answer *answer, struct str body)
{
	struct answer written = *answer;

	if (!plan.bodies)
		written.body_bytes = 0;
	if (fwrite(&written, sizeof(written), 1, out) != 1 ||
	    fwrite(body.p, 1, written.body_bytes, out) != written.body_bytes) {
		perror("fault_ask: writing");
		exit(1);
	}
	ended++;
}

static void on_sigterm(int number)
{
	(void)number;
	told_to_end = 1;
}

static bool is_over(void)
{
	return told_to_end || (plan.count && begun >= plan.count) ||
	       (plan.ms && clock_mono_us() - begin_us >= plan.ms * 1000);
}

/* The next request; customers in no order that a cache or an index likes. */
static struct answer next_answer(uint64_t start_us)
{
	uint64_t n = begun++;
	bool by_phone = strcmp(plan.by, "phone") == 0 || (strcmp(plan.by, "both") == 0 && n % 2);

	return (struct answer){ .start_us = start_us,
				.by = by_phone ? ASK_BY_PHONE : ASK_BY_MEMBER,
				.customer = (uint32_t)(plan.first + n * 7919 % plan.customers) };
}

static void asker_free(size_t i)
{
	idle[n_idle++] = i;
}

static void ask(size_t i, const struct answer *answer)
{
	struct asker *a = &askers[i];
	bool fresh = a->state == ASKER_CLOSED;
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = i };

	if (asker_ask(a, (unsigned)plan.port, plan.view, answer)) {
		if (fresh && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, a->fd, &ev) < 0)
			abort();
		return;
	}
	a->answer.took_us = (uint32_t)(clock_mono_us() - a->answer.start_us);
	a->again = false;
	a->rest_until_us = clock_mono_us() + REST_US;
	record(&a->answer, (struct str){ "", 0 });
	asker_free(i);
}

static void serve(size_t i)
{
	struct asker *a = &askers[i];
	struct answer again;

	switch (asker_read(a)) {
	case ASKER_NOTHING:
		return;
	case ASKER_ANSWERED:
		a->answer.took_us = (uint32_t)(clock_mono_us() - a->answer.start_us);
		a->again = false;
		record(&a->answer, asker_body(a));
		asker_free(i);
		return;
	case ASKER_FAILED:
		a->answer.took_us = (uint32_t)(clock_mono_us() - a->answer.start_us);
		a->again = false;
		record(&a->answer, (struct str){ "", 0 });
		asker_free(i);
		return;
	case ASKER_RETRY:
		again = a->answer;
		a->again = true;
		ask(i, &again);
		return;
	}
}

static bool may_ask(size_t i)
{
	return askers[i].rest_until_us <= clock_mono_us();
}

/* Begin what is due. */
static void begin_closed(void)
{
	for (size_t n = n_idle; n-- > 0 && !is_over();) {
		size_t i = idle[n];
		struct answer answer;

		if (!may_ask(i))
			continue;
		idle[n] = idle[--n_idle];
		answer = next_answer(clock_mono_us());
		ask(i, &answer);
	}
}

static void begin_open(void)
{
	while (!is_over()) {
		uint64_t due_us = begin_us + begun * 1000000 / plan.rate;
		struct answer answer;

		if (due_us > clock_mono_us())
			return;
		answer = next_answer(due_us);
		if (n_idle > 0) {
			ask(idle[--n_idle], &answer);
			continue;
		}
		answer.status = STATUS_UNSENT;
		record(&answer, (struct str){ "", 0 });
	}
}

/* Requests that nobody answers any more. */
static void give_up(void)
{
	for (size_t i = 0; i < plan.connections; i++) {
		struct asker *a = &askers[i];

		if (a->state != ASKER_WAITING || clock_mono_us() - a->answer.start_us < PATIENCE_US)
			continue;
		asker_close(a);
		a->answer.status = 0;
		a->answer.took_us = PATIENCE_US;
		record(&a->answer, (struct str){ "", 0 });
		asker_free(i);
	}
}

static void run(void)
{
	struct epoll_event ev[EVENTS];

	begin_us = clock_mono_us();
	while (!is_over() || ended < begun) {
		int n;

		if (plan.rate)
			begin_open();
		else
			begin_closed();
		n = epoll_wait(epoll_fd, ev, EVENTS, 1);
		for (int i = 0; i < n; i++)
			serve((size_t)ev[i].data.u64);
		if (n == 0)
			give_up();
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!option_read(argv[i])) {
			fprintf(stderr, "fault_ask: `%s` is no option; see the head of ask.c\n", argv[i]);
			return 2;
		}
	if (!plan.port || !plan.customers || !(plan.count || plan.ms) || plan.connections > CONNECTIONS_MOST) {
		fprintf(stderr, "fault_ask: port, out, and count or ms are needed; see the head of ask.c\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_sigterm);
	out = fopen(plan.out, "we");
	askers = calloc(plan.connections, sizeof(*askers));
	idle = calloc(plan.connections, sizeof(*idle));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!out || !askers || !idle || epoll_fd < 0) {
		fprintf(stderr, "fault_ask: `%s`: %s\n", plan.out, strerror(errno));
		return 1;
	}
	for (size_t i = plan.connections; i-- > 0;)
		asker_free(i);
	run();
	for (size_t i = 0; i < plan.connections; i++) {
		asker_close(&askers[i]);
		buf_free(&askers[i].in);
	}
	free(askers);
	free(idle);
	close(epoll_fd);
	return fclose(out) == 0 ? 0 : 1;
}
