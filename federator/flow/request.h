/* request.h - the state of one request, shared by the files of flow/ only. It lives on one loop from start to end, so
 * nothing in it needs a lock. */
#ifndef FEDERATOR_FLOW_REQUEST_H
#define FEDERATOR_FLOW_REQUEST_H

#include "federator/flow/answer.h"
#include "federator/flow/asking.h"
#include "federator/flow/flow.h"
#include "federator/view/merge.h"
#include "metadata/sqltext.h"

struct crew;
struct each;
struct flow;
struct job;
struct progress;

/* A key the caller asked by. */
struct asked {
	const struct key *key;
	struct str value; /* canonical */
};

enum run_state {
	RUN_WAITING, /* for earlier runs that give its keys */
	RUN_LOOKING, /* for the cache */
	RUN_BEGINNING, /* for a ticket, or another process' copy */
	RUN_FETCHING, /* for the source */
	RUN_ENDED, /* run->fact says how */
};

/* Why a source is asked, in the words of RFC 9211, 2.2: what counts more stands first. */
enum forward {
	FORWARD_NOT,
	FORWARD_MISS, /* there is no copy */
	FORWARD_STALE, /* the one there is is too old */
	FORWARD_REQUEST, /* the question does not want it */
	FORWARD_BYPASS, /* nothing is kept of what is asked */
};

/* One part asked with one query. */
struct run {
	struct flow *flow;
	const struct part *part;
	const struct query *query;
	struct run **after; /* runs that give keys of this one */
	size_t n_after;
	const struct asked *asked; /* the key it starts from, or the first of several; NULL: the customer's identity */
	uint32_t asked_bits; /* all keys it starts from, by place in flow->asked */
	bool shown; /* the view shows something of it; else it only gives keys, or says what may be shown */
	bool walk; /* on the way from `asked` to the identity; else it serves the view */
	enum run_state state;
	struct key_set *keys; /* one per query->by */
	struct fact fact;
	bool of_things; /* its copies are for all who ask for the same things: each.h */
	struct each *each; /* these, when it asks for several; NULL: nobody looked for them */
	struct cache_key cache_key;
	struct cache_ask look;
	struct cache_ticket ticket; /* of what its job will bring */
	uint64_t seen; /* the ticket of the copy that was found; 0: none was */
	uint64_t version; /* of where it was looked for */
	struct cache_hit copy; /* stands in when the source fails; rows == NULL: none */
	bool bridged; /* somebody who looks on sees the copy until the source has answered: progress.c */
	struct job *job; /* the fetch; its rows live as long as it does */
	enum forward forward;
	bool joined; /* it is another run's */
	bool awaited; /* it ended without its job, whose rows somebody who looks on still waits for: progress.c */
	bool queued; /* its fetch is, or was: room.c */
	uint64_t stored; /* of job_look() */
	struct run *next, **link; /* of those that wait for the job; NULL link: it does not */
	struct loop_post landed; /* of a job on another loop */
	struct loop_timer late;
	uint64_t begun_us, landed_us; /* 0: not yet */
};

/* A customer that the asked keys may mean. */
struct candidate {
	struct str subject;
	struct str *evidence; /* "part.column", each once */
	size_t n_evidence;
	uint32_t agreeing; /* how many of the asked keys name it */
	uint32_t key_bits; /* which */
	uint32_t live_bits; /* which of them without a stale copy on their way */
};

struct match {
	enum outcome outcome;
	bool complete; /* every part that could have named a customer answered */
	bool stale; /* only stale copies single out a customer, or name more: candidates only */
	struct str subject; /* OUTCOME_ONE */
	struct candidate *candidates;
	size_t n_candidates;
};

enum step_end {
	STEP_DONE, /* go on with the next step */
	STEP_WAIT, /* call this step again when something has happened */
	STEP_ANSWERED, /* flow->reply holds the answer: no more steps */
	STEP_REFUSED, /* the same: a problem */
};

