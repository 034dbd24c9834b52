#include "tests/cmocka_all.h"

#include "base/buf.h"
#include "cache/inbox_read.h"

/* The first reply in `text`. */
static struct redis_reply *reply_of(const char *text)
{
	redisReader *reader = redis_reply_reader();
	struct redis_reply *reply = NULL;

	assert_true(redis_reply_feed(reader, text, strlen(text)));
	assert_true(redis_reply_next(reader, &reply));
	assert_non_null(reply);
	redisReaderFree(reader);
	return reply;
}

static bool group_is_good(const char *text)
{
	SCOPED(redis_reply_free) struct redis_reply *reply = reply_of(text);
	const struct redis_reply *entries;

	return inbox_read_group(reply, &entries);
}

static bool claim_is_good(const char *text)
{
	SCOPED(redis_reply_free) struct redis_reply *reply = reply_of(text);
	const struct redis_reply *entries;
	char next[INBOX_ID];

	return inbox_read_claimed(reply, &entries, next);
}

static bool entry_is_good(const char *text)
{
	SCOPED(redis_reply_free) struct redis_reply *reply = reply_of(text);
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;

	return inbox_read_entry(reply, words, &entry);
}

static void entries_are_found_in_the_answer(void **state)
{
	static const char text[] = "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n7-0\r\n*2\r\n$4\r\npart\r\n$3\r\ncrm\r\n";
	SCOPED(redis_reply_free) struct redis_reply *reply = reply_of(text), *none = reply_of("*-1\r\n");
	const struct redis_reply *entries;
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;

	(void)state;
	assert_true(inbox_read_group(reply, &entries));
	assert_int_equal(entries->n, 1);
	assert_true(inbox_read_entry(entries->items[0], words, &entry));
	assert_true(str_eq(entry.id, STR("7-0")));
	assert_int_equal(entry.n_words, 2);
	assert_true(str_eq(entry.words[0], STR("part")) && str_eq(entry.words[1], STR("crm")));
	assert_true(inbox_read_group(none, &entries));
	assert_null(entries);
}

static void a_claim_says_where_it_goes_on(void **state)
{
	SCOPED(redis_reply_free) struct redis_reply *seven = reply_of("*3\r\n$3\r\n5-1\r\n*0\r\n*1\r\n$3\r\n1-1\r\n");
	SCOPED(redis_reply_free) struct redis_reply *six = reply_of("*2\r\n$3\r\n0-0\r\n*1\r\n*-1\r\n");
	const struct redis_reply *entries;
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;
	char next[INBOX_ID];

	(void)state;
	assert_true(inbox_read_claimed(seven, &entries, next));
	assert_string_equal(next, "5-1");
	assert_int_equal(entries->n, 0);
	assert_true(inbox_read_claimed(six, &entries, next));
	assert_true(inbox_read_entry(entries->items[0], words, &entry));
	assert_null(entry.id.p);
}

static void deleted_and_long_entries_are_told_apart(void **state)
{
	SCOPED(redis_reply_free) struct redis_reply *deleted = reply_of("*2\r\n$3\r\n7-0\r\n*-1\r\n"), *reply = NULL;
	SCOPED(buf_free) struct buf text = { 0 };
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;

	(void)state;
	assert_true(inbox_read_entry(deleted, words, &entry));
	assert_int_equal(entry.n_words, 0);
	buf_printf(&text, "*2\r\n$3\r\n7-0\r\n*%d\r\n", 2 * INBOX_WORDS);
	for (int i = 0; i < 2 * INBOX_WORDS; i++)
		buf_puts(&text, "$1\r\nx\r\n");
	reply = reply_of(text.data);
	assert_true(inbox_read_entry(reply, words, &entry));
	assert_int_equal(entry.n_words, INBOX_WORDS + 1);
}

static void what_is_no_answer_is_refused(void **state)
{
	(void)state;
	assert_false(group_is_good("-NOGROUP no\r\n"));
	assert_false(group_is_good("*0\r\n"));
	assert_false(group_is_good("*1\r\n$1\r\ns\r\n"));
	assert_false(group_is_good("*1\r\n*2\r\n$1\r\ns\r\n$1\r\nx\r\n"));
	assert_false(claim_is_good("*1\r\n$3\r\n0-0\r\n"));
	assert_false(claim_is_good("*2\r\n*0\r\n*0\r\n"));
	assert_false(claim_is_good("*2\r\n$0\r\n\r\n*0\r\n"));
	assert_false(claim_is_good("*2\r\n$50\r\n01234567890123456789012345678901234567890123456789\r\n*0\r\n"));
	assert_false(entry_is_good(":7\r\n"));
	assert_false(entry_is_good("*1\r\n$3\r\n7-0\r\n"));
	assert_false(entry_is_good("*2\r\n$0\r\n\r\n*-1\r\n"));
	assert_false(entry_is_good("*2\r\n$3\r\n7-0\r\n$1\r\nx\r\n"));
	assert_false(entry_is_good("*2\r\n$3\r\n7-0\r\n*1\r\n:1\r\n"));
	assert_false(entry_is_good("*2\r\n$50\r\n01234567890123456789012345678901234567890123456789\r\n*-1\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found_in_the_answer),
		cmocka_unit_test(a_claim_says_where_it_goes_on),
		cmocka_unit_test(deleted_and_long_entries_are_told_apart),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
