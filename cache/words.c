#include "cache/words.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cache/name.h"
#include "cache/sheaf.h"
#include "cache/tally.h"

enum {
	BOOKS_MOST = 4, /* of about a megabyte each, as zstd has them at hand */
	GONE_MOST = 8,
	LOOK_MS = 60000,
	GONE_MS = 60000,
	LEARN_S = 86400,
	DAYS = 28, /* that a book lives; it is packed with for a quarter of that (redis_words.c) */
};

#define DAY_MS INT64_C(86400000)

struct words {
	pthread_mutex_t lock;
	size_t customers;
	struct tally *tally; /* NULL: nothing is learnt */
	uint64_t began_us; /* of the tally */
	_Atomic bool learning;
	_Atomic uint64_t look_us;
	struct book *books[BOOKS_MOST];
	uint32_t now; /* 0: none */
	struct {
		uint32_t number;
		uint64_t until_us;
	} gone[GONE_MOST];
	size_t next_gone;
	uint64_t learnt, adopted, lacked;
};

struct words *words_new(size_t customers)
{
	struct words *w = memory_new(sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	w->customers = customers;
	return w;
}

void words_free(struct words **w)
{
	if (!*w)
		return;
	for (size_t i = 0; i < BOOKS_MOST; i++)
		book_unref(&(*w)->books[i]);
	tally_free(&(*w)->tally);
	pthread_mutex_destroy(&(*w)->lock);
	free(*w);
	*w = NULL;
}

/* ---- books ---- */

static struct book *find(const struct words *w, uint32_t number)
{
	for (size_t i = 0; i < BOOKS_MOST; i++)
		if (w->books[i] && w->books[i]->number == number)
			return w->books[i];
	return NULL;
}

struct book *words_find(struct words *w, uint32_t number)
{
	struct book *book;

	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	book = find(w, number);
	if (book)
		book_ref(book);
	pthread_mutex_unlock(&w->lock);
	return book;
}

struct book *words_now(struct words *w, int64_t ends_ms)
{
	struct book *book;

	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	book = w->now ? find(w, w->now) : NULL;
	if (book && book->ends_ms < ends_ms)
		book = NULL;
	if (book)
		book_ref(book);
	pthread_mutex_unlock(&w->lock);
	return book;
}

static size_t place_for(const struct words *w)
{
	size_t place = BOOKS_MOST;

	for (size_t i = 0; i < BOOKS_MOST; i++) {
		if (!w->books[i])
			return i;
		if (w->books[i]->number != w->now &&
		    (place == BOOKS_MOST || w->books[i]->ends_ms < w->books[place]->ends_ms))
			place = i;
	}
	return place;
}

void words_add(struct words *w, struct book *book)
{
	pthread_mutex_lock(&w->lock);
	if (!find(w, book->number)) {
		struct book **place = &w->books[place_for(w)];
		struct book *old = *place;

		*place = book;
		book = old;
		w->adopted++;
	}
	pthread_mutex_unlock(&w->lock);
	book_unref(&book);
}

/* What is not enough after a day is forgotten, so that it does not stay for as long as the process does. */
static void learn_anew(struct words *w)
{
	uint64_t now_us = clock_mono_us();

	if (w->tally && now_us - w->began_us > UINT64_C(1000000) * LEARN_S)
		tally_free(&w->tally);
	if (w->tally)
		return;
	w->tally = tally_new(w->customers);
	w->began_us = now_us;
}

void words_turn_to(struct words *w, uint32_t number)
{
	pthread_mutex_lock(&w->lock);
	w->now = number;
	if (number)
		tally_free(&w->tally);
	else if (w->customers)
		learn_anew(w);
	w->learning = w->tally != NULL;
	pthread_mutex_unlock(&w->lock);
}

/* ---- looking in Redis ---- */

bool words_look_due(struct words *w)
{
	uint64_t due_us = w->look_us, now_us = clock_mono_us();

	return now_us >= due_us &&
	       atomic_compare_exchange_strong(&w->look_us, &due_us, now_us + UINT64_C(1000) * LOOK_MS);
}

void words_look_soon(struct words *w)
{
	w->look_us = 0;
}

void words_gone(struct words *w, uint32_t number)
{
	pthread_mutex_lock(&w->lock);
	w->gone[w->next_gone].number = number;
	w->gone[w->next_gone].until_us = clock_mono_us() + UINT64_C(1000) * GONE_MS;
	w->next_gone = (w->next_gone + 1) % GONE_MOST;
	w->lacked++;
	pthread_mutex_unlock(&w->lock);
}

bool words_is_gone(struct words *w, uint32_t number)
{
	bool gone = false;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < GONE_MOST; i++)
		gone = gone || (w->gone[i].number == number && clock_mono_us() < w->gone[i].until_us);
	pthread_mutex_unlock(&w->lock);
	return gone;
}

/* ---- learning ---- */

void words_learn(struct words *w, struct str name, const struct cache_fill *fill)
{
	SCOPED(buf_free) struct buf times = { 0 };
	uint64_t place;

	if (!w->learning || !fill->of_customer || !fill->common)
		return;
	place = name_key_place(fill->key);
	sheaf_usual_times(fill->ttl_ms, fill->rows, &times);
	pthread_mutex_lock(&w->lock);
	if (w->tally) {
		tally_rows(w->tally, name, fill->rows, fill->common);
		tally_word(w->tally, name, (struct str){ (const char *)&place, sizeof(place) });
		tally_word(w->tally, name, buf_str(&times));
	}
	pthread_mutex_unlock(&w->lock);
}

void words_sample(struct words *w, struct str plain)
{
	if (!w->learning)
		return;
	pthread_mutex_lock(&w->lock);
	if (w->tally)
		tally_sample(w->tally, plain);
	pthread_mutex_unlock(&w->lock);
}

bool words_write(struct words *w, struct buf *out)
{
	struct tally *tally = NULL;
	uint32_t number;
	bool wrote;

	if (!w->learning)
		return false;
	pthread_mutex_lock(&w->lock);
	if (w->tally && tally_ready(w->tally)) {
		tally = w->tally;
		w->tally = NULL;
		w->learning = false;
	}
	pthread_mutex_unlock(&w->lock);
	if (!tally)
		return false;
	number = BOOK_NUMBER_LEAST + randombytes_uniform(INT32_MAX - BOOK_NUMBER_LEAST);
	wrote = tally_write(tally, number, clock_wall_ms() + DAY_MS * DAYS, out);
	tally_free(&tally);
	pthread_mutex_lock(&w->lock);
	w->learnt += wrote;
	pthread_mutex_unlock(&w->lock);
	return wrote;
}

struct cache_words_state words_state(struct words *w)
{
	struct cache_words_state state = { 0 };
	const struct book *book;

	pthread_mutex_lock(&w->lock);
	book = find(w, w->now);
	state = (struct cache_words_state){
		.used = w->now != 0,
		.learning = w->learning,
		.learnt = w->learnt,
		.adopted = w->adopted,
		.lacked = w->lacked,
	};
	if (w->now && book) {
		state.number = book->number;
		state.bytes = book->bytes;
		state.learnt_ms = book->ends_ms - DAY_MS * DAYS;
	}
	if (w->tally)
		state.seen = tally_seen(w->tally, &state.wanted);
	pthread_mutex_unlock(&w->lock);
	return state;
}
