/* Logs that are renamed, copied and truncated, packed, linked and cut while they are read. */
#include "tests/weblog/tail_case.h"

static void a_renamed_file_is_read_to_its_end(void **state)
{
	(void)state;
	put("access.log", "a\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|");
	put("access.log", "b\n");
	bed_rename("access.log", "access.log.1");
	put("access.log", "x\n");
	put("access.log.1", "c\nd");
	assert_read("b|c|>x|");
	put("access.log.1", "e\nf"); /* the server has it open still */
	assert_read(">de|");
	later(9);
	assert_read("");
	later(2);
	assert_read("f|");
	assert_true(is_done(1));
	assert_false(is_done(2));
	assert_int_equal(weblog_tail_counts(tail).rotations, 1);
	assert_int_equal(weblog_tail_counts(tail).files, 2);
	assert_calm();
}

static void what_was_renamed_in_between_is_found(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	put("access.log", "c\n");
	restart();
	bed_rename("access.log", "access.log-20261127");
	put("access.log", "x\n");
	assert_read(">c|>x|");
	assert_calm();
}

static void what_was_packed_in_between_is_read_on(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	put("access.log", "c\nd");
	restart();
	bed_pack("access.log", "access.log.1.gz");
	bed_remove("access.log");
	put("access.log", "x\n");
	assert_read(">c|d|>x|");
	assert_true(is_done(1));
	restart();
	put("access.log", "y\n");
	assert_read(">y|");
	assert_calm();
}

static void a_packed_copy_is_not_read_again(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	bed_rename("access.log", "access.log.1");
	put("access.log", "x\n");
	assert_read(">x|");
	bed_pack("access.log.1", "access.log.1.gz");
	assert_read("");
	bed_remove("access.log.1");
	later(11);
	assert_read("");
	restart();
	assert_read("");
	bed_rename("access.log.1.gz", "access.log.2.gz");
	later(11);
	assert_read("");
	assert_true(str_eq(position(1)->path, str_of(bed_path("access.log.2.gz"))));
	assert_calm();
}

static void gzip_is_read_as_it_is_packed(void **state)
{
	SCOPED(buf_free) struct buf all = { 0 }, packed = { 0 }, out = { 0 }, rest = { 0 };
	size_t half;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_printf(&all, "%d %d|", i, i * i % 10007);
	for (size_t i = 0; i < all.len; i++)
		all.data[i] = all.data[i] == '|' ? '\n' : all.data[i];
	bed_put("plain", buf_str(&all));
	bed_pack("plain", "whole.gz");
	packed = bed_slurp("whole.gz");
	half = packed.len / 2;
	tail = bed_tail(access_log, NULL, 0);
	bed_put("access.log.1.gz", (struct str){ packed.data, 5 });
	assert_read("");
	bed_put("access.log.1.gz", (struct str){ packed.data + 5, half - 5 });
	out = bed_read(tail);
	assert_true(out.len > 1000);
	bed_put("access.log.1.gz", (struct str){ packed.data + half, packed.len - half });
	rest = bed_read(tail);
	buf_put_str(&out, buf_str(&rest));
	assert_int_equal(out.len, all.len + 1);
	for (size_t i = 0; i < all.len; i++)
		assert_true(out.data[i + 1] == all.data[i] || out.data[i + 1] == '|');
	assert_calm();
}

