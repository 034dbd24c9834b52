/* adapter.h - fetch rows from one source, live. Each adapter has a bounded queue and worker threads; a worker
 * owns one connection, its statements and its buffers, and runs one fetch at a time.
 * Safe to call from any thread. Never logs; failures go to *err or into the fetch. */
#ifndef ADAPTERS_ADAPTER_H
#define ADAPTERS_ADAPTER_H

#include "adapters/breaker.h"
#include "adapters/describe.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/histogram.h"
#include "base/rows.h"
#include "base/zone.h"

struct adapter; /* opaque; drivers see adapter_driver.h */
struct fetch;

/* What opening takes. Texts are copied. */
struct adapter_conf {
	const char *name; /* of the source, for errors and statistics */
	const char *driver; /* "odbc" or "fixture"; a name of the table in registry.c */
	const char *connect; /* odbc: a connection string (secret); fixture: a file name */
	/* Not NULL: called on workers' threads before each connect, several at once, for a connection string that
	 * replaces `connect`, in `mem`, which is wiped; NULL: nothing better is known. `conf` is the adapter's copy.
	 * It may read a small file. A worker left behind by adapter_close() may still be inside it: connect_owner
	 * outlives the process's last adapter. */
	const char *(*connect_text)(const struct adapter_conf *conf, struct arena *mem);
	const void *connect_owner;
	const char *secret; /* for connect_text(): where the connection string comes from; or NULL */
	const char *zone; /* session time zone, IANA name */
	int32_t zone_offset_s; /* its offset now, for servers without named zones */
	uint32_t pool; /* worker threads, 1..64 */
	uint32_t queue; /* fetches waiting at most */
	/* Called on a worker's thread or inside adapter_nudge() when the source takes no connections or fetches (*err
	 * says why) and when it takes them again (NULL): once each time. Must be quick; NULL: nobody wants to know. */
	void (*notice)(const char *source, const struct err *err);
	uint32_t cap_ms; /* longest cap of the source's parts: the limit set in the server's session */
	/* How long a connect may take, for a caller that can wait; 0: as long as a view can, which is cap_ms, a second
	 * at least, and 2 s until the server lets us in. */
	uint32_t connect_ms;
	/* Not NULL: there is no source, no driver and no worker; adapter_submit() asks this for all rows of the
	 * fetch, in the order of its columns, with binary data as base64. On the submitting thread; must not wait.
	 * *rows_out lives in f->mem. A failure is that of adapter_submit(). For tests of mappings. */
	bool (*answer)(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err);
	void *answer_owner;
};

/* How fetches that ask the same for other keys are asked as one while several wait. Made by the caller, in the arena of
 * the fetch. Both functions run on workers' threads, while no fetch of theirs is handed back. */
struct fetch_batch {
	const void *shape; /* fetches of one shape can be asked together */
	uint32_t n_values; /* keys it asks for */
	/* Write the question of all fetches of the list (by ->next) into `joint`, which is a copy of the first with an
	 * arena of its own. */
	bool (*join)(struct fetch *joint, const struct fetch *first, struct err *err);
	/* Give each of the `n` copies of fetches its rows, in its own mem. False: the rows cannot be told apart; then
	 * each is asked alone. */
	bool (*split)(const struct fetch *joint, struct fetch *parts, uint32_t n);
};

/* One question. The caller makes it with fetch_new(), fills the first half, submits it, and owns it again
 * when done() is called; it ends it with fetch_free(). */
struct fetch {
	/* asked: everything lives in `mem` */
	struct arena *mem; /* the fetch's own; the rows live as long */
	const char *part; /* name, for the fixture driver and errors */
	struct str sql; /* with `?` markers, NUL-terminated */
	const struct str *params; /* n_runs times n_params of them, run after run; p == NULL binds NULL */
	uint32_t n_params;
	uint32_t n_runs; /* executions of the same statement; their rows are appended, but for those that are alike
			  * in all cells with a row of an earlier one (rowset.h) */
	const char *const *columns; /* wanted, in this order; matched by name without regard to ASCII case */
	uint32_t n_columns;
	const bool *bytes; /* by column: binary data, given as base64; NULL: none is */
	uint32_t max_rows; /* over all runs; more sets ROWS_TRUNCATED */
	size_t max_bytes; /* of cells; more fails with ERR_TOO_LARGE */
	/* Not begun after this: fails with ERR_LATE, when a worker gets to it, in adapter_nudge(), when the queue is
	 * full or in adapter_close(). The caller's own timer is what ends the waiting. */
	struct deadline give_up;
	/* Ended at this: SQLite exactly, others by the server at cap_ms of the session, or 25 ms later by shutting the
	 * connection's socket. Never: by the server only. */
	struct deadline cap;
	const struct fetch_batch *batch; /* NULL: only alone */
	bool describe; /* tell about the query and its session instead of its rows; without SQL about the session */
	/* Called once, on a worker thread or inside adapter_close(), adapter_nudge() or the adapter_queue() of any
	 * fetch. Quick; calls no function of this adapter. */
	void (*done)(struct fetch *f);
	void *owner; /* the caller's */
	/* answered */
	struct err err; /* cls == ERR_NONE: rows is set */
	const struct rows *rows;
	const struct description *description; /* with `describe`; of a failed fetch NULL or what is known */
	uint64_t queued_us; /* monotonic clock: submitted, begun, ended */
	uint64_t begun_us;
	uint64_t ended_us;
	struct fetch *next; /* the adapter's */
};

