/* Against a server of our own that knows the greetings and then says what it likes: whatever comes, nothing is trusted
 * that was not told, and the channel finds its way back. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/cache/channel_world.h"
#include "tests/cmocka_all.h"

struct liar;

struct client {
	struct liar *liar;
	struct loop_fd watch;
};

struct liar {
	struct loop *loop;
	struct loop_fd listener;
	struct client clients[2];
	struct client *ears; /* who subscribed */
	char dir[40], path[64], address[80];
	bool tells_beats;
	unsigned subscriptions;
};

static void say(const struct client *c, const char *text)
{
	assert_int_equal(write(c->watch.fd, text, strlen(text)), strlen(text));
}

static void drop(struct client *c)
{
	if (c->watch.fd < 0)
		return;
	loop_unwatch(c->liar->loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	if (c->liar->ears == c)
		c->liar->ears = NULL;
}

/* The key of a heartbeat in a command, up to the end of its line. */
static void tell_beat(const struct liar *l, const char *command)
{
	const char *key = strstr(command, CHANNEL_PREFIX "h:");
	char told[256];
	size_t n;

	assert_non_null(key);
	n = strcspn(key, "\r");
	snprintf(told, sizeof(told), "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$%zu\r\n%.*s\r\n", n,
		 (int)n, key);
	say(l->ears, told);
}

static void on_bytes(struct loop_fd *w, uint32_t events)
{
	struct client *c = CONTAINER_OF(w, struct client, watch);
	char bytes[4096];
	ssize_t n = read(w->fd, bytes, sizeof(bytes) - 1);

	(void)events;
	if (n <= 0) {
		drop(c);
		return;
	}
	bytes[n] = '\0';
	if (strstr(bytes, "\r\nID\r\n"))
		say(c, ":7\r\n");
	if (strstr(bytes, "\r\nTRACKING\r\n")) {
		say(c, "+OK\r\n*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n");
		c->liar->ears = c;
		c->liar->subscriptions++;
	}
	if (strstr(bytes, "\r\nEVAL\r\n")) {
		say(c, "+OK\r\n");
		if (c->liar->tells_beats)
			tell_beat(c->liar, bytes);
	}
}

static void on_connection(struct loop_fd *w, uint32_t events)
{
	struct liar *l = CONTAINER_OF(w, struct liar, listener);
	struct client *c = &l->clients[l->clients[0].watch.fd >= 0];
	struct err err;

	(void)events;
	drop(c); /* of a connection before, whose end is about to be read */
	c->watch.fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(c->watch.fd >= 0);
	assert_true(loop_watch(l->loop, &c->watch, EPOLLIN, &err));
}

static void liar_listen(struct liar *l)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	*l = (struct liar){ .dir = "/tmp/federator-liar-XXXXXX",
			    .listener.ready = on_connection,
			    .tells_beats = true };
	for (size_t i = 0; i < ARRAY_LEN(l->clients); i++)
		l->clients[i] = (struct client){ .liar = l, .watch = { .fd = -1, .ready = on_bytes } };
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->path, sizeof(l->path), "%s/s", l->dir);
	snprintf(l->address, sizeof(l->address), "unix:%s", l->path);
	memcpy(at.sun_path, l->path, sizeof(l->path));
	l->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(l->listener.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(l->listener.fd, 8), 0);
}

static void begin(struct liar *l, struct hearing *h)
{
	struct redis_conf where = { 0 };
	struct err err;

	liar_listen(l);
	where.address = l->address;
	hearing_begin(h, &where);
	l->loop = h->loop;
	assert_true(loop_watch(l->loop, &l->listener, EPOLLIN, &err));
}

static void end(struct liar *l, struct hearing *h)
{
	for (size_t i = 0; i < ARRAY_LEN(l->clients); i++)
		drop(&l->clients[i]);
	loop_unwatch(l->loop, &l->listener);
	close(l->listener.fd);
	unlink(l->path);
	rmdir(l->dir);
	hearing_end(h);
}