struct flow {
	struct arena *mem;
	struct lane *lane;
	const struct world *world;
	struct ask ask;
	void (*done)(void *owner, struct reply *reply);
	void *owner;
	size_t step;
	bool stepping; /* inside flow_step(): a wake-up only sets `again` */
	bool again;
	bool expired; /* the budget of the sources is used up */
	struct room *room; /* by source: room.c; NULL: nothing was asked */
	size_t row_bytes; /* of the fetches that are kept */
	uint32_t holds; /* look-ups and other loops' jobs that are still to come, plus one until the reply is given */
	uint64_t started_us;
	uint64_t *step_began_us; /* by step; NULL unless the answer is to be explained */
	struct deadline due; /* sources must have answered; the rest of the budget is kept for merge to render */
	struct loop_timer timer;

	const struct view *view;
	uint32_t budget_ms, reserve_ms; /* of the whole answer; of that kept for merge to render */
	struct rights rights;
	struct asked asked[ASK_KEYS_MAX]; /* without those that are blocked, or flat and malformed */
	size_t n_asked;
	uint64_t found; /* limits_hash() of whom keys led to; 0: nobody is counted: limit.c */
	bool new_keys; /* the caller did not ask by all of them in this hour: limit.c */
	const struct key *blocked[ASK_KEYS_MAX]; /* keys whose values are never asked for: left out */
	size_t n_blocked;
	struct timeline_filter timeline; /* of a question for the time line */
	struct crew *crew; /* the fetches under way; NULL: there was none yet */
	struct str tagged; /* the value whose copies were looked for last, its key, and the name of it */
	const struct key *tagged_by;
	struct cache_name tag;
	struct cache_reread reread;
	struct run *walks; /* from the asked keys to the identity */
	size_t n_walks;
	bool lacking; /* nobody was looked for, for want of a key: a flat view has its defaults */
	bool doubted; /* an asked identity is walked, too: other keys name somebody else */
	struct match match;
	struct use *uses; /* of the view, after `fields` and rights */
	size_t n_uses;
	struct str *withheld;
	size_t n_withheld;
	struct run *runs; /* of the view; with OUTCOME_UNLINKED from the asked keys */
	size_t n_runs;
	const struct run **confirms; /* runs that confirm an asked identity */
	size_t n_confirms;
	struct node *root;
	uint64_t shown, masked; /* classes of values in it */
	struct vary *varying; /* of values in it; the last one noted first */
	size_t n_varying;
	struct progress *progress; /* NULL: nobody looks on */
	unsigned char *recall_key; /* DIGEST_SIP128_BYTES: of the answer, should it be kept; NULL: it is not */
	struct reply reply;
};

/* Something has happened: go on with the current step. */
void flow_wake(struct flow *flow) NONNULL(1);
/* The classes the caller may see, in the clear or masked. */
uint64_t flow_visible(const struct flow *flow) NONNULL(1);
/* By part: the facts of the view's runs so far; parts without a run are unasked. In the flow's arena. */
struct fact *flow_facts(struct flow *flow) NONNULL(1) __attribute__((returns_nonnull));
/* End the request with a problem document; returns STEP_REFUSED. `suggestion` may be NULL. */
enum step_end flow_refuse(struct flow *flow, int status, const char *type, const char *title, struct str detail,
			  const char *suggestion) NONNULL(1, 3, 4);
/* Nobody who could tell who this is answered, and no copy stands in: that is 503 or 504, neither none nor an empty
 * 200. At least one of the runs must be missing or stale for a reason; the first one is named. */
enum step_end flow_refuse_unanswered(struct flow *flow, const struct run *runs, size_t n_runs) NONNULL(1, 2);
/* Drop one hold; the last one frees the flow. */
void flow_release(struct flow *flow) NONNULL(1);

/* limit.c - how many customers one actor asks for */

