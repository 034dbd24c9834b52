/* Lines of logs as they are written, and where they have been read to; files that are strange or cannot be read. */
#include "tests/weblog/tail_case.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void lines_are_given_when_they_are_whole(void **state)
{
	(void)state;
	tail = bed_tail(access_log, NULL, 0);
	assert_read("");
	put("access.log", "a\nb");
	assert_read(">a|");
	put("access.log", "c\n\nd\n");
	assert_read("bc||d|");
	assert_calm();
}

static void a_line_wakes_the_reader(void **state)
{
	struct pollfd wait = { .events = POLLIN };

	(void)state;
	tail = bed_tail(access_log, NULL, 0);
	wait.fd = weblog_tail_fd(tail);
	assert_read("");
	assert_int_equal(poll(&wait, 1, 0), 0);
	put("access.log", "a\n");
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_read(">a|");
	assert_int_equal(poll(&wait, 1, 0), 0);
	put("access.log", "b\n");
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_read("b|");
	assert_int_equal(poll(&wait, 1, 0), 0);
	bed_rename("access.log", "access.log.1");
	put("access.log", "");
	assert_read("");
	assert_int_equal(poll(&wait, 1, 0), 0);
	put("access.log.1", "c\n");
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_read("c|");
	put("access.log", "d\n");
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_read(">d|");
}

static void what_is_there_is_seen_be_it_empty_or_read(void **state)
{
	(void)state;
	tail = bed_tail(access_log, NULL, 0);
	assert_read("");
	assert_false(weblog_tail_sees(tail));
	put("access.log", "");
	assert_read("");
	assert_true(weblog_tail_sees(tail));
	put("access.log", "a\n");
	assert_read(">a|");
	restart();
	assert_read("");
	assert_true(weblog_tail_sees(tail));
}

static void positions_say_where_a_line_ends(void **state)
{
	struct weblog_tail_line line;
	const struct weblog_position *at;

	(void)state;
	put("access.log", "one\ntwo\nthree\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	assert_int_equal(line.offset, 4);
	assert_true(str_eq(line.path, str_of(bed_path("access.log"))));
	weblog_tail_reject(tail);
	at = position(1);
	assert_int_equal(at->offset, 8);
	assert_int_equal(at->lines, 2);
	assert_int_equal(at->rejected, 1);
	assert_false(at->ended);
	restart();
	assert_read(">three|");
}

static void write_time(const char *name, time_t at)
{
	const struct timespec both[2] = { { at, 0 }, { at, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, bed_path(name), both, 0), 0);
}

static void old_ones_are_read_first(void **state)
{
	(void)state;
	put("access.log", "d\n");
	put("access.log.1", "c\n");
	put("access.log.2", "b\n");
	put("plain", "a\n");
	bed_pack("plain", "access.log-20261126.gz");
	write_time("access.log-20261126.gz", 50);
	write_time("access.log.2", 100);
	write_time("access.log.1", 200);
	write_time("access.log", 200);
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|>b|>c|>d|");
	assert_calm();
}

static void an_inode_is_used_again(void **state)
{
	struct weblog_position known;

	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	known = *position(1);
	weblog_tail_free(&tail);
	bed_cut("access.log", 0); /* as good as removing and making it: the same inode with other lines */
	put("access.log", "xx\nyy\nzz\n");
	tail = bed_tail(access_log, &known, 1);
	assert_read(">xx|yy|zz|");
	assert_true(position(1)->ended);
	assert_int_equal(position(2)->offset, 9);
	assert_trouble("not known");
}

static void bad_positions_do_no_harm(void **state)
{
	struct weblog_position known[3];

	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	known[0] = known[1] = known[2] = *position(1);
	known[0].offset = UINT64_MAX;
	known[0].number = 7;
	known[1].id.head_bytes = UINT32_MAX;
	known[1].path = (struct str){ 0 };
	known[2].id.head_bytes = 0;
	known[2].number = 3;
	weblog_tail_free(&tail);
	tail = bed_tail(access_log, known, 3);
	assert_read("");
	put("access.log", "c\n");
	assert_read(">c|");
	assert_int_equal(position(7)->offset, 6);
	weblog_tail_free(&tail);
	tail = bed_tail(access_log, known + 1, 2);
	assert_read(">a|b|c|");
	assert_int_equal(position(4)->offset, 6);
}

static void back_is_where_it_was_kept(void **state)
{
	(void)state;
	put("access.log", "a\nb\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|b|");
	keep();
	put("access.log", "c\nd");
	bed_rename("access.log", "access.log.1");
	put("access.log", "x\n");
	assert_read("c|>x|");
	weblog_tail_back(tail);
	assert_read(">c|>x|");
	later(11);
	assert_read(">d|");
	assert_true(is_done(1));
	bed_remove("access.log.1");
	assert_read("");
	weblog_tail_back(tail);
	assert_read(">c|>x|");
	later(11);
	assert_read(">d|");
	keep();
	weblog_tail_back(tail);
	assert_read("");
	put("plain", "p\nq\n");
	bed_pack("plain", "access.log.3.gz");
	assert_read(">p|q|");
	weblog_tail_back(tail);
	assert_read(">p|q|");
	assert_calm();
}

static void a_removed_file_is_told_once(void **state)
{
	(void)state;
	put("access.log", "a\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">a|");
	put("access.log", "b\n");
	restart();
	bed_remove("access.log");
	assert_read("");
	assert_trouble("not known whether lines are lost");
	assert_true(position(1)->ended);
	later(2);
	assert_read("");
	assert_calm();
	put("access.log", "x\n");
	assert_read(">x|");
	put("access.log", "y\n");
	bed_remove("access.log"); /* open still */
	assert_read("y|");
	later(11);
	assert_read("");
	keep();
	later(2);
	assert_read("");
	assert_true(position(2)->ended);
	assert_calm();
}

static void a_directory_that_is_not_there_is_told_and_waited_for(void **state)
{
	static const char *const names[] = { "later/*.log", "*.txt", NULL };

	(void)state;
	tail = bed_tail(names, NULL, 0);
	assert_read("");
	assert_trouble("later");
	later(2);
	assert_read("");
	assert_calm();
	put("b.txt", "b\n");
	assert_read(">b|");
	assert_int_equal(mkdir(bed_path("later"), 0700), 0);
	put("later/a.log", "a\n");
	later(2);
	assert_read(">a|");
	assert_calm();
}

static void garbage_is_passed_on_and_long_lines_are_not(void **state)
{
	SCOPED(buf_free) struct buf line = { 0 };
	struct weblog_tail_line out;

	(void)state;
	bed_put("access.log", STR("\0\1\xff\n"));
	memset(buf_reserve(&line, WEBLOG_LINE_MAX), 'x', WEBLOG_LINE_MAX);
	buf_add(&line, WEBLOG_LINE_MAX);
	bed_put("access.log", buf_str(&line));
	put("access.log", "\n");
	for (int i = 0; i < 3; i++)
		bed_put("access.log", buf_str(&line));
	tail = bed_tail(access_log, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_LINE);
	assert_int_equal(out.text.n, 3);
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_LINE);
	assert_int_equal(out.text.n, WEBLOG_LINE_MAX);
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_NOTHING);
	assert_int_equal(position(1)->lines, 2);
	put("access.log", "y\nafter\n");
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_TOO_LONG);
	assert_true(out.text.n > 0 && out.text.p[0] == 'x');
	assert_int_equal(out.offset, 4 + WEBLOG_LINE_MAX + 1);
	assert_int_equal(weblog_tail_next(tail, &out), WEBLOG_TAIL_LINE);
	assert_true(str_eq(out.text, STR("after")));
	assert_int_equal(position(1)->lines, 4);
	assert_int_equal(position(1)->offset, bed_size("access.log"));
}

