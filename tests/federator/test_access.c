/* test_access.c - who asks, by all that proves it, while the files change. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "federator/access/access.h"
#include "federator/access/keystore.h"
#include "tests/federator/minter.h"

static struct minter minter;
static char dir[64], keys_path[128], jwks_path[128], secret[KEY_CHARS + 1];
static struct options opt;
static struct arena *names_mem; /* of the tenants */
static struct access *access_of;
static struct caller caller;
static struct access_pass pass;
static int64_t now_s;

/* ---- the bed ---- */

static void text_write(const char *path, struct str text)
{
	char draft[160];
	FILE *f;

	snprintf(draft, sizeof(draft), "%s.new", path);
	f = fopen(draft, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
	assert_int_equal(chmod(draft, 0600), 0);
	assert_int_equal(rename(draft, path), 0);
}

/* Add a key; its text goes to `text`. */
static void key_add(const struct api_key *like, char text[KEY_CHARS + 1])
{
	struct arena *file_mem = arena_new();
	struct keystore store;
	struct api_key *key;
	struct err err;

	assert_true(keystore_open(keys_path, true, file_mem, &store, &err));
	key = keystore_add(&store, &err);
	*key = *like;
	key->created_s = 1;
	api_key_draw(text, key->hash);
	key->id = (struct str){ text, KEY_ID_CHARS };
	assert_true(keystore_write(&store, &err));
	keystore_close(&store);
	arena_wipe_free(&file_mem);
}

static void key_revoke(const char *text)
{
	struct arena *file_mem = arena_new();
	struct keystore store;
	struct api_key *key;
	struct err err;

	assert_true(keystore_open(keys_path, false, file_mem, &store, &err));
	key = map_get(store.file.by_id, (struct str){ text, KEY_ID_CHARS });
	assert_non_null(key);
	key->revoked_s = 1;
	assert_true(keystore_write(&store, &err));
	keystore_close(&store);
	arena_wipe_free(&file_mem);
}

static const struct api_key pbx = {
	.client = { "pbx", 3 }, .tenant = { "mall", 4 }, .role = { "agent", 5 }, .may = MAY_ROUTE
};

static int group_begin(void **state)
{
	struct err err;

	(void)state;
	log_set_level(LOG_ERROR + 1);
	minter_begin(&minter);
	return digest_init(&err) ? 0 : 1;
}

static int group_end(void **state)
{
	(void)state;
	minter_end(&minter);
	return 0;
}

static void open_now(void)
{
	const struct tenancy *tenants;
	struct err err;

	access_close(&access_of);
	tenants = tenancy_read(&opt, names_mem, &err);
	assert_non_null(tenants);
	access_of = access_open(&opt, tenants, &err);
	assert_non_null(access_of);
}

static int begin(void **state)
{
	struct err err;

	(void)state;
	strcpy(dir, "/tmp/fed-access-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(keys_path, sizeof(keys_path), "%s/keys.json", dir);
	snprintf(jwks_path, sizeof(jwks_path), "%s/jwks.json", dir);
	key_add(&pbx, secret);
	text_write(jwks_path, minter_jwks(&minter));
	names_mem = arena_new();
	assert_true(options_read(&opt, NULL, 0, NULL, names_mem, &err));
	opt.keys = keys_path;
	opt.jwks = jwks_path;
	opt.jwt_issuer = "https://id.mall";
	opt.jwt_audience = "federator";
	opt.tenant = "mall";
	opt.role = "boss";
	now_s = clock_wall_ms() / 1000;
	open_now();
	return 0;
}

static int end(void **state)
{
	(void)state;
	access_close(&access_of);
	arena_wipe_free(&names_mem);
	unlink(keys_path);
	unlink(jwks_path);
	rmdir(dir);
	return 0;
}

static enum access_answer ask(struct credential c)
{
	struct arena *mem = arena_new();
	enum access_answer answer;

	caller = (struct caller){ 0 };
	answer = access_identify(access_of, &c, now_s, mem, &caller, &pass);
	arena_wipe_free(&mem);
	return answer;
}

static struct str bearer(const char *text)
{
	return arena_printf(minter.mem, "Bearer %s", text);
}

static struct str token(const char *tenant, const char *sub, int64_t exp)
{
	const char *claims = arena_printf(minter.mem,
					  "{\"iss\":\"https://id.mall\",\"aud\":\"federator\",\"tenant\":\"%s\","
					  "\"sub\":\"%s\",\"azp\":\"console\",\"role\":\"agent\",\"scope\":\"view\","
					  "\"exp\":%lld}",
					  tenant, sub, (long long)exp)
				     .p;

	return minter_token(&minter, MINT_EDDSA, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", claims);
}

/* ---- the stories ---- */

static void a_key_is_a_program(void **state)
{
	(void)state;
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
	assert_int_equal(caller.proof, PROOF_KEY);
	assert_string_equal(caller.client, "pbx");
	assert_string_equal(caller.role, "agent");
	assert_string_equal(caller.purpose, "service");
	assert_string_equal(caller.agent, "");
	assert_int_equal(caller.may, MAY_ROUTE);
	assert_int_equal(ask((struct credential){ .api_key = str_of(secret), .agent = STR("kim") }), ACCESS_GIVEN);
	assert_string_equal(caller.agent, "kim");
	assert_false(caller.agent_proven);
}

static void a_token_is_a_person(void **state)
{
	struct str kim = bearer(token("mall", "kim", now_s + 60).p);

	(void)state;
	for (int i = 0; i < 2; i++) { /* the second time it is known */
		assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_GIVEN);
		assert_int_equal(caller.proof, PROOF_TOKEN);
		assert_string_equal(caller.client, "console");
		assert_string_equal(caller.agent, "kim");
		assert_true(caller.agent_proven);
		assert_int_equal(caller.may, MAY_VIEW);
		assert_int_equal(ask((struct credential){ .authorization = kim, .agent = STR("kim") }), ACCESS_GIVEN);
		assert_int_equal(ask((struct credential){ .authorization = kim, .agent = STR("lee") }), ACCESS_AGENT);
	}
	now_s += 121;
	assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_REFUSED);
}

static void a_token_of_a_program_for_itself_proves_no_person(void **state)
{
	struct str self = bearer(token("mall", "console", now_s + 60).p);

	(void)state;
	assert_int_equal(ask((struct credential){ .authorization = self, .agent = STR("lee") }), ACCESS_GIVEN);
	assert_string_equal(caller.agent, "lee");
	assert_false(caller.agent_proven);
}

static void what_proves_nothing(void **state)
{
	char other[KEY_CHARS + 1], over[KEY_CHARS + 1];
	struct api_key like = pbx;

	(void)state;
	like.tenant = STR("bank");
	key_add(&like, other);
	like = pbx;
	like.expires_s = now_s;
	key_add(&like, over);
	open_now();
	assert_int_equal(ask((struct credential){ 0 }), ACCESS_NOBODY);
	assert_int_equal(ask((struct credential){ .agent = STR("kim") }), ACCESS_NOBODY);
	assert_int_equal(ask((struct credential){ .authorization = STR("") }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = STR("Bearer") }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = STR("Bearer ") }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = STR("Basic cGJ4OnBieA==") }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = str_of(secret) }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = bearer(other) }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = bearer(over) }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = bearer(token("bank", "kim", now_s + 60).p) }),
			 ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .api_key = token("mall", "kim", now_s + 60) }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .certificate = STR("pbx") }), ACCESS_REFUSED);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret), .api_key = str_of(secret) }),
			 ACCESS_UNCLEAR);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret), .twice = true }), ACCESS_UNCLEAR);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret), .agent = STR("k m") }),
			 ACCESS_AGENT);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret), .agent = STR("") }), ACCESS_AGENT);
	assert_string_equal(caller.client, ""); /* untouched */
}

