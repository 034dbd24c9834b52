#include "metadata/keyparts.h"

#include "tests/cmocka_all.h"

/* A part whose pieces can be changed one by one. */
struct world {
	struct source source;
	struct spelling spellings[2];
	const struct spelling *as[2];
	struct key key;
	struct by_key by;
	struct query queries[2];
	struct column columns[2];
	struct part part;
};

static struct world w;

static int begin(void **state)
{
	w = (struct world){
		.source = { .name = "shop", .secret = "shop", .dialect = "sqlite", .pool = 4 },
		.spellings = { { "crm", "C########" }, { "plain", "#+" } },
		.as = { &w.spellings[0], &w.spellings[1] },
		.key = { .name = "member", .type = KEY_INTEGER, .spellings = w.spellings, .n_spellings = 2 },
		.by = { .key = &w.key },
		.queries = { { .by = &w.by, .n_by = 1, .sql = STR("SELECT a FROM t WHERE a=:member") },
			     { .by = &w.by, .n_by = 1, .sql = STR("SELECT a FROM u WHERE a=:member") } },
		.columns = { { .name = "a", .gives = &w.key, .proves = &w.key, .as = w.as, .n_as = 1 },
			     { .name = "b", .type = TYPE_INTEGER } },
		.part = { .name = "orders", .source = &w.source, .rows_max = 20, .deadline_ms = 80,
			  .queries = w.queries, .n_queries = 1, .columns = w.columns, .n_columns = 2 },
	};
	(void)state;
	return 0;
}

static void hash(char hex[2 * DIGEST_BYTES + 1])
{
	unsigned char bytes[DIGEST_BYTES];

	keyparts_definition(&w.part, bytes);
	digest_hex(bytes, sizeof(bytes), hex);
}

#define ASSERT_CHANGES(change)                                           \
	do {                                                             \
		char before_[2 * DIGEST_BYTES + 1];                      \
		char after_[2 * DIGEST_BYTES + 1];                       \
									 \
		begin(NULL);                                             \
		hash(before_);                                           \
		change;                                                  \
		hash(after_);                                            \
		if (strcmp(before_, after_) == 0)                        \
			fail_msg("the same hash after %s", #change);     \
	} while (0)

static void what_rows_depend_on_changes_the_hash(void **state)
{
	(void)state;
	ASSERT_CHANGES(w.source.name = "shop2");
	ASSERT_CHANGES(w.source.secret = "other");
	ASSERT_CHANGES(w.source.dialect = "mariadb");
	ASSERT_CHANGES(w.queries[0].sql = STR("SELECT a FROM t WHERE a=:member "));
	ASSERT_CHANGES(w.part.n_queries = 2);
	ASSERT_CHANGES(w.by.optional = true);
	ASSERT_CHANGES(w.part.rows_max = 21);
	ASSERT_CHANGES(w.part.n_columns = 1);
	ASSERT_CHANGES(w.columns[0].name = "c");
	ASSERT_CHANGES(w.columns[1].type = TYPE_DECIMAL);
	ASSERT_CHANGES(w.columns[0].gives = NULL);
	ASSERT_CHANGES(w.columns[0].proves = NULL);
	ASSERT_CHANGES(w.columns[0].n_as = 2);
	ASSERT_CHANGES(w.columns[1].as_of = true);
	ASSERT_CHANGES(w.spellings[0].mask = "C#######");
	ASSERT_CHANGES(w.key.type = KEY_TEXT);
	ASSERT_CHANGES(w.key.block = "^0$");
}

static void what_rows_do_not_depend_on_leaves_it(void **state)
{
	char before[2 * DIGEST_BYTES + 1], after[2 * DIGEST_BYTES + 1];

	(void)state;
	hash(before);
	w.part.name = "purchases";
	w.part.deadline_ms = w.part.cap_ms = 500;
	w.part.ttl_ms = w.part.stale_ms = w.part.negative_ms = w.part.revalidate_ms = 7;
	w.source.pool = 9;
	hash(after);
	assert_string_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_rows_depend_on_changes_the_hash, begin),
		cmocka_unit_test_setup(what_rows_do_not_depend_on_leaves_it, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
