/* front_bed.h - a front on a loop of its own thread; the test is the client, with plain sockets. */
#ifndef TESTS_FEDERATOR_FRONT_BED_H
#define TESTS_FEDERATOR_FRONT_BED_H

#include <pthread.h>

#include "base/loop.h"
#include "federator/http/exchange.h"
#include "federator/http/front.h"
#include "federator/http/front_state.h"
#include "federator/http/listen.h"
#include "federator/tls.h"

/* The state of a test. Its routes: /now and /echo answer at once, /later after a millisecond, /parked when the test
 * says so, /stalled then too, while the loop does nothing, and for longer than a client may take, /big with BIG_BYTES,
 * /count whether it is the only connection, /given hands the client to one who says "mine" and hangs up, /given-later
 * does after a millisecond, /livez always, /shown at once, and /shown-later after a millisecond: what goes on record.
 */
struct fixture {
	struct listener at;
	struct loop *loop;
	struct lane lane;
	struct audit_port port; /* with a record */
	struct front *front;
	pthread_t thread;
	struct loop_post drain;
	uint32_t drain_ms;
	struct exchange *parked[2]; /* of /parked, on the loop's thread */
	unsigned n_parked;
	int parked_fd; /* counts them */
	int stalled_fd, go_fd;
	uint32_t patience_ms;
	struct exchange *later_x;
	struct loop_post answer_parked;
	struct loop_timer later;
	char answer[300000];
};

enum { BIG_BYTES = 24 * 1024 * 1024 };

/* What a front is begun with; zeroed means ample. */
struct front_limits {
	uint32_t connections, requests, patience_ms;
	struct tls *tls; /* NULL: none */
	struct audit *audit; /* what is shown goes there; NULL: nowhere */
	struct access *access; /* for what is shown; NULL: nobody may see it */
};

/* A test with ample limits. */
#define FRONT_STORY(f) cmocka_unit_test_setup_teardown(f, front_bed_begin, front_bed_end)
/* Its set-up. */
int front_bed_begin(void **state);
/* The same with limits. */
int front_bed_begin_with(void **state, const struct front_limits *limits);
/* Teardown. */
int front_bed_end(void **state);
/* Drain the front and end its loop. */
void front_bed_stop(struct fixture *f, uint32_t drain_ms);
/* Wait until both requests to /parked are with their handler. */
void front_bed_wait_parked(struct fixture *f);
/* Answer them. */
void front_bed_answer_parked(struct fixture *f);
/* Wait until the loop stands still in the handler of /stalled. */
void front_bed_wait_stalled(struct fixture *f);
/* It goes on. True. */
bool front_bed_go_on(struct fixture *f);
/* Connect a socket to the front. */
void connect_to(const struct fixture *f, int fd);
/* A new connection; the caller closes it. */
int dial(const struct fixture *f);
/* Send bytes; the server may close while we still talk. */
void say_bytes(int fd, const char *bytes, size_t n);
/* Send a text. */
void say(int fd, const char *text);
/* One whole answer by its Content-Length (`head`: without body), or what came until the close; its status. */
int hear(struct fixture *f, int fd, bool head);
/* Send a text and hear the answer. */
int ask(struct fixture *f, int fd, const char *text);
/* The peer closed: no byte, or a reset because we said more than it read. */
bool is_closed(int fd);
/* Is the text in the last answer? */
bool has(const struct fixture *f, const char *text);

#endif
