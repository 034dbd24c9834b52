#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int saved_stderr;
static FILE *captured;

static int capture(void **state)
{
	(void)state;
	captured = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	log_set_level(LOG_INFO);
	return captured && dup2(fileno(captured), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int release(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return fclose(captured);
}

/* What was logged since capture(), behind the time, which is checked and cut off. */
static const char *logged(void)
{
	static char text[4096];
	static const char shape[] = "{\"time\":\"dddd-dd-ddTdd:dd:dd.dddZ\",";
	ssize_t n = pread(fileno(captured), text, sizeof(text) - 1, 0);

	assert_true(n > (ssize_t)sizeof(shape));
	text[n] = '\0';
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		if (shape[i] == 'd' && i > 8)
			assert_in_range(text[i], '0', '9');
		else
			assert_int_equal(text[i], shape[i]);
	}
	return text + sizeof(shape) - 1;
}

static void an_event_is_one_line_of_json(void **state)
{
	(void)state;
	log_event(LOG_WARN, "listening", LOG_CSTR("address", "127.0.0.1"), LOG_NUM("port", 8080));
	assert_string_equal(logged(),
			    "\"level\":\"warn\",\"event\":\"listening\","
			    "\"address\":\"127.0.0.1\",\"port\":8080}\n");
}

static void an_event_may_be_written_again_with_another_number(void **state)
{
	const struct log_field fields[] = { LOG_CSTR("route", "/v1"), LOG_GAP("took_us"), LOG_CSTR("id", "a") };
	SCOPED(buf_free) struct buf form = { 0 };
	struct str before, after;

	(void)state;
	buf_puts(&form, "x");
	before.n = log_form(&form, LOG_INFO, "request", fields, ARRAY_LEN(fields));
	before.p = form.data + 1;
	after = (struct str){ before.p + before.n, form.len - 1 - before.n };
	log_formed(LOG_DEBUG, before, 1, after);
	log_formed(LOG_INFO, before, -25, after);
	assert_string_equal(logged(), "\"level\":\"info\",\"event\":\"request\",\"route\":\"/v1\",\"took_us\":-25,"
				      "\"id\":\"a\"}\n");
}

/* How many lines stand in the log. */
static size_t lines(void)
{
	static char text[65536];
	ssize_t n = pread(fileno(captured), text, sizeof(text), 0);
	size_t found = 0;

	for (ssize_t i = 0; i < n; i++)
		found += text[i] == '\n';
	return found;
}

static void *gather(void *arg)
{
	size_t before;

	(void)arg;
	log_gather();
	log_event(LOG_INFO, "first", LOG_NUM("n", 1));
	log_event(LOG_INFO, "second", LOG_NUM("n", 2));
	assert_int_equal(lines(), 0);
	log_flush();
	assert_int_equal(lines(), 2);
	log_event(LOG_INFO, "third", LOG_NUM("n", 3));
	log_event(LOG_WARN, "fourth", LOG_NUM("n", 4));
	assert_int_equal(lines(), 4);
	for (int i = 0; i < 60; i++)
		log_event(LOG_INFO, "many",
			  LOG_CSTR("text", "a text that makes the line as long as lines usually are"));
	before = lines();
	assert_in_range(before, 5, 4 + 59); /* those that filled the room have left */
	log_flush();
	assert_int_equal(lines(), 4 + 60);
	return NULL;
}

static void gathered_lines_wait_for_the_flush_or_a_warning(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, gather, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void values_are_escaped(void **state)
{
	(void)state;
	log_event(LOG_ERROR, "e", LOG_STR("a", STR("q\" b\\ \n \t \x1B[2J \x7F 가")), LOG_NUM("n", INT64_MIN));
	assert_string_equal(logged(),
			    "\"level\":\"error\",\"event\":\"e\","
			    "\"a\":\"q\\\" b\\\\ \\n \\u0009 \\u001b[2J \\u007f 가\","
			    "\"n\":-9223372036854775808}\n");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
	(void)state;
	log_event(LOG_INFO, "e", LOG_STR("a", STR("x\xFFy\xEA\xB0")), LOG_STR("c1", STR("\xC2\x9B")));
	assert_true(text_is_utf8(str_of(logged())));
	assert_non_null(strstr(logged(), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\xEF\xBF\xBD\",\"c1\":\"\\u009b\""));
}

static void a_missing_text_is_null(void **state)
{
	(void)state;
	log_event(LOG_INFO, "e", LOG_CSTR("a", NULL), LOG_CSTR("b", ""));
	assert_non_null(strstr(logged(), "\"a\":null,\"b\":\"\"}"));
}

static void events_below_the_level_are_dropped(void **state)
{
	(void)state;
	log_event(LOG_DEBUG, "hidden");
	log_set_level(LOG_ERROR);
	log_event(LOG_WARN, "hidden");
	log_event(LOG_ERROR, "shown");
	assert_string_equal(logged(), "\"level\":\"error\",\"event\":\"shown\"}\n");
	log_set_level(LOG_DEBUG);
	log_event(LOG_DEBUG, "second");
	assert_non_null(strstr(logged(), "\"level\":\"debug\",\"event\":\"second\"}\n"));
}

static void *log_many(void *name)
{
	for (int i = 0; i < 500; i++)
		log_event(LOG_INFO, "many", LOG_CSTR("thread", name), LOG_NUM("i", i));
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	static char a[] = "a", b[] = "b";
	char line[256];
	pthread_t one, two;
	int lines = 0;

	(void)state;
	assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, O_APPEND), 0);
	assert_int_equal(pthread_create(&one, NULL, log_many, a), 0);
	assert_int_equal(pthread_create(&two, NULL, log_many, b), 0);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	rewind(captured);
	for (; fgets(line, sizeof(line), captured); lines++) {
		assert_memory_equal(line, "{\"time\":", 8);
		assert_string_equal(line + strlen(line) - 2, "}\n");
	}
	assert_int_equal(lines, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_is_one_line_of_json, capture, release),
		cmocka_unit_test_setup_teardown(values_are_escaped, capture, release),
		cmocka_unit_test_setup_teardown(an_event_may_be_written_again_with_another_number, capture, release),
		cmocka_unit_test_setup_teardown(gathered_lines_wait_for_the_flush_or_a_warning, capture, release),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_text_are_replaced, capture, release),
		cmocka_unit_test_setup_teardown(a_missing_text_is_null, capture, release),
		cmocka_unit_test_setup_teardown(events_below_the_level_are_dropped, capture, release),
		cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, capture, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
