/* Lines of a web site's log: whatever they hold, the texts of an event are UTF-8 without control characters, no longer
 * than their columns, and the same when the line is read again. */
#include "fuzz/fuzz_target.h"
#include "base/text.h"
#include "tests/weblog/shop.h"

#include <stdlib.h>

struct kit {
	struct shop shop;
	struct weblog_parser *parser;
};

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_text(struct str text, void *arg)
{
	(void)arg;
	check(text.n <= 1024 && text_is_utf8(text));
	for (size_t i = 0; i < text.n; i++)
		check((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f);
}

static void check_event(const struct weblog_event *event)
{
	check(event->visitor.n > 0 && event->visitor.n <= 64 && event->path.n > 0 && event->kind && event->device);
	check(event->product.n <= 64 && event->category.n <= 64 && event->order.n <= 64 && event->terms.n <= 256);
	check(event->engine_terms.n <= 256 && event->referrer.n <= 512 && event->campaign.n <= 192);
	check(event->client.n <= 64 && event->agent.n <= 512 && event->hits >= -1);
	check(event->n_links <= WEBLOG_LINKS_MAX);
	shop_texts(event, check_text, NULL);
	for (uint32_t i = 0; i < event->n_links; i++)
		check(event->links[i].value.n > 0 && event->links[i].value.n <= 256);
}

static void put_line(const struct kit *kit, struct weblog_meaning *meaning, struct str line, struct buf *out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_record record;
	struct weblog_fault fault;
	struct weblog_event event;
	enum weblog_verdict verdict;

	if (weblog_parse(kit->parser, line, &record, &fault) != WEBLOG_READ)
		return;
	verdict = weblog_meaning_of(meaning, &record, mem, &event);
	buf_puts(out, shop_verdict(verdict));
	if (verdict != WEBLOG_EVENT)
		return;
	check_event(&event);
	shop_event_put(&event, out);
}

static void put_lines(const struct kit *kit, struct str text, struct buf *out)
{
	struct weblog_meaning *meaning = weblog_meaning_new(kit->shop.conf, kit->shop.rules, SHOP_SALT);

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct str line = { text.p, end ? (size_t)(end - text.p) : text.n };

		put_line(kit, meaning, line, out);
		text = (struct str){ text.p + line.n + (end != NULL), text.n - line.n - (end != NULL) };
	}
	weblog_meaning_free(&meaning);
}

/* Once: the rules do not change, and reading them takes longer than most inputs. */
static void kit_open(struct kit *kit)
{
	struct err err;
	const struct weblog_format *format;

	check(shop_open(&kit->shop, &err));
	format = weblog_format_new(STR(SHOP_FORMAT), kit->shop.mem, &err);
	check(format != NULL);
	kit->parser = weblog_parser_new(format, kit->shop.mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kit kit;
	struct str text = { size ? (const char *)data : "", size };
	SCOPED(buf_free) struct buf first = { 0 }, again = { 0 };

	if (!kit.parser)
		kit_open(&kit);
	put_lines(&kit, text, &first);
	put_lines(&kit, text, &again);
	check(first.len == again.len && (first.len == 0 || memcmp(first.data, again.data, first.len) == 0));
	return 0;
}
