/* Fetches asked as one: each gets the rows it would have got alone, whatever the rows and keys are. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "federator/flow/request.h"
#include "tests/federator/bed.h"

enum { FETCHES = 6, KEYS = 5, ROWS = 24, COLS = 3, ROUNDS = 3000 };

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\" values=\"9\"><spelling name=\"crm\" mask=\"C######\"/>"
	"<spelling name=\"bare\" mask=\"#+\"/></key>"
	"<key name=\"phone\" role=\"shared\" type=\"phone-kr\" values=\"9\"/>"
	"<key name=\"nick\" role=\"unique\" type=\"text\" values=\"9\"/>"
	"<class name=\"open\"/>"
	"<part name=\"list\" source=\"s0\" rows=\"0..4\" deadline=\"100ms\" ttl=\"1s\" stale=\"0s\">"
	"<query by=\"member\">SELECT a, b, n FROM t WHERE a IN (:member...) OR b IN (:member...)</query>"
	"<query by=\"phone\">SELECT a, b, n FROM t WHERE p = :phone</query>"
	"<column name=\"a\" type=\"text\" proves=\"member\" as=\"crm\"/>"
	"<column name=\"b\" type=\"text\" proves=\"member\" as=\"bare\"/>"
	"<column name=\"n\" type=\"text\" proves=\"phone\"/></part>"
	"<part name=\"nicks\" source=\"s0\" rows=\"0..4\" deadline=\"100ms\" ttl=\"1s\" stale=\"0s\">"
	"<query by=\"nick\">SELECT member, a, b FROM t WHERE a IN (:nick...)</query>"
	"<query by=\"member\">SELECT member, a, b FROM t WHERE member IN (:member...)</query>"
	"<column name=\"member\" type=\"text\" gives=\"member\" proves=\"member\" as=\"bare\"/>"
	"<column name=\"a\" type=\"text\" proves=\"nick\"/><column name=\"b\" type=\"text\" proves=\"nick\"/></part>"
	"<list path=\"list\" class=\"open\" parts=\"list\" limit=\"9\"><field path=\"n\"/></list>"
	"<view name=\"pop\" by=\"member phone\" budget=\"400ms\"><use path=\"list\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

static uint64_t seed;

static int random_of(int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int)((seed >> 33) % (uint64_t)n);
}

struct story {
	struct bed *bed;
	const struct part *part;
	struct fetch *f[FETCHES];
	struct key_set keys[FETCHES];
	int n;
};

static int start(void **state)
{
	struct story *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->bed = bed_new(mapping);
	bed_source(s->bed, "s0", "");
	*state = s;
	return 0;
}

static const struct world *world(struct story *s)
{
	const struct world *w = service_world(bed_lane(s->bed)->service);

	s->part = &w->cat->parts[0];
	return w;
}

static int stop(void **state)
{
	struct story *s = *state;

	bed_free(&s->bed);
	free(s);
	return 0;
}

/* A fetch for some members; NULL batch fails the test. */
static void add(struct story *s, int n_keys)
{
	const struct query *q = &s->part->queries[0];
	struct fetch *f = fetch_new();
	struct key_set *rk = &s->keys[s->n];
	struct err err = { 0 };

	*rk = (struct key_set){ .key = q->by[0].key, .values = arena_array_of(f->mem, struct str, (size_t)n_keys) };
	for (int i = 0; i < n_keys; i++)
		rk->values[rk->n++] = arena_printf(f->mem, "%d", 1 + random_of(KEYS));
	f->max_rows = 1 + (uint32_t)random_of(5);
	assert_true(wording_write(&(struct asking){ .part = s->part, .query = q, .keys = rk }, f, &err));
	f->batch = together_batch(s->part, q, rk, f->mem);
	assert_non_null(f->batch);
	if (s->n)
		s->f[s->n - 1]->next = f;
	s->f[s->n++] = f;
}

static void drop(struct story *s)
{
	while (s->n > 0)
		fetch_free(&s->f[--s->n]);
}

