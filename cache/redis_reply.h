/* redis_reply.h - what Redis answers, read by hiredis' redisReader into replies that are wiped when freed.
 * A reply of more than 256 MiB is a protocol error. One thread at a time. */
#ifndef CACHE_REDIS_REPLY_H
#define CACHE_REDIS_REPLY_H

#include <hiredis/read.h>

#include "base/base.h"

/* "*-1": an array that is missing, beside the types of hiredis. */
enum { REDIS_REPLY_NO_ARRAY = 100 };

struct redis_reply {
	int type; /* REDIS_REPLY_STRING, _STATUS, _ERROR, _INTEGER, _NIL, _ARRAY, _NO_ARRAY */
	int64_t number; /* integers */
	size_t n; /* bytes of text: strings, states and errors; or items */
	size_t held; /* the outermost one's: bytes of all that is in it */
	struct redis_reply **items; /* arrays, also empty ones: none of the n is NULL; else NULL */
	char text[];
};

/* A reader; free it with redisReaderFree(). NULL: hiredis got no memory. */
redisReader *redis_reply_reader(void) MUST_CHECK;
/* Feed bytes from the socket. False: no memory or too much unread (hiredis). */
bool redis_reply_feed(redisReader *reader, const char *bytes, size_t n) MUST_CHECK NONNULL(1, 2);
/* The next whole reply, or NULL in *out when more bytes are needed. False: not the protocol; close the
 * socket. */
bool redis_reply_next(redisReader *reader, struct redis_reply **out) MUST_CHECK NONNULL(1, 2);
/* The text of a string; of anything else the NULL view. It lives as long as the reply. */
struct str redis_reply_text(const struct redis_reply *reply) NONNULL(1);
/* Wipe and free; accepts a pointer to NULL, sets it to NULL. Usable with SCOPED. */
void redis_reply_free(struct redis_reply **reply) NONNULL(1);

#endif
