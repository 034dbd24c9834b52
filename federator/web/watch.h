/* watch.h - who is on the site now, told as it changes: the store is asked once a second for each log that somebody
 * watches, however many do. On one lane's loop. */
#ifndef FEDERATOR_WEB_WATCH_H
#define FEDERATOR_WEB_WATCH_H

#include "federator/web/web.h"

enum { WEB_GROUPS_MOST = 64 };

struct web_watches; /* opaque */

/* Those who watch the same: the same log, filters, role and purpose. */
struct web_group {
	struct web_watch *watch;
	struct web_group *next; /* of the watch */
	struct arena *mem; /* of `ask` */
	struct web_ask ask; /* WEB_LIVE */
	void *listeners; /* the owner's; NULL: none yet */
	size_t n; /* of them */
};

struct web_watches_conf {
	struct lane *lane;
	/* JSON of one line, for all listeners of a group: a session is new or different, it is gone, the store does not
	 * answer. Must not start a group; may end listeners. */
	void (*tell)(struct web_group *group, const char *event, struct str json);
	/* Its listeners are to go: a new mapping has no such log, or does not show it. The group ends with the last of
	 * them, by web_group_leave(). */
	void (*end)(struct web_group *group);
	/* May one more question be worked on? It is told when it is answered. */
	bool (*admit)(struct lane *lane);
	void (*leave)(struct lane *lane);
};

/* The caller owns the result: end it with web_watches_free(). */
struct web_watches *web_watches_new(const struct web_watches_conf *conf) NONNULL(1) __attribute__((returns_nonnull));
/* No more questions: before the service waits for what is under way. Groups stay until their listeners go. */
void web_watches_stop(struct web_watches *watches) NONNULL(1);
/* No listener may be left. Accepts NULL inside; sets *watches to NULL. */
void web_watches_free(struct web_watches **watches) NONNULL(1);

/* One listener more for a question that web_check() lets pass; its texts are copied. What is known is told by `tell`
 * of the conf's shape, for that one alone. NULL: too many different questions are watched. */
struct web_group *web_group_join(struct web_watches *watches, const struct web_ask *ask,
				 void (*tell)(void *listener, const char *event, struct str json), void *listener)
	MUST_CHECK NONNULL(1, 2, 3);
/* One listener less. */
void web_group_leave(struct web_group *group) NONNULL(1);

#endif
