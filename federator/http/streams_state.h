/* streams_state.h - the inside of streams, for streams.c (the thread), errand.c (what is handed to it), feed.c (an
 * answer on its way to streams), agents.c (who listens to which agent), warm.c and those named below only. Everything
 * on the loop of streams. */
#ifndef FEDERATOR_HTTP_STREAMS_STATE_H
#define FEDERATOR_HTTP_STREAMS_STATE_H

#include <stdatomic.h>

#include "cache/courier.h"
#include "federator/audit/audit.h"
#include "federator/footprint.h"
#include "federator/http/stream.h"
#include "federator/http/streams.h"

enum { AGENT_BUCKETS = 4096, KEPT_MOST = 4096, KEPT_BYTES = 4 << 20, KEPT_MS = 60000 };

/* An agent with streams, or with a pop that waits for one. */
struct agent {
	char name[AGENT_BYTES];
	struct stream *streams;
	size_t n_streams;
	struct buf kept; /* the last pop; empty: none is kept */
	char kept_id[POP_ID_BYTES];
	uint64_t kept_until_us;
	bool had;                 /* it, by a stream that got it to the end and is gone */
	struct agent *next, **at; /* in its bucket */
	struct agent *newer, **kept_at; /* among those with a pop */
};

struct agents {
	struct agent *buckets[AGENT_BUCKETS];
	struct agent *oldest, **newest; /* by age of what they keep */
	size_t n_kept, kept_bytes;
	struct loop_timer forget;
};

/* Questions to be asked when there is time. */
struct batch {
	struct buf bytes; /* a pop that says what is wanted, and keys */
	size_t read;      /* of it; 0: nothing yet */
	size_t left;      /* questions */
	struct caller caller; /* of all */
	uint64_t until_us; /* then what is left is not worth it */
	struct batch *next;
};

struct warm {
	struct batch *first, **end;
	size_t queued, running;
	size_t bytes; /* of what is queued */
	bool asking; /* inside warm_on() */
	struct loop_timer again;
};

struct streams {
	struct streams_conf conf;
	struct loop *loop;
	struct lane lane;
	struct audit_port port; /* of the record, if there is one */
	pthread_t thread;
	bool running;
	atomic_uint taken; /* streams that are open or about to be */
	atomic_bool stopping;
	struct loop_post drain;
	pthread_mutex_t lock;
	pthread_cond_t told;
	bool drained; /* under lock */
	uint64_t cut_told;
	struct crowd crowd;
	struct agents agents;
	struct warm warm;
	struct web_watches *web;
	struct courier *courier; /* to the other nodes; NULL: there are none */
	unsigned char node[8];   /* this one, in messages */
	struct loop_post news_post; /* of limits, for the other nodes */
	struct loop_timer news_timer;
	struct admission admission;
	struct footprint footprint;
	struct loop_timer passes;
};

/* May one more question be worked on? `share` of all that may be, in eighths. What was let in has to leave. */
enum shed streams_admit(struct streams *s, uint32_t share) MUST_CHECK NONNULL(1);
/* It has its answer. */
void streams_leave(struct streams *s) NONNULL(1);
/* A question as one of this node and of the caller, whoever sent it. */
void streams_own(const struct streams *s, struct ask *ask, const struct caller *caller) NONNULL(1, 2, 3);
/* The same of one whose answer nobody is shown, for its copies: it counts for nobody. */
void streams_own_unseen(const struct streams *s, struct ask *ask, const struct caller *caller) NONNULL(1, 2, 3);

/* Say good-bye: the client may come again. */
void streams_bye(struct stream *stream) NONNULL(1);

/* passes.c - streams whose clients may not listen any more */

/* Begin to look after them. */
void passes_begin(struct streams *s) NONNULL(1);
/* End that. */
void passes_end(struct streams *s) NONNULL(1);

/* Is there a place for one more stream? If so it is taken. */
bool streams_place_take(struct streams *s) MUST_CHECK NONNULL(1);
/* It is free again; any thread. */
void streams_place_free(struct streams *s) NONNULL(1);

