/* random.h - numbers that look random and are the same on every machine for the same seed (splitmix64).
 * One thread at a time per struct. Not for secrets. */
#ifndef FEDERATOR_DEMO_RANDOM_H
#define FEDERATOR_DEMO_RANDOM_H

#include "base/base.h"

struct random {
	uint64_t state;
};

/* The stream of one subject of one customer: asking one subject more never changes the others. */
struct random random_of(uint64_t seed, uint64_t customer, uint64_t subject);
/* The next 64 bits. */
uint64_t random_next(struct random *r) NONNULL(1);
/* 0 .. n-1; n > 0. */
unsigned random_below(struct random *r, unsigned n) NONNULL(1);
/* True in `percent` of 100 cases. */
bool random_chance(struct random *r, unsigned percent) NONNULL(1);
/* One of `n` texts. */
const char *random_word(struct random *r, const char *const *words, size_t n) NONNULL(1, 2);

#define RANDOM_WORD(r, words) random_word((r), (words), ARRAY_LEN(words))

#endif
