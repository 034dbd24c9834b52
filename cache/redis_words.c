/* redis_words.c - books come and go by Redis: one key says which one all pack with, for a week, and each lies under its
 * number for as long as what is packed with it. Who finds no such key learns the next one, and the first to offer his
 * is followed (docs/decisions/0038-books.md). */
#include <inttypes.h>

#include "base/text.h"
#include "cache/redis_state.h"
#include "cache/words.h"

enum { KEY_CHARS = 24, NUMBER_CHARS = 8, NOW_S = 7 * 86400, WORDS_BYTES = 256, BOOK_CLEAR = SEALER_MAGIC };

static struct str key_of(uint32_t number, char out[KEY_CHARS])
{
	snprintf(out, KEY_CHARS, "fed2:d:%08" PRIx32, number);
	return str_of(out);
}

/* 0: it is none. */
static uint32_t number_of(struct str text)
{
	char same[NUMBER_CHARS + 1];
	uint32_t number = 0;

	for (size_t i = 0; i < text.n; i++)
		number = number << 4 | ((uint32_t)text_hex_digit(text.p[i]) & 15);
	(void)text_from_hex(number, NUMBER_CHARS, same); /* as it is written, and in no other way */
	return str_eq(text, str_of(same)) ? number : 0;
}

/* ---- which one? ---- */

void redis_words_look(struct redis *r)
{
	struct words *words = r->home->words;

	if (redis_ready_for(r, WORDS_BYTES) && words_look_due(words))
		REDIS_SEND(r, REDIS_WORDS_NOW, STR("GET"), str_of(r->home->words_key));
}

static bool take_now(struct redis *r, const struct redis_reply *reply)
{
	struct words *words = r->home->words;
	struct book *book;
	uint32_t number;

	if (reply->type != REDIS_REPLY_NIL && reply->type != REDIS_REPLY_STRING)
		return reply->type == REDIS_REPLY_ERROR;
	number = reply->type == REDIS_REPLY_STRING ? number_of(redis_reply_text(reply)) : 0;
	if ((book = words_find(words, number)) || number == 0)
		words_turn_to(words, number);
	else
		redis_words_fetch(r, number, true);
	book_unref(&book);
	return true;
}

/* ---- the book ---- */

void redis_words_fetch(struct redis *r, uint32_t number, bool now)
{
	char key[KEY_CHARS];

	if (r->words_wanted || !redis_ready_for(r, WORDS_BYTES))
		return;
	r->words_wanted = number;
	r->words_wanted_now = now;
	REDIS_SEND(r, REDIS_WORDS_GET, STR("GET"), key_of(number, key));
}

static struct book *read_book(struct redis *r, uint32_t number, struct str value)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct book *book = NULL;
	char key[KEY_CHARS];

	if (sealer_open(r->sealer, key_of(number, key), value, BOOK_CLEAR, &text))
		book = book_read(buf_str(&text));
	if (book && book->number != number)
		book_unref(&book);
	return book;
}

/* Without it what is packed with it is of no use, and the next one is learnt. */
static bool take_book(struct redis *r, const struct redis_reply *reply)
{
	struct words *words = r->home->words;
	uint32_t number = r->words_wanted;
	struct book *book;

	r->words_wanted = 0;
	if (reply->type != REDIS_REPLY_NIL && reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_ERROR)
		return false;
	book = reply->type == REDIS_REPLY_STRING ? read_book(r, number, redis_reply_text(reply)) : NULL;
	if (book) {
		words_add(words, book);
		if (r->words_wanted_now)
			words_turn_to(words, number);
		return true;
	}
	words_gone(words, number);
	if (r->words_wanted_now && redis_ready_for(r, WORDS_BYTES)) {
		REDIS_SEND(r, REDIS_UNLINK, STR("UNLINK"), str_of(r->home->words_key));
		words_look_soon(words);
	}
	return true;
}

bool redis_words_lacks(struct redis *r)
{
	uint32_t number = sealer_lacks(r->sealer);

	if (!number || words_is_gone(r->home->words, number))
		return false;
	redis_words_fetch(r, number, false);
	return true;
}

/* ---- a new one ---- */

void redis_words_offer(struct redis *r)
{
	SCOPED(buf_free) struct buf text = { 0 }, sealed = { 0 };
	char key[KEY_CHARS], ends[24];
	struct book *book;
	uint32_t number;

	if (!words_write(r->home->words, &text) || !(book = book_read(buf_str(&text))))
		return;
	number = book->number;
	snprintf(ends, sizeof(ends), "%" PRId64, book->ends_ms);
	words_add(r->home->words, book);
	sealer_seal(r->sealer, key_of(number, key), buf_str(&text), BOOK_CLEAR, INT64_MAX, &sealed);
	if (r->words_offered || !redis_ready_for(r, WORDS_BYTES + sealed.len))
		return; /* the next look finds none, and another is learnt */
	r->words_offered = number;
	REDIS_SEND(r, REDIS_WORDS_PUT, STR("SET"), key_of(number, key), buf_str(&sealed), STR("PXAT"), str_of(ends));
}

static bool take_put(struct redis *r, const struct redis_reply *reply)
{
	char number[NUMBER_CHARS + 1], seconds[16];

	if (reply->type == REDIS_REPLY_ERROR || !redis_ready_for(r, WORDS_BYTES)) {
		r->words_offered = 0;
		return true;
	}
	snprintf(number, sizeof(number), "%08" PRIx32, r->words_offered);
	snprintf(seconds, sizeof(seconds), "%d", NOW_S);
	REDIS_SEND(r, REDIS_WORDS_TURN, STR("SET"), str_of(r->home->words_key), str_of(number), STR("EX"),
		   str_of(seconds), STR("NX"));
	return reply->type == REDIS_REPLY_STATUS;
}

static bool take_turn(struct redis *r, const struct redis_reply *reply)
{
	uint32_t number = r->words_offered;
	char key[KEY_CHARS];

	r->words_offered = 0;
	if (reply->type == REDIS_REPLY_STATUS) {
		words_turn_to(r->home->words, number);
		return true;
	}
	if (reply->type == REDIS_REPLY_NIL && redis_ready_for(r, WORDS_BYTES)) {
		REDIS_SEND(r, REDIS_UNLINK, STR("UNLINK"), key_of(number, key)); /* another was the first */
		words_look_soon(r->home->words);
	}
	return reply->type == REDIS_REPLY_NIL || reply->type == REDIS_REPLY_ERROR;
}

bool redis_take_words(struct redis *r, enum redis_command what, const struct redis_reply *reply)
{
	if (what == REDIS_WORDS_NOW)
		return take_now(r, reply);
	if (what == REDIS_WORDS_GET)
		return take_book(r, reply);
	return what == REDIS_WORDS_PUT ? take_put(r, reply) : take_turn(r, reply);
}

void redis_words_end(struct redis *r)
{
	r->words_wanted = r->words_offered = 0;
	words_look_soon(r->home->words);
}
