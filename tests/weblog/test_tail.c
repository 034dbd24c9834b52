/* Logs that are renamed, copied and truncated, packed, linked, cut and removed while they are read. */
#include "tests/cmocka_all.h"
#include "tests/weblog/tail_bed.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const access_log[] = { "access.log", NULL };
static struct weblog_tail *tail;
static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	bed_begin();
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	weblog_tail_free(&tail);
	bed_end();
	arena_wipe_free(&mem);
	return 0;
}

static void put(const char *name, const char *text)
{
	bed_put(name, str_of(text));
}

static void assert_read(const char *text)
{
	SCOPED(buf_free) struct buf out = bed_read(tail);

	assert_string_equal(out.data, text);
}

static void assert_calm(void)
{
	struct err err;

	assert_false(weblog_tail_trouble(tail, &err));
}

static void assert_trouble(const char *piece)
{
	struct err err;

	assert_true(weblog_tail_trouble(tail, &err));
	if (!strstr(err.text, piece))
		fail_msg("\"%s\" is not about \"%s\"", err.text, piece);
	assert_calm();
}

static void later(unsigned seconds)
{
	bed_now_us += seconds * UINT64_C(1000000);
}

/* Keep what was read, and begin with that in a new process. */
static void restart(void)
{
	size_t n;
	const struct weblog_position *known = weblog_tail_positions(tail, mem, &n);
	static struct weblog_position all[64];
	static size_t n_all;

	if (tail->files[0]->kept.number == 0)
		n_all = 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < n_all && all[at].number != known[i].number)
			at++;
		assert_true(at < ARRAY_LEN(all));
		n_all += at == n_all;
		all[at] = known[i];
	}
	weblog_tail_free(&tail);
	tail = bed_tail(access_log, all, n_all);
}

static const struct weblog_position *position(uint64_t number)
{
	size_t n;
	const struct weblog_position *all = weblog_tail_positions(tail, mem, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].number == number)
			return &all[i];
	fail_msg("file %lu has no new position", (unsigned long)number);
	return NULL;
}

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
	assert_true(position(1)->ended);
	assert_false(position(2)->ended);
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
	assert_true(position(1)->ended);
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
	assert_true(position(1)->ended);
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

static void the_same_beginning_is_not_the_same_file(void **state)
{
	(void)state;
	put("access.log", "#Fields: time\n");
	tail = bed_tail(access_log, NULL, 0);
	assert_read(">#Fields: time|");
	bed_rename("access.log", "access.log.1");
	put("access.log", "#Fields: time\n");
	assert_read("");
	put("access.log", "1\n");
	assert_read(">#Fields: time|1|");
	put("access.log.1", "0\n");
	assert_read(">0|");
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
	weblog_tail_keep(tail);
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
	weblog_tail_keep(tail);
	put("access.log", "c\nd");
	bed_rename("access.log", "access.log.1");
	put("access.log", "x\n");
	assert_read("c|>x|");
	weblog_tail_back(tail);
	assert_read(">c|>x|");
	later(11);
	assert_read(">d|");
	assert_true(position(1)->ended);
	bed_remove("access.log.1");
	assert_read("");
	weblog_tail_back(tail);
	assert_read(">c|>x|");
	later(11);
	assert_read(">d|");
	weblog_tail_keep(tail);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(lines_are_given_when_they_are_whole),
		TEST(a_line_wakes_the_reader),
		TEST(positions_say_where_a_line_ends),
		TEST(old_ones_are_read_first),
		TEST(a_renamed_file_is_read_to_its_end),
		TEST(what_was_renamed_in_between_is_found),
		TEST(what_was_packed_in_between_is_read_on),
		TEST(a_packed_copy_is_not_read_again),
		TEST(gzip_is_read_as_it_is_packed),
		TEST(damaged_gzip_is_told),
		TEST(copied_and_truncated),
		TEST(copied_truncated_and_packed_in_between),
		TEST(a_copy_in_the_making_is_not_read),
		TEST(the_same_beginning_is_not_the_same_file),
		TEST(what_truncation_took_is_counted),
		TEST(a_crash_that_took_the_end_doubles_nothing),
		TEST(links_are_switched),
		TEST(an_inode_is_used_again),
		TEST(bad_positions_do_no_harm),
		TEST(back_is_where_it_was_kept),
		TEST(a_removed_file_is_told_once),
		TEST(a_directory_that_is_not_there_is_told_and_waited_for),
		TEST(garbage_is_passed_on_and_long_lines_are_not),
		TEST(a_burst_starves_nobody),
		TEST(many_files_need_few_descriptors),
		TEST(what_cannot_be_read_is_told_once_and_tried_again),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
