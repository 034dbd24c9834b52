/* test_keyfile.c - what a key file says, and which text is none. */
#include "tests/cmocka_all.h"

#include "federator/access/keyfile.h"

#define HASH "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define KEY(id, more)                                                                                      \
	"{\"id\":\"" id "\",\"client\":\"pbx\",\"tenant\":\"mall\",\"role\":\"agent\","                   \
	"\"scopes\":[\"view\",\"purge\"],"                                                                 \
	"\"created\":\"2026-11-22T09:38:51Z\"" more "}"
#define FILE_OF(keys) "{\"version\":1,\"keys\":[" keys "]}"

static struct arena *mem;
static struct keyfile file;
static struct err err;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return digest_init(&err) ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static bool parse(const char *text)
{
	return keyfile_parse(str_of(text), "keys.json", mem, &file, &err);
}

static void what_is_read_is_written_again(void **state)
{
	struct buf out = { 0 }, again = { 0 };

	(void)state;
	assert_true(parse(FILE_OF(KEY("0123456789ab", "," HASH ",\"expires\":\"2027-01-01T00:00:00+09:00\"") "," KEY(
		"ba9876543210", ",\"certificate\":\"pbx.mall\",\"revoked\":\"2026-12-01T00:00:00Z\""))));
	assert_int_equal(file.n, 2);
	assert_int_equal(file.of[0].may, MAY_VIEW | MAY_PURGE);
	assert_int_equal(file.of[0].expires_s, 1798729200);
	assert_null(file.of[0].certificate.p);
	assert_true(str_eq(file.of[1].certificate, STR("pbx.mall")));
	assert_ptr_equal(map_get(file.by_id, STR("ba9876543210")), &file.of[1]);
	assert_int_equal(map_count(file.by_certificate), 0); /* revoked */
	keyfile_print(&file, &out);
	assert_true(parse(out.data));
	keyfile_print(&file, &again);
	assert_string_equal(out.data, again.data);
	assert_non_null(strstr(out.data, "\"expires\": \"2026-12-31T15:00:00Z\""));
	buf_free(&out);
	buf_free(&again);
}

static void what_is_none_is_told_by_line(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{ "", "line 1: this is not JSON" },
		{ "\n\n{", "line 3: this is not JSON" },
		{ "[]", "expected" },
		{ "{\"version\":2,\"keys\":[]}", "expected" },
		{ "{\"version\":1}", "expected" },
		{ "{\"version\":1,\"keys\":[],\"more\":1}", "expected" },
		{ "{\"version\":1,\"version\":1,\"keys\":[]}", "not JSON" },
		{ FILE_OF("1"), "an object" },
		{ FILE_OF("{}"), "a key has id" },
		{ FILE_OF("\n" KEY("0123456789ab", "")), "line 2: a key has either" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"certificate\":\"x\"")), "either" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"ip\":\"10.0.0.1\"")), "no such member" },
		{ FILE_OF(KEY("0123456789ab", "," HASH "," HASH)), "stands once" },
		{ FILE_OF(KEY("0123456789AB", "," HASH)), "an id" },
		{ FILE_OF(KEY("0123456789a", "," HASH)), "an id" },
		{ FILE_OF(KEY("0123456789ab", ",\"hash\":\"AAAA\"")), "a hash" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"expires\":\"soon\"")), "a time" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"expires\":\"2026-11-22\"")), "a time" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"expires\":\"1969-11-22T00:00:00Z\"")), "a time" },
		{ FILE_OF(KEY("0123456789ab", "," HASH ",\"revoked\":null")), "a time" },
		{ FILE_OF(KEY("0123456789ab", "," HASH) "," KEY("0123456789ab", "," HASH)), "another one" },
		{ FILE_OF(KEY("0123456789ab", ",\"certificate\":\"a b\"")), "a name" },
		{ FILE_OF(KEY("0123456789ab", ",\"certificate\":\"a\"") "," KEY("0123456789ac",
										 ",\"certificate\":\"a\"")),
		  "in force" },
		{ "{\"version\":1,\"keys\":[{\"scopes\":[\"everything\"]}]}", "no such scope" },
		{ "{\"version\":1,\"keys\":[{\"scopes\":\"view\"}]}", "a list" },
		{ "{\"version\":1,\"keys\":[{\"client\":\"a\\\"b\"}]}", "a name" },
		{ "{\"version\":1,\"keys\":[{\"client\":\"\"}]}", "a name" },
		{ "{\"version\":1,\"keys\":["
		  "{\"role\":\"12345678901234567890123456789012345678901234567890123456789012345\"}]}",
		  "a name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse(bad[i].text))
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_string_equal(err.where, "keys.json");
		if (!strstr(err.text, bad[i].word))
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

static void a_drawn_key_is_found_by_its_text_alone(void **state)
{
	struct api_key keys[2] = { { .id = STR("") }, { .id = STR("") } };
	char text[2][KEY_CHARS + 1], mixed[KEY_CHARS + 1];

	(void)state;
	file = (struct keyfile){ .of = keys, .n = 2, .by_id = map_new(mem), .by_certificate = map_new(mem) };
	for (size_t i = 0; i < 2; i++) {
		api_key_draw(text[i], keys[i].hash);
		assert_int_equal(strlen(text[i]), KEY_CHARS);
		keys[i].id = (struct str){ text[i], KEY_ID_CHARS };
		map_set(file.by_id, keys[i].id, &keys[i]);
	}
	assert_ptr_equal(api_key_find(&file, str_of(text[0])), &keys[0]);
	assert_ptr_equal(api_key_find(&file, str_of(text[1])), &keys[1]);
	memcpy(mixed, text[0], sizeof(mixed));
	memcpy(mixed, text[1], KEY_ID_CHARS);
	assert_null(api_key_find(&file, str_of(mixed)));
	for (size_t i = 0; i < KEY_CHARS; i++) {
		memcpy(mixed, text[0], sizeof(mixed));
		mixed[i] = mixed[i] == 'a' ? 'b' : 'a';
		assert_null(api_key_find(&file, str_of(mixed)));
		assert_null(api_key_find(&file, (struct str){ text[0], i }));
	}
}

/* Its hash is zeros, which no secret has, and no secret is its. */
static void a_certificate_s_entry_has_no_secret(void **state)
{
	(void)state;
	assert_true(parse(FILE_OF(KEY("0123456789ab", ",\"certificate\":\"pbx.mall\""))));
	assert_null(api_key_find(&file, STR("0123456789ab.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));
	assert_null(api_key_find(&file, STR("0123456789ac.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));
	assert_ptr_equal(map_get(file.by_certificate, STR("pbx.mall")), &file.of[0]);
}

static void a_key_is_in_force_until_it_ends(void **state)
{
	(void)state;
	assert_true(api_key_is_valid(&(struct api_key){ 0 }, 1800000000));
	assert_true(api_key_is_valid(&(struct api_key){ .expires_s = 1800000001 }, 1800000000));
	assert_false(api_key_is_valid(&(struct api_key){ .expires_s = 1800000000 }, 1800000000));
	assert_false(api_key_is_valid(&(struct api_key){ .revoked_s = 1 }, 1800000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_again),
		cmocka_unit_test(what_is_none_is_told_by_line),
		cmocka_unit_test(a_drawn_key_is_found_by_its_text_alone),
		cmocka_unit_test(a_certificate_s_entry_has_no_secret),
		cmocka_unit_test(a_key_is_in_force_until_it_ends),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
