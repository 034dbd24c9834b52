#include "cache/redis_reply.h"

#include <stdlib.h>

#include "base/memory.h"

/* More than this unread is no copy of ours. */
enum { UNREAD_MOST = 64 << 20 };

static void *reply_of(const redisReadTask *task, const char *text, size_t n)
{
	struct redis_reply *reply = memory_try(sizeof(*reply) + n);

	if (!reply || task->parent) {
		free(reply);
		return NULL;
	}
	reply->type = task->type;
	reply->n = n;
	if (n > 0)
		memcpy(reply->text, text, n);
	return reply;
}

static void *on_string(const redisReadTask *task, char *text, size_t n)
{
	return reply_of(task, text, n);
}

/* NULL makes hiredis give up on the stream. */
static void *on_array(const redisReadTask *task, int n)
{
	(void)task, (void)n;
	return NULL;
}

static void *on_integer(const redisReadTask *task, long long value)
{
	(void)value;
	return reply_of(task, NULL, 0);
}

/* The task says what is missing: a string ("$-1") or an array ("*-1"). */
static void *on_nil(const redisReadTask *task)
{
	struct redis_reply *reply = task->type == REDIS_REPLY_STRING ? reply_of(task, NULL, 0) : NULL;

	if (reply)
		reply->type = REDIS_REPLY_NIL;
	return reply;
}

static void on_free(void *object)
{
	struct redis_reply *reply = object;

	redis_reply_free(&reply);
}

redisReader *redis_reply_reader(void)
{
	static redisReplyObjectFunctions functions = { on_string, on_array, on_integer, on_nil, on_free };
	return redisReaderCreateWithFunctions(&functions);
}

bool redis_reply_feed(redisReader *reader, const char *bytes, size_t n)
{
	return reader->len <= UNREAD_MOST && redisReaderFeed(reader, bytes, n) == REDIS_OK;
}

bool redis_reply_next(redisReader *reader, struct redis_reply **out)
{
	void *reply = NULL;

	if (redisReaderGetReply(reader, &reply) != REDIS_OK)
		return false;
	*out = reply;
	return true;
}

void redis_reply_free(struct redis_reply **reply)
{
	if (*reply) {
		explicit_bzero(*reply, sizeof(**reply) + (*reply)->n);
		free(*reply);
	}
	*reply = NULL;
}
