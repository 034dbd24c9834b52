/* Lines of files, plain and gzip; long ones, damaged ones. */
#include "tests/cmocka_all.h"
#include "weblog/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char path[] = "/tmp/weblog_input_XXXXXX";

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const void *bytes, size_t n)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *mode, const char *text)
{
	gzFile file = gzopen(path, mode);

	assert_non_null(file);
	assert_int_equal(gzputs(file, text), strlen(text));
	assert_int_equal(gzclose(file), Z_OK);
}

static void assert_line(struct weblog_input *in, const char *text)
{
	struct str line;
	struct err err;

	assert_int_equal(weblog_input_line(in, &line, &err), WEBLOG_LINE);
	assert_true(str_eq(line, str_of(text)));
}

static void assert_end(struct weblog_input *in)
{
	struct str line;
	struct err err;

	assert_int_equal(weblog_input_line(in, &line, &err), WEBLOG_LINES_END);
}

static struct weblog_input *open_file(void)
{
	struct err err;
	struct weblog_input *in = weblog_input_open(path, &err);

	assert_non_null(in);
	return in;
}

static void lines_are_as_in_the_file(void **state)
{
	struct weblog_input *in;
	struct str head;
	struct err err;
	bool is_all;

	(void)state;
	write_file("a\n\nb\r\nc", 7);
	in = open_file();
	assert_true(weblog_input_head(in, &head, &is_all, &err));
	assert_true(str_eq(head, STR("a\n\nb\r\nc")) && is_all);
	assert_line(in, "a");
	assert_line(in, "");
	assert_line(in, "b\r");
	assert_line(in, "c");
	assert_end(in);
	weblog_input_close(&in);
	assert_null(in);
}

static void members_of_gzip_are_one_file(void **state)
{
	struct weblog_input *in;

	(void)state;
	write_gzip("wb", "a\nb");
	write_gzip("ab", "c\nd\n");
	in = open_file();
	assert_line(in, "a");
	assert_line(in, "bc");
	assert_line(in, "d");
	assert_end(in);
	weblog_input_close(&in);
}

static void a_line_that_is_too_long_is_passed_over(void **state)
{
	size_t n = (size_t)3 * WEBLOG_LINE_MAX;
	char *bytes = malloc(n + WEBLOG_LINE_MAX + 4);
	struct weblog_input *in;
	struct str line;
	struct err err;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', n + WEBLOG_LINE_MAX + 4);
	memcpy(bytes + n, "\ny\n", 3);
	bytes[n + WEBLOG_LINE_MAX + 3] = '\n';
	write_file(bytes, n + WEBLOG_LINE_MAX + 4);
	free(bytes);
	in = open_file();
	assert_int_equal(weblog_input_line(in, &line, &err), WEBLOG_LINE_TOO_LONG);
	assert_int_equal(line.n, WEBLOG_LINE_MAX);
	assert_line(in, "y");
	assert_int_equal(weblog_input_line(in, &line, &err), WEBLOG_LINE);
	assert_int_equal(line.n, WEBLOG_LINE_MAX); /* just not too long */
	assert_end(in);
	weblog_input_close(&in);
}

/* Whatever it is cut to, the lines in front are there or the damage is said; never a crash, never silence. */
static void gzip_that_ends_early_is_an_error(void **state)
{
	char bytes[256], text[] = "0123456789abcdefghijklmnopqrstuvwxyz\n";
	size_t n;
	FILE *file;

	(void)state;
	write_gzip("wb", text);
	file = fopen(path, "re");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t cut = 18; cut < n; cut++) {
		struct err err = { .cls = ERR_NONE };
		enum weblog_line outcome;
		struct weblog_input *in;
		struct str line;

		write_file(bytes, cut);
		in = open_file();
		do
			outcome = weblog_input_line(in, &line, &err);
		while (outcome == WEBLOG_LINE);
		assert_int_equal(outcome, WEBLOG_LINES_FAILED);
		assert_int_equal(err.cls, ERR_CONFIG);
		weblog_input_close(&in);
	}
}

static void what_is_no_file_is_an_error(void **state)
{
	struct err err;
	struct str line;
	struct weblog_input *in;

	(void)state;
	assert_null(weblog_input_open("/nowhere/at/all", &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	in = weblog_input_open("/", &err);
	assert_non_null(in);
	assert_int_equal(weblog_input_line(in, &line, &err), WEBLOG_LINES_FAILED);
	weblog_input_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_as_in_the_file),
		cmocka_unit_test(members_of_gzip_are_one_file),
		cmocka_unit_test(a_line_that_is_too_long_is_passed_over),
		cmocka_unit_test(gzip_that_ends_early_is_an_error),
		cmocka_unit_test(what_is_no_file_is_an_error),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
