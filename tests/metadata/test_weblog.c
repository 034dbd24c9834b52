/* What <weblog> makes of a catalog. Where findings stand is the business of test_broken.c. */
#include "metadata/weblogs.h"

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

#define WEBLOG_BEGIN                                                                                                   \
	"<key name='visitor' role='shared' type='text'/>"                                                              \
	"<view name='on-site' by='member' budget='60ms' shape='flat'><use path='tier' as='Tier' default=''/></view>"   \
	"<weblog name='shop' store='warehouse' writer='secret:web_writer' class='contact' "

static struct {
	struct arena *mem;
	const struct catalog *cat;
} f;

static int begin(void **state)
{
	(void)state;
	f.mem = arena_new();
	f.cat = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	catalog_unref(&f.cat);
	arena_wipe_free(&f.mem);
	return 0;
}

/* The log of a mapping beside base.xml that has no mistake. */
static const struct weblog *shop(const char *body)
{
	struct diags *ds = diags_new(f.mem);
	const struct weblog *log;

	f.cat = loading_with_base(f.mem, loading_mapping(f.mem, body), ds);
	if (diags_count(ds, DIAG_ERROR) > 0)
		loading_show(ds);
	assert_non_null(f.cat);
	log = catalog_weblog(f.cat, STR("shop"));
	assert_non_null(log);
	return log;
}

static bool is_value(struct weblog_value value, enum weblog_from from, const char *name)
{
	return value.from == from && str_eq(value.name, str_of(name));
}

static void little_is_needed(void **state)
{
	const struct weblog *log = shop(WEBLOG_BEGIN "><file path='/l'/></weblog>");

	(void)state;
	assert_string_equal(log->store->name, "warehouse");
	assert_string_equal(log->writer, "web_writer");
	assert_string_equal(log->cls->name, "contact");
	assert_null(log->format);
	assert_string_equal(zone_name(log->zone), "UTC");
	assert_int_equal(log->keep_ms, 90 * UINT64_C(86400000));
	assert_int_equal(log->keep_events_ms, log->keep_ms);
	assert_int_equal(log->partition_ms, 0);
	assert_int_equal(log->idle_ms, 1800000);
	assert_int_equal(log->longest_ms, 86400000);
	assert_int_equal(log->window_ms, 30 * UINT64_C(86400000));
	assert_int_equal(log->client, WEBLOG_KEEP_NETWORK);
	assert_false(log->bots);
	assert_null(log->live);
	assert_null(log->visitor);
	assert_int_equal(log->n_files, 1);
	assert_int_equal(
		log->n_visitors + log->n_hide + log->n_assets + log->n_searches + log->n_pages + log->n_evidence, 0);
}

static void the_window_is_not_longer_than_what_is_kept(void **state)
{
	(void)state;
	assert_int_equal(shop(WEBLOG_BEGIN "keep='7d'><file path='/l'/></weblog>")->window_ms, 7 * UINT64_C(86400000));
}

static void everything_can_be_said(void **state)
{
	const struct weblog *log = shop(
		WEBLOG_BEGIN "format='$remote_addr [$time_local] &quot;$request&quot;' zone='Asia/Seoul' "
			     "keep='7d' keep-events='2d' partition='month' idle='10m' longest='2h' window='0s' "
			     "client='hash' bots='keep' "
			     "live='on-site' visitor='visitor'><label xml:lang='ko'>쇼핑몰</label>"
			     "<file path='/a/*.log'/><file path='/b'/><visitor from='cookie:vid'/>"
			     "<visitor from='field:uid'/><hide parameter='ticket'/><asset path='/static/*'/>"
			     "<search parameter='srch'/></weblog>");

	(void)state;
	assert_string_equal(log->format, "$remote_addr [$time_local] \"$request\"");
	assert_string_equal(zone_name(log->zone), "Asia/Seoul");
	assert_int_equal(log->keep_events_ms, 2 * UINT64_C(86400000));
	assert_int_equal(log->partition_ms, 30 * UINT64_C(86400000));
	assert_int_equal(log->idle_ms, 600000);
	assert_int_equal(log->longest_ms, 7200000);
	assert_int_equal(log->window_ms, 0);
	assert_int_equal(log->client, WEBLOG_KEEP_HASH);
	assert_true(log->bots);
	assert_ptr_equal(log->live, catalog_view(f.cat, STR("on-site")));
	assert_ptr_equal(log->visitor, catalog_key(f.cat, STR("visitor")));
	assert_string_equal(labels_in(log->labels, STR("ko")), "쇼핑몰");
	assert_int_equal(log->n_files, 2);
	assert_true(str_eq(log->files[0], STR("/a/*.log")));
	assert_int_equal(log->n_visitors, 2);
	assert_true(is_value(log->visitors[0], WEBLOG_FROM_COOKIE, "vid"));
	assert_true(is_value(log->visitors[1], WEBLOG_FROM_FIELD, "uid"));
	assert_true(str_eq(log->hide[0], STR("ticket")));
	assert_true(str_eq(log->assets[0].text, STR("/static/*")));
	assert_true(str_eq(log->searches[0], STR("srch")));
}