static void a_certificate_is_an_entry_of_the_key_file(void **state)
{
	char unused[KEY_CHARS + 1];
	struct api_key like = pbx;

	(void)state;
	like.certificate = STR("pbx.mall");
	key_add(&like, unused);
	open_now();
	assert_true(access_by_certificate(access_of, STR("pbx.mall"), now_s, &caller, &pass));
	assert_int_equal(caller.proof, PROOF_CERTIFICATE);
	assert_string_equal(caller.client, "pbx");
	assert_false(access_by_certificate(access_of, STR("pbx"), now_s, &caller, &pass));
	assert_int_equal(ask((struct credential){ .certificate = STR("pbx.mall"), .agent = STR("kim") }), ACCESS_GIVEN);
	assert_string_equal(caller.agent, "kim");
	assert_int_equal(ask((struct credential){ .certificate = STR("pbx.mall"), .api_key = STR("bad") }),
			 ACCESS_REFUSED); /* what the request says goes first */
}

static void a_revoked_key_ends_and_others_stay(void **state)
{
	struct access_pass mine, theirs, token_s;
	struct caller me;
	char other[KEY_CHARS + 1];

	(void)state;
	key_add(&pbx, other);
	open_now();
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
	mine = pass;
	me = caller;
	assert_int_equal(ask((struct credential){ .authorization = bearer(other) }), ACCESS_GIVEN);
	theirs = pass;
	assert_int_equal(ask((struct credential){ .authorization = bearer(token("mall", "kim", now_s + 60).p) }),
			 ACCESS_GIVEN);
	token_s = pass;
	access_reread(access_of);
	assert_true(access_is_same(access_of, &mine, now_s));
	key_revoke(secret);
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_REFUSED);
	assert_false(access_is_same(access_of, &mine, now_s));
	assert_false(access_holds(access_of, &mine, &me, now_s));
	assert_false(access_holds(access_of, &mine, &me, now_s));
	assert_false(access_is_same(access_of, &theirs, now_s));
	assert_true(access_holds(access_of, &theirs, &me, now_s));
	assert_true(access_is_same(access_of, &theirs, now_s)); /* renewed */
	assert_false(access_holds(access_of, &token_s, &me, now_s)); /* it has to be shown again */
	assert_int_equal(ask((struct credential){ .authorization = bearer(other) }), ACCESS_GIVEN);
}

