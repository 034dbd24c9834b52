/* visits.h - the sessions of a log that somebody watches: as they are, and as they were told of last. The inside of
 * watch.c and visits.c. One thread. */
#ifndef FEDERATOR_WEB_VISITS_H
#define FEDERATOR_WEB_VISITS_H

#include "federator/access/caller.h"
#include "federator/web/face.h"
#include "federator/web/watch.h"

enum { VISITS_BUCKETS = 1024 };

/* Those of one role who listen for one purpose: they see the same of a visitor. */
struct audience {
	struct caller caller; /* its role and purpose */
	size_t n; /* groups */
	struct audience *next;
};

struct visit;
struct asking_face;

/* What an audience sees of a visitor. */
struct looks {
	struct visit *visit;
	const struct audience *audience;
	struct web_face *now, *told; /* perhaps the same; NULL: the view was refused */
	bool known, told_known; /* answered; not answered yet: nobody sees the session */
	uint64_t asked_us;
	struct asking_face *asking; /* under way */
	struct looks *wanted_next, **wanted_at; /* of those to be asked; at NULL: it is none */
	struct looks *next; /* of the visit */
};

struct visit {
	uint64_t number; /* from 1 on, in the order of `all` */
	struct web_session *now, *told; /* perhaps the same; told NULL: it is new */
	struct looks *looks;
	struct visit *next, **at; /* in its bucket */
	struct visit *newer, **all_at; /* among all */
};

struct visits {
	struct visit *buckets[VISITS_BUCKETS];
	struct visit *all, **all_end; /* those that were met first stand first */
	uint64_t number; /* of the last one */
	struct looks *wanted, **wanted_end;
	size_t n;
};

/* Zeroed before. */
void visits_begin(struct visits *visits) NONNULL(1);
/* Forget all. */
void visits_end(struct visits *visits) NONNULL(1);
/* Take in a session; those of whom another view is wanted are put in the queue when `live`. */
void visits_take(struct visits *visits, const struct web_session *session, const struct audience *audiences, bool live)
	NONNULL(1, 2);
/* An audience more or less. */
void visits_audience(struct visits *visits, const struct audience *audience, bool live) NONNULL(1, 2);
/* See above. */
void visits_forget_audience(struct visits *visits, const struct audience *audience) NONNULL(1, 2);
/* What the audience sees of it; NULL: there is no view. */
struct looks *visit_looks(const struct visit *visit, const struct audience *audience) NONNULL(1, 2);
/* What is now is told. */
void visit_told(struct visit *visit) NONNULL(1);
/* Forget one. */
void visit_drop(struct visits *visits, struct visit *visit) NONNULL(1, 2);
/* The next to be asked about, or NULL; it is out of the queue. */
struct looks *visits_wanted(struct visits *visits) NONNULL(1);
/* Put it back in front. */
void visits_want_again(struct visits *visits, struct looks *looks) NONNULL(1, 2);
/* It is answered: takes over `face`. */
void looks_take(struct looks *looks, struct web_face *face) NONNULL(1);

/* A question under way; its looks may be gone meanwhile. */
struct asking_face {
	struct looks *looks; /* NULL: nobody wants to know any more */
	struct web_watch *watch;
};

#endif
