#include "cache/shelf.h"

#include <pthread.h>
#include <stdio.h>

#include "base/digest.h"
#include "bench/plain_lru.h"
#include "tests/cmocka_all.h"

enum { SIZE = 400, SHELF = 1 << 20 };
static const uint64_t never = UINT64_MAX;

/* The key and the bytes of an entry: both tell whose it is. */
struct sample {
	char key[24], bytes[SIZE];
};

static struct str key_of(struct sample *sample, unsigned who)
{
	snprintf(sample->key, sizeof(sample->key), "key %u", who);
	return str_of(sample->key);
}

static struct str bytes_of(struct sample *sample, unsigned who, size_t n)
{
	memset(sample->bytes, 'x', sizeof(sample->bytes));
	snprintf(sample->bytes, sizeof(sample->bytes), "bytes of %u", who);
	return (struct str){ sample->bytes, n };
}

static bool put_until(struct shelf *s, unsigned who, uint64_t expires_us)
{
	struct sample sample;

	return shelf_put(s, key_of(&sample, who), bytes_of(&sample, who, SIZE), expires_us, NULL);
}

/* What take() saw. */
struct taken {
	unsigned times;
	struct shelf_item item;
	char bytes[SIZE];
};

static void take(void *arg, const struct shelf_item *item)
{
	struct taken *taken = arg;

	assert_true(item->bytes.n <= SIZE);
	taken->times++;
	taken->item = *item;
	memcpy(taken->bytes, item->bytes.p, item->bytes.n);
}

/* Ask for it, and see that what is found is whole and its own. */
static bool has_at(struct shelf *s, unsigned who, uint64_t now_us)
{
	struct taken taken = { 0 };
	struct sample sample;

	if (!shelf_get(s, key_of(&sample, who), now_us, take, &taken)) {
		assert_int_equal(taken.times, 0);
		return false;
	}
	assert_int_equal(taken.times, 1);
	bytes_of(&sample, who, SIZE);
	assert_memory_equal(taken.bytes, sample.bytes, taken.item.bytes.n);
	return true;
}

static bool has(struct shelf *s, unsigned who)
{
	return has_at(s, who, 0);
}

/* As a cache does: a miss is fetched and kept. */
static bool ask(struct shelf *s, unsigned who)
{
	if (has(s, who))
		return true;
	put_until(s, who, never);
	assert_in_range(shelf_state(s).bytes, 1, SHELF);
	return false;
}

static void what_is_put_is_found(void **state)
{
	struct shelf *s = shelf_new(SHELF);

	(void)state;
	assert_false(has(s, 1));
	assert_true(put_until(s, 1, never));
	assert_true(put_until(s, 2, never));
	assert_true(has(s, 1));
	assert_true(has(s, 2));
	assert_int_equal(shelf_state(s).entries, 2);
	shelf_free(&s);
	assert_null(s);
	shelf_free(&s);
}

static void an_entry_may_be_empty(void **state)
{
	struct shelf *s = shelf_new(SHELF);
	struct sample sample;

	(void)state;
	assert_true(shelf_put(s, key_of(&sample, 1), (struct str){ 0 }, never, NULL));
	assert_true(has(s, 1));
	shelf_free(&s);
}

static void an_entry_ends_with_its_time(void **state)
{
	struct shelf *s = shelf_new(SHELF);
	uint64_t empty = shelf_state(s).bytes;

	(void)state;
	put_until(s, 1, 1000);
	assert_true(has_at(s, 1, 999));
	assert_false(has_at(s, 1, 1000));
	assert_int_equal(shelf_state(s).entries, 0);
	assert_int_equal(shelf_state(s).bytes, empty);
	shelf_free(&s);
}

static void a_dropped_entry_is_gone(void **state)
{
	struct shelf *s = shelf_new(SHELF);
	struct sample sample;

	(void)state;
	put_until(s, 1, never);
	put_until(s, 2, never);
	shelf_drop(s, key_of(&sample, 1));
	shelf_drop(s, key_of(&sample, 1));
	assert_false(has(s, 1));
	assert_true(has(s, 2));
	shelf_flush(s);
	assert_false(has(s, 2));
	assert_int_equal(shelf_state(s).entries, 0);
	assert_true(put_until(s, 2, never));
	assert_true(has(s, 2));
	shelf_free(&s);
}

static void what_changed_meanwhile_is_not_put(void **state)
{
	struct shelf *s = shelf_new(SHELF);
	struct sample sample, other;
	struct str key = key_of(&sample, 1), bytes = bytes_of(&sample, 1, SIZE);
	struct shelf_stamp stamp = shelf_stamp(s, key);

	(void)state;
	shelf_drop(s, key); /* of what is not there: the change is elsewhere */
	assert_false(shelf_stamp_holds(s, &stamp));
	assert_false(shelf_put(s, key, bytes, never, &stamp));
	assert_false(has(s, 1));
	stamp = shelf_stamp(s, key);
	shelf_flush(s);
	assert_false(shelf_put(s, key, bytes, never, &stamp));
	stamp = shelf_stamp(s, key);
	assert_true(shelf_put(s, key, bytes, never, &stamp));
	assert_true(shelf_stamp_holds(s, &stamp));
	assert_true(shelf_put(s, key, bytes, never, &stamp)); /* two asked at once, and nothing changed */
	assert_true(shelf_put(s, key, bytes_of(&other, 1, SIZE - 1), never, NULL));
	assert_false(shelf_stamp_holds(s, &stamp));
	assert_false(shelf_put(s, key, bytes, never, &stamp));
	assert_true(has(s, 1));
	shelf_free(&s);
}

