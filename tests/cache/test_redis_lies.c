/* Against a server of our own that breaks the protocol: whatever comes, no look-up gets what is not its
 * own, each is answered once, and the connection is not used on. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache/sealer.h"
#include "cache/sheaf.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

/* To INFO, the scripts and the probe. */
static const char greeting[] =
	"$17\r\nrun_id:0123456789\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n*1\r\n$-1\r\n";

/* Answers the greeting as it should, and the first bytes after it with `lie`. */
struct liar {
	struct loop *loop;
	struct loop_fd listener, client;
	char dir[40], path[64], address[80];
	struct str lie;
	bool probed, hangs_up;
	unsigned connections;
};

static void say(struct liar *l, struct str text)
{
	assert_int_equal(write(l->client.fd, text.p, text.n), text.n);
}

static void drop_client(struct liar *l)
{
	if (l->client.fd < 0)
		return;
	loop_unwatch(l->loop, &l->client);
	close(l->client.fd);
	l->client.fd = -1;
}

static void on_bytes(struct loop_fd *w, uint32_t events)
{
	struct liar *l = CONTAINER_OF(w, struct liar, client);
	char bytes[65536];

	(void)events;
	if (read(w->fd, bytes, sizeof(bytes)) <= 0) {
		drop_client(l);
		return;
	}
	say(l, l->probed ? l->lie : str_of(greeting));
	if (l->probed && l->hangs_up)
		drop_client(l);
	l->probed = true;
}

static void on_connection(struct loop_fd *w, uint32_t events)
{
	struct liar *l = CONTAINER_OF(w, struct liar, listener);
	struct err err;

	(void)events;
	drop_client(l);
	l->client.fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(l->client.fd >= 0);
	assert_true(loop_watch(l->loop, &l->client, EPOLLIN, &err));
	l->probed = false;
	l->connections++;
}

static void liar_listen(struct liar *l)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	*l = (struct liar){ .dir = "/tmp/federator-liar-XXXXXX",
			    .listener.ready = on_connection,
			    .client = { .fd = -1, .ready = on_bytes } };
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->path, sizeof(l->path), "%s/s", l->dir);
	snprintf(l->address, sizeof(l->address), "unix:%s", l->path);
	memcpy(at.sun_path, l->path, sizeof(l->path));
	l->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(l->listener.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(l->listener.fd, 8), 0);
}

static void liar_end(struct liar *l)
{
	drop_client(l);
	loop_unwatch(l->loop, &l->listener);
	close(l->listener.fd);
	unlink(l->path);
	rmdir(l->dir);
}

enum { ASKS = 3 };

struct scene {
	struct liar liar;
	struct ask asks[ASKS];
};

static bool is_over(struct world *w, void *arg)
{
	const struct scene *scene = arg;

	for (size_t i = 0; i < ASKS; i++)
		if (scene->asks[i].answers == 0)
			return false;
	return scene->liar.connections == 2 && cache_state(w->cache).up;
}

/* Three look-ups meet the lie; it must end that connection. Returns how many were hits (checked to be
 * right). */
static unsigned play(struct str lie, bool hangs_up)
{
	struct scene scene;
	struct redis_conf conf = { .timeout_ms = 30000 };
	struct world w;
	struct err err;
	unsigned hits = 0;

	liar_listen(&scene.liar);
	conf.address = scene.liar.address;
	w = world_new(&conf);
	scene.liar.loop = w.loop;
	scene.liar.lie = lie;
	scene.liar.hangs_up = hangs_up;
	assert_true(loop_watch(w.loop, &scene.liar.listener, EPOLLIN, &err));
	world_run_until_up(&w, true);
	for (unsigned i = 0; i < ASKS; i++)
		world_ask(&w, &scene.asks[i], i);
	world_run_until(&w, is_over, &scene);
	for (unsigned i = 0; i < ASKS; i++) {
		assert_int_equal(scene.asks[i].answers, 1);
		if (!scene.asks[i].hit.rows)
			continue;
		sample_check(scene.asks[i].hit.rows, i);
		hits++;
	}
	liar_end(&scene.liar);
	world_free(&w);
	return hits;
}

/* The three go as one command. */
static void what_is_no_answer_to_a_look_up_ends_the_connection(void **state)
{
	static const char *const lies[] = {
		"nonsense\r\n", ":1\r\n", "+OK\r\n", "*1\r\n$1\r\na\r\n", "*0\r\n", "*-1\r\n", "$-2\r\n",
		"$x\r\n",
		"$99999999999999999999\r\n", "*2\r\n$-1\r\n$-1\r\n:1\r\n",
		"*2\r\n$-1\r\n*0\r\n", "*5\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n",
		"*3\r\n$-1\r\n$-1\r\n$-1\r\n", "$-1\r\n",
		"*4\r\n$-1\r\n$-1\r\n$-1\r\n*0\r\n", "*4\r\n$-1\r\n:1\r\n$-1\r\n$-1\r\n",
		"*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n:1\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++)
		assert_int_equal(play(str_of(lies[i]), false), 0);
}

static void a_server_that_hangs_up_ends_the_connection(void **state)
{
	(void)state;
	assert_int_equal(play(STR(""), true), 0);
	assert_int_equal(play(STR("$10\r\nabc"), true), 0);
	assert_int_equal(play(STR("*2\r\n$-1\r\n$-1\r\n"), true), 0);
}

/* The copy of customer 1 for all three: only customer 1 may have it. */
static void a_copy_is_given_to_its_own_customer_only(void **state)
{
	static const unsigned char own_key[DIGEST_BYTES] = { 0 }; /* as it is in play() */
	SCOPED(buf_free) struct buf entry = { 0 }, sealed = { 0 }, lie = { 0 };
	struct keyring *ring = keyring_of(own_key);
	struct sealer *sealer = sealer_new(ring, NULL);
	struct cache_key key = sample_key(1);

	(void)state;
	sample_sheaf(1, (struct cache_ticket){ .began = 7, .era = 0x0123456700000001 }, 60000, &entry);
	sealer_seal(sealer, name_key_sheaf(&key), buf_str(&entry), sheaf_clear(buf_str(&entry)), INT64_MAX, &sealed);
	buf_printf(&lie, "*%d\r\n", ASKS + 1);
	for (int i = 0; i < ASKS; i++) {
		buf_printf(&lie, "$%zu\r\n", sealed.len);
		buf_put_str(&lie, buf_str(&sealed));
		buf_puts(&lie, "\r\n");
	}
	buf_puts(&lie, "$16\r\n0123456700000001\r\n");
	assert_int_equal(play(buf_str(&lie), true), 1);
	sealer_free(&sealer);
	keyring_free(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_answer_to_a_look_up_ends_the_connection),
		cmocka_unit_test(a_server_that_hangs_up_ends_the_connection),
		cmocka_unit_test(a_copy_is_given_to_its_own_customer_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
