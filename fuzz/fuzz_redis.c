/* Whatever a server sends: replies are of the sizes they say, and the same however the bytes are cut. */
#include "base/buf.h"
#include "cache/redis_reply.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void note_text(struct buf *out, const struct redis_reply *reply)
{
	bool has_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ||
			reply->type == REDIS_REPLY_ERROR;

	check(has_text || reply->type == REDIS_REPLY_INTEGER || reply->type == REDIS_REPLY_NIL ||
	      reply->type == REDIS_REPLY_NO_ARRAY);
	check(has_text || reply->n == 0);
	check(reply->type == REDIS_REPLY_INTEGER || reply->number == 0);
	buf_printf(out, "%d:%zu:%lld:", reply->type, reply->n, (long long)reply->number);
	buf_put(out, reply->text, reply->n); /* a sanitizer sees a length that is too large */
}

static void note(struct buf *out, const struct redis_reply *reply)
{
	check((reply->type == REDIS_REPLY_ARRAY) == (reply->items != NULL));
	if (!reply->items) {
		note_text(out, reply);
		return;
	}
	buf_printf(out, "[%zu:", reply->n);
	for (size_t i = 0; i < reply->n; i++) {
		check(reply->items[i] != NULL);
		note(out, reply->items[i]);
	}
	buf_puts(out, "]");
}

/* All replies up to the first fault. False: there was one. */
static bool read_all(const char *bytes, size_t n, size_t piece, struct buf *out)
{
	redisReader *reader = redis_reply_reader();
	struct redis_reply *reply;
	bool good = true;

	check(reader != NULL);
	for (size_t at = 0; good && at < n; at += piece) {
		good = redis_reply_feed(reader, bytes + at, n - at < piece ? n - at : piece);
		while (good && (good = redis_reply_next(reader, &reply)) && reply) {
			note(out, reply);
			redis_reply_free(&reply);
		}
	}
	redisReaderFree(reader);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf whole = { 0 }, pieces = { 0 };
	size_t piece = size ? 1 + data[0] % 7 : 1;
	const char *bytes = size ? (const char *)data + 1 : "";
	size_t n = size ? size - 1 : 0;
	bool good = read_all(bytes, n, n + 1, &whole);

	check(read_all(bytes, n, piece, &pieces) == good);
	check(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