/* A new fetch with an arena of its own. */
struct fetch *fetch_new(void) __attribute__((returns_nonnull));
/* Wipe and free the fetch and its rows, at the latest when a worker left behind in it is through. Accepts
 * NULL inside; sets *f to NULL. */
void fetch_free(struct fetch **f) NONNULL(1);

/* Bytes of memory a fetch that is the caller's holds, its rows included. */
size_t fetch_bytes(const struct fetch *f) NONNULL(1);

/* What the workers are doing, for readiness and metrics. */
struct adapter_state {
	uint32_t pool; /* workers */
	uint32_t connected; /* with a live connection */
	uint32_t busy; /* in a call of the driver, hung ones too */
	uint32_t connecting; /* of these, without a connection yet */
	uint32_t hung; /* of these, past every limit: not even a shut socket brings the call back */
	uint32_t spare; /* without a connection, and not getting one now */
	uint32_t queued;
	uint64_t fetches; /* ended, good or bad */
	uint64_t joined; /* of these, asked together with others */
	uint64_t failures;
	uint64_t faults[ERR_CLASSES]; /* the failures by class, and fetches that were not taken */
	uint64_t connects, connect_failures; /* attempts that ended */
	uint64_t cut; /* calls of the driver that were ended by shutting their sockets */
	struct histogram waited, took; /* in the queue; from there to the end: of the fetches that ended in time to be
					* handed back */
	enum err_class last_error; /* ERR_NONE after a good fetch */
	struct err down; /* why fetches are refused or connects fail; cls is ERR_NONE while neither is so */
	uint32_t limit; /* fetches at once that the source bears now; at most its pool */
	enum breaker_state breaker;
	uint64_t probes; /* connects that tried whether an open breaker may close */
};

/* Before adapters_init(), in a program that opens no adapter: its threads use databases one at a time, so SQLite needs
 * no locks, which take a twentieth of an insert. */
void adapters_alone(void);
/* Once, in main(), before any thread: environment for the drivers (PGCLIENTENCODING), the directory with our
 * odbcinst.ini (NULL: leave ODBCSYSINI alone), the ODBC environment, the SQLite guard. */
bool adapters_init(const char *odbcinst_dir, struct err *err) MUST_CHECK NONNULL(2);

/* Open one source and start its workers; they connect on their own, off the request path, so this succeeds
 * with the source down: one at once, the others when fetches wait. The caller owns the result: end it with
 * adapter_close(). ERR_CONFIG for an unknown driver or a malformed connection string; ERR_SYSTEM. With conf->answer
 * none of this: nothing is looked at but the name, and it succeeds. */
struct adapter *adapter_open(const struct adapter_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);

/* Hand over a fetch; never blocks. False (and done() is not called, the caller still owns it): ERR_BUSY queue
 * full; ERR_REFUSED, ERR_AUTH, ERR_LATE or what else the last fault was: the breaker is open (breaker.h), the source
 * rests (250 ms, doubling to 10 s) and one worker tries to connect at its end. While the first connect since the
 * start is under way fetches wait for it. A connection lost under a fetch is replaced once, unseen, before the
 * fetch's give_up. */
bool adapter_submit(struct adapter *ad, struct fetch *f, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

/* The same, but workers that sleep are left so until adapter_call(): for several fetches at once. */
bool adapter_queue(struct adapter *ad, struct fetch *f, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* The same for a fetch that nobody waits for yet. ERR_BUSY, which is no fault: no worker is free for it, or a quarter
 * of the fetches that the source bears at once, one at least, are such already. To be ended by adapter_promote(), once.
 */
bool adapter_queue_behind(struct adapter *ad, struct fetch *f, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Such a fetch has come back, or somebody waits for it now: it is as any other. Never blocks. */
void adapter_promote(struct adapter *ad) NONNULL(1);
/* Wake as many workers as the queued fetches are worth. Never blocks. */
void adapter_call(struct adapter *ad) NONNULL(1);
/* Short fetches may wait for a worker at work rather than wake another one: waking takes longer than they do. When that
 * worker turns out slow, this wakes another. It also ends the waiting of fetches whose give_up has passed, and finds
 * workers that hang. Call it every few milliseconds while a fetch is under way; true: fetches still wait. */
bool adapter_nudge(struct adapter *ad) NONNULL(1);

/* A snapshot. */
struct adapter_state adapter_state(struct adapter *ad) NONNULL(1);

/* End: refuse new fetches, fail queued ones (ERR_REFUSED), wait up to `grace_ms` for running ones; then shut their
 * sockets, and wait a second at most. A worker still hung in a driver's call is left behind and its fetch fails with
 * ERR_LATE; should the call return one day, the worker cleans up after itself and touches nothing of the caller's.
 * No other call may be under way or follow. Accepts NULL inside; sets *ad to NULL. Returns the number of workers left
 * behind. */
uint32_t adapter_close(struct adapter **ad, uint32_t grace_ms) NONNULL(1);

#endif
