/* pop.h - a question that is answered later, elsewhere: on the loop of streams, or by another node. As
 * bytes it stands in queues and, sealed, in messages between nodes. Safe from any thread. */
#ifndef FEDERATOR_HTTP_POP_H
#define FEDERATOR_HTTP_POP_H

#include "base/buf.h"
#include "federator/flow/flow.h"

enum { POP_ID_BYTES = 25, AGENT_BYTES = 65 };
enum { POP_BYTES_MOST = 8 << 10 }; /* of one that is kept or sent */

struct pop {
	char id[POP_ID_BYTES]; /* of the answer: in events, for Last-Event-ID */
	char agent[AGENT_BYTES]; /* ""; of nobody in particular */
	/* Of a tree view. Format and onlooker are not in the bytes, nor are tenant, role and purpose: who may see what
	 * is for those to say who get the answer. */
	struct ask ask;
};

/* A new id. */
void pop_id_make(char id[POP_ID_BYTES]) NONNULL(1);
/* Append it as bytes. */
void pop_write(const struct pop *pop, struct buf *out) NONNULL(1, 2);
/* Cut the first one off *bytes; its texts live in `mem`. False: they are not a pop's; the outputs are untouched. */
bool pop_read(struct str *bytes, struct arena *mem, struct pop *out) MUST_CHECK NONNULL(1, 2, 3);
/* The same for the keys alone, of which there are some: of further questions that want the same. */
void pop_write_keys(const struct ask *ask, struct buf *out) NONNULL(1, 2);
/* Cut keys off; they replace those of *ask, which is any when they are none. */
bool pop_read_keys(struct str *bytes, struct arena *mem, struct ask *ask) MUST_CHECK NONNULL(1, 2, 3);

#endif
