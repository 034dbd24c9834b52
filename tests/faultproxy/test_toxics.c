#include "tests/cmocka_all.h"
#include "tests/faultproxy/toxics.h"

static struct toxics toxics(const char *text)
{
	struct toxics t;
	char wrong[64];

	if (!toxics_read(text, &t, wrong))
		fail_msg("%s: %s", text, wrong);
	return t;
}

static void words_are_read(void **state)
{
	(void)state;
	struct toxics t = toxics(" latency_us=5  jitter_us=6 hole=1");
	char wrong[64];

	assert_int_equal(t.latency_us, 5);
	assert_int_equal(t.jitter_us, 6);
	assert_int_equal(t.hole, 1);
	assert_int_equal(t.reset, 0);
	assert_false(toxics_read("hole=1 latency=5", &t, wrong));
	assert_string_equal(wrong, "latency=5");
	assert_false(toxics_read("latency_us=5ms", &t, wrong));
	assert_false(toxics_read("latency_us=", &t, wrong));
}

static void data_are_late_and_keep_their_order(void **state)
{
	(void)state;
	struct toxics t = toxics("latency_us=100 jitter_us=10");

	assert_int_equal(toxics_due(&t, 1, 1000, 0, 0), 1100);
	assert_int_equal(toxics_due(&t, 1, 1000, 0, 10), 1110);
	assert_int_equal(toxics_due(&t, 1, 1000, 0, 11), 1100);
	assert_int_equal(toxics_due(&t, 1, 1000, 1107, 3), 1107); /* not before the piece in front */
}

static void a_slow_line_drips(void **state)
{
	(void)state;
	struct toxics t = toxics("rate_bytes=2000");

	assert_int_equal(toxics_piece(&t, 65536), 1024);
	assert_int_equal(toxics_due(&t, 1024, 1000, 5000, 0), 5000 + 512000);
}

static void slices_have_gaps(void **state)
{
	(void)state;
	struct toxics t = toxics("slice_bytes=3 slice_us=50");

	assert_int_equal(toxics_piece(&t, 10), 3);
	assert_int_equal(toxics_piece(&t, 2), 2);
	assert_int_equal(toxics_due(&t, 3, 1000, 1000, 0), 1050);
	t = toxics("");
	assert_int_equal(toxics_piece(&t, 10), 10);
	assert_int_equal(toxics_due(&t, 3, 1000, 900, 0), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
		cmocka_unit_test(data_are_late_and_keep_their_order),
		cmocka_unit_test(a_slow_line_drips),
		cmocka_unit_test(slices_have_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
