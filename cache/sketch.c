#include "cache/sketch.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
	ROWS = 4,
	ROW_WORDS = 2, /* of a block: 32 counters */
	BLOCK_WORDS = ROWS * ROW_WORDS, /* a cache line */
	COUNT_MOST = 15,
	SAMPLE = 10, /* sightings for each word until all is halved, as in the paper (arXiv:1512.00727) */
};

void sketch_begin(struct sketch *s, size_t n_words)
{
	*s = (struct sketch){ .n_words = BLOCK_WORDS };
	while (s->n_words <= n_words / 2)
		s->n_words *= 2;
	s->words = memory_new_array(s->n_words, sizeof(uint64_t));
}

void sketch_end(struct sketch *s)
{
	free(s->words);
	*s = (struct sketch){ 0 };
}

size_t sketch_bytes(const struct sketch *s)
{
	return s->n_words * sizeof(uint64_t);
}

/* Where one row counts a key. */
struct spot {
	size_t word;
	unsigned shift;
};

static void spots_of(const struct sketch *s, uint64_t hash, struct spot out[ROWS])
{
	uint64_t in_block = hash * UINT64_C(0x9e3779b97f4a7c15);
	size_t block = ((size_t)(hash >> 20) * BLOCK_WORDS) & (s->n_words - 1);

	for (unsigned row = 0; row < ROWS; row++) {
		unsigned bits = (unsigned)(in_block >> (32 + 8 * row)) & 31;

		out[row] = (struct spot){ block + ROW_WORDS * row + bits / 16, 4 * (bits % 16) };
	}
}

static unsigned count_at(const struct sketch *s, struct spot spot)
{
	return (unsigned)(s->words[spot.word] >> spot.shift) & COUNT_MOST;
}

static unsigned least_of(const struct sketch *s, const struct spot spots[ROWS])
{
	unsigned least = COUNT_MOST;

	for (unsigned row = 0; row < ROWS; row++) {
		unsigned count = count_at(s, spots[row]);

		least = count < least ? count : least;
	}
	return least;
}

static void halve(struct sketch *s)
{
	for (size_t i = 0; i < s->n_words; i++)
		s->words[i] = s->words[i] >> 1 & UINT64_C(0x7777777777777777);
	s->seen /= 2;
}

void sketch_add(struct sketch *s, uint64_t hash)
{
	struct spot spots[ROWS];
	unsigned least;

	spots_of(s, hash, spots);
	least = least_of(s, spots);
	/* Only the lowest go up: the others already count somebody else too. */
	for (unsigned row = 0; row < ROWS && least < COUNT_MOST; row++)
		if (count_at(s, spots[row]) == least)
			s->words[spots[row].word] += UINT64_C(1) << spots[row].shift;
	if (++s->seen >= SAMPLE * (uint64_t)s->n_words)
		halve(s);
}

unsigned sketch_count(const struct sketch *s, uint64_t hash)
{
	struct spot spots[ROWS];

	spots_of(s, hash, spots);
	return least_of(s, spots);
}
