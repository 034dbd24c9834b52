#include "cache/inbox_read.h"

static bool is_array(const struct redis_reply *reply)
{
	return reply->type == REDIS_REPLY_ARRAY;
}

/* [[stream, entries]], or no array. */
bool inbox_read_group(const struct redis_reply *reply, const struct redis_reply **entries_out)
{
	const struct redis_reply *stream;

	if (reply->type == REDIS_REPLY_NO_ARRAY) {
		*entries_out = NULL;
		return true;
	}
	if (!is_array(reply) || reply->n != 1)
		return false;
	stream = reply->items[0];
	if (!is_array(stream) || stream->n != 2 || !is_array(stream->items[1]))
		return false;
	*entries_out = stream->items[1];
	return true;
}

/* [next, entries], from Redis 7 on also the deleted ones. */
bool inbox_read_claimed(const struct redis_reply *reply, const struct redis_reply **entries_out,
			char next_out[INBOX_ID])
{
	struct str next;

	if (!is_array(reply) || reply->n < 2 || !is_array(reply->items[1]))
		return false;
	next = redis_reply_text(reply->items[0]);
	if (next.n == 0 || next.n >= INBOX_ID)
		return false;
	memcpy(next_out, next.p, next.n);
	next_out[next.n] = '\0';
	*entries_out = reply->items[1];
	return true;
}

/* [id, [field, value, ...]]; no array of fields, and from XAUTOCLAIM of Redis 6.2 no entry at all: deleted. */
bool inbox_read_entry(const struct redis_reply *reply, struct str words[INBOX_WORDS], struct inbox_entry *out)
{
	const struct redis_reply *fields;
	size_t n;

	*out = (struct inbox_entry){ .words = words };
	if (reply->type == REDIS_REPLY_NO_ARRAY || reply->type == REDIS_REPLY_NIL)
		return true;
	if (!is_array(reply) || reply->n != 2)
		return false;
	out->id = redis_reply_text(reply->items[0]);
	fields = reply->items[1];
	if (out->id.n == 0 || out->id.n >= INBOX_ID || !(is_array(fields) || fields->type == REDIS_REPLY_NO_ARRAY))
		return false;
	n = is_array(fields) ? fields->n : 0;
	for (size_t i = 0; i < n && i < INBOX_WORDS; i++) {
		words[i] = redis_reply_text(fields->items[i]);
		if (!words[i].p)
			return false;
	}
	out->n_words = n <= INBOX_WORDS ? n : INBOX_WORDS + 1;
	return true;
}