/* By hand: the same key, for something else. */
static void a_key_that_is_something_else_now_ends_what_stays(void **state)
{
	struct arena *file_mem = arena_new();
	struct keystore store;
	struct err err;

	(void)state;
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
	assert_true(keystore_open(keys_path, false, file_mem, &store, &err));
	store.file.of[0].role = STR("guest");
	assert_true(keystore_write(&store, &err));
	keystore_close(&store);
	arena_wipe_free(&file_mem);
	access_reread(access_of);
	assert_false(access_holds(access_of, &pass, &caller, now_s));
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
	assert_string_equal(caller.role, "guest");
	assert_true(access_holds(access_of, &pass, &caller, now_s));
}

static void a_token_holds_until_it_is_over(void **state)
{
	(void)state;
	assert_int_equal(ask((struct credential){ .authorization = bearer(token("mall", "kim", now_s).p) }),
			 ACCESS_GIVEN);
	assert_true(access_is_same(access_of, &pass, now_s + 59));
	assert_false(access_is_same(access_of, &pass, now_s + 60));
	assert_false(access_holds(access_of, &pass, &caller, now_s + 60));
}

static void keys_of_tokens_are_exchanged_while_it_runs(void **state)
{
	struct str kim = bearer(token("mall", "kim", now_s + 60).p);

	(void)state;
	assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_GIVEN);
	text_write(jwks_path,
		   arena_printf(minter.mem, "{\"keys\":[%s]}", minter_jwk(&minter, MINT_ES256, "new", "").p));
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_REFUSED);
	text_write(jwks_path, minter_jwks(&minter));
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_GIVEN);
}

/* Neither opened nor closed by what cannot be read. */
static void a_bad_file_changes_nothing(void **state)
{
	const char *const bad[] = { "", "{", "{\"version\": 1, \"keys\": [{}]}" };
	struct str kim = bearer(token("mall", "kim", now_s + 60).p);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		text_write(keys_path, str_of(bad[i]));
		text_write(jwks_path, str_of(bad[i]));
		access_reread(access_of);
		assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
		assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_GIVEN);
		assert_int_equal(ask((struct credential){ 0 }), ACCESS_NOBODY);
	}
	unlink(keys_path);
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_GIVEN);
	text_write(keys_path, STR("{\"version\": 1, \"keys\": []}"));
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .authorization = bearer(secret) }), ACCESS_REFUSED);
}

static bool opens(struct options with, const char *word)
{
	struct err err;
	const struct tenancy *tenants = tenancy_read(&with, names_mem, &err);
	struct access *a = tenants ? access_open(&with, tenants, &err) : NULL;
	bool opened = a;

	access_close(&a);
	return opened || !strstr(err.text, word);
}

/* A revocation must not be lost because a descriptor was missing in the moment when it was seen. */
static void a_change_that_could_not_be_read_is_read_later(void **state)
{
	struct rlimit usual, none;
	char later[160];

	(void)state;
	snprintf(later, sizeof(later), "%s.later", keys_path);
	assert_int_equal(link(keys_path, later), 0);
	key_revoke(secret); /* replaces the file */
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .api_key = str_of(secret) }), ACCESS_REFUSED);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){ 0, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(rename(later, keys_path), 0);
	access_reread(access_of);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	access_reread(access_of);
	assert_int_equal(ask((struct credential){ .api_key = str_of(secret) }), ACCESS_GIVEN);
}

