/* redis_state.h - the inside of a cache in Redis, for redis*.c only. On its loop's thread. */
#ifndef CACHE_REDIS_STATE_H
#define CACHE_REDIS_STATE_H

#include "cache/backoff.h"
#include "cache/cache_driver.h"
#include "cache/home.h"
#include "cache/redis_line.h"
#include "cache/scripts.h"
#include "cache/sealer.h"

/* One connection at a time. Whatever goes wrong or is late: it is closed, all that waits is a miss, and a
 * new one begins empty, so that no look-up can meet the answer of another. Nothing is sent before a first
 * look-up was answered: a server that hangs, loads or refuses us costs nobody time. */
enum redis_phase {
	REDIS_DOWN, /* timer: next attempt */
	REDIS_CONNECTING, /* timer: give up */
	REDIS_GREETING, /* timer: give up */
	REDIS_UP, /* timer: the oldest that waits for an answer may be late */
};

enum { REDIS_ORPHANS_MOST = 256 };

/* A lease that nobody here will end. */
struct redis_orphan {
	struct cache_key key;
	uint64_t began; /* of its ticket; 0: not known */
};

/* Of those that wait for the answer of one command, in the order they asked. */
struct redis_asks {
	struct cache_ask *oldest, *newest;
	struct cache_ask *unflushed; /* the first that came since the line was flushed; NULL: none did */
};

/* Copies on their way to one sheaf (redis_gather.c). */
struct redis_fill; /* redis_fill.h */

/* A sheaf as it was written here last: where the next copies of it begin. */
struct redis_base {
	char sheaf[sizeof(struct cache_key)]; /* its key; "": none */
	struct deadline until;
	struct buf opened;
};

enum { REDIS_GET_KEYS = 32 }; /* of one MGET: the reply may be as large as so many fetches (redis_reply.c) */

struct redis {
	struct cache base;
	struct cache_home *home;
	struct loop *loop;
	uint64_t timeout_us;
	struct backoff backoff;
	_Atomic enum redis_phase phase; /* read on any thread */
	uint64_t greeted_us; /* when this connection's first command was sent */
	uint64_t usual_us; /* that an answer takes: the mean, the last ones count most */
	bool silent; /* see redis_silence.c */
	struct loop_timer timer; /* see enum redis_phase */
	struct redis_line line;
	struct sealer *sealer;
	struct buf opened; /* the sheaf that is read; wiped between two */
	char run[9]; /* of the server: the beginning of its run_id */
	char sha[SCRIPTS][48];
	size_t loading, loaded; /* SCRIPT LOADs sent, and answered, in the order of enum script */
	struct redis_asks gets, begins;
	struct cache_ask *unsent; /* the first of gets whose command is still to be made, at the end of the turn */
	struct str unsent_keys[REDIS_GET_KEYS]; /* of sheaves, each once; in asks that wait */
	size_t n_unsent; /* of these */
	struct redis_fill *gathered; /* fills that wait a moment for others */
	struct redis_fills {
		struct redis_fill *oldest, *newest;
	} sent; /* in the order of their answers; one of each sheaf */
	size_t held; /* bytes of commands that are still to be made for fills */
	struct loop_timer gather;
	struct redis_base bases[64];
	struct loop_timer forget; /* the first of these is old */
	struct redis_orphan orphans[REDIS_ORPHANS_MOST]; /* to be ended by the next connection */
	size_t n_orphans;
	struct cache_ask *waiting; /* for another process; each has its timer and perhaps its wakeup */
	struct bell *bell;
	struct redis_changes {
		struct cache_change *oldest, *newest;
	} changes, checks, settling, unsure; /* checks: made, unless what leads to copies was evicted; settling: made in
						Redis, and perhaps not known here yet; unsure: the connection was lost,
						and the next one makes them again */
	struct loop_timer settle, patience; /* patience: the first of the unsure is late */
	uint32_t words_wanted, words_offered; /* numbers of books on their way; 0: none */
	bool words_wanted_now; /* the former is the one to pack with */
};

/* redis.c */

