/* test_host.c - which hosts are this one, and nobody's site. */
#include "tests/cmocka_all.h"

#include "federator/http/host.h"

static const char names[] = "crm.example.com,Proxy-1";

static bool ours(const char *host)
{
	return host_is_ours(str_of(host), names);
}

static void loopback_and_what_was_named_are_ours(void **state)
{
	static const char *const hosts[] = {
		"localhost", "LOCALHOST:8080", "127.0.0.1",	  "127.0.0.1:1",	 "127.255.3.4:80",
		"[::1]",     "[::1]:8080",     "crm.example.com", "CRM.Example.com:443", "proxy-1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (!ours(hosts[i]))
			fail_msg("%s is ours", hosts[i]);
}

static void others_are_not(void **state)
{
	static const char *const hosts[] = {
		"",		    ":8080",	      "evil.example",	"evil.example:8080", "localhost.evil.example",
		"localhost.",	    "xlocalhost",     "localhos",	"127.0.0.1.",	     "127.0.0.1.evil.com",
		"127.1",	    "0177.0.0.1",     "2130706433",	"0.0.0.0",	     "128.0.0.1",
		"127.0.0.1:80:80",  "127.0.0.1:x",    "127.0.0.1:",	"[::1",		     "[::1]x",
		"[::2]",	    "::1",	      "[127.0.0.1]",	"example.com",	     "crm.example.com,Proxy-1",
		"crm.example.comx", "crm.example.co", "localhost,evil", "local host",	     "127.0.0.1@evil.com",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (ours(hosts[i]))
			fail_msg("%s is not ours", hosts[i]);
	assert_false(host_is_ours(STR("127.0.0.1\0.evil.com"), names));
	assert_false(host_is_ours(STR("\0"), ""));
	assert_false(host_is_ours(STR("crm.example.com"), ""));
	assert_false(host_is_ours((struct str){ 0 }, ""));
}

static void names_are_names(void **state)
{
	static const char *const bad[] = { ",", "a,", ",a", "a,,b", "a b", "a:80", "http://a", "a/b", "*", "[::1]" };

	(void)state;
	assert_true(host_names_are_good(""));
	assert_true(host_names_are_good("a"));
	assert_true(host_names_are_good("a.b-c_d,E.9"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(host_names_are_good(bad[i]));
}

static int refusals;
static const char *refused_as;

static void finish(struct exchange *x, struct reply *reply)
{
	(void)x;
	refusals++;
	refused_as = reply->problem;
	assert_int_equal(reply->status, 403);
	reply_free(reply);
}

/* With these header fields: NULL, or why it is refused. */
static const char *asks(const char *hosts, const char *const (*fields)[2], size_t n)
{
	struct header of[4];
	struct exchange x = { .hosts = hosts, .finish = finish, .headers = { .of = of, .n = n } };
	bool admitted;

	for (size_t i = 0; i < n; i++)
		of[i] = (struct header){ str_of(fields[i][0]), str_of(fields[i][1]) };
	refusals = 0;
	refused_as = NULL;
	admitted = host_admits(&x);
	assert_int_equal(refusals, admitted ? 0 : 1);
	return refused_as;
}

#define FIELDS(...) ((const char *const[][2]){ __VA_ARGS__ })
#define ASKS(...) asks(names, FIELDS(__VA_ARGS__), sizeof(FIELDS(__VA_ARGS__)) / sizeof(const char *[2]))

static void who_asks_by_another_name_is_refused(void **state)
{
	(void)state;
	assert_null(ASKS({ "host", "127.0.0.1:8080" }));
	assert_null(ASKS({ "Accept", "*/*" })); /* HTTP/1.0 */
	assert_string_equal(ASKS({ "Host", "evil.example" }), "unknown-host");
	assert_string_equal(ASKS({ "Host", "evil.example" }, { "Sec-Fetch-Site", "same-origin" }), "unknown-host");
	assert_null(asks(NULL, FIELDS({ "Host", "evil.example" }), 1));
}

static void page_of_another_site_is_refused(void **state)
{
	static const char *const others[] = { "cross-site", "same-site", "", "same-originx" };
	static const char *const origins[] = { "null", "https://evil.example", "http://localhost.evil.example",
					       "localhost", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_string_equal(ASKS({ "Host", "localhost" }, { "Sec-Fetch-Site", others[i] }), "other-site");
	for (size_t i = 0; i < ARRAY_LEN(origins); i++)
		assert_string_equal(ASKS({ "Host", "localhost" }, { "Origin", origins[i] }), "other-site");
	assert_null(ASKS({ "Host", "localhost" }, { "Sec-Fetch-Site", "none" }));
	assert_null(ASKS({ "Host", "localhost" }, { "Sec-Fetch-Site", "same-origin" },
			 { "Origin", "https://x.example" }));
	assert_null(ASKS({ "Host", "localhost" }, { "Origin", "http://127.0.0.1:8080" }));
	assert_null(ASKS({ "Host", "localhost" }, { "Origin", "https://crm.example.com" }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_and_what_was_named_are_ours),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(who_asks_by_another_name_is_refused),
		cmocka_unit_test(page_of_another_site_is_refused),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