static bool has_everything(struct hearing *h, void *times)
{
	return h->everything >= *(unsigned *)times;
}

#define TOLD "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"

static void what_cannot_be_read_ends_the_connection(void **state)
{
	static const char *const lies[] = {
		"nonsense\r\n",
		"+OK\r\n",
		":1\r\n",
		"-ERR\r\n",
		"$-1\r\n",
		"*-1\r\n",
		"*0\r\n",
		"*2\r\n$7\r\nmessage\r\n$1\r\na\r\n",
		"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",
		"*3\r\n*0\r\n$1\r\na\r\n*0\r\n",
		"*99999999\r\n",
		TOLD "*-1\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		unsigned once = 1;
		struct hearing h;
		struct liar l;

		begin(&l, &h);
		hearing_run_until_trusted(&h, true);
		h.trusted_then = true;
		say(l.ears, lies[i]);
		hearing_run_until(&h, has_everything, &once);
		assert_false(h.trusted_then);
		assert_non_null(channel_state(h.channel).why);
		hearing_run_until_trusted(&h, true);
		assert_int_equal(l.subscriptions, 2);
		assert_int_equal(h.everything, 1);
		end(&l, &h);
	}
}

static void what_names_no_key_concerns_everything(void **state)
{
	static const char *const told[] = { TOLD "$-1\r\n", TOLD "$1\r\na\r\n", TOLD ":1\r\n", TOLD "*1\r\n:1\r\n",
					    TOLD "*2\r\n$-1\r\n$8\r\nfed2:c:a\r\n", TOLD "*1\r\n*1\r\n$1\r\na\r\n" };
	struct hearing h;
	struct liar l;

	(void)state;
	begin(&l, &h);
	hearing_run_until_trusted(&h, true);
	for (unsigned i = 0; i < ARRAY_LEN(told); i++) {
		unsigned times = i + 1;

		say(l.ears, told[i]);
		hearing_run_until(&h, has_everything, &times);
		assert_int_equal(h.everything, times);
	}
	assert_int_equal(l.subscriptions, 1);
	hearing_run_until_told(&h, "fed2:c:a");
	end(&l, &h);
}

static void a_message_is_taken_when_it_is_whole(void **state)
{
	struct hearing h;
	struct liar l;

	(void)state;
	begin(&l, &h);
	hearing_run_until_trusted(&h, true);
	l.tells_beats = false;
	say(l.ears, TOLD "*2\r\n$8\r\nfed2:c:a\r\n$8\r\nfed2");
	hearing_run_until_next_beat(&h);
	assert_false(hearing_was_told(&h, "fed2:c:a"));
	say(l.ears, ":c:b\r\n");
	hearing_run_until_told(&h, "fed2:c:a");
	assert_true(hearing_was_told(&h, "fed2:c:b"));
	end(&l, &h);
}

/* A heartbeat that another may have made, or that was made before, proves nothing. */
static void only_its_own_heartbeat_is_trusted(void **state)
{
	struct hearing h;
	struct liar l;

	(void)state;
	begin(&l, &h);
	hearing_run_until_trusted(&h, true);
	l.tells_beats = false;
	while (h.everything == 0) {
		hearing_put_clock_forward(2000000);
		hearing_run_until_next_beat(&h);
		if (l.ears)
			say(l.ears, TOLD "*2\r\n$19\r\nfed2:c:h:somebody:1\r\n$9\r\nfed2:c:h:\r\n");
		assert_false(channel_trusted(h.channel, clock_mono_us()));
	}
	assert_false(h.trusted_then);
	l.tells_beats = true;
	hearing_run_until_trusted(&h, true);
	end(&l, &h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_ends_the_connection),
		cmocka_unit_test(what_names_no_key_concerns_everything),
		cmocka_unit_test(a_message_is_taken_when_it_is_whole),
		cmocka_unit_test(only_its_own_heartbeat_is_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
