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
	 * answer. `visit` numbers sessions as they were met first, from 1 on; 0: it is about none. Must not start a
	 * group; may end listeners. */
	void (*tell)(struct web_group *group, uint64_t visit, const char *event, struct str json);
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

/* One listener more for a question that web_check() lets pass; its texts are copied. What is known already is told by
 * web_group_catch_up(). NULL: too many different questions are watched. */
struct web_group *web_group_join(struct web_watches *watches, const struct web_ask *ask) MUST_CHECK NONNULL(1, 2);

/* One listener alone. */
struct web_listener {
	void *owner;
	void (*tell)(void *owner, const char *event, struct str json);
	bool (*takes_more)(void *owner);
};

/* Tell it what the others of the group were told of visits behind *visit, as long as it takes more; *visit is then the
 * last one that was looked at. False: there may be more. */
bool web_group_catch_up(struct web_group *group, const struct web_listener *listener, uint64_t *visit)
	MUST_CHECK NONNULL(1, 2, 3);
/* One listener less. */
void web_group_leave(struct web_group *group) NONNULL(1);

#endif
