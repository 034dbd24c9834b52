/* cache_hits [FILE] - how often a shelf has what is asked for, beside a plain LRU of as many bytes: calls for customers
 * by Zipf's law, the same with walks through all customers in between, a hot set that changes, agents that ask again
 * for whom they talk to, and the lines of FILE, each a key. Prints one row per sequence and size. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/memory.h"
#include "bench/plain_lru.h"
#include "cache/shelf.h"

enum {
	CUSTOMERS = 200000,
	CALLS = 2000000,
	AGENTS = 500,
	ASKED_PER_CALL = 6,
	COPY = 600, /* bytes */
	KEY = 90,
};

/* What is asked, in order. */
struct sequence {
	const char *name;
	size_t *keys;
	size_t n, n_keys;
};

static uint64_t seed = 1;

/* SplitMix64, as a fraction of 1. */
static double chance(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Sums of the weights 1/rank^exponent. */
static double *zipf_sums(double exponent)
{
	double *sums = memory_new_array(CUSTOMERS, sizeof(double)), sum = 0;

	for (size_t i = 0; i < CUSTOMERS; i++)
		sums[i] = sum += pow((double)(i + 1), -exponent);
	return sums;
}

static size_t zipf_draw(const double *sums)
{
	double at = chance() * sums[CUSTOMERS - 1];
	size_t low = 0, high = CUSTOMERS - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Every `scan_every` calls (0: never) a tenth of all customers is walked through; every `shift_every` calls others are
 * hot. */
static struct sequence calls(const char *name, double exponent, size_t scan_every, size_t shift_every)
{
	struct sequence seq = { name, memory_new_array(2 * CALLS, sizeof(size_t)), 0, CUSTOMERS };
	double *sums = zipf_sums(exponent);
	size_t shift = 0, scanned = 0;

	for (size_t i = 0; i < CALLS && seq.n < 2 * CALLS - CUSTOMERS; i++) {
		if (shift_every && i % shift_every == 0)
			shift += CUSTOMERS / 7;
		if (scan_every && i % scan_every == scan_every - 1)
			for (size_t n = 0; n < CUSTOMERS / 10; n++)
				seq.keys[seq.n++] = scanned++ % CUSTOMERS;
		seq.keys[seq.n++] = (zipf_draw(sums) * 7919 + shift) % CUSTOMERS;
	}
	free(sums);
	return seq;
}

/* Agents who ask for the customer on the line several times, then have another. */
static struct sequence agents(const char *name, double exponent)
{
	struct sequence seq = { name, memory_new_array(CALLS, sizeof(size_t)), 0, CUSTOMERS };
	double *sums = zipf_sums(exponent);
	size_t customers[AGENTS], left[AGENTS] = { 0 };

	while (seq.n < CALLS) {
		size_t agent = (size_t)(chance() * AGENTS);

		if (left[agent]-- == 0) {
			customers[agent] = zipf_draw(sums) * 7919 % CUSTOMERS;
			left[agent] = ASKED_PER_CALL - 1;
		}
		seq.keys[seq.n++] = customers[agent];
	}
	free(sums);
	return seq;
}

static struct sequence lines_of(const char *path, struct arena *mem)
{
	struct sequence seq = { "lines", NULL, 0, 0 };
	struct map *known = map_new(mem);
	FILE *file = fopen(path, "r");
	size_t room = 0, size = 0;
	char *line = NULL;

	if (!file) {
		perror(path);
		exit(1);
	}
	while (getline(&line, &size, file) > 0) {
		struct str key = arena_str(mem, str_of(line));
		size_t *number = map_get(known, key);

		if (!number) {
			number = arena_new_of(mem, size_t);
			*number = seq.n_keys++;
			map_set(known, key, number);
		}
		if (seq.n == room)
			seq.keys = memory_resize(seq.keys, (room = 2 * room + 1024) * sizeof(size_t));
		seq.keys[seq.n++] = *number;
	}
	free(line);
	fclose(file);
	return seq;
}

static void take(void *arg, const struct shelf_item *item)
{
	*(size_t *)arg += item->bytes.n;
}

static double shelf_hits(const struct sequence *seq, size_t max_bytes, size_t *entries_out)
{
	struct shelf *s = shelf_new(max_bytes);
	static char copy[COPY];
	size_t hits = 0, read = 0;

	for (size_t i = 0; i < seq->n; i++) {
		char text[KEY + 1];
		struct str key = { text, KEY };

		snprintf(text, sizeof(text), "%0*zu", KEY, seq->keys[i]);
		if (shelf_get(s, key, 0, take, &read))
			hits++;
		else
			shelf_put(s, key, (struct str){ copy, COPY }, UINT64_MAX, NULL);
	}
	*entries_out = shelf_state(s).entries;
	shelf_free(&s);
	return (double)hits / (double)seq->n;
}

static double lru_hits(const struct sequence *seq, size_t entries)
{
	struct plain_lru *lru = plain_lru_new(entries, seq->n_keys);
	size_t hits = 0;

	for (size_t i = 0; i < seq->n; i++)
		hits += plain_lru_ask(lru, seq->keys[i]);
	plain_lru_free(&lru);
	return (double)hits / (double)seq->n;
}

static void compare(struct sequence *seq)
{
	static const size_t percents[] = { 1, 2, 5, 10, 20 };

	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		/* An LRU's entry has the same overhead, but needs no sketch: a little more of them fit. */
		size_t entries = seq->n_keys * percents[i] / 100, held;
		double shelf = shelf_hits(seq, entries * (COPY + KEY + 80), &held), lru = lru_hits(seq, entries);

		printf("%-12s %7zu keys  %2zu %%  shelf %5.1f %% (%zu held)  lru %5.1f %%  misses %.2f\n", seq->name,
		       seq->n_keys, percents[i], 100 * shelf, held, 100 * lru, (1 - shelf) / (1 - lru));
	}
	free(seq->keys);
}

int main(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct sequence seq;
	struct err err;

	if (!digest_init(&err))
		return 1;
	seq = calls("zipf 0.9", 0.9, 0, 0);
	compare(&seq);
	seq = calls("and scans", 0.9, 50000, 0);
	compare(&seq);
	seq = calls("and shifts", 0.9, 0, 250000);
	compare(&seq);
	seq = agents("agents", 0.6);
	compare(&seq);
	if (argc > 1) {
		seq = lines_of(argv[1], mem);
		compare(&seq);
	}
	arena_wipe_free(&mem);
	return 0;
}
