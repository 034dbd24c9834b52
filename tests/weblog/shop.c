#include "tests/weblog/shop.h"

#include "base/digest.h"

static const struct key member = { .name = "member", .type = KEY_UPPER };
static const struct key order_no = { .name = "order", .type = KEY_DIGITS };
static const struct key phone = { .name = "phone", .type = KEY_PHONE_KR };

#define PATTERN(path) { STR(path) }
#define FROM(where, what) { WEBLOG_FROM_##where, STR(what) }

static const struct weblog_page pages[] = {
	{ .kind = "product",
	  .path = PATTERN("/goods/{product}"),
	  .method = "GET",
	  .product = FROM(PATH, "product") },
	{ .kind = "category", .path = PATTERN("/list/{category}"), .category = FROM(PATH, "category") },
	{ .kind = "cart", .path = PATTERN("/cart/add"), .product = FROM(PARAMETER, "goods") },
	{ .kind = "order", .path = PATTERN("/order/done"), .order = FROM(PARAMETER, "no") },
	{ .kind = "search",
	  .path = PATTERN("/srch/{terms}"),
	  .terms = FROM(PATH, "terms"),
	  .hits = FROM(FIELD, "found") },
	{ .kind = "search", .path = PATTERN("/find"), .terms = FROM(PARAMETER, "what"), .hits = FROM(PARAMETER, "n") },
	{ .kind = "stock", .path = PATTERN("/api/stock.json") },
};

static const struct weblog_evidence evidence[] = {
	{ .name = "login",
	  .gives = &member,
	  .value = FROM(COOKIE, "mb"),
	  .path = PATTERN("/login/done"),
	  .method = "POST",
	  .status = { 200, 399 },
	  .confidence = 100 },
	{ .name = "order",
	  .gives = &order_no,
	  .value = FROM(PARAMETER, "no"),
	  .path = PATTERN("/order/done"),
	  .status = { 0, 999 },
	  .confidence = 90 },
	{ .name = "mail", .gives = &member, .value = FROM(PARAMETER, "m"), .status = { 0, 999 }, .confidence = 60 },
	{ .name = "user", .gives = &member, .value = FROM(FIELD, "user"), .status = { 0, 999 }, .confidence = 80 },
	{ .name = "call",
	  .gives = &phone,
	  .value = FROM(PARAMETER, "tel"),
	  .path = PATTERN("/verify"),
	  .status = { 0, 999 },
	  .confidence = 70 },
};

static const struct weblog_value visitors[] = { FROM(COOKIE, "vid"), FROM(PARAMETER, "vid") };
static const struct str hide[] = { STR("shoe_size") }, searches[] = { STR("srch") };
static const struct weblog_pattern assets[] = { PATTERN("/static/*") };

bool shop_open(struct shop *shop, struct err *err)
{
	shop->mem = arena_new();
	shop->conf = arena_new_of(shop->mem, struct weblog);
	*shop->conf = (struct weblog){
		.name = "shop",
		.client = WEBLOG_KEEP_NETWORK,
		.visitors = visitors,
		.n_visitors = ARRAY_LEN(visitors),
		.hide = hide,
		.n_hide = ARRAY_LEN(hide),
		.assets = assets,
		.n_assets = ARRAY_LEN(assets),
		.searches = searches,
		.n_searches = ARRAY_LEN(searches),
		.pages = pages,
		.n_pages = ARRAY_LEN(pages),
		.evidence = evidence,
		.n_evidence = ARRAY_LEN(evidence),
	};
	shop->rules = digest_init(err) ? weblog_rules_new(NULL, shop->mem, err) : NULL;
	if (shop->rules)
		shop->conf->zone = zone_load(shop->mem, "America/New_York", err);
	return shop->conf->zone != NULL;
}

void shop_close(struct shop *shop)
{
	arena_wipe_free(&shop->mem);
}

static const struct {
	const char *name;
	size_t at; /* in the event */
} texts[] = {
#define TEXT(member) { #member, offsetof(struct weblog_event, member) }
	TEXT(visitor), TEXT(method), TEXT(path),	 TEXT(query),	 TEXT(product),	 TEXT(category), TEXT(order),
	TEXT(terms),   TEXT(engine), TEXT(engine_terms), TEXT(referrer), TEXT(campaign), TEXT(client),	 TEXT(agent),
#undef TEXT
};

static struct str text_of(const struct weblog_event *event, size_t i)
{
	struct str text;

	memcpy(&text, (const char *)event + texts[i].at, sizeof(text));
	return text;
}

void shop_texts(const struct weblog_event *event, void (*each)(struct str text, void *arg), void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (text_of(event, i).p)
			each(text_of(event, i), arg);
}

void shop_event_put(const struct weblog_event *event, struct buf *out)
{
	static const char *const results[] = { "done", "moved", "refused", "failed" };

	buf_printf(out, "%s %s", event->kind, results[event->result]);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) /* the agent is the same in all lines */
		if (text_of(event, i).p && strcmp(texts[i].name, "agent") != 0)
			buf_printf(out, " %s=%.*s", texts[i].name, STR_ARG(text_of(event, i)));
	if (event->hits >= 0)
		buf_printf(out, " hits=%lld", (long long)event->hits);
	for (uint32_t i = 0; i < event->n_links; i++)
		buf_printf(out, " %s:%s=%.*s", event->links[i].by->name, event->links[i].by->gives->name,
			   STR_ARG(event->links[i].value));
}

const char *shop_verdict(enum weblog_verdict verdict)
{
	static const char *const words[] = {
		[WEBLOG_EVENT] = "event",
		[WEBLOG_ASSET] = "asset",
		[WEBLOG_BOT] = "bot",
		[WEBLOG_NO_REQUEST] = "no request",
	};

	return words[verdict];
}
