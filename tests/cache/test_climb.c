#include "cache/climb.h"
#include "tests/cmocka_all.h"

enum { SAMPLE = 1000 };

/* One sample in which `per_mille` of the look-ups are hits. */
static void sample(struct climb *c, unsigned per_mille)
{
	for (unsigned i = 0; i < SAMPLE; i++)
		climb_asked(c, i < per_mille, SAMPLE);
}

/* A load that is served best with this share, and worse the further away it is. */
static void climb_towards(struct climb *c, double best)
{
	for (unsigned i = 0; i < 300; i++) {
		double off = c->share > best ? c->share - best : best - c->share;

		sample(c, (unsigned)(900 - 400 * off));
	}
}

static void it_finds_what_serves_best(void **state)
{
	static const double best[] = { 0.01, 0.3, 0.7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(best); i++) {
		struct climb c;

		climb_begin(&c);
		climb_towards(&c, best[i]);
		assert_true(c.share > best[i] - 0.05 && c.share < best[i] + 0.05);
	}
}

static void it_follows_another_load(void **state)
{
	struct climb c;

	(void)state;
	climb_begin(&c);
	climb_towards(&c, 0.6);
	sample(&c, 100); /* so much worse that steps are large again */
	climb_towards(&c, 0.1);
	assert_true(c.share < 0.15);
}

static void it_stays_within_its_bounds(void **state)
{
	struct climb c;

	(void)state;
	climb_begin(&c);
	for (unsigned i = 0; i <= SAMPLE; i++) {
		sample(&c, i);
		assert_true(c.share >= 0.01 && c.share <= 0.8);
	}
	assert_true(c.share > 0.79);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_finds_what_serves_best),
		cmocka_unit_test(it_follows_another_load),
		cmocka_unit_test(it_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
