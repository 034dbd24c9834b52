/* site.h - a service on fixture sources, opened and closed within a scenario. */
#ifndef TESTS_FAILNTH_SITE_H
#define TESTS_FAILNTH_SITE_H

#include "federator/flow/flow.h"
#include "tests/failnth/failnth.h"

struct site {
	struct arena *mem;
	struct options opt;
	struct service *svc;
	struct loop *loop;
	struct lane lane;
	bool lane_open;
	struct reply reply;
	bool answered, waiting;
};

/* Once, in main(): libraries, and the files of the mapping and its sources (files.h). False with a message. */
bool site_begin(void);
/* A service with this cache ("off", "memory") and its lane. Not opened: HONEST, or WRONG without a reason. Either way
 * end it with site_close(). */
enum outcome site_open(struct site *s, const char *cache) NONNULL(1, 2);
/* Ask and wait; the answer is s->reply until the next question or the end. */
void site_ask(struct site *s, const struct ask *ask) NONNULL(1, 2);
/* Wait until nothing is under way, and end all of it. */
void site_close(struct site *s) NONNULL(1);

/* An answer: as the first one was; or an error of ours; or incomplete, and then what it does say is what the first one
 * said, except that a time line or a choice of sources may lack what the missing part would have given. */
enum outcome site_judge(const struct reply *reply) NONNULL(1);

#endif