static void what_was_read_holds_until_it_changes(void **state)
{
	struct shelf *s = shelf_new(SHELF);
	struct taken taken = { 0 };
	struct sample sample;

	(void)state;
	put_until(s, 1, 77);
	assert_true(shelf_get(s, key_of(&sample, 1), 0, take, &taken));
	assert_int_equal(taken.item.expires_us, 77);
	assert_true(shelf_stamp_holds(s, &taken.item.stamp));
	shelf_drop(s, key_of(&sample, 1));
	assert_false(shelf_stamp_holds(s, &taken.item.stamp));
	shelf_free(&s);
}

static void what_can_never_fit_is_refused_and_the_older_goes(void **state)
{
	struct shelf *s = shelf_new(2048);
	struct sample sample;
	static char large[2048];

	(void)state;
	assert_true(shelf_put(s, key_of(&sample, 1), STR("older"), never, NULL));
	assert_false(shelf_put(s, key_of(&sample, 1), (struct str){ large, sizeof(large) }, never, NULL));
	assert_int_equal(shelf_state(s).entries, 0);
	shelf_free(&s);
	s = shelf_new(0);
	assert_false(put_until(s, 1, never));
	assert_int_equal(shelf_state(s).entries, 0);
	shelf_free(&s);
}

/* 8 times: more than any sighting of a scan. */
static void heat(struct shelf *s, unsigned from, unsigned n)
{
	for (unsigned round = 0; round < 8; round++)
		for (unsigned who = from; who < from + n; who++)
			ask(s, who);
}

static unsigned count_of(struct shelf *s, unsigned from, unsigned n)
{
	unsigned count = 0;

	for (unsigned who = from; who < from + n; who++)
		count += has(s, who);
	return count;
}

/* A shelf of about 2,000 entries, 1,000 of them hot, and a walk through 20,000 others. */
static void a_scan_does_not_push_out_what_is_hot(void **state)
{
	enum { HOT = 1000, SCAN = 20000 };
	struct shelf *s = shelf_new(SHELF);
	struct plain_lru *lru = plain_lru_new(SHELF / SIZE, HOT + SCAN);
	unsigned in_lru = 0;

	(void)state;
	heat(s, 0, HOT);
	for (unsigned who = 0; who < HOT; who++)
		plain_lru_ask(lru, who);
	for (unsigned who = HOT; who < HOT + SCAN; who++) {
		plain_lru_ask(lru, who);
		ask(s, who);
	}
	for (unsigned who = 0; who < HOT; who++)
		in_lru += plain_lru_ask(lru, who);
	assert_int_equal(in_lru, 0);
	assert_true(count_of(s, 0, HOT) > HOT * 95 / 100);
	assert_true(shelf_state(s).refused > SCAN / 2);
	plain_lru_free(&lru);
	shelf_free(&s);
}

/* 200 agents who ask six times for whom they talk to, nobody twice: a window of 1 % holds 20, too few for any to be
 * there at the second asking. */
static void who_is_asked_for_again_soon_gets_more_room(void **state)
{
	enum { AGENTS = 200, ROUNDS = 600 };
	struct shelf *s = shelf_new(SHELF);
	unsigned customer[AGENTS], next = 0, hits = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned agent = 0; agent < AGENTS; agent++) {
			if ((round + agent) % 6 == 0 || round == 0)
				customer[agent] = next++;
			hits += ask(s, customer[agent]) && round >= ROUNDS / 2;
		}
	assert_true(hits > AGENTS * ROUNDS / 2 * 8 / 10);
	shelf_free(&s);
}

static void another_hot_set_takes_over(void **state)
{
	enum { HOT = 1500 };
	struct shelf *s = shelf_new(SHELF);

	(void)state;
	heat(s, 0, HOT);
	assert_true(count_of(s, 0, HOT) > HOT * 9 / 10);
	for (unsigned round = 0; round < 3; round++)
		heat(s, HOT, HOT);
	assert_true(count_of(s, HOT, HOT) > HOT * 9 / 10);
	assert_true(shelf_state(s).displaced > 0);
	shelf_free(&s);
}

