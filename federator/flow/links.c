/* links.c - the URLs of an answer: its own question, and the next page of its time line. Each holds the whole question
 * but for its header fields, so that nobody has to add a parameter again. */
#include "base/buf.h"
#include "federator/flow/cursor.h"

/* What RFC 3986 lets stand in a query as it is, without `+` and `&`, which mean something there. */
static bool stands_for_itself(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~,:", c));
}

/* "&name=value"; nothing when the question does not say it. */
static void put_parameter(struct buf *url, const char *name, struct str value)
{
	if (!value.n)
		return;
	buf_putc(url, '&');
	buf_puts(url, name);
	buf_putc(url, '=');
	for (size_t i = 0; i < value.n; i++) {
		if (stands_for_itself(value.p[i]))
			buf_putc(url, value.p[i]);
		else
			buf_printf(url, "%%%02X", (unsigned char)value.p[i]);
	}
}

static void put_count(struct flow *flow, struct buf *url, const char *name, uint32_t count, const char *unit)
{
	if (count)
		put_parameter(url, name, arena_printf(flow->mem, "%u%s", count, unit));
}

static struct str url_of(struct flow *flow, struct str id, struct str cursor)
{
	const struct ask *ask = &flow->ask;
	char room[512];
	SCOPED(buf_free) struct buf url = buf_over(room, sizeof(room));

	buf_puts(&url, "/v1/customers/");
	buf_put_str(&url, id);
	buf_puts(&url, ask->timeline ? "/timeline?view=" : "?view=");
	buf_puts(&url, flow->view->name);
	put_parameter(&url, "fields", ask->fields);
	put_parameter(&url, "parts", ask->parts);
	put_parameter(&url, "provenance", ask->provenance ? STR("full") : STR(""));
	put_count(flow, &url, "budget", ask->budget_ms, "ms");
	put_parameter(&url, "lang", ask->lang);
	put_parameter(&url, "since", ask->since);
	put_parameter(&url, "until", ask->until);
	put_parameter(&url, "kind", ask->kind);
	put_count(flow, &url, "limit", ask->limit, "");
	put_parameter(&url, "cursor", cursor);
	return arena_str(flow->mem, buf_str(&url));
}

void links_put(struct flow *flow, struct node *root, struct str id)
{
	struct node *links;
	struct str next;

	if (flow->ask.canonical || !id.p)
		return;
	links = tree_object(flow->mem, root, STR("links"));
	flow_vary(flow, tree_text(flow->mem, links, STR("self"), url_of(flow, id, flow->ask.cursor)), VARY_SEALED);
	next = flow->reply.next_page = cursor_next(flow);
	if (next.p)
		flow_vary(flow, tree_text(flow->mem, links, STR("next"), url_of(flow, id, next)), VARY_SEALED);
}