/* May the caller ask by these keys, or for this customer? Counts them, unless others are shown the answer, for whom
 * flow_counts() did. */
enum step_end limit_customers(struct flow *flow) MUST_CHECK NONNULL(1);
/* They led to one customer, whose sealed id costs who is shown the answer nothing then. */
void limit_found(struct flow *flow) NONNULL(1);
/* The same of an answer that was kept, with what flow->found was. */
void limit_found_again(struct flow *flow, uint64_t found) NONNULL(1);
/* They were nobody's. */
void limit_nobody(struct flow *flow) NONNULL(1);

/* run.c - one part, asked with one query, before its deadline */

/* Begin: gather its keys, look into the cache, ask the source. Its fact is set when the state is RUN_ENDED. */
void run_start(struct run *run) NONNULL(1);
/* Does the query take :before, and the question bound it? Such rows are not cached. */
bool run_pages_on(const struct run *run) NONNULL(1);
/* The asked key with its value, if the run starts from it; else NULL. */
const struct asked *run_asked(const struct run *run, const struct key *key) NONNULL(1, 2);
/* Its copy becomes its fact, and the run ends. */
void run_take_copy(struct run *run, enum fact_state state) NONNULL(1);
/* The same until its source has answered: the run goes on. */
void run_lend_copy(struct run *run) NONNULL(1);
/* Ask the source, unless others do. */
void run_ask_source(struct run *run) NONNULL(1);
/* Whatever came from outside so far, may the request hold it? */
bool run_fits(const struct flow *flow) NONNULL(1);

/* look.c - what comes before the source is asked */

enum { LEASE_SPARE_MS = 100 }; /* a fetch is ended by its cap; its rows are kept a moment later */
/* Look into the cache, where the question allows it, then for others who ask the same; else ask the source. */
void look_begin(struct run *run) NONNULL(1);
/* Make run->look, for found(), which has to release the hold on the flow that this takes. */
void look_ask(struct run *run, void (*found)(struct cache_ask *ask, struct cache_hit hit)) NONNULL(1, 2);

/* room.c - does a request find room at its sources? */

/* May the run's fetch be queued? ERR_BUSY: it would wait for too long. Judged once for a source, with all that the
 * request will ask of it. */
bool room_for(struct run *run, struct err *err) MUST_CHECK NONNULL(1, 2);
/* It was queued. */
void room_taken(struct run *run) NONNULL(1);
/* The request asks nothing any more. */
void room_leave(struct flow *flow) NONNULL(1);

/* Start every run whose earlier runs have ended; true when all have ended. `runs` may be NULL when n_runs is 0. */
bool runs_advance(struct run *runs, size_t n_runs);
/* The budget is over: whatever has not ended, ends now, with a stale copy or as missing(deadline). */
void run_expire(struct run *run) NONNULL(1);
/* Put a value into play, unless it is already or there are as many as may be. */
void run_add_value(struct key_set *rk, struct str value) NONNULL(1);
/* End a run that did not bring rows: a stale copy stands in where the part allows it. */
void run_fail(struct run *run, const char *reason) NONNULL(1, 2);

/* freshness.c - what a copy is good for, by its part and by the question */

enum freshness {
	COPY_NOT, /* for nothing */
	COPY_SPARE, /* stands in when the source does not answer */
	COPY_OLD, /* over its ttl, and taken all the same */
	COPY_REFRESHED, /* the same, and the source is asked behind the answer */
	COPY_FRESH,
};
/* How old what was kept then is; 0 when it is a little younger than now, as another node's may be. */
int64_t freshness_age_ms(const struct run *run, int64_t stored_ms) NONNULL(1);
/* What rows are good for that were kept so long ago. */
enum freshness freshness_of(const struct run *run, const struct rows *rows, int64_t age_ms) MUST_CHECK NONNULL(1, 2);
/* May the run have what a fetch brings that began so long ago? Those rows are no older than a copy might be. */
bool freshness_joins(const struct run *run, uint64_t age_us) MUST_CHECK NONNULL(1);
/* Why a source is asked, in spite of such a copy. */
enum forward freshness_forward(const struct part *part, const struct rows *rows, int64_t age_ms) MUST_CHECK
	NONNULL(1, 2);
