#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "federator/world.h"
#include "tests/federator/flow_mapping.h"

/* A mapping directory with its secrets, and the options of a service on it. */
struct fixture {
	struct arena *mem;
	struct diags *ds;
	struct options opt;
	struct service *svc;
	struct err err;
	char dir[64];
};

static void put(struct fixture *f, const char *name, const char *text)
{
	const char *path = arena_printf(f->mem, "%s/%s", f->dir, name).p;
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, 0600), 0);
}

static void drop(struct fixture *f, const char *name)
{
	unlink(arena_printf(f->mem, "%s/%s", f->dir, name).p);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	f->ds = diags_new(f->mem);
	strcpy(f->dir, "/tmp/fed-service-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(mkdir(arena_printf(f->mem, "%s/secrets", f->dir).p, 0700), 0);
	assert_true(options_read(&f->opt, NULL, 0, NULL, f->mem, &f->err));
	f->opt.map = f->dir;
	put(f, "m.xml", FLOW_MAPPING);
	put(f, "empty.txt", "part none\n");
	for (int i = 0; i < 3; i++)
		put(f, arena_printf(f->mem, "secrets/s%d", i).p,
		    arena_printf(f->mem, "fixture:%s/empty.txt\n", f->dir).p);
	*state = f;
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "secrets/s0", "secrets/s1", "secrets/s2", "secrets/salt",
					     "secrets",    "m.xml",      "empty.txt" };
	struct fixture *f = *state;

	assert_int_equal(service_close(&f->svc), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		drop(f, names[i]);
	rmdir(arena_printf(f->mem, "%s/secrets", f->dir).p);
	assert_int_equal(rmdir(f->dir), 0);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static void open_service(struct fixture *f)
{
	f->svc = service_open(&f->opt, f->ds, &f->err);
	if (!f->svc)
		fail_msg("%s: %s", f->err.where, f->err.text);
}

static void a_missing_secret_only_makes_its_source_unavailable(void **state)
{
	struct fixture *f = *state;
	const struct world *w;

	drop(f, "secrets/s1");
	open_service(f);
	w = service_world(f->svc);
	assert_null(w->troubles[0]);
	assert_non_null(strstr(w->troubles[1], "secret:s1"));
	assert_non_null(w->adapters[1]);
	world_unref(&w);
}

static void a_malformed_connection_string_only_makes_its_source_unavailable(void **state)
{
	struct fixture *f = *state;
	const struct world *w;

	put(f, "secrets/s1", "Driver={SQLite3;Database=x");
	open_service(f);
	w = service_world(f->svc);
	assert_null(w->troubles[0]);
	assert_non_null(strstr(w->troubles[1], "malformed"));
	assert_non_null(w->adapters[1]);
	world_unref(&w);
}

static void a_reload_keeps_adapters_whose_connection_did_not_change(void **state)
{
	struct fixture *f = *state;
	const struct world *before, *after;

	open_service(f);
	before = service_world(f->svc);
	put(f, "other.txt", "part none\n");
	put(f, "secrets/s1", arena_printf(f->mem, "fixture:%s/other.txt", f->dir).p);
	put(f, "m.xml", FLOW_MAPPING "<!-- changed -->");
	assert_true(service_reload(f->svc, f->ds, &f->err));
	after = service_world(f->svc);
	assert_string_not_equal(before->cat->revision, after->cat->revision);
	assert_ptr_equal(before->adapters[0], after->adapters[0]);
	assert_ptr_not_equal(before->adapters[1], after->adapters[1]);
	assert_ptr_equal(before->adapters[2], after->adapters[2]);
	world_unref(&before);
	world_unref(&after);
	drop(f, "other.txt");
}

/* A new password would be looked for in the old file. */
static void a_reload_opens_anew_what_is_opened_by_another_secret(void **state)
{
	struct fixture *f = *state;
	const char *secret = strstr(FLOW_MAPPING, "secret:s1") + strlen("secret:s1");
	const struct world *before, *after;

	open_service(f);
	before = service_world(f->svc);
	put(f, "secrets/s1b", arena_printf(f->mem, "fixture:%s/empty.txt\n", f->dir).p);
	put(f, "m.xml", arena_printf(f->mem, "%.*sb%s", (int)(secret - FLOW_MAPPING), FLOW_MAPPING, secret).p);
	assert_true(service_reload(f->svc, f->ds, &f->err));
	after = service_world(f->svc);
	assert_ptr_equal(before->adapters[0], after->adapters[0]);
	assert_ptr_not_equal(before->adapters[1], after->adapters[1]);
	world_unref(&before);
	world_unref(&after);
	drop(f, "secrets/s1b");
}

static void what_a_new_set_shows_beyond_the_old_one_is_told_and_loaded(void **state)
{
	struct fixture *f = *state;
	const struct world *w;
	size_t before;

	open_service(f);
	put(f, "more.xml",
	    "<mapping xmlns=\"urn:federator:mapping:1\"><class name=\"wider\"/>"
	    "<policy role=\"auditor\" purpose=\"audit\"><show class=\"wider\"/></policy></mapping>");
	before = diags_count(f->ds, DIAG_WARNING);
	assert_true(service_reload(f->svc, f->ds, &f->err));
	assert_int_equal(diags_count(f->ds, DIAG_WARNING) - before, 1);
	w = service_world(f->svc);
	assert_true(catalog_rights(w->cat, STR("auditor"), STR("audit")).known);
	world_unref(&w);
	assert_true(service_reload(f->svc, f->ds, &f->err)); /* known by now */
	assert_int_equal(diags_count(f->ds, DIAG_WARNING) - before, 1);
	drop(f, "more.xml");
}

static void an_invalid_directory_changes_nothing(void **state)
{
	struct fixture *f = *state;
	const struct world *before, *after;

	open_service(f);
	before = service_world(f->svc);
	put(f, "m.xml", "<mapping");
	assert_false(service_reload(f->svc, f->ds, &f->err));
	assert_int_equal(f->err.cls, ERR_MAPPING);
	assert_true(diags_count(f->ds, DIAG_ERROR) > 0);
	after = service_world(f->svc);
	assert_ptr_equal(before, after);
	world_unref(&before);
	world_unref(&after);
}

static void the_service_is_idle_when_nobody_holds_a_set(void **state)
{
	struct fixture *f = *state;
	const struct world *w;

	open_service(f);
	assert_true(service_is_idle(f->svc));
	w = service_world(f->svc);
	assert_false(service_is_idle(f->svc));
	assert_false(service_wait_idle(f->svc, deadline_after_ms(1)));
	world_unref(&w);
	assert_true(service_wait_idle(f->svc, deadline_after_ms(60000)));
}

static void a_service_without_a_mapping_waits_for_one(void **state)
{
	struct fixture *f = *state;
	const struct world *w;

	put(f, "m.xml", "<mapping");
	f->svc = service_open_anyway(&f->opt, f->ds, &f->err);
	assert_non_null(f->svc);
	assert_int_equal(f->err.cls, ERR_MAPPING);
	assert_true(service_is_vacant(f->svc));
	w = service_world(f->svc);
	assert_string_equal(w->cat->revision, "none");
	assert_int_equal(w->cat->n_views + w->cat->n_sources, 0);
	world_unref(&w);
	assert_false(service_reload(f->svc, f->ds, &f->err));
	assert_true(service_is_vacant(f->svc));
	put(f, "m.xml", FLOW_MAPPING);
	assert_true(service_reload(f->svc, f->ds, &f->err));
	assert_false(service_is_vacant(f->svc));
	put(f, "m.xml", "<mapping");
	assert_false(service_reload(f->svc, f->ds, &f->err));
	assert_false(service_is_vacant(f->svc));
}

static void a_salt_secret_makes_ids_outlive_the_process(void **state)
{
	struct fixture *f = *state;
	struct str id, subject;

	f->opt.salt_secret = "salt";
	put(f, "secrets/salt", "0123456789abcdef");
	open_service(f);
	id = seal_id(f->svc, STR("t"), STR("M1"), f->mem);
	assert_int_equal(service_close(&f->svc), 0);
	open_service(f);
	assert_true(unseal_id(f->svc, STR("t"), id, f->mem, &subject));
	assert_int_equal(service_close(&f->svc), 0);
	put(f, "secrets/salt", "short");
	assert_null(service_open(&f->opt, f->ds, &f->err));
	assert_int_equal(f->err.cls, ERR_CONFIG);
}

static void tag_secret(struct fixture *f, const char *salt_secret, unsigned char out[SERVICE_TAG_SECRET_BYTES])
{
	f->opt.salt_secret = salt_secret;
	open_service(f);
	memcpy(out, service_tag_secret(f->svc), SERVICE_TAG_SECRET_BYTES);
	assert_int_equal(service_close(&f->svc), 0);
}

static void tags_are_those_of_the_salt_secret_or_of_every_process(void **state)
{
	unsigned char plain[2][SERVICE_TAG_SECRET_BYTES], salted[2][SERVICE_TAG_SECRET_BYTES];
	struct fixture *f = *state;

	put(f, "secrets/salt", "0123456789abcdef");
	for (size_t i = 0; i < 2; i++) {
		tag_secret(f, "", plain[i]);
		tag_secret(f, "salt", salted[i]);
	}
	assert_memory_equal(plain[0], plain[1], sizeof(plain[0]));
	assert_memory_equal(salted[0], salted[1], sizeof(salted[0]));
	assert_memory_not_equal(plain[0], salted[0], sizeof(plain[0]));
}

static void connect_hash(const char *connect, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	connect_digest(&d, str_of(connect));
	digest_end(&d, out);
}

static void a_password_does_not_change_the_identity_of_a_connection(void **state)
{
	unsigned char one[DIGEST_BYTES], other[DIGEST_BYTES];

	(void)state;
	connect_hash("Driver={A;B};Server=x;PWD={a;b};UID=u", one);
	connect_hash("Driver={A;B};Server=x;UID=u;Password =c", other);
	assert_memory_equal(one, other, DIGEST_BYTES);
	connect_hash("Driver={A;B};Server=y;UID=u", other);
	assert_memory_not_equal(one, other, DIGEST_BYTES);
}

static bool refuse_all(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err)
{
	(void)owner;
	(void)rows_out;
	return err_set(err, ERR_AUTH, f->part, "says the test");
}

static struct cache_hit find_nothing(void *owner, struct cache_ask *ask)
{
	(void)owner;
	(void)ask;
	return (struct cache_hit){ 0 };
}

static void a_service_alone_touches_no_secret_and_no_cache(void **state)
{
	static const struct stand_in stand_in = { .answer = refuse_all, .copy = find_nothing };
	struct fixture *f = *state;
	struct loop *loop = loop_new(&f->err);
	const struct catalog *cat;
	const struct world *w;
	struct lane lane;

	drop(f, "secrets/s1");
	f->opt.cache = "unix:/nonexistent";
	f->opt.cache_secret = "nonexistent";
	cat = catalog_load(f->dir, f->ds);
	assert_non_null(cat);
	f->svc = service_open_alone(&f->opt, cat, &stand_in, &f->err);
	assert_non_null(f->svc);
	w = service_world(f->svc);
	for (size_t i = 0; i < w->cat->n_sources; i++) {
		assert_null(w->troubles[i]);
		assert_int_equal(adapter_state(w->adapters[i]).pool, 0);
	}
	world_unref(&w);
	lane_open(&lane, f->svc, loop);
	assert_string_equal(cache_state(lane.cache).kind, "stand-in");
	lane_close(&lane);
	loop_free(&loop);
}

static void count_found(struct cache_ask *ask, struct cache_hit hit)
{
	(void)ask;
	assert_null(hit.rows);
}

static void the_caches_of_all_lanes_are_told_as_one(void **state)
{
	struct fixture *f = *state;
	struct cache_ask ask = { .mem = f->mem, .found = count_found };
	struct loop *loop = loop_new(&f->err);
	struct lane lanes[3];

	f->svc = service_open(&f->opt, f->ds, &f->err);
	assert_non_null(f->svc);
	for (size_t i = 0; i < 3; i++) {
		lane_open(&lanes[i], f->svc, loop);
		cache_get(lanes[i].cache, &ask);
	}
	cache_get(lanes[0].cache, &ask);
	assert_int_equal(service_cache(f->svc).misses, 4);
	assert_string_equal(service_cache(f->svc).kind, "memory");
	assert_true(service_cache(f->svc).up);
	lane_close(&lanes[1]);
	assert_int_equal(service_cache(f->svc).misses, 3);
	lane_close(&lanes[0]);
	lane_close(&lanes[2]);
	assert_int_equal(service_cache(f->svc).misses, 0);
	loop_free(&loop);
}

static void fire(struct loop_timer *t)
{
	(void)t;
}

static void a_clock_that_stands_still_passes_no_deadline(void **state)
{
	struct fixture *f = *state;
	struct loop_timer timer = { .fire = fire };
	struct lane lane = { .loop = loop_new(&f->err) };

	lane_timer_set(&lane, &timer, deadline_after_ms(1000));
	assert_int_not_equal(timer.slot, 0);
	assert_true(lane_wall_ms(&lane) >= INT64_C(1700000000000));
	loop_timer_cancel(lane.loop, &timer);
	lane.still_ms = 42;
	lane_timer_set(&lane, &timer, deadline_after_ms(1000));
	assert_int_equal(timer.slot, 0);
	assert_int_equal(lane_wall_ms(&lane), 42);
	loop_free(&lane.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_missing_secret_only_makes_its_source_unavailable, begin,
						end),
		cmocka_unit_test_setup_teardown(a_malformed_connection_string_only_makes_its_source_unavailable,
						begin, end),
		cmocka_unit_test_setup_teardown(a_reload_keeps_adapters_whose_connection_did_not_change,
						begin, end),
		cmocka_unit_test_setup_teardown(a_reload_opens_anew_what_is_opened_by_another_secret, begin, end),
		cmocka_unit_test_setup_teardown(what_a_new_set_shows_beyond_the_old_one_is_told_and_loaded,
						begin, end),
		cmocka_unit_test_setup_teardown(an_invalid_directory_changes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(the_service_is_idle_when_nobody_holds_a_set, begin, end),
		cmocka_unit_test_setup_teardown(a_service_without_a_mapping_waits_for_one, begin, end),
		cmocka_unit_test_setup_teardown(a_salt_secret_makes_ids_outlive_the_process, begin, end),
		cmocka_unit_test_setup_teardown(tags_are_those_of_the_salt_secret_or_of_every_process, begin, end),
		cmocka_unit_test_setup_teardown(a_service_alone_touches_no_secret_and_no_cache, begin, end),
		cmocka_unit_test_setup_teardown(the_caches_of_all_lanes_are_told_as_one, begin, end),
		cmocka_unit_test_setup_teardown(a_clock_that_stands_still_passes_no_deadline, begin, end),
		cmocka_unit_test(a_password_does_not_change_the_identity_of_a_connection),
	};
	struct err err;

	log_set_level(LOG_ERROR);
	unsetenv("CREDENTIALS_DIRECTORY");
	if (!digest_init(&err) || !adapters_init(NULL, &err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