/* Rows of members, of two at once, of nobody who was asked for when `strangers`. */
static struct rows *random_rows(struct arena *mem, bool strangers)
{
	struct str *cells = arena_array_of(mem, struct str, ROWS * COLS);
	struct rows *rows = arena_new_of(mem, struct rows);

	*rows = (struct rows){ .n_rows = (uint32_t)random_of(ROWS), .n_cols = COLS, .cells = cells };
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		int a = 1 + random_of(KEYS), b = 1 + random_of(KEYS);

		if (strangers && random_of(8) == 0)
			a = b = 77;
		if (random_of(3) > 0)
			cells[r * COLS] = arena_printf(mem, "C%06d", a);
		if (random_of(3) == 0 || !cells[r * COLS].p)
			cells[r * COLS + 1] = arena_printf(mem, "%d", b);
		cells[r * COLS + 2] = arena_printf(mem, "row %u", r);
	}
	return rows;
}

static bool carries(const struct rows *rows, uint32_t r, const struct key_set *rk)
{
	for (size_t v = 0; v < rk->n; v++) {
		struct str a = rows_cell(rows, r, 0), b = rows_cell(rows, r, 1);
		long wanted = strtol(rk->values[v].p, NULL, 10);

		if ((a.p && strtol(a.p + 1, NULL, 10) == wanted) || (b.p && strtol(b.p, NULL, 10) == wanted))
			return true;
	}
	return false;
}

/* What the fetch would have got alone. */
static void assert_alone(const struct fetch *part, const struct key_set *rk, const struct rows *all)
{
	uint32_t n = 0;

	for (uint32_t r = 0; r < all->n_rows; r++) {
		if (!carries(all, r, rk))
			continue;
		if (n < part->max_rows)
			assert_true(str_eq(rows_cell(part->rows, n, 2), rows_cell(all, r, 2)));
		n++;
	}
	assert_int_equal(part->rows->n_rows, n < part->max_rows ? n : part->max_rows);
	assert_int_equal(part->rows->flags, n > part->max_rows ? ROWS_TRUNCATED : 0);
}

static bool all_known(const struct story *s, const struct rows *rows)
{
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		bool known = false;

		for (int i = 0; i < s->n; i++)
			known = known || carries(rows, r, &s->keys[i]);
		if (!known)
			return false;
	}
	return true;
}

static bool split_random(struct story *s, unsigned flags, bool *known_out)
{
	struct fetch joint = *s->f[0], parts[FETCHES];
	struct rows *rows;
	bool ok;

	joint.mem = arena_new();
	rows = random_rows(joint.mem, random_of(2) == 0);
	rows->flags = flags;
	*known_out = all_known(s, rows);
	if (!*known_out && random_of(2))
		rows->n_rows = 0, *known_out = true;
	joint.rows = rows;
	for (int i = 0; i < s->n; i++) {
		parts[i] = *s->f[i];
		parts[i].mem = arena_new();
	}
	ok = joint.batch->split(&joint, parts, (uint32_t)s->n);
	for (int i = 0; i < s->n; i++) {
		if (ok)
			assert_alone(&parts[i], &s->keys[i], rows);
		arena_wipe_free(&parts[i].mem);
	}
	arena_wipe_free(&joint.mem);
	return ok;
}

static void each_gets_what_it_would_have_got_alone(void **state)
{
	struct story *s = *state;
	const struct world *w = world(s);
	int split = 0, refused = 0;

	for (seed = 1; seed < 1 + ROUNDS; seed++) {
		uint64_t round = seed;
		bool known;

		for (int n = 2 + random_of(FETCHES - 1); n > 0; n--)
			add(s, 1 + random_of(3));
		if (split_random(s, 0, &known) != known)
			fail_msg("round %lu", round);
		split += known;
		refused += !known;
		drop(s);
		seed = round;
	}
	assert_true(split > ROUNDS / 4);
	assert_true(refused > ROUNDS / 20);
	world_unref(&w);
}

