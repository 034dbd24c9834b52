#include "federator/demo/random.h"

#include <assert.h>

static const uint64_t golden = 0x9E3779B97F4A7C15;

uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += golden;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
	return z ^ (z >> 31);
}

struct random random_of(uint64_t seed, uint64_t customer, uint64_t subject)
{
	struct random r = {seed};

	r.state = random_next(&r) ^ customer;
	r.state = random_next(&r) ^ subject;
	r.state = random_next(&r);
	return r;
}

/* The slight bias of the modulus does not matter here. */
unsigned random_below(struct random *r, unsigned n)
{
	assert(n > 0);
	return (unsigned)(random_next(r) >> 33) % n;
}

bool random_chance(struct random *r, unsigned percent)
{
	return random_below(r, 100) < percent;
}

const char *random_word(struct random *r, const char *const *words, size_t n)
{
	return words[random_below(r, (unsigned)n)];
}
