/* Decoded text is UTF-8 whatever the bytes were, parameters and hosts are views into the URL, and undone escapes are
 * never longer than they were. */
#include "base/text.h"
#include "fuzz/fuzz_target.h"
#include "weblog/decode.h"
#include "weblog/record.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_view(struct str whole, struct str view)
{
	check(!view.p || (view.p >= whole.p && view.p + view.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str names[] = { STR("q"), STR("query") };
	struct str text = { size ? (const char *)data : "", size };
	struct weblog_decoder *decoder = weblog_decoder_new();
	SCOPED(buf_free) struct buf out = { 0 };

	check_view(text, weblog_query_of(text));
	check_view(text, weblog_host_of(text));
	check_view(text, weblog_parameter(weblog_query_of(text), names, ARRAY_LEN(names)));
	for (enum weblog_escape escape = WEBLOG_PLAIN; escape <= WEBLOG_DOUBLED; escape++) {
		out.len = 0;
		weblog_unescape(text, escape, &out);
		check(out.len <= size);
	}
	for (int form = 0; form < 2; form++) {
		out.len = 0;
		(void)weblog_decode(decoder, text, form, &out);
		check(out.len == 0 || text_is_utf8(buf_str(&out)));
	}
	weblog_decoder_free(&decoder);
	return 0;
}
