#include "cache/tally.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cache/book.h"
#include "cache/sketch.h"
#include "cache/varint.h"

enum {
	WORDS_MOST = 1 << 13, /* that are counted one by one */
	SLOTS = 2 * WORDS_MOST,
	OFTEN = 8, /* sightings, by the sketch, of a word that is counted */
	SKETCH_WORDS = 1 << 17,
	WORD_LEAST = 4, /* bytes; a shorter one is no shorter for being known */
	WORD_MOST = 512,
	TEXTS_MOST = 1 << 20, /* bytes of them all */
	MARKS = 256, /* bits: one for each customer, or for some who share it, so they are never counted too high */
	CUSTOMER_MARKS = 1 << 18, /* the same, to count all customers */
	BOOK_BYTES = 64 << 10,
	BOOK_LEAST = 512, /* bytes; fewer are not worth it */
	SAMPLES = 512,
	SAMPLE_BYTES = 1 << 20,
};

struct word {
	uint64_t hash; /* 0: none */
	uint32_t at, n; /* in texts */
	uint64_t seen;
	uint64_t marks[MARKS / 64];
};

struct tally {
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct sketch sketch;
	struct word *words; /* SLOTS */
	size_t n_words;
	struct buf texts, run, samples;
	size_t sizes[SAMPLES], n_samples;
	uint64_t *customers;
	size_t n_customers, enough;
};

struct tally *tally_new(size_t customers)
{
	struct tally *t = memory_new(sizeof(*t));

	randombytes_buf(t->key, sizeof(t->key));
	sketch_begin(&t->sketch, SKETCH_WORDS);
	t->words = memory_new_array(SLOTS, sizeof(*t->words));
	t->customers = memory_new_array(CUSTOMER_MARKS / 64, sizeof(*t->customers));
	t->enough = customers < CUSTOMER_MARKS / 2 ? customers : CUSTOMER_MARKS / 2;
	return t;
}

void tally_free(struct tally **t)
{
	if (!*t)
		return;
	sketch_end(&(*t)->sketch);
	free((*t)->words);
	free((*t)->customers);
	buf_free(&(*t)->texts);
	buf_free(&(*t)->run);
	buf_free(&(*t)->samples);
	free(*t);
	*t = NULL;
}

/* Never 0. */
static uint64_t hash_of(const struct tally *t, struct str bytes)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, (const unsigned char *)bytes.p, bytes.n, t->key);
	memcpy(&hash, out, sizeof(hash));
	return hash ? hash : 1;
}

/* ---- counting ---- */

/* NULL: it is not among those that are counted. */
static struct word *find(struct tally *t, uint64_t hash, struct str text)
{
	size_t i = hash % SLOTS;

	while (t->words[i].hash && t->words[i].hash != hash)
		i = (i + 1) % SLOTS;
	if (t->words[i].hash)
		return &t->words[i];
	if (sketch_count(&t->sketch, hash) < OFTEN || t->n_words == WORDS_MOST || t->texts.len + text.n > TEXTS_MOST)
		return NULL;
	t->n_words++;
	t->words[i].hash = hash;
	t->words[i].at = (uint32_t)t->texts.len;
	t->words[i].n = (uint32_t)text.n;
	buf_put_str(&t->texts, text);
	return &t->words[i];
}

static void count(struct tally *t, uint64_t customer, struct str text)
{
	struct word *word;
	uint64_t hash;

	if (text.n < WORD_LEAST || text.n > WORD_MOST)
		return;
	hash = hash_of(t, text);
	sketch_add(&t->sketch, hash);
	word = find(t, hash, text);
	if (!word)
		return;
	word->seen++;
	word->marks[customer % MARKS / 64] |= UINT64_C(1) << (customer % 64);
}

/* Each cell, and each run of cells that may be learnt. */
static void count_row(struct tally *t, uint64_t customer, const struct str *cells, const bool *common, size_t n)
{
	size_t first = 0, in_run = 0;

	t->run.len = 0;
	for (size_t c = 0; c <= n; c++) {
		if (c < n && common[c]) {
			first = t->run.len;
			varint_put(&t->run, cells[c].p ? (uint64_t)cells[c].n + 1 : 0);
			if (cells[c].p)
				buf_put_str(&t->run, cells[c]);
			count(t, customer, (struct str){ t->run.data + first, t->run.len - first });
			in_run++;
			continue;
		}
		if (in_run > 1)
			count(t, customer, buf_str(&t->run));
		in_run = 0;
		t->run.len = 0;
	}
}

void tally_rows(struct tally *t, struct str name, const struct rows *rows, const bool *common)
{
	uint64_t customer = hash_of(t, name), *marks = &t->customers[customer % CUSTOMER_MARKS / 64];
	uint64_t mark = UINT64_C(1) << (customer % 64);

	t->n_customers += !(*marks & mark);
	*marks |= mark;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		count_row(t, customer, rows->cells + (size_t)r * rows->n_cols, common, rows->n_cols);
}

void tally_word(struct tally *t, struct str name, struct str word)
{
	count(t, hash_of(t, name), word);
}

void tally_sample(struct tally *t, struct str plain)
{
	if (t->n_samples == SAMPLES || t->samples.len + plain.n > SAMPLE_BYTES)
		return;
	buf_put_str(&t->samples, plain);
	t->sizes[t->n_samples++] = plain.n;
}

bool tally_ready(const struct tally *t)
{
	return t->n_customers >= t->enough;
}

size_t tally_seen(const struct tally *t, size_t *enough_out)
{
	*enough_out = t->enough;
	return t->n_customers;
}

/* ---- writing ---- */

static unsigned shared_by(const struct word *word)
{
	unsigned n = 0;

	for (size_t i = 0; i < MARKS / 64; i++)
		n += (unsigned)__builtin_popcountll(word->marks[i]);
	return n;
}

/* How many bytes are saved by it, roughly. */
static uint64_t worth(const struct word *word)
{
	return word->seen * (word->n - WORD_LEAST + 1);
}

static int by_worth(const void *a, const void *b)
{
	uint64_t x = worth(*(const struct word *const *)a), y = worth(*(const struct word *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The best ones, last, since zstd has shorter names for what is near. */
static void choose(const struct tally *t, struct word **words, size_t n, struct buf *out)
{
	size_t bytes = 0, n_chosen = 0;
	SCOPED(buf_free) struct buf all = { 0 };

	qsort(words, n, sizeof(struct word *), by_worth);
	for (size_t i = 0; i < n; i++) {
		const char *text = t->texts.data + words[i]->at;

		if (bytes + words[i]->n > BOOK_BYTES || (all.len && memmem(all.data, all.len, text, words[i]->n)))
			continue;
		bytes += words[i]->n;
		buf_put(&all, text, words[i]->n);
		words[n_chosen++] = words[i];
	}
	while (n_chosen > 0) {
		const struct word *word = words[--n_chosen];

		buf_put(out, t->texts.data + word->at, word->n);
	}
}

bool tally_write(struct tally *t, uint32_t number, int64_t ends_ms, struct buf *out)
{
	const struct book_samples samples = { buf_str(&t->samples), t->sizes, t->n_samples };
	struct word **shared = memory_new_array(WORDS_MOST, sizeof(struct word *));
	SCOPED(buf_free) struct buf words = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		if (t->words[i].hash && shared_by(&t->words[i]) >= TALLY_SHARED_BY)
			shared[n++] = &t->words[i];
	choose(t, shared, n, &words);
	free(shared);
	return words.len >= BOOK_LEAST && book_write(number, ends_ms, buf_str(&words), &samples, out);
}