static void rows_with_something_missing_are_not_split(void **state)
{
	struct story *s = *state;
	const struct world *w = world(s);
	bool known;

	add(s, 1);
	add(s, 1);
	assert_false(split_random(s, ROWS_TRUNCATED, &known));
	assert_false(split_random(s, ROWS_BAD_TEXT, &known));
	drop(s);
	world_unref(&w);
}

static void the_joint_question_has_all_keys_once(void **state)
{
	struct story *s = *state;
	const struct world *w = world(s);
	struct fetch joint;
	struct err err = { 0 };

	for (seed = 7; s->n < 3;)
		add(s, 1);
	for (int i = 0; i < 3; i++)
		s->keys[i].values[0] = i < 2 ? STR("4") : STR("12");
	joint = *s->f[0];
	joint.mem = arena_new();
	assert_true(joint.batch->join(&joint, s->f[0], &err));
	assert_true(str_eq(joint.sql, STR("SELECT a, b, n FROM t WHERE a IN (?,?,?,?,?,?,?,?) OR b IN "
					  "(?,?,?,?,?,?,?,?)")));
	assert_int_equal(joint.n_params, 16);
	assert_true(str_eq(joint.params[0], STR("C000004")));
	assert_true(str_eq(joint.params[1], STR("C000012")));
	assert_true(str_eq(joint.params[2], STR("4")));
	assert_true(str_eq(joint.params[3], STR("12")));
	assert_int_equal(joint.max_rows, s->f[0]->max_rows + s->f[1]->max_rows + s->f[2]->max_rows);
	arena_wipe_free(&joint.mem);
	drop(s);
	world_unref(&w);
}

static void keys_that_a_collation_takes_for_one_are_not_joined(void **state)
{
	struct story *s = *state;
	const struct world *w = world(s);
	struct str values[] = { STR("a"), STR("b"), STR("A ") };
	struct fetch joint;
	struct err err = { 0 };

	add(s, 1);
	add(s, 1);
	joint = *s->f[0];
	joint.mem = arena_new();
	s->keys[0].values[0] = STR("rene");
	s->keys[1].values[0] = STR("Ren\xC3\xA9");
	assert_false(joint.batch->join(&joint, s->f[0], &err));
	s->keys[1].values[0] = STR("renee");
	assert_true(proof_alike(&(struct key_set){ .values = values, .n = 3 }, joint.mem));
	assert_false(proof_alike(&(struct key_set){ .values = values, .n = 2 }, joint.mem));
	arena_wipe_free(&joint.mem);
	drop(s);
	world_unref(&w);
}

static void what_must_be_asked_alone_has_no_batch(void **state)
{
	struct story *s = *state;
	const struct world *w = world(s);
	struct arena *mem = arena_new();
	struct key_set rk = { .key = s->part->queries[1].by[0].key,
			      .values = arena_array_of(mem, struct str, 9),
			      .n = 1 };

	rk.values[0] = STR("+821012345678");
	assert_null(together_batch(s->part, &s->part->queries[1], &rk, mem)); /* a single parameter */
	rk.key = s->part->queries[0].by[0].key;
	assert_non_null(together_batch(s->part, &s->part->queries[0], &rk, mem));
	rk.n = 9; /* many keys */
	assert_null(together_batch(s->part, &s->part->queries[0], &rk, mem));
	rk.n = 1;
	rk.key = w->cat->parts[1].queries[0].by[0].key;
	rk.values[0] = STR("ann"); /* a column proves it that the query does not look into */
	assert_null(together_batch(&w->cat->parts[1], &w->cat->parts[1].queries[0], &rk, mem));
	arena_wipe_free(&mem);
	world_unref(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_gets_what_it_would_have_got_alone, start, stop),
		cmocka_unit_test_setup_teardown(rows_with_something_missing_are_not_split, start, stop),
		cmocka_unit_test_setup_teardown(the_joint_question_has_all_keys_once, start, stop),
		cmocka_unit_test_setup_teardown(keys_that_a_collation_takes_for_one_are_not_joined, start, stop),
		cmocka_unit_test_setup_teardown(what_must_be_asked_alone_has_no_batch, start, stop),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