static void bad_files_and_half_options_do_not_start(void **state)
{
	struct options with = opt;

	(void)state;
	with.jwt_audience = "";
	assert_false(opens(with, "--jwt-audience"));
	with = opt;
	with.jwks = "";
	assert_false(opens(with, "--jwks"));
	with = opt;
	with.keys = "/nowhere/keys.json";
	assert_false(opens(with, "/nowhere/keys.json"));
	assert_int_equal(chmod(keys_path, 0644), 0);
	assert_false(opens(opt, "can be read by others"));
	assert_int_equal(chmod(keys_path, 0600), 0);
	assert_int_equal(chmod(jwks_path, 0646), 0);
	assert_false(opens(opt, "can be written by others"));
	assert_int_equal(chmod(jwks_path, 0644), 0);
	open_now();
}

static void without_files_everybody_is_the_options(void **state)
{
	(void)state;
	opt.keys = opt.jwks = opt.jwt_issuer = opt.jwt_audience = "";
	open_now();
	assert_false(access_is_guarded(access_of));
	assert_int_equal(ask((struct credential){ .authorization = STR("Bearer x"), .agent = STR("kim") }),
			 ACCESS_GIVEN);
	assert_int_equal(caller.proof, PROOF_NONE);
	assert_string_equal(caller.role, "boss");
	assert_string_equal(caller.agent, "kim");
	assert_int_equal(caller.may, MAY_ALL);
	assert_true(access_is_same(access_of, &pass, now_s));
	assert_true(access_holds(access_of, &pass, &caller, now_s));
	assert_false(access_by_certificate(access_of, STR("pbx"), now_s, &caller, &pass));
	access_reread(access_of);
}

/* Their directories, each with a purpose of its own. */
static void tenants_make(const char *const *names, size_t n)
{
	char path[160], line[64];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		snprintf(path, sizeof(path), "%s/%s/options", dir, names[i]);
		snprintf(line, sizeof(line), "purpose = of-%s\n", names[i]);
		text_write(path, str_of(line));
	}
}

static void tenants_remove(const char *const *names, size_t n)
{
	char path[160];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s/options", dir, names[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(rmdir(path), 0);
	}
}

static void who_asks_is_of_the_tenant_of_the_credential(void **state)
{
	static const char *const names[] = { "mall", "bank", "shop" };
	struct api_key like = pbx;
	struct str kim;
	char of_bank[KEY_CHARS + 1], of_none[KEY_CHARS + 1];

	(void)state;
	tenants_make(names, ARRAY_LEN(names));
	like.tenant = STR("bank");
	key_add(&like, of_bank);
	like.tenant = STR("bank2");
	key_add(&like, of_none);
	opt.tenants = dir;
	opt.tenant = "nobody";
	open_now();
	assert_int_equal(ask((struct credential){ .api_key = str_of(of_bank) }), ACCESS_GIVEN);
	assert_int_equal(caller.tenant, 0);
	assert_string_equal(caller.purpose, "of-bank");
	assert_true(access_holds(access_of, &pass, &caller, now_s));
	assert_int_equal(ask((struct credential){ .api_key = str_of(secret) }), ACCESS_GIVEN);
	assert_int_equal(caller.tenant, 1);
	assert_string_equal(caller.purpose, "of-mall");
	for (int i = 0; i < 2; i++) { /* verified, and known */
		kim = bearer(token("shop", "kim", now_s + 60).p);
		assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_GIVEN);
		assert_int_equal(caller.tenant, 2);
	}
	assert_int_equal(ask((struct credential){ .api_key = str_of(of_none) }), ACCESS_REFUSED);
	kim = bearer(token("nobody", "kim", now_s + 60).p);
	assert_int_equal(ask((struct credential){ .authorization = kim }), ACCESS_REFUSED);
	opt.keys = opt.jwks = opt.jwt_issuer = opt.jwt_audience = "";
	assert_false(opens(opt, "--keys or --jwks"));
	tenants_remove(names, ARRAY_LEN(names));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_key_is_a_program),
		STORY(a_token_is_a_person),
		STORY(a_token_of_a_program_for_itself_proves_no_person),
		STORY(what_proves_nothing),
		STORY(a_certificate_is_an_entry_of_the_key_file),
		STORY(a_revoked_key_ends_and_others_stay),
		STORY(a_key_that_is_something_else_now_ends_what_stays),
		STORY(a_token_holds_until_it_is_over),
		STORY(keys_of_tokens_are_exchanged_while_it_runs),
		STORY(a_bad_file_changes_nothing),
		STORY(a_change_that_could_not_be_read_is_read_later),
		STORY(bad_files_and_half_options_do_not_start),
		STORY(without_files_everybody_is_the_options),
		STORY(who_asks_is_of_the_tenant_of_the_credential),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
