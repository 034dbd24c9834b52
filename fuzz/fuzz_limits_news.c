/* Whatever limits_news_read() accepts is the same after it was written again. */
#include "federator/limits/news.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str all = { (const char *)data, size };
	struct str rest = all;
	struct buf again = { 0 };
	struct limits_news news;

	while (limits_news_read(&rest, &news))
		limits_news_write(&news, &again);
	if (!str_eq(buf_str(&again), (struct str){ all.p, all.n - rest.n }))
		abort();
	buf_free(&again);
	return 0;
}