/* The ttl of rows of a part, which may be none. */
uint64_t freshness_ttl_ms(const struct part *part, const struct rows *rows) MUST_CHECK NONNULL(1, 2);
/* For how long the rows of a part are kept; 0: not at all. */
uint64_t freshness_keep_ms(const struct catalog *cat, const struct part *part, const struct rows *rows) MUST_CHECK
	NONNULL(1, 2, 3);
/* End a run that found no copy to be had, of a question that asks no source. */
void freshness_lack(struct run *run) NONNULL(1);
/* Refuse a question that asks no source when one of the runs, which have ended, found no copy. Flat views have their
 * defaults. */
enum step_end freshness_check(struct flow *flow, const struct run *runs, size_t n_runs) NONNULL(1);

/* tally.c - what is counted */

/* Count an answer that is about to leave, and the parts asked for it. Once. */
void tally_reply(const struct flow *flow) NONNULL(1);
enum { TALLY_MOST = 3 };
/* What a run counts for at its source: places of enum source_meter; returns how many. */
size_t tally_meters(const struct run *run, size_t out[TALLY_MOST]) NONNULL(1, 2);

/* seen.c - what goes on record */

/* Value of reply.seen, in the flow's arena. It must be known whose the keys are. */
struct str seen_text(struct flow *flow) NONNULL(1);
/* The same of several answers about the customer of `ask`, a sealed id: `all` has the classes of all. In `mem`. */
struct str seen_sum(const struct lane *lane, const struct catalog *cat, const struct ask *ask,
		    const struct reply *all, struct arena *mem) NONNULL(1, 2, 3, 4, 5);
/* The same of an answer that grows: the classes are those that may come. */
struct str seen_coming(struct flow *flow) NONNULL(1);

/* ways.c - keys that name a customer together */

/* The keys of the way by place in flow->asked; 0 unless all of them are asked. */
uint32_t ways_asked(const struct flow *flow, const struct way *way) NONNULL(1, 2);
/* Nobody was found, and the view is planned from the asked keys: refuses them when nothing is asked by them, but would
 * be with another key beside them. That is not `none`: nobody has been looked for. `blocked` when that key is. */
enum step_end ways_check(struct flow *flow) NONNULL(1);

/* trace.c - whose keys are */

/* Most time of a question for that, in ms. */
uint32_t trace_budget_ms(void);
/* The walks have ended: tell flow->ask.tracer whom they found. */
enum step_end trace_answer(struct flow *flow) NONNULL(1);

/* consent.c - may this part be asked about this customer at all? */

/* True for a part that requires nothing, and on the way to the identity; else when the field it requires is known
 * and true. The runs it waits for have ended. */
bool consent_given(const struct run *run) NONNULL(1);

/* job.c - a fetch on its way to a source and back; it outlives the request when the answer leaves without it, and its
 * rows go to the cache when it lands. Requests that ask the same meanwhile wait for it, too */

/* The run is about to look into the cache. */
void job_look(struct run *run) NONNULL(1);
enum job_begun {
	JOB_BEGUN, /* its own fetch is on its way */
	JOB_JOINED, /* it waits for one that began less than the part's ttl ago */
	JOB_STORED, /* rows were stored since job_look(), perhaps its own: look into the cache again */
	JOB_REFUSED, /* *err says why */
};
/* Wait for a fetch that asks the same, if there is one; JOB_BEGUN: there is none. */
enum job_begun job_join(struct run *run) MUST_CHECK NONNULL(1);
/* Hand a fetch for the run to its source, unless the same is being asked already. A question past the cache waits for
 * its own fetch only. */
