/* Parsers of several files that are read in turn. */
#include "tests/cmocka_all.h"
#include "tests/weblog/tail_bed.h"
#include "weblog/parsers.h"

#include <stdio.h>

#define HEADER_STATUS "#Fields: date time cs-method cs-uri-stem sc-status\r\n"
#define HEADER_TAKEN "#Fields: date time cs-method cs-uri-stem sc-bytes \r\n"
#define ROW "2024-11-27 10:00:00 GET / 404\r\n"

static struct weblog_parsers *parsers;
static const struct weblog_format *format;
static struct arena *mem;

static int begin(void **state)
{
	struct err err;

	(void)state;
	bed_begin();
	mem = arena_new();
	format = weblog_format_new(STR("#Fields:"), mem, &err);
	parsers = weblog_parsers_new();
	return format == NULL;
}

static int end(void **state)
{
	(void)state;
	weblog_parsers_free(&parsers);
	arena_wipe_free(&mem);
	bed_end();
	return 0;
}

static struct weblog_tail_line line_of(const char *name, uint64_t offset)
{
	return (struct weblog_tail_line){ .text = { ROW, sizeof(ROW) - 2 },
					  .path = str_of(bed_path(name)),
					  .offset = offset };
}

/* The status that a row has there, when its parser is asked for anew. */
static int status_at(const char *name, uint64_t offset)
{
	struct weblog_tail_line line = line_of(name, offset);
	struct weblog_parser *parser = weblog_parsers_at(parsers, format, &line);
	struct weblog_record record;
	struct weblog_fault fault;

	if (weblog_parse(parser, line.text, &record, &fault) != WEBLOG_READ)
		return -1;
	weblog_parsers_read(parsers, &line);
	return record.status;
}

enum { HEADER_BYTES = sizeof(HEADER_STATUS) - 1, ROW_BYTES = sizeof(ROW) - 1 };

static void a_file_begun_in_the_middle_is_read_up_to_there(void **state)
{
	(void)state;
	bed_put("a", STR(HEADER_STATUS ROW));
	assert_int_equal(status_at("a", HEADER_BYTES), 404);
	assert_int_equal(status_at("none", HEADER_BYTES), -1);
}

/* The beginning says something else by then: it is not looked at. */
static void a_file_met_again_is_not_read_again(void **state)
{
	uint64_t at = HEADER_BYTES;

	(void)state;
	bed_put("a", STR(HEADER_STATUS));
	bed_put("b", STR(HEADER_STATUS));
	assert_int_equal(status_at("a", at), 404);
	assert_int_equal(status_at("b", at), 404);
	bed_cut("a", 0);
	bed_put("a", STR(HEADER_TAKEN ROW ROW ROW));
	for (unsigned i = 0; i < 3; i++) {
		at += ROW_BYTES;
		assert_int_equal(status_at("a", at), 404);
		assert_int_equal(status_at("b", at), 404);
	}
	assert_int_equal(status_at("a", HEADER_BYTES), 0); /* went back: this is another story */
}

static void a_file_of_the_same_name_begins_anew(void **state)
{
	struct weblog_tail_line first;

	(void)state;
	bed_put("a", STR(HEADER_STATUS ROW));
	assert_int_equal(status_at("a", HEADER_BYTES), 404);
	first = line_of("a", 0);
	(void)weblog_parsers_at(parsers, format, &first);
	assert_int_equal(status_at("a", 0), -1); /* no #Fields yet */
}

static void of_more_files_than_are_kept_the_beginning_is_read_again(void **state)
{
	char name[16];

	(void)state;
	for (unsigned turn = 0; turn < 2; turn++)
		for (unsigned i = 0; i < WEBLOG_PARSERS_MAX + 2; i++) {
			snprintf(name, sizeof(name), "log%u", i);
			if (turn == 0)
				bed_put(name, STR(HEADER_STATUS ROW ROW));
			assert_int_equal(status_at(name, HEADER_BYTES + turn * ROW_BYTES), 404);
			assert_int_equal(weblog_parsers_crowded(parsers), turn || i >= WEBLOG_PARSERS_MAX);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_begun_in_the_middle_is_read_up_to_there, begin, end),
		cmocka_unit_test_setup_teardown(a_file_met_again_is_not_read_again, begin, end),
		cmocka_unit_test_setup_teardown(a_file_of_the_same_name_begins_anew, begin, end),
		cmocka_unit_test_setup_teardown(of_more_files_than_are_kept_the_beginning_is_read_again, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
