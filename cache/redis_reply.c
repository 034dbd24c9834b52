#include "cache/redis_reply.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* More than this, unread or in one reply, is nothing of ours. A reply holds 32 copies at most (redis_get.c), and the
 * default of --max-fetch-bytes allows 8 MiB for each. */
enum { UNREAD_MOST = 64 << 20, HELD_MOST = 256 << 20 };

/* Count `bytes` for the outermost reply, and put this one into its place. False: too much. */
static bool attach(const redisReadTask *task, struct redis_reply *reply, size_t bytes)
{
	struct redis_reply *outermost = reply, *parent;

	for (const redisReadTask *t = task; t->parent; t = t->parent)
		outermost = t->parent->obj;
	if (bytes > HELD_MOST - outermost->held)
		return false;
	outermost->held += bytes;
	if (!task->parent)
		return true;
	parent = task->parent->obj;
	assert(parent->items && task->idx >= 0 && (size_t)task->idx < parent->n);
	parent->items[task->idx] = reply;
	return true;
}

/* NULL makes hiredis give up on the stream. */
static struct redis_reply *reply_of(const redisReadTask *task, const char *text, size_t n)
{
	struct redis_reply *reply = n <= HELD_MOST ? memory_try(sizeof(*reply) + n) : NULL;

	if (!reply)
		return NULL;
	*reply = (struct redis_reply){ .type = task->type, .n = n };
	if (n > 0)
		memcpy(reply->text, text, n);
	if (attach(task, reply, sizeof(*reply) + n))
		return reply;
	redis_reply_free(&reply);
	return NULL;
}

static void *on_string(const redisReadTask *task, char *text, size_t n)
{
	return reply_of(task, text, n);
}

static void *on_array(const redisReadTask *task, int n)
{
	size_t bytes = (size_t)n * sizeof(struct redis_reply *);
	struct redis_reply *reply, **items;

	if (n < 0 || bytes > HELD_MOST / 2 || !(items = memory_try(bytes + 1)))
		return NULL;
	memset(items, 0, bytes + 1);
	reply = reply_of(task, NULL, 0);
	if (!reply) {
		free(items);
		return NULL;
	}
	reply->items = items;
	reply->n = (size_t)n;
	return reply;
}

static void *on_integer(const redisReadTask *task, long long value)
{
	struct redis_reply *reply = reply_of(task, NULL, 0);

	if (reply)
		reply->number = value;
	return reply;
}

/* The task says what is missing: a string ("$-1") or an array ("*-1"). */
static void *on_nil(const redisReadTask *task)
{
	struct redis_reply *reply = reply_of(task, NULL, 0);

	if (reply)
		reply->type = task->type == REDIS_REPLY_STRING ? REDIS_REPLY_NIL : REDIS_REPLY_NO_ARRAY;
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

struct str redis_reply_text(const struct redis_reply *reply)
{
	return reply->type == REDIS_REPLY_STRING ? (struct str){ reply->text, reply->n } : (struct str){ 0 };
}

static void free_one(struct redis_reply *reply)
{
	if (reply->items)
		free(reply->items);
	else
		explicit_bzero(reply->text, reply->n);
	free(reply);
}

/* hiredis bounds how deep replies may nest. */
void redis_reply_free(struct redis_reply **reply)
{
	if (!*reply)
		return;
	for (size_t i = 0; (*reply)->items && i < (*reply)->n; i++)
		redis_reply_free(&(*reply)->items[i]);
	free_one(*reply);
	*reply = NULL;
}
