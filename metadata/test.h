/* test.h - a test that stands in a mapping: a question, what the sources would answer, what is expected. Part of the
 * catalog, so it is immutable and safe from any thread; only `federator test` looks at it. */
#ifndef METADATA_TEST_H
#define METADATA_TEST_H

#include "metadata/catalog.h"

struct test_ask {
	const struct key *key;
	struct str value; /* as a caller writes it */
};

/* What a part answers in a test. */
struct given {
	const struct part *part;
	enum err_class missing; /* what asking its source fails with; ERR_NONE: it answers */
	int64_t copied_ms; /* since 1970: the rows lie in the cache since then; 0: they do not */
	struct str rows; /* CSV with a header, checked; empty: no rows */
};

/* A JSON Pointer that must lead nowhere in the answer. */
struct test_absent {
	struct str pointer;
	struct span at;
};

struct test {
	const char *name;
	const struct view *view;
	const char *role;
	const char *purpose;
	const char *lang; /* of labels; "": the first */
	int64_t now_ms; /* since 1970; 0: not said */
	const struct test_ask *asks; /* at least one */
	size_t n_asks;
	const struct given *givens;
	size_t n_givens;
	struct str expect; /* a JSON object, checked; empty: none */
	struct span expect_at; /* of its first byte */
	const struct test_absent *absent;
	size_t n_absent;
	struct labels labels;
	struct span at;
	uint32_t index;
};

/* What the test says that a part answers, or NULL. */
const struct given *test_given(const struct test *test, const struct part *part) NONNULL(1, 2);

#endif