/* Queue a command, in an order kept by the caller; there must be room. */
void redis_send(struct redis *r, enum redis_command what, const struct str *words, size_t n) NONNULL(1, 3);
#define REDIS_SEND(r, what, ...)                                       \
	redis_send((r), (what), (const struct str[]){ __VA_ARGS__ }, \
		   sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
/* Connected, and room for one more command of so many bytes? */
bool redis_ready_for(const struct redis *r, size_t bytes) NONNULL(1);
/* A look-up or a begin that was sent now is to be answered in time. */
void redis_expect(struct redis *r, uint64_t sent_us) NONNULL(1);
/* The same, by then. */
void redis_expect_by(struct redis *r, uint64_t due_us) NONNULL(1);
/* Put at the end. */
void redis_asks_put(struct redis_asks *asks, struct cache_ask *ask) NONNULL(1, 2);
/* The line is flushed: what they wait for is sent now. */
void redis_asks_flushed(struct redis_asks *asks, uint64_t now_us) NONNULL(1);
/* Take the oldest off; there must be one. */
struct cache_ask *redis_asks_take(struct redis_asks *asks) NONNULL(1) __attribute__((returns_nonnull));
/* Load all scripts. */
void redis_load(struct redis *r) NONNULL(1);
/* Does the reply say that the server has lost them? */
bool redis_lacks_script(const struct redis_reply *reply) NONNULL(1);

/* The keys of a script, each a text of its own. */
struct redis_keys {
	char lease[160], floors[96], tombs[96];
};
/* All for the tenant, as it stands in keys, and for the key, which may be NULL. */
void redis_keys_make(struct redis_keys *out, struct str tenant, const struct cache_key *key) NONNULL(1);

/* redis_silence.c. Redis is silent when a look-up or a begin has waited for an eighth of its time, and for four times
 * as long as usual: until the next answer nobody else is sent after it, so that only who came before waits. */

/* A new connection; its greeting took so long. */
void redis_silence_begin(struct redis *r, uint64_t took_us) NONNULL(1);
/* An answer came to what was sent then. */
void redis_silence_end(struct redis *r, uint64_t sent_us) NONNULL(1);
/* From when on is it silent that did not answer what was sent then? */
uint64_t redis_silence_from(const struct redis *r, uint64_t sent_us) NONNULL(1) MUST_CHECK;
/* redis_ready_for(), for those who wait for the answer. */
bool redis_answers_for(const struct redis *r, size_t bytes) NONNULL(1) MUST_CHECK;

/* redis_orphans.c */

/* The lease of this key may be ours, by the ticket that began then, or by one that is not known (0), and cannot be
 * ended now: remember it for the next connection. */
void redis_orphan(struct redis *r, const struct cache_key *key, uint64_t began) NONNULL(1, 2);
/* There is one: end them. */
void redis_orphans_release(struct redis *r) NONNULL(1);

/* redis_get.c */

/* The driver's get. */
void redis_get(struct cache *c, struct cache_ask *ask) NONNULL(1, 2);
/* Make the command of the look-ups that wait for it. */
void redis_gets_send(struct redis *r) NONNULL(1);
/* Take the answer to the oldest of these commands; false: it cannot be one. */
bool redis_take_values(struct redis *r, const struct redis_reply *reply) MUST_CHECK NONNULL(1, 2);
/* Open a sheaf that Redis gave for the ask into r->opened, and note its version. False: there is none; a bad one is
 * dropped. Afterwards: redis_put_away(). */
bool redis_open(struct redis *r, struct cache_ask *ask, struct str value) MUST_CHECK NONNULL(1, 2);
/* Find the copy in r->opened. False: there is none that counts; *out is then untouched. */
bool redis_read(struct redis *r, const struct cache_ask *ask, struct str floors, struct cache_hit *out) MUST_CHECK
	NONNULL(1, 2, 4);
/* Find it in a sheaf that was opened, with what was read along with it. */
bool redis_read_from(const struct redis *r, const struct cache_ask *ask, struct str opened, struct str floors,
		     struct cache_hit *out) MUST_CHECK NONNULL(1, 2, 5);
/* Wipe r->opened. */
void redis_put_away(struct redis *r) NONNULL(1);
/* Answer all look-ups: misses. */
void redis_gets_end(struct redis *r) NONNULL(1);

/* redis_reread.c */

/* The look-up has found r->opened: keep it for those of the same request. */
void redis_reread_keep(const struct redis *r, struct cache_ask *ask, struct str floors) NONNULL(1, 2);
/* Find the copy in what was kept; false: Redis is to be asked. */
bool redis_reread_find(const struct redis *r, struct cache_ask *ask, struct cache_hit *out) MUST_CHECK NONNULL(1, 2, 3);

/* redis_ask.c */

/* The driver's begin. */
void redis_begin(struct cache *c, struct cache_ask *ask) NONNULL(1, 2);
/* Take the answer to the oldest that began; false: it cannot be one. */
bool redis_take_begun(struct redis *r, const struct redis_reply *reply) MUST_CHECK NONNULL(1, 2);
/* The bell for one that waits for another process. */
void redis_ring(void *arg, struct cache_ask *ask) NONNULL(1, 2);
/* Answer all that began or wait: no connection, no ticket. */
void redis_begins_end(struct redis *r) NONNULL(1);

/* redis_change.c */

enum { REDIS_FRESH_BYTES = 8 + 1, REDIS_TOKEN_BYTES = 48 };
/* The second half of an era, should a script have to begin one: random digits. */
void redis_fresh_make(char out[REDIS_FRESH_BYTES]) NONNULL(1);
/* What the lease holds that was given with the ticket. */
void redis_token_make(const struct redis *r, uint64_t began, char out[REDIS_TOKEN_BYTES]) NONNULL(1, 3);
/* The driver's release. */
void redis_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket) NONNULL(1, 2);
/* The driver's invalidate. */
void redis_invalidate(struct cache *c, struct cache_change *change) NONNULL(1, 2);
/* Take the answer to the oldest change; false: it cannot be one. */
bool redis_take_changed(struct redis *r, const struct redis_reply *reply) MUST_CHECK NONNULL(1, 2);
/* Take the answer to the oldest one that was checked; false: it cannot be one. */
bool redis_take_checked(struct redis *r, const struct redis_reply *reply) MUST_CHECK NONNULL(1, 2);
/* The connection is lost: they wait for the next one, as long as each may. */
void redis_changes_wait(struct redis *r) NONNULL(1);
/* There is one: make those that wait again, which does no harm. */
void redis_changes_again(struct redis *r) NONNULL(1);
/* The timer for those that have waited too long. */
void redis_changes_late(struct loop_timer *t) NONNULL(1);
/* The timer for changes that are made and have to become known here. */
void redis_settle(struct loop_timer *t) NONNULL(1);
/* End both timers: what waits fails. */
void redis_changes_end(struct redis *r) NONNULL(1);

