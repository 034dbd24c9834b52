/* test_odbc_kills N - N sockets shut at random under load, in every phase of connections to PostgreSQL and MariaDB,
 * with TLS and without: no crash, no wrong row, no list that ends early, no file left open. */
#include "tests/adapters/support.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/pool.h"

enum { POOL = 3, ASKERS = 4, ROWS = 200 };

static unsigned kills = 100;

struct target {
	const char *variable; /* of its connection string */
	const char *sql;
	struct adapter *ad;
	atomic_bool over;
	atomic_uint asked, right, failed, wrong;
};

#define PG_SQL "SELECT CAST(? AS text) || '-' || CAST(g AS text) AS a FROM generate_series(1, 200) g ORDER BY g"
#define MARIADB_SQL "SELECT CONCAT(?, '-', seq) AS a FROM seq_1_to_200 ORDER BY seq"

static struct target targets[] = {
	{ .variable = "FED_TEST_PG", .sql = PG_SQL },
	{ .variable = "FED_TEST_PG_TLS", .sql = PG_SQL },
	{ .variable = "FED_TEST_MARIADB", .sql = MARIADB_SQL },
	{ .variable = "FED_TEST_MARIADB_TLS", .sql = MARIADB_SQL },
};

static bool is_right(const struct rows *rows, const char *key)
{
	char text[64];

	if (rows->n_rows != ROWS)
		return false;
	for (uint32_t r = 0; r < ROWS; r++) {
		snprintf(text, sizeof(text), "%s-%u", key, r + 1);
		if (!str_eq(rows_cell(rows, r, 0), str_of(text)))
			return false;
	}
	return true;
}

static void ask(struct target *t)
{
	struct fetch *f;
	struct err err;
	char key[32];

	snprintf(key, sizeof(key), "k%u", atomic_fetch_add(&t->asked, 1));
	f = support_fetch(ASK(.sql = t->sql, .columns = "a", PARAMS(str_of(key))));
	if (adapter_submit(t->ad, f, &err)) {
		support_wait(f);
	} else { /* the source rests */
		f->err = err;
		poll(NULL, 0, 1);
	}
	if (f->err.cls != ERR_NONE)
		atomic_fetch_add(&t->failed, 1);
	else if (is_right(f->rows, key))
		atomic_fetch_add(&t->right, 1);
	else
		atomic_fetch_add(&t->wrong, 1);
	support_free(&f);
}

static void *asker(void *arg)
{
	struct target *t = arg;

	while (!atomic_load(&t->over))
		ask(t);
	return NULL;
}

/* More was answered well than before. */
struct progress {
	struct target *t;
	unsigned right;
};

static bool is_further(void *arg)
{
	const struct progress *p = arg;

	return atomic_load(&p->t->right) > p->right;
}

static void kill_at_random(struct target *t, unsigned n)
{
	pthread_t threads[ASKERS];

	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, asker, t), 0);
	while (adapter_state(t->ad).cut < n) {
		struct progress p = { t, atomic_load(&t->right) };

		for (uint32_t k = 1 + arc4random_uniform(POOL); k > 0; k--)
			(void)watch_cut(&t->ad->workers[arc4random_uniform(POOL)].watch);
		support_until(is_further, &p); /* it heals every time */
	}
	atomic_store(&t->over, true);
	for (size_t i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
}

static void open_target(struct target *t)
{
	if (getenv(t->variable) == NULL)
		fail_msg("%s is not set", t->variable);
	t->ad = support_open((struct adapter_conf){
		.driver = "odbc", .connect = getenv(t->variable), .pool = POOL, .queue = 64 });
	support_until(support_is_up, t->ad);
}

/* Libraries keep files open from their first connection on. */
static void open_once(void)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		open_target(&targets[i]);
		assert_int_equal(adapter_close(&targets[i].ad, 30000), 0);
	}
}

static void sockets_shut_at_random_lose_and_mix_up_nothing(void **state)
{
	(void)state;
	size_t before;

	open_once();
	before = support_open_files();
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct target *t = &targets[i];

		open_target(t);
		kill_at_random(t, kills / (unsigned)ARRAY_LEN(targets));
		print_message("%s: %u right, %u failed, %u wrong; %u calls cut\n", t->variable, atomic_load(&t->right),
			      atomic_load(&t->failed), atomic_load(&t->wrong), (unsigned)adapter_state(t->ad).cut);
		assert_int_equal(atomic_load(&t->wrong), 0);
		assert_int_equal(adapter_state(t->ad).hung, 0);
		assert_int_equal(adapter_close(&t->ad, 30000), 0);
	}
	assert_int_equal(support_open_files(), before);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_shut_at_random_lose_and_mix_up_nothing),
	};
	struct err err = { 0 };

	if (argc > 1)
		kills = (unsigned)atoi(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	if (!adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return support_end(cmocka_run_group_tests(tests, NULL, NULL));
}
