/* repeats.h - the very same request again: within a second of an answer that was kept whole it gets the response of
 * that one, with all header fields, if that may be (flow/repeat.h). The same are method, target, header and body, byte
 * by byte. On the loop of a front. */
#ifndef FEDERATOR_HTTP_REPEATS_H
#define FEDERATOR_HTTP_REPEATS_H

#include <microhttpd.h>

#include "base/loop.h"
#include "base/log.h"
#include "federator/http/exchange.h"

struct repeats_slot; /* repeats.c */

/* Of a front. Zeroed but for lane and timer; the rest is its own. */
struct repeats {
	const struct lane *lane;
	struct repeats_slot *slots; /* NULL: nothing was kept whole yet */
	size_t bytes; /* of all that is kept for others */
	struct loop_timer timer; /* nothing is kept when its time is over */
};

/* All of a request that its answer may depend on. The text is the caller's. */
struct repeats_key {
	struct str text; /* the NULL view: none */
	uint64_t hash;
};

/* What can be given again. */
struct repeated {
	struct MHD_Response *response;
	struct repeat *repeat;
	const struct access *access; /* who may have it: as of the exchange */
	struct access_pass pass;
	struct caller caller;
	int status;
	size_t len; /* of the body */
	enum log_level level; /* of its line in the log, which is `before`, the time it took, and `after` */
	struct str before, after;
	struct str key;
	struct str record; /* of its being given, but for the client's address; the NULL view: none is kept */
	uint32_t holds;
	bool dropped; /* freed with the last hold */
	size_t bytes; /* of all that */
	char text[];
};

/* Begin: nothing is kept. End with repeats_end(). */
void repeats_begin(struct repeats *r, const struct lane *lane) NONNULL(1, 2);
/* Free and wipe; nothing is kept afterwards. */
void repeats_end(struct repeats *r) NONNULL(1);
/* The key of a request whose header and body are here; in the exchange's arena. `target` is as it came. The NULL view
 * when it is too long. */
struct repeats_key repeats_key(const struct exchange *x, struct str target) MUST_CHECK NONNULL(1);
/* The answer to give, which stays the table's; NULL: the request has to be worked on, also when who asks is not
 * certain any more. Sets *again_out then: it was
 * asked within the last second. `now_us`: clock_mono_us(), just read. */
struct repeated *repeats_find(struct repeats *r, const struct repeats_key *key, uint64_t now_us, bool *again_out)
	MUST_CHECK NONNULL(1, 2, 4);
/* Keep what was found for a while, whatever becomes of it in the table; returns its argument. */
struct repeated *repeats_hold(struct repeated *found) NONNULL(1) __attribute__((returns_nonnull));
/* The end of that; sets *found to NULL. */
void repeats_let_go(struct repeated **found) NONNULL(1);
/* The exchange, of which repeats_find() knew nothing, has its answer, and its connection stays: keep it, if it is one.
 * Takes over reply.repeat. The response to send, which stays the table's; NULL: it is not kept, make one. */
struct MHD_Response *repeats_keep(struct repeats *r, const struct repeats_key *key, struct exchange *x) MUST_CHECK
	NONNULL(1, 2, 3);

#endif