static void pages_say_where_their_values_stand(void **state)
{
	const struct weblog *log =
		shop(WEBLOG_BEGIN "><file path='/l'/>"
				  "<page kind='product' path='/{category}/{product}' method='GET'/>"
				  "<page kind='cart' path='/cart/{x}' product='parameter:goods' order='path:x'>"
				  "<label xml:lang='en'>Cart</label></page></weblog>");
	const struct weblog_page *product = &log->pages[0], *cart = &log->pages[1];

	(void)state;
	assert_int_equal(log->n_pages, 2);
	assert_string_equal(product->kind, "product");
	assert_string_equal(product->method, "GET");
	assert_true(is_value(product->product, WEBLOG_FROM_PATH, "product"));
	assert_true(is_value(product->category, WEBLOG_FROM_PATH, "category"));
	assert_int_equal(product->order.from, WEBLOG_FROM_NOWHERE);
	assert_null(cart->method);
	assert_true(is_value(cart->product, WEBLOG_FROM_PARAMETER, "goods"));
	assert_true(is_value(cart->order, WEBLOG_FROM_PATH, "x"));
	assert_string_equal(labels_in(cart->labels, STR("en")), "Cart");
}

static void evidence_gives_a_key(void **state)
{
	const struct weblog *log =
		shop(WEBLOG_BEGIN "><file path='/l'/>"
				  "<evidence name='login' gives='member' from='cookie:mb' path='/login' "
				  "method='POST' status='302..303' confidence='100'/>"
				  "<evidence name='done' gives='order' path='/done/{order}' confidence='90'/>"
				  "<evidence name='any' gives='member' from='parameter:m' confidence='1'/></weblog>");
	const struct weblog_evidence *ev = log->evidence;

	(void)state;
	assert_int_equal(log->n_evidence, 3);
	assert_string_equal(ev[0].name, "login");
	assert_ptr_equal(ev[0].gives, f.cat->identity);
	assert_true(is_value(ev[0].value, WEBLOG_FROM_COOKIE, "mb"));
	assert_true(str_eq(ev[0].path.text, STR("/login")));
	assert_string_equal(ev[0].method, "POST");
	assert_int_equal(ev[0].status.least, 302);
	assert_int_equal(ev[0].status.most, 303);
	assert_int_equal(ev[0].confidence, 100);
	assert_true(is_value(ev[1].value, WEBLOG_FROM_PATH, "order"));
	assert_int_equal(ev[1].status.least, 200);
	assert_int_equal(ev[1].status.most, 399);
	assert_int_equal(ev[2].path.text.n, 0);
}

/* How many pages are told as never reached, the second of two paths being `later`. */
static size_t unreached(const char *first, const char *later, const char *methods)
{
	struct diags *ds = diags_new(f.mem);
	const char *comma = strchr(methods, ',');
	struct str text = arena_printf(f.mem,
				       WEBLOG_BEGIN "><file path='/l'/><page kind='a' path='%s' %.*s/>"
						    "<page kind='b' path='%s' %s/></weblog>",
				       first, (int)(comma - methods), methods, later, comma + 1);
	size_t n, found = 0;
	const struct diag *all;

	f.cat = loading_with_base(f.mem, loading_mapping(f.mem, text.p), ds);
	assert_non_null(f.cat);
	catalog_unref(&f.cat);
	all = diags_all(ds, &n);
	for (size_t i = 0; i < n; i++)
		found += strcmp(all[i].code, "M1009") == 0;
	return found;
}

static void pages_that_an_earlier_one_takes_are_told(void **state)
{
	static const struct {
		const char *first, *later, *methods;
		size_t told;
	} cases[] = {
		{ "/*", "/", ",", 1 },
		{ "/*", "/a*", ",", 1 },
		{ "/a*", "/a/*", ",", 1 },
		{ "/a/*", "/a*", ",", 0 },
		{ "/{x}", "/a-{product}.html", ",", 1 },
		{ "/a-{x}.html", "/{product}", ",", 0 },
		{ "/a-{x}", "/a-{product}.html", ",", 1 },
		{ "/{x}l", "/{product}", ",", 0 },
		{ "/{x}/{y}", "/goods/*", ",", 0 },
		{ "/goods/{x}", "/goods/{x}/{y}", ",", 0 },
		{ "/same", "/same", ",", 1 },
		{ "/same", "/same", "method='GET',", 0 },
		{ "/same", "/same", ",method='GET'", 1 },
		{ "/same", "/same", "method='GET',method='POST'", 0 },
		{ "/same", "/same", "method='GET',method='GET'", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (unreached(cases[i].first, cases[i].later, cases[i].methods) != cases[i].told)
			fail_msg("%s before %s, %s", cases[i].first, cases[i].later, cases[i].methods);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(little_is_needed, begin, end),
		cmocka_unit_test_setup_teardown(the_window_is_not_longer_than_what_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(everything_can_be_said, begin, end),
		cmocka_unit_test_setup_teardown(pages_say_where_their_values_stand, begin, end),
		cmocka_unit_test_setup_teardown(evidence_gives_a_key, begin, end),
		cmocka_unit_test_setup_teardown(pages_that_an_earlier_one_takes_are_told, begin, end),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
