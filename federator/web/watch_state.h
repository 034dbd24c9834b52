/* watch_state.h - the inside of watch.c (the store is asked, and who the visitors are) and groups.c (what groups see of
 * it) only. */
#ifndef FEDERATOR_WEB_WATCH_STATE_H
#define FEDERATOR_WEB_WATCH_STATE_H

#include "federator/web/fetching.h"
#include "federator/web/visits.h"

struct web_watch {
	struct web_watches *all;
	char *log;
	struct web_watch *next;
	struct web_group *groups;
	struct audience *audiences;
	struct visits visits;
	struct loop_timer poll, settle;
	struct web_fetch *fetch;
	uint64_t polls;
	int64_t since_us;  /* of the poll under way, which takes several fetches when there is much */
	uint32_t taken;    /* rows of it */
	int64_t newest_us; /* event that was seen */
	int64_t told_us; /* wall clock: when what was told was so; 0: never */
	uint32_t asked; /* faces under way */
	struct err down; /* why the store did not answer last; cls ERR_NONE: it did */
	bool dead; /* nobody listens any more: freed when no face is under way */
};

struct web_watches {
	struct web_watches_conf conf;
	struct web_watch *first;
	size_t n_groups;
	bool stopped;
};

/* The watch of a log, begun where there is none. */
struct web_watch *web_watch_named(struct web_watches *all, struct str log) NONNULL(1) __attribute__((returns_nonnull));
/* Its last group is gone. */
void web_watch_end(struct web_watch *w) NONNULL(1);
/* Wall clock, in microseconds. */
int64_t web_watch_now_us(const struct web_watch *w) NONNULL(1);

/* groups.c: all groups hear what is different since they heard last. */
void web_groups_publish(struct web_watch *w, const struct world *world, const struct weblog *log) NONNULL(1, 2, 3);
/* The widest window of a group. */
int64_t web_groups_widest_us(const struct web_watch *w, const struct weblog *log) NONNULL(1, 2);
/* All hear that the store does not answer. */
void web_groups_tell_down(struct web_watch *w) NONNULL(1);

#endif