static void damaged_gzip_is_told(void **state)
{
	(void)state;
	put("plain", "a\nb\n");
	bed_pack("plain", "access.log.1.gz");
	bed_cut("access.log.1.gz", bed_size("access.log.1.gz") - 6);
	put("access.log.2", "\xfd"
			    "7zXZ\n\n\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read("");
	assert_trouble("packed in a way");
	later(2);
	assert_read("");
	assert_calm();
}

static void copied_and_truncated(void **state)
{
	(void)state;
	put("access.log", "a\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|");
	put("access.log", "b\nc\n");
	bed_copy("access.log", "access.log.1");
	bed_cut("access.log", 0);
	put("access.log", "x\n");
	assert_read("b|c|>x|");
	put("access.log", "y\n");
	bed_copy("access.log", "access.log.2");
	bed_cut("access.log", 0);
	put("access.log", "p\nq\nr\ns\n"); /* longer than what was read */
	assert_read("y|>p|q|r|s|");
	assert_int_equal(weblog_tail_counts(tail).truncations, 2);
	assert_int_equal(weblog_tail_counts(tail).bytes_lost, 0);
	later(11);
	assert_read("");
	assert_true(is_done(1));
	assert_calm();
	restart();
	put("access.log", "t\n");
	assert_read(">t|");
	assert_calm();
}

static void copied_truncated_and_packed_in_between(void **state)
{
	(void)state;
	put("access.log", "a\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|");
	put("access.log", "b\n");
	restart();
	bed_pack("access.log", "access.log.1.gz");
	bed_cut("access.log", 0);
	put("access.log", "c\n");
	assert_read(">b|>c|");
	assert_calm();
}

static void a_copy_in_the_making_is_not_read(void **state)
{
	(void)state;
	put("access.log", "a\nb\nc\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|c|");
	put("access.log.1", "a\n");
	assert_read("");
	put("access.log.1", "b\nc");
	assert_read("");
	put("access.log", "d\n");
	put("access.log.1", "\nd\n");
	bed_cut("access.log", 0);
	assert_read("d|");
	put("access.log", "e\n");
	assert_read(">e|");
	assert_calm();
}

/* A header without lines goes on wherever there are some. */
static void the_same_header_is_not_the_same_file(void **state)
{
	(void)state;
	put("access.log", "#Fields: time\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">#Fields: time|");
	bed_rename("access.log", "access.log.1");
	put("access.log", "#Fields: time\n");
	assert_read("");
	put("access.log", "1\n");
	assert_read("1|");
	put("access.log.1", "0\n");
	assert_read(">#Fields: time|0|");
	assert_calm();
}

static void what_truncation_took_is_counted(void **state)
{
	struct weblog_tail_line line;

	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	keep();
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	weblog_tail_back(tail);
	bed_cut("access.log", 0);
	put("access.log", "x\n");
	assert_read(">x|");
	assert_trouble("2 bytes are lost");
	assert_int_equal(weblog_tail_counts(tail).bytes_lost, 2);
	assert_true(position(1)->ended);
}

static void a_crash_that_took_the_end_doubles_nothing(void **state)
{
	SCOPED(buf_free) struct buf all = { 0 };

	(void)state;
	put("access.log", "a\nb\nc\n");
	tail = bed_tail(access_log, NULL, 0);
	for (int i = 0; i < 300; i++)
		put("access.log", "line\n");
	all = bed_read(tail);
	assert_int_equal(all.len, 1 + 6 + 1500);
	bed_cut("access.log", 1200);
	assert_read("");
	assert_trouble("going on at its end");
	put("access.log", "new\n");
	assert_read("new|");
}

static void what_was_copied_before_is_gone_on_with(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	bed_copy("access.log", "access.log.bak");
	put("access.log", "c\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|c|");
	put("access.log", "d\n");
	assert_read("d|");
	assert_calm();
}

static void what_was_packed_before_is_gone_on_with(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	bed_pack("access.log", "access.log.bak.gz");
	put("access.log", "c\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|c|");
	put("access.log", "d\n");
	assert_read("d|");
	assert_calm();
}

static void links_are_switched(void **state)
{
	(void)state;
	put("day.1", "a\n");
	bed_link("day.1", "access.log");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|");
	put("day.1", "b\n");
	put("day.2", "x\n");
	bed_link("day.2", "access.log");
	put("day.1", "c\n");
	assert_read("b|c|>x|");
	later(11);
	put("day.1", "d\n");
	assert_read(">d|");
	assert_calm();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAIL_CASE(a_renamed_file_is_read_to_its_end),
		TAIL_CASE(what_was_renamed_in_between_is_found),
		TAIL_CASE(what_was_packed_in_between_is_read_on),
		TAIL_CASE(a_packed_copy_is_not_read_again),
		TAIL_CASE(gzip_is_read_as_it_is_packed),
		TAIL_CASE(damaged_gzip_is_told),
		TAIL_CASE(copied_and_truncated),
		TAIL_CASE(copied_truncated_and_packed_in_between),
		TAIL_CASE(a_copy_in_the_making_is_not_read),
		TAIL_CASE(the_same_header_is_not_the_same_file),
		TAIL_CASE(what_truncation_took_is_counted),
		TAIL_CASE(a_crash_that_took_the_end_doubles_nothing),
		TAIL_CASE(what_was_copied_before_is_gone_on_with),
		TAIL_CASE(what_was_packed_before_is_gone_on_with),
		TAIL_CASE(links_are_switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
