/* audit.h - the record of who saw what of whom: a thread that writes it, and ports by which loops hand records in and
 * hear when they are durable. All records that wait go with one write and one fdatasync.
 *
 * When the disk does not take them, those that wait are told so, and new ones are refused, but for those of a try every
 * RETRY_MS. A record may be on disk though its port was told that it is not: nobody is shown anything then. */
#ifndef FEDERATOR_AUDIT_AUDIT_H
#define FEDERATOR_AUDIT_AUDIT_H

#include "base/counter.h"
#include "base/loop.h"
#include "federator/audit/chain.h"

struct audit; /* opaque */
struct audit_entry;

/* Counters of audit_conf.counters. */
enum audit_count {
	AUDIT_WRITTEN, /* records that are durable */
	AUDIT_REFUSED, /* records that were not taken, or are not durable for all that is known */
	AUDIT_SYNCS,   /* group commits */
	AUDIT_DOWN,    /* 1 while the disk does not take records */
	AUDIT_TOOK,    /* a histogram: from the record's hand-in to its being durable */
	AUDIT_COUNTS = AUDIT_TOOK + HISTOGRAM_COUNTERS,
};

struct audit_conf {
	const char *dir;
	struct str secret;   /* of the key; not kept */
	uint64_t file_bytes; /* as of struct audit_store */
	uint64_t keep_s;
	uint32_t patience_ms; /* a record that is not durable by then is refused */
	uint32_t queued_most; /* records on their way at once */
	struct counters *counters; /* enum audit_count, from `first` on; must live as long */
	size_t first;
};

/* Start: the directory is made ready, a record of the start is durable. What was found wrong there is logged. The
 * caller owns the result: end it with audit_close(), when all ports are closed. */
struct audit *audit_open(const struct audit_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Take no more records, write those that were handed in and one of the end; the loops run on meanwhile. False: `due`
 * came first, as the disk hangs; audit_close() would wait for it, so leave by _exit. Not for a loop's thread. */
bool audit_finish(struct audit *a, struct deadline due) MUST_CHECK NONNULL(1);
/* Finish, for as long as it takes, and free. Accepts NULL inside; sets *a to NULL. */
void audit_close(struct audit **a) NONNULL(1);
/* Would a record be taken now? Any thread. */
bool audit_accepts(const struct audit *a) NONNULL(1);

/* Of a loop; everything of it is called on that loop, but audit_port_close(). */
struct audit_port {
	struct audit *audit;
	struct loop *loop;
	struct audit_entry *filling, **filled; /* of this turn */
	struct audit_ticket *first, **end;     /* that wait, the oldest first */
	struct loop_turn turn;
	struct loop_timer timer;
	struct loop_post told;
	/* under audit.lock */
	struct audit_entry *done;
	uint32_t away; /* entries with the writer */
	bool posted;
};

/* Somebody who waits for a record. */
struct audit_ticket {
	void (*told)(struct audit_ticket *t, bool durable); /* on the loop, later; may hand in another record */
	struct audit_entry *entry; /* NULL: none is on its way */
	uint64_t since_us;
	struct audit_ticket *next, **at;
};

/* Begin, before the loop runs and behind all others that add turns to it. It stays where it is, as long as the loop. */
void audit_port_open(struct audit_port *port, struct audit *a, struct loop *loop) NONNULL(1, 2, 3);
/* The loop does not run any more: tell all who wait that their records are not durable, and wait until the writer has
 * no entry of it. Nothing of a port that was not opened (zeroed). */
void audit_port_close(struct audit_port *port) NONNULL(1);
/* Hand a record in: its members as of audit_chain_put(), which are copied, and its time. False: it is not taken, and
 * nobody is told anything. */
bool audit_hand_in(struct audit_port *port, struct str text, int64_t wall_ms, struct audit_ticket *ticket) MUST_CHECK
	NONNULL(1, 4);
/* Wait no more; harmless when nobody waits. The record is written all the same. */
void audit_forget(struct audit_port *port, struct audit_ticket *ticket) NONNULL(1, 2);

#endif
