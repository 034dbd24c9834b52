/* Whatever a server sends in place of a stream's entries: what is taken for one is in the bounds, and in the reply. */
#include <stdlib.h>

#include "cache/inbox_read.h"
#include "fuzz/fuzz_target.h"

static void check(bool kept)
{
	if (!kept)
		abort();
}

static size_t sum_of(struct str text)
{
	size_t sum = 0;

	for (size_t i = 0; i < text.n; i++) /* a sanitizer sees a length that is too large */
		sum += (unsigned char)text.p[i];
	return sum;
}

static void read_entries(const struct redis_reply *entries)
{
	struct str words[INBOX_WORDS];
	struct inbox_entry entry;

	for (size_t i = 0; entries && i < entries->n; i++) {
		if (!inbox_read_entry(entries->items[i], words, &entry))
			continue;
		check(entry.id.n < INBOX_ID && entry.n_words <= INBOX_WORDS + 1);
		check(entry.id.p || entry.n_words == 0);
		sum_of(entry.id);
		for (size_t w = 0; w < entry.n_words && w < INBOX_WORDS; w++)
			sum_of(entry.words[w]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	redisReader *reader = redis_reply_reader();
	struct redis_reply *reply = NULL;
	const struct redis_reply *entries;
	char next[INBOX_ID];

	check(reader != NULL);
	if (size && redis_reply_feed(reader, (const char *)data, size) && redis_reply_next(reader, &reply) && reply) {
		if (inbox_read_group(reply, &entries))
			read_entries(entries);
		if (inbox_read_claimed(reply, &entries, next)) {
			check(strlen(next) > 0 && strlen(next) < INBOX_ID);
			read_entries(entries);
		}
		read_entries(reply->items ? reply : NULL);
	}
	redis_reply_free(&reply);
	redisReaderFree(reader);
	return 0;
}