/* redis_words.c */

/* Look which book all pack with, when it is time. */
void redis_words_look(struct redis *r) NONNULL(1);
/* Get a book, to pack with when it is the one of `now`. */
void redis_words_fetch(struct redis *r, uint32_t number, bool now) NONNULL(1);
/* Is the last value that did not open packed with a book that can be had? Then it comes. */
bool redis_words_lacks(struct redis *r) NONNULL(1) MUST_CHECK;
/* When enough is learnt: offer a book to all. */
void redis_words_offer(struct redis *r) NONNULL(1);
/* Take an answer; false: it cannot be one. */
bool redis_take_words(struct redis *r, enum redis_command what, const struct redis_reply *reply) MUST_CHECK
	NONNULL(1, 3);
/* The connection is lost. */
void redis_words_end(struct redis *r) NONNULL(1);

/* redis_fill.c */

enum { REDIS_FILL_KEYS = 3 }; /* of its script, without leases */
/* Take the answer to the oldest fill; false: it cannot be one. */
bool redis_take_filled(struct redis *r, const struct redis_reply *reply) MUST_CHECK NONNULL(1, 2);
/* Send what is gathered; no other will be sent. */
void redis_fills_last(struct redis *r) NONNULL(1);
/* The connection is lost, and all fills with it. */
void redis_fills_end(struct redis *r) NONNULL(1);

/* redis_base.c. The sheaf is its key. */

/* Take *opened, and leave it empty, unless it is large: the sheaf was just written so. */
void redis_base_keep(struct redis *r, struct str sheaf, struct buf *opened) NONNULL(1, 3);
/* How it was written last, until something else is kept or dropped; empty: not known. */
struct str redis_base_find(struct redis *r, struct str sheaf) MUST_CHECK NONNULL(1);
/* It is not so any more. */
void redis_base_drop(struct redis *r, struct str sheaf) NONNULL(1);
/* Nothing may be so any more; ends the timer. */
void redis_bases_drop(struct redis *r) NONNULL(1);
/* The timer for that. */
void redis_bases_forget(struct loop_timer *t) NONNULL(1);

/* redis_gather.c */

/* The driver's put. */
void redis_put(struct cache *c, const struct cache_fill *put) NONNULL(1, 2);
/* Send what is gathered. */
void redis_fills_send(struct redis *r) NONNULL(1);
/* The same for one sheaf: somebody is about to look for it. */
void redis_fills_hurry(struct redis *r, struct str sheaf) NONNULL(1);
/* The timer for that. */
void redis_gather(struct loop_timer *t) NONNULL(1);

#endif