enum job_begun job_begin(struct run *run, struct err *err) MUST_CHECK NONNULL(1, 2);
/* The run no longer waits. True: the fetch goes on, and complete rows will be kept. Without effect on a run that has
 * its job. */
bool job_abandon(struct run *run) NONNULL(1);
/* The run, which has its job, needs the rows no more. Sets run->job to NULL. */
void job_free(struct run *run) NONNULL(1);
/* The job has landed, and the run has it: take its rows or its failure. Called by job.c. */
void run_landed(struct run *run, const struct fetch *fetch) NONNULL(1, 2);
/* Was what the landed job is about voided since its source was asked, which was before the run began? Then its rows are
 * older than the question may have. */
bool job_overtaken(const struct job *job, const struct run *run) NONNULL(1, 2);
/* The run that a fetch is being submitted for: inside adapter_queue() only. */
const struct run *job_run(const struct fetch *f) NONNULL(1);

/* refresh.c - asking the source behind an answer */

/* Ask for what the run, which shows an old copy, would ask for, unless another process does. False: its source has no
 * room for that now, or is not asked; the next question tries again. */
bool refresh_begin(struct run *run) MUST_CHECK NONNULL(1);

/* guard.c - not more rows than the mapping says */

/* Note in an ended run of the view whether it has several rows, though single values are taken from it. */
void guard_view(struct run *run) NONNULL(1);

/* choice.c - what of the view the caller chose, and what of that the role may see */

/* Are the names in fields=, parts= and kind= those of the view and the mapping? Refuses with the nearest name. */
enum step_end choice_check(struct flow *flow) NONNULL(1);
/* Fill flow->uses and flow->withheld. */
void choice_make(struct flow *flow) NONNULL(1);
/* The next name of a comma-separated list; false at its end. */
bool choice_next(struct str *rest, struct str *name_out) NONNULL(1, 2);
/* Is the path inside the object or list at `head`? */
bool choice_below(struct str path, struct str head);

/* candidates.c - who the asked keys may mean, and what is shown of each */

/* Gather candidates from the walks into flow->match. */
void candidates_gather(struct flow *flow) NONNULL(1);
/* Whose a row is, by its columns that prove the identity, or where the part has none, that give it. */
enum whose { WHOSE_ANOTHERS, WHOSE_NOBODYS, WHOSE_OWN };
/* The rows of a fact that are the subject's (WHOSE_OWN), or at least nobody else's (WHOSE_NOBODYS). */
const struct rows *candidate_rows(struct flow *flow, struct fact *fact, struct str subject, enum whose least)
	NONNULL(1, 2);
/* The names of the asked keys that are set in `bits`, "phone email". */
struct str asked_names(struct flow *flow, uint32_t bits) NONNULL(1);
/* "candidates": one object for each, best first. */
void candidates_put(struct flow *flow, struct node *root) NONNULL(1, 2);

/* progress.c - what somebody who looks on is told while the answer grows; all do nothing when nobody does */

/* In `mem`, which must be the flow's. */
struct progress *progress_new(struct arena *mem) NONNULL(1) __attribute__((returns_nonnull));
/* Wipe what it keeps. */
void progress_free(struct flow *flow) NONNULL(1);
/* Parts of the view are still to come: tell of those that ended since. */
void progress_show(struct flow *flow) NONNULL(1);
/* The answer is in flow->reply. */
void progress_answer(struct flow *flow) NONNULL(1);
/* Its copy may be shown while its source is asked. True: somebody looks on, who sees it until then and is told what
 * comes; else what comes is for the next question. */
bool progress_bridges(struct run *run) NONNULL(1);
/* The run's time is up. True: its job is not abandoned, as somebody waits for what it brings. */
bool progress_awaits(struct run *run) NONNULL(1);
/* The job of such a run has landed; the run's fact is what it brought, or what it was. The flow may be gone
 * afterwards. */
void progress_late(struct run *run) NONNULL(1);

#endif
