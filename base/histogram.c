#include "base/histogram.h"

const uint64_t histogram_bounds_us[HISTOGRAM_BOUNDS] = {
	100,   250,   500,    1000,   2500,   5000,    10000,   25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 10000000,
};

static size_t step_of(uint64_t us)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS && us > histogram_bounds_us[i])
		i++;
	return i;
}

void histogram_note(struct histogram *h, uint64_t us)
{
	h->in_step[step_of(us)]++;
	h->sum_us += us;
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
		n += h->in_step[i];
	return n;
}

void histogram_count_in(struct counters *c, size_t first, uint64_t us)
{
	counters_add(c, first + step_of(us), 1);
	counters_add(c, first + HISTOGRAM_STEPS, (int64_t)us);
}

struct histogram histogram_of_counters(const struct counters *c, size_t first)
{
	struct histogram h;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
		h.in_step[i] = counters_sum(c, first + i);
	h.sum_us = counters_sum(c, first + HISTOGRAM_STEPS);
	return h;
}