/* Lines of one file before that of another one comes. */
static void a_burst_starves_nobody(void **state)
{
	static const char *const names[] = { "*.log", NULL };
	SCOPED(buf_free) struct buf burst = { 0 };
	struct weblog_tail_line line;
	size_t before = 0;

	(void)state;
	for (int i = 0; i < 600000; i++)
		buf_puts(&burst, "0123456\n");
	bed_put("burst.log", buf_str(&burst));
	tail = bed_tail(names, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	put("small.log", "small\n");
	while (weblog_tail_next(tail, &line) != WEBLOG_TAIL_NEW_FILE)
		before++;
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	assert_true(str_eq(line.text, STR("small")));
	assert_true(before <= 2 * TAIL_SLICE / 8);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	while (weblog_tail_next(tail, &line) == WEBLOG_TAIL_LINE)
		before++;
	assert_int_equal(before, 600000 - 1);
}

static void many_files_need_few_descriptors(void **state)
{
	static const char *const names[] = { "*.log", NULL };
	char name[32];
	SCOPED(buf_free) struct buf all = { 0 };

	(void)state;
	tail = bed_tail(names, NULL, 0);
	tail->open_max = 16;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100; i++) {
			char text[32];

			(void)snprintf(name, sizeof(name), "%d.log", i);
			(void)snprintf(text, sizeof(text), "%d-%d\n", round, i);
			put(name, text);
		}
		buf_free(&all);
		all = bed_read(tail);
		assert_true(tail->n_open <= 16);
		for (int i = 0; i < 100; i++) {
			(void)snprintf(name, sizeof(name), ">%d-%d|", round, i);
			assert_non_null(strstr(all.data, name));
		}
	}
	assert_calm();
}

static void what_cannot_be_read_is_told_once_and_tried_again(void **state)
{
	(void)state;
	if (geteuid() == 0) { /* root may read all */
		assert_int_equal(mkdir(bed_path("access.log"), 0700), 0);
		tail = bed_tail(access_log, NULL, 0);
		assert_read("");
		assert_int_equal(rmdir(bed_path("access.log")), 0);
		put("access.log", "a\n");
		assert_read(">a|");
		return;
	}
	put("access.log", "a\n");
	assert_int_equal(chmod(bed_path("access.log"), 0), 0);
	tail = bed_tail(access_log, NULL, 0);
	assert_read("");
	assert_trouble("ermission");
	later(2);
	assert_read("");
	assert_calm();
	assert_int_equal(chmod(bed_path("access.log"), 0600), 0);
	later(2);
	assert_read(">a|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAIL_CASE(lines_are_given_when_they_are_whole),
		TAIL_CASE(a_line_wakes_the_reader),
		TAIL_CASE(what_is_there_is_seen_be_it_empty_or_read),
		TAIL_CASE(positions_say_where_a_line_ends),
		TAIL_CASE(old_ones_are_read_first),
		TAIL_CASE(an_inode_is_used_again),
		TAIL_CASE(bad_positions_do_no_harm),
		TAIL_CASE(back_is_where_it_was_kept),
		TAIL_CASE(a_removed_file_is_told_once),
		TAIL_CASE(a_directory_that_is_not_there_is_told_and_waited_for),
		TAIL_CASE(garbage_is_passed_on_and_long_lines_are_not),
		TAIL_CASE(a_burst_starves_nobody),
		TAIL_CASE(many_files_need_few_descriptors),
		TAIL_CASE(what_cannot_be_read_is_told_once_and_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
