/* job.h - the inside of a job, for job.c and await.c only. */
#ifndef FEDERATOR_FLOW_JOB_H
#define FEDERATOR_FLOW_JOB_H

#include <stdatomic.h>

#include "federator/flow/flight.h"
#include "federator/flow/request.h"
#include "federator/underway.h"

struct job {
	struct underway_entry entry; /* its key: that of its copy */
	struct cache_ticket ticket; /* its rows can be kept with it */
	bool shared; /* others may wait for it, too, and its rows be kept: it is among those under way */
	struct fetch *fetch;
	struct loop_post landed;
	struct flight flight;
	bool begun; /* the flight; under that lock, too */
	bool behind; /* nobody waits for it (refresh.c); the same */
	struct crew *crew; /* of such a job, until it lands; else NULL */
	struct run *waiting; /* who came last stands first; under the lock of the world's underway */
	atomic_uint owners; /* itself until its rows are stored, and each run that has them */
	struct job *next; /* of those to be stored */
	struct lane *lane;
	const struct world *world;
	const struct part *part;
	const struct query *query;
	struct key_set *keys; /* canonical, in the fetch's arena */
	const struct tuples *tuples; /* in the fetch's arena */
	const bool *wanted; /* the same, by value: is it to be kept (each.h)? NULL: all is one copy */
	struct str tenant; /* in the fetch's arena, as what follows */
	struct str subject; /* whose view it was asked for; the NULL view: nobody's yet */
	struct str before; /* of a query that takes :before */
	uint64_t asked_us;
	/* When it has landed well, written on its loop before others have it: */
	const struct job_names *names; /* NULL: it has none, or more than may be; its rows are not kept */
	_Atomic bool overtaken; /* what it is about was voided since it was asked: its rows are for nobody later */
};

/* names.c - what its copy is found by when something changes */

struct job_names {
	struct cache_name of[CACHE_NAMES_MOST];
	size_t n, n_given; /* the given ones stand behind the others */
	size_t n_asked; /* of the first ones: the values it was asked by */
	size_t n_leads; /* of the given ones, the last: customers */
	bool of_customer; /* it was asked for a customer, or by one */
};
/* Set job->names and job->overtaken: the names are the asked values, the customers in its rows, and the one it was
 * asked for; given are the values that it gives of other keys, and where it was asked by such a key, the customers in
 * its rows. On its loop, when it has landed well. */
void job_note_names(struct job *job) NONNULL(1);
/* Set job->overtaken anew. The same. */
void job_note_overtaken(struct job *job) NONNULL(1);

/* What the run asks as a job that others find, not begun. Under the lock of the mapping set's underway. */
struct job *job_new(const struct run *run) NONNULL(1) __attribute__((returns_nonnull));
/* Make and write its fetch; ERR_MAPPING. */
bool job_prepare(struct job *job, const struct run *run, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* It was not taken: those who came to wait meanwhile are told. */
void job_refuse(struct job *job, const struct err *err) NONNULL(1, 2);
/* One owner less. */
void job_drop(struct job *job) NONNULL(1);

/* refresh.c - a fetch that nobody waits for */

/* Somebody waits for it now. Under the lock of the mapping set's underway. */
void refresh_promote(struct job *job) NONNULL(1);
/* It has landed. On its loop, not under that lock. */
void refresh_landed(struct job *job) NONNULL(1);

/* await.c - runs that wait for a job, each on its own loop. On the loop of the run, or of the job. */

/* Let the run wait; under the lock of the mapping set's underway. */
void await_job(struct job *job, struct run *run) NONNULL(1, 2);
/* False: it does not wait any more. Under the same lock. */
bool await_end(struct run *run) NONNULL(1);
/* Let the run wait for a job that others wait for, or tell that it must look for what was stored meanwhile. JOB_BEGUN:
 * neither. Under the same lock. */
enum job_begun await_others(struct run *run) MUST_CHECK NONNULL(1);
/* Give the job to all that wait, with its rows or its failure; false: none did. On the job's loop. */
bool await_over(struct job *job) NONNULL(1);

#endif
