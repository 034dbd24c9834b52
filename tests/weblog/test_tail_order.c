/* Lines of several files are met by their times, whatever else happens to the files. */
#include "tests/weblog/tail_case.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILES = 5 };

static const char *const heads[] = { "web0.log", "web1.log", "web2.log", "web3.log", "web4.log", NULL };
static uint64_t seed;

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static int64_t time_of(const struct weblog_tail_line *line)
{
	return strtoll(line->text.p, NULL, 10);
}

static void assert_taken(const char *text)
{
	SCOPED(buf_free) struct buf out = bed_read_by(tail, time_of);

	assert_string_equal(out.data, text);
}

static void files_are_read_by_the_times_of_their_lines(void **state)
{
	(void)state;
	put("web0.log", "1\n4\n5\n9\n");
	put("web1.log", "2\n3\n8\n");
	put("web2.log", "6\n7\n");
	tail = bed_tail(heads, NULL, 0);
	assert_taken("1|2|3|4|5|6|7|8|9|");
	put("web2.log", "12\n");
	put("web0.log", "10\n13\n");
	put("web1.log", "11\n");
	assert_taken("10|11|12|13|");
	assert_calm();
}

static void what_waits_is_counted_when_it_is_taken(void **state)
{
	struct weblog_tail_line line;

	(void)state;
	put("web0.log", "5\n");
	put("web1.log", "2\n");
	tail = bed_tail(heads, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	assert_false(weblog_tail_take(tail, time_of(&line)));
	assert_int_equal(position(1)->lines, 0);
	assert_int_equal(position(1)->offset, 0);
	assert_taken("2|5|");
	assert_int_equal(position(1)->lines, 1);
	assert_int_equal(position(2)->lines, 1);
}

static void a_line_without_a_time_is_taken_at_once(void **state)
{
	struct weblog_tail_line line;

	(void)state;
	put("web0.log", "no time\n7\n");
	put("web1.log", "2\n");
	tail = bed_tail(heads, NULL, 0);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_NEW_FILE);
	assert_int_equal(weblog_tail_next(tail, &line), WEBLOG_TAIL_LINE);
	assert_true(str_eq(line.text, STR("no time")));
	assert_taken("2|7|");
}

static void rotated_ones_keep_their_place(void **state)
{
	(void)state;
	put("plain", "1\n4\n");
	bed_pack("plain", "web0.log-20261125.gz");
	put("web0.log-20261126", "6\n9\n");
	put("plain.other", "2\n3\n8\n");
	bed_pack("plain.other", "web1.log.1.gz");
	put("web0.log", "10\n12\n");
	put("web1.log", "11\n");
	tail = bed_tail(heads, NULL, 0);
	assert_taken("1|2|3|4|6|8|9|10|11|12|");
	assert_calm();
}

static void one_whose_clock_is_ahead_holds_up_nobody(void **state)
{
	(void)state;
	put("web0.log", "900\n");
	put("web1.log", "1\n");
	tail = bed_tail(heads, NULL, 0);
	assert_taken("1|900|");
	put("web0.log", "901\n");
	put("web1.log", "2\n3\n");
	assert_taken("2|3|901|");
	put("web0.log", "902\n");
	assert_taken("902|");
}

static void what_is_read_again_comes_in_order_again(void **state)
{
	struct weblog_tail_line line;

	(void)state;
	put("web0.log", "1\n3\n5\n");
	put("plain", "2\n4\n6\n");
	bed_pack("plain", "web1.log.1.gz");
	tail = bed_tail(heads, NULL, 0);
	for (int i = 0; i < 5; i++)
		if (weblog_tail_next(tail, &line) == WEBLOG_TAIL_LINE)
			(void)!weblog_tail_take(tail, time_of(&line));
	weblog_tail_back(tail);
	assert_taken("1|2|3|4|5|6|");
	weblog_tail_back(tail);
	assert_taken("1|2|3|4|5|6|");
}

/* Numbered lines, each in a file at random: runs of any length, some files rotated and packed. */
static unsigned lines_scatter(unsigned n)
{
	SCOPED(buf_free) struct buf text = { 0 };
	unsigned files = 2 + below(FILES - 1), at = 0;

	for (unsigned i = 1; i <= n; i++) {
		const char *name = heads[at];

		if (below(4) == 0)
			at = below(files);
		text.len = 0;
		buf_printf(&text, "%u ", i);
		for (unsigned k = below(20) ? below(60) : below(9000); k > 0; k--)
			buf_putc(&text, 'x');
		buf_putc(&text, '\n');
		bed_put(name, buf_str(&text));
		if (below(n / 3) == 0) {
			char aside[64];

			(void)snprintf(aside, sizeof(aside), "%s-%05u%s", name, i, below(2) ? ".gz" : "");
			if (strstr(aside, ".gz")) {
				bed_pack(name, aside);
				bed_remove(name);
			} else {
				bed_rename(name, aside);
			}
		}
	}
	return n;
}

/* The numbers from `from` on, each once; returns the next. */
static unsigned numbers_check(struct str text, unsigned from)
{
	const char *at = text.p;

	while (at < text.p + text.n) {
		assert_int_equal(strtoul(at, NULL, 10), from);
		from++;
		at = strchr(at, '|') + 1;
	}
	return from;
}

static void any_split_is_the_whole_again(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 40; i++) {
		struct weblog_tail_line line;
		unsigned n, next = 1;

		seed = i;
		n = lines_scatter(300);
		tail = bed_tail(heads, NULL, 0);
		while (next < n / 2) { /* a new process goes on in the middle */
			if (weblog_tail_next(tail, &line) == WEBLOG_TAIL_LINE && weblog_tail_take(tail, time_of(&line)))
				assert_int_equal(time_of(&line), next++);
		}
		restart_with(heads);
		{
			SCOPED(buf_free) struct buf rest = bed_read_by(tail, time_of);

			assert_int_equal(numbers_check(buf_str(&rest), next), n + 1);
		}
		assert_calm();
		tail_case_end(state);
		tail_case_begin(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAIL_CASE(files_are_read_by_the_times_of_their_lines),
		TAIL_CASE(what_waits_is_counted_when_it_is_taken),
		TAIL_CASE(a_line_without_a_time_is_taken_at_once),
		TAIL_CASE(rotated_ones_keep_their_place),
		TAIL_CASE(one_whose_clock_is_ahead_holds_up_nobody),
		TAIL_CASE(what_is_read_again_comes_in_order_again),
		TAIL_CASE(any_split_is_the_whole_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