/* feed.c - an answer while it grows, and the streams that it goes to */

/* A feed for the answer to a pop, whose texts live in `mem`, which is taken over. Give it streams, then run it. */
struct feed *feed_new(struct streams *s, const struct pop *pop, struct arena *mem) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* The stream listens to this feed now, and to no other. */
void feed_add(struct feed *feed, struct stream *stream) NONNULL(1, 2);
/* The same of one of several, for whom the question is counted. False: it may not have the answer, and *refusal, which
 * is the caller's, says why. */
bool feed_share(struct feed *feed, struct stream *stream, struct reply *refusal) MUST_CHECK NONNULL(1, 2, 3);
/* It listens to none. */
void feed_leave(struct stream *stream) NONNULL(1);
/* Does anybody listen to it? */
bool feed_is_heard(const struct feed *feed) MUST_CHECK NONNULL(1);
/* End one that was not run. */
void feed_free(struct feed *feed) NONNULL(1);
/* Ask; the feed frees itself at its end. A question that is not let in is answered with a problem. */
void feed_run(struct feed *feed) NONNULL(1);
/* Tell those who listen why they have no answer, instead of asking; takes over refusal->body. The feed frees itself. */
void feed_refuse(struct feed *feed, struct reply *refusal) NONNULL(1, 2);

/* agents.c - who listens to which agent, and the last pops of those who are about to */

/* Zeroed before. */
void agents_begin(struct streams *s) NONNULL(1);
/* No streams are open any more. */
void agents_end(struct streams *s) NONNULL(1);
/* The stream is the agent's; a pop that waits for it is answered to it. `last` as of streams_agent(). */
void agents_join(struct streams *s, struct stream *stream, const char *agent, struct str last) NONNULL(1, 2, 3);
/* The end of a pop was sent to the stream of an agent. */
void agents_done(struct stream *stream, const char *pop_id) NONNULL(1, 2);
/* It ends. */
void agents_leave(struct streams *s, struct stream *stream) NONNULL(1, 2);
/* Answer the pop in `bytes` to all streams of its agent, and keep it for a while; how many they are. Without any it is
 * asked by `caller`, for its copies; NULL: another node does that. */
size_t agents_pop(struct streams *s, struct str bytes, const struct caller *caller) NONNULL(1);

/* post.c - to and from other nodes */

/* Begin to listen, if the cache is in Redis. */
bool post_begin(struct streams *s, struct err *err) MUST_CHECK NONNULL(1, 2);
/* End that, when the loop does not run any more. */
void post_end(struct streams *s) NONNULL(1);
/* Tell the other nodes of a pop. */
void post_send(struct streams *s, struct str pop) NONNULL(1);

/* onsite.c - who watches a web site */

/* After the lane is open. */
void onsite_begin(struct streams *s) NONNULL(1);
/* Ask nothing more. */
void onsite_drain(struct streams *s) NONNULL(1);
/* No streams are open any more. */
void onsite_end(struct streams *s) NONNULL(1);
/* The stream watches what `bytes` say; false: it cannot be, and the stream ends. */
void onsite_join(struct streams *s, struct stream *stream, struct str bytes) NONNULL(1, 2);
/* It ends. */
void onsite_leave(struct stream *stream) NONNULL(1);
/* It has taken what it was sent: tell it more, if there is more. */
void onsite_took(struct stream *stream) NONNULL(1);

/* warm.c */

/* Zeroed before. */
void warm_begin(struct streams *s) NONNULL(1);
/* Throw away what is queued. */
void warm_end(struct streams *s) NONNULL(1);
/* Queue `n` questions, as of streams_warm(); takes over the bytes. False: too many wait already, and *bytes stays. */
bool warm_add(struct streams *s, const struct caller *caller, struct buf *bytes, size_t n) MUST_CHECK
	NONNULL(1, 2, 3);

#endif