static void what_has_expired_makes_room(void **state)
{
	enum { MANY = 4000 };
	struct shelf *s = shelf_new(SHELF);

	(void)state;
	for (unsigned round = 0; round < 4; round++)
		for (unsigned who = 0; who < MANY; who++)
			if (!has_at(s, who, 10))
				put_until(s, who, 100);
	assert_false(has_at(s, MANY, 100));
	for (unsigned who = MANY; who < MANY + 1000; who++)
		put_until(s, who, never);
	assert_int_equal(count_of(s, MANY, 1000), 1000);
	shelf_free(&s);
}

/* Whoever would displace several must be asked for more often than they together. */
static void a_large_entry_must_beat_all_it_displaces(void **state)
{
	enum { ROOM = 64 << 10, LARGE = 10 << 10 };
	static char large[LARGE];
	struct shelf *s = shelf_new(ROOM);
	struct sample sample;
	unsigned n = 0;

	(void)state;
	for (n = 0; shelf_state(s).refused == 0; n++)
		if (!has(s, n))
			put_until(s, n, never);
	for (unsigned i = 0; i < 8; i++)
		assert_false(has(s, 100000));
	assert_false(shelf_put(s, key_of(&sample, 100000), (struct str){ large, LARGE }, never, NULL));
	assert_true(put_until(s, 100000, never));
	assert_true(has(s, 100000));
	shelf_free(&s);
}

static void the_bound_holds_for_all_sizes(void **state)
{
	static const size_t bounds[] = { 100, 4096, 50000, SHELF };
	struct sample sample;
	uint64_t seed = 1;

	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(bounds); b++) {
		struct shelf *s = shelf_new(bounds[b]);
		uint64_t least = shelf_state(s).bytes;

		for (unsigned i = 0; i < 20000; i++) {
			unsigned who;

			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			who = (unsigned)(seed >> 40) % 5000;
			if (!has(s, who))
				shelf_put(s, key_of(&sample, who), bytes_of(&sample, who, (seed >> 33) % SIZE), never,
					  NULL);
			if (seed % 7 == 0)
				shelf_drop(s, key_of(&sample, who));
			assert_true(shelf_state(s).bytes <= (bounds[b] > least ? bounds[b] : least));
		}
		for (unsigned who = 0; who < 5000; who++)
			shelf_drop(s, key_of(&sample, who));
		assert_int_equal(shelf_state(s).entries, 0);
		assert_int_equal(shelf_state(s).bytes, least);
		shelf_free(&s);
	}
}

/* One thread changes a number and drops what is kept of it; others keep what they read of it, with a stamp taken
 * before. Whoever finds something on the shelf and sees its stamp hold has the number of then or of later. */
struct race {
	struct shelf *shelf;
	_Atomic unsigned number, told; /* told: dropped up to here */
	_Atomic bool over;
};

struct read {
	unsigned number;
	struct shelf_stamp stamp;
};

static void take_number(void *arg, const struct shelf_item *item)
{
	struct read *read = arg;

	memcpy(&read->number, item->bytes.p, sizeof(read->number));
	read->stamp = item->stamp;
}

static void *read_and_keep(void *arg)
{
	struct race *race = arg;

	while (!race->over) {
		unsigned told = race->told;
		struct read read;
		struct shelf_stamp stamp;

		if (shelf_get(race->shelf, STR("number"), 0, take_number, &read)) {
			assert_true(read.number >= told);
			told = race->told;
			assert_true(read.number >= told || !shelf_stamp_holds(race->shelf, &read.stamp));
			continue;
		}
		stamp = shelf_stamp(race->shelf, STR("number"));
		read.number = race->number;
		shelf_put(race->shelf, STR("number"), (struct str){ (const char *)&read.number, sizeof(read.number) },
			  never, &stamp);
	}
	return NULL;
}

static void nobody_reads_what_changed_before(void **state)
{
	struct race race = { .shelf = shelf_new(SHELF) };
	pthread_t threads[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_and_keep, &race), 0);
	for (unsigned number = 1; number <= 20000; number++) {
		race.number = number;
		if (number % 100)
			shelf_drop(race.shelf, STR("number"));
		else
			shelf_flush(race.shelf);
		race.told = number;
	}
	race.over = true;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	shelf_free(&race.shelf);
}

static int begin(void **state)
{
	struct err err;

	(void)state;
	return digest_init(&err) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(an_entry_may_be_empty),
		cmocka_unit_test(an_entry_ends_with_its_time),
		cmocka_unit_test(a_dropped_entry_is_gone),
		cmocka_unit_test(what_changed_meanwhile_is_not_put),
		cmocka_unit_test(what_was_read_holds_until_it_changes),
		cmocka_unit_test(what_can_never_fit_is_refused_and_the_older_goes),
		cmocka_unit_test(a_scan_does_not_push_out_what_is_hot),
		cmocka_unit_test(who_is_asked_for_again_soon_gets_more_room),
		cmocka_unit_test(another_hot_set_takes_over),
		cmocka_unit_test(what_has_expired_makes_room),
		cmocka_unit_test(a_large_entry_must_beat_all_it_displaces),
		cmocka_unit_test(the_bound_holds_for_all_sizes),
		cmocka_unit_test(nobody_reads_what_changed_before),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
