/* What is learnt is nobody's, and what is packed with it comes back only with it. */
#include "cache/words.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cache/pack.h"
#include "cache/tally.h"
#include "tests/cmocka_all.h"

enum { COLUMNS = 3, SENTENCES = 24, NUMBER = 0x123456, MANY = 4 * TALLY_SHARED_BY };

/* Of each customer: a name that only he has, a word of a few, and sentences that all have. */
static void tell(struct tally *t, unsigned who, unsigned times)
{
	static const bool common[COLUMNS] = { true, true, false };
	char name[32], own[32], few[32], all[64], hidden[64];

	snprintf(name, sizeof(name), "customer %u", who);
	snprintf(own, sizeof(own), "only-with-%u", who);
	snprintf(few, sizeof(few), "a-word-of-few-%u", who % 7);
	for (unsigned i = 0; i < times * SENTENCES; i++) {
		const struct str cells[COLUMNS] = { i % 2 ? str_of(own) : who < TALLY_SHARED_BY ? str_of(few) : STR(""),
						    str_of(all), str_of(hidden) };

		snprintf(all, sizeof(all), "sentence %u that each of them has", i % SENTENCES);
		snprintf(hidden, sizeof(hidden), "column %u that nobody may learn", i % SENTENCES);
		tally_rows(t, str_of(name), &(struct rows){ .n_rows = 1, .n_cols = COLUMNS, .cells = cells }, common);
	}
	tally_sample(t, STR("sentence 1 that each of them has, and a little more, in front of sentence 2"));
}

static bool holds(const struct buf *text, const char *word)
{
	return memmem(text->data, text->len, word, strlen(word)) != NULL;
}

static int64_t in_an_hour(void)
{
	return clock_wall_ms() + 3600000;
}

static void learn(struct buf *text)
{
	struct tally *t = tally_new(MANY / 2);

	for (unsigned who = 0; who < MANY; who++)
		tell(t, who, 1);
	assert_true(tally_ready(t));
	assert_true(tally_write(t, NUMBER, in_an_hour(), text));
	tally_free(&t);
	assert_null(t);
}

static void only_what_many_customers_have_is_learnt(void **state)
{
	SCOPED(buf_free) struct buf text = { 0 };

	(void)state;
	learn(&text);
	assert_true(holds(&text, "sentence 7 that each of them has"));
	assert_false(holds(&text, "only-with"));
	assert_false(holds(&text, "a-word-of-few"));
	assert_false(holds(&text, "nobody may learn"));
}

/* However often: one customer less than needed cannot make a word everybody's. */
static void how_often_does_not_matter(void **state)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct tally *t = tally_new(TALLY_SHARED_BY / 2);

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		for (unsigned who = 0; who < TALLY_SHARED_BY - 1; who++)
			tell(t, who, 2);
	assert_true(tally_ready(t));
	assert_false(tally_write(t, NUMBER, in_an_hour(), &text));
	assert_int_equal(text.len, 0);
	tally_free(&t);
}

static void it_is_not_ready_before_there_were_enough_customers(void **state)
{
	struct tally *t = tally_new(MANY);
	size_t enough;

	(void)state;
	for (unsigned i = 0; i < 2 * MANY; i++)
		tell(t, i % 8, 1);
	assert_false(tally_ready(t));
	assert_int_equal(tally_seen(t, &enough), 8);
	assert_int_equal(enough, MANY);
	tally_free(&t);
}

static void put_sentences(struct buf *plain)
{
	for (unsigned i = 0; i < SENTENCES; i++)
		buf_printf(plain, "sentence %u that each of them has", i * 5 % SENTENCES);
}

static void what_is_packed_with_a_book_needs_it(void **state)
{
	SCOPED(buf_free) struct buf text = { 0 }, plain = { 0 }, with = { 0 }, without = { 0 }, again = { 0 };
	struct words *words = words_new(0);
	struct packer *knows = packer_new(words), *other = packer_new(NULL);

	(void)state;
	learn(&text);
	put_sentences(&plain);
	assert_true(pack(knows, buf_str(&plain), in_an_hour(), &without));
	words_add(words, book_read(buf_str(&text)));
	words_turn_to(words, NUMBER);
	assert_true(pack(knows, buf_str(&plain), clock_wall_ms(), &with));
	assert_true(with.len < without.len);
	assert_int_equal(words_state(words).number, NUMBER);
	assert_int_equal(words_state(words).bytes, text.len);
	assert_true(unpack(knows, buf_str(&with), &again));
	assert_true(str_eq(buf_str(&again), buf_str(&plain)));
	assert_int_equal(pack_lacks(knows), 0);

	assert_false(unpack(other, buf_str(&with), &again));
	assert_int_equal(pack_lacks(other), NUMBER);
	assert_true(unpack(other, buf_str(&without), &again));
	assert_int_equal(pack_lacks(other), 0);
	packer_free(&knows);
	packer_free(&other);
	words_free(&words);
	assert_null(words);
}

static void what_would_outlive_the_book_is_packed_without(void **state)
{
	SCOPED(buf_free) struct buf text = { 0 }, plain = { 0 }, packed = { 0 }, again = { 0 };
	struct words *words = words_new(0);
	struct packer *knows = packer_new(words), *other = packer_new(NULL);

	(void)state;
	learn(&text);
	put_sentences(&plain);
	words_add(words, book_read(buf_str(&text)));
	words_turn_to(words, NUMBER);
	assert_true(pack(knows, buf_str(&plain), in_an_hour() + 1000000, &packed));
	assert_true(unpack(other, buf_str(&packed), &again));
	packer_free(&knows);
	packer_free(&other);
	words_free(&words);
}

static void what_is_no_book_is_refused(void **state)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct book *book;

	(void)state;
	learn(&text);
	book = book_read(buf_str(&text));
	assert_int_equal(book->number, NUMBER);
	book_unref(&book);
	assert_null(book_read((struct str){ 0 }));
	for (size_t n = 0; n < 40; n++)
		assert_null(book_read((struct str){ text.data, n }));
	text.data[0] ^= 1;
	assert_null(book_read(buf_str(&text)));
}

/* The one that is packed with is never the one that goes. */
static void old_books_make_room(void **state)
{
	SCOPED(buf_free) struct buf words_text = { 0 };
	struct words *words = words_new(0);
	struct tally *t = tally_new(1);
	struct book *book;

	(void)state;
	for (unsigned who = 0; who < MANY; who++)
		tell(t, who, 1);
	for (uint32_t i = 0; i < 8; i++) {
		words_text.len = 0;
		assert_true(tally_write(t, NUMBER + i, in_an_hour() + i, &words_text));
		words_add(words, book_read(buf_str(&words_text)));
		if (i == 0)
			words_turn_to(words, NUMBER);
	}
	for (uint32_t i = 0; i < 8; i++) {
		book = words_find(words, NUMBER + i);
		assert_int_equal(book != NULL, i == 0 || i > 4);
		book_unref(&book);
	}
	tally_free(&t);
	words_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_many_customers_have_is_learnt),
		cmocka_unit_test(how_often_does_not_matter),
		cmocka_unit_test(it_is_not_ready_before_there_were_enough_customers),
		cmocka_unit_test(what_is_packed_with_a_book_needs_it),
		cmocka_unit_test(what_would_outlive_the_book_is_packed_without),
		cmocka_unit_test(what_is_no_book_is_refused),
		cmocka_unit_test(old_books_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
