/* test_weblog_store_many - several indexers of one store: tables, links and partitions that all of them make. */
#include "tests/weblog/store_bed.h"

#include <pthread.h>

#define DAY_MS (INT64_C(86400) * 1000)

static const struct key member = { .name = "member" };
static const struct weblog_evidence evidence[] = {
	{ .name = "login", .gives = &member, .confidence = 90 },
	{ .name = "mail", .gives = &member, .confidence = 100 },
};

enum { INDEXERS = 3, ROUNDS = 60, VISITORS = 12 };

struct indexer {
	struct weblog conf;
	uint32_t number;
	struct err err;
};

/* The same visitors and agents, each batch in another order. */
static void *index_rounds(void *arg)
{
	struct indexer *x = arg;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_store *store = weblog_store_open(&x->conf, bed.connect, &x->err);
	struct weblog_event events[VISITORS];

	for (uint32_t round = 0; store && round < ROUNDS; round++) {
		for (uint32_t i = 0; i < VISITORS; i++) {
			uint32_t v = (i * 5 + round * (x->number + 1)) % VISITORS;

			events[i] = bed_event(arena_printf(mem, "v%u", v).p,
					      arena_printf(mem, "%016u", x->number).p, bed_at(round));
			events[i].agent = arena_printf(mem, "agent %u %u", round, v);
			events[i].links[0] = (struct weblog_link){ &evidence[0], arena_printf(mem, "m%u", v) };
			events[i].links[1] = (struct weblog_link){
				&evidence[1], arena_printf(mem, "x%u", (v + round) % VISITORS) };
			events[i].n_links = 2;
		}
		if (!weblog_store_write(store, &(struct weblog_batch){ .events = events, .n_events = VISITORS },
					&x->err))
			break;
		x->err.cls = ERR_NONE;
	}
	weblog_store_close(&store);
	return NULL;
}

static void several_indexers_write_the_same_links(void **state)
{
	(void)state;
	static const char *const names[INDEXERS] = { "a", "b", "c" };
	struct indexer indexers[INDEXERS] = { 0 };
	pthread_t threads[INDEXERS];

	for (uint32_t i = 0; i < INDEXERS; i++) {
		indexers[i].conf = (struct weblog){ .name = names[i] };
		indexers[i].number = i;
		assert_int_equal(pthread_create(&threads[i], NULL, index_rounds, &indexers[i]), 0);
	}
	for (uint32_t i = 0; i < INDEXERS; i++)
		pthread_join(threads[i], NULL);
	for (uint32_t i = 0; i < INDEXERS; i++)
		if (indexers[i].err.cls != ERR_NONE)
			fail_msg("%s: %s", names[i], indexers[i].err.text);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), INDEXERS * ROUNDS * VISITORS);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), ROUNDS * VISITORS);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_link WHERE value LIKE 'm%'"), VISITORS);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_link WHERE value LIKE 'x%'"), VISITORS * VISITORS);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_evidence WHERE value LIKE 'm%'"),
			 INDEXERS * VISITORS);
}

/* ---- PostgreSQL: partitions ---- */

static const struct weblog divided = { .name = "shop", .partition_ms = DAY_MS };
static const struct weblog divided_too = { .name = "blog", .partition_ms = DAY_MS };

#define PARTITIONS "SELECT count(*) AS n FROM pg_inherits WHERE inhparent=to_regclass('web_event')"

static void days_are_partitions_and_old_ones_are_dropped(void **state)
{
	(void)state;
	struct weblog_event events[6];
	struct weblog_store *store, *too;
	bool more;
	struct err err;

	if (bed.dialect != WRITER_POSTGRESQL)
		skip();
	store = bed_open(&divided);
	too = bed_open(&divided_too);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		events[i] = bed_event("v", "0000000000000001", bed_at((int64_t)(i % 3) * DAY_MS));
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = 6 });
	bed_write(too, &(struct weblog_batch){ .events = events, .n_events = 6 });
	assert_int_equal(bed_number(PARTITIONS), 3);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event_20261128"), 4);
	assert_true(weblog_store_purge(store, bed_at(2 * DAY_MS - 1), &more, &err));
	assert_int_equal(bed_number(PARTITIONS), 3); /* the other log still wants them */
	assert_true(weblog_store_purge(too, bed_at(3 * DAY_MS), &more, &err));
	assert_int_equal(bed_number(PARTITIONS), 2);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 8);
	/* a day that comes again has a partition again */
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = 6 });
	bed_write(too, &(struct weblog_batch){ .events = events, .n_events = 6 });
	assert_int_equal(bed_number(PARTITIONS), 3);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 20);
	weblog_store_close(&store);
	weblog_store_close(&too);
}

static void *open_and_write(void *arg)
{
	struct err *err = arg;
	struct weblog_store *store;
	struct weblog_event events[20];

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		events[i] = bed_event("v", "0000000000000001", bed_at((int64_t)i * DAY_MS));
	store = weblog_store_open(err->where[0] == 'a' ? &divided : &divided_too, bed.connect, err);
	if (store && weblog_store_write(store, &(struct weblog_batch){ .events = events, .n_events = 20 }, err))
		err->cls = ERR_NONE;
	weblog_store_close(&store);
	return NULL;
}

/* Tables, too, are made by one of them; in the other products without partitions. */
static void indexers_that_begin_at_once_make_everything_once(void **state)
{
	(void)state;
	struct err errs[2] = { { .cls = ERR_SYSTEM, .where = "a" }, { .cls = ERR_SYSTEM, .where = "b" } };
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_and_write, &errs[i]), 0);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < 2; i++)
		if (errs[i].cls != ERR_NONE)
			fail_msg("%s", errs[i].text);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 40);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_schema"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(several_indexers_write_the_same_links, bed_clear),
		cmocka_unit_test_setup(indexers_that_begin_at_once_make_everything_once, bed_clear),
		cmocka_unit_test_setup(days_are_partitions_and_old_ones_are_dropped, bed_clear),
	};

	return bed_run_all(tests, ARRAY_LEN(tests));
}
