/* Mappings with one random mistake each, the same ones in every run: whatever somebody mistypes, a mapping loads or
 * has an error, and every finding can be shown. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

enum { MUTANTS = 400, FILES_MAX = 16 };

static uint64_t seed;

static size_t below(size_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return n ? (size_t)(seed >> 33) % n : 0;
}

/* A stretch of text; `n` is 0 when there is none. */
struct piece_of {
	size_t at;
	size_t n;
};

/* What stands between a random `open` and the `close` behind it, both left out. */
static struct piece_of between(struct str text, const char *open, const char *close)
{
	size_t from = below(text.n);
	const char *begin = memmem(text.p + from, text.n - from, open, strlen(open)), *end;

	if (!begin)
		return (struct piece_of){ 0 };
	begin += strlen(open);
	end = memmem(begin, (size_t)(text.p + text.n - begin), close, strlen(close));
	return end ? (struct piece_of){ (size_t)(begin - text.p), (size_t)(end - begin) } : (struct piece_of){ 0 };
}

static struct str replaced(struct arena *mem, struct str text, struct piece_of old, struct str by)
{
	return arena_printf(mem, "%.*s%.*s%.*s", (int)old.at, text.p, STR_ARG(by), (int)(text.n - old.at - old.n),
			    text.p + old.at + old.n);
}

/* A whole attribute, with the blank before it. */
static struct piece_of an_attribute(struct str text)
{
	struct piece_of value = between(text, "=\"", "\"");
	size_t from = value.at;

	while (from > 0 && text.p[from - 1] != ' ')
		from--;
	return from ? (struct piece_of){ from - 1, value.at + value.n + 1 - (from - 1) } : value;
}

static struct str mutant_of(struct arena *mem, struct str text)
{
	static const struct str odd[] = { STR(""),   STR("0"),	   STR("-1"),	STR("<"), STR("&"),
					  STR("'"),  STR(":x"),	   STR("?"),	STR("("), STR("LIMIT 3"),
					  STR("/*"), STR("&amp;"), STR("99999999999999999999") };
	struct piece_of value = between(text, "=\"", "\""), other = between(text, "=\"", "\"");
	struct piece_of tag = between(text, "<", "/>");

	switch (below(8)) {
	case 0:
		return replaced(mem, text, an_attribute(text), STR(""));
	case 1:
		return replaced(mem, text, value, (struct str){ text.p + other.at, other.n });
	case 2:
		return replaced(mem, text, value, odd[below(ARRAY_LEN(odd))]);
	case 3: /* a letter of a value less */
		return replaced(mem, text, (struct piece_of){ value.at + below(value.n), value.n > 0 }, STR(""));
	case 4: /* a leaf less, or with what stands before it */
		return tag.at ? replaced(mem, text, (struct piece_of){ tag.at - 1, tag.n + 3 }, STR("")) : text;
	case 5: /* the same leaf elsewhere */
		return replaced(mem, text, (struct piece_of){ between(text, "\n", "\n").at, 0 },
				tag.at ? (struct str){ text.p + tag.at - 1, tag.n + 3 } : STR(""));
	case 6:
		return replaced(mem, text, (struct piece_of){ below(text.n), 0 }, odd[below(ARRAY_LEN(odd))]);
	default:
		return (struct str){ text.p, below(text.n) };
	}
}

static bool try_load(struct arena *mem, const struct mapping_file *files, size_t n)
{
	struct diags *ds = diags_new(mem);
	SCOPED(buf_free) struct buf out = { 0 };
	const struct catalog *cat = catalog_load_texts(files, n, ds);
	bool loaded = cat != NULL;

	assert_int_equal(loaded, diags_count(ds, DIAG_ERROR) == 0);
	diags_print_human(ds, &out);
	catalog_unref(&cat);
	return loaded;
}

static void try_mutants(const struct mapping_file *files, size_t n_files)
{
	size_t loaded = 0;

	for (size_t i = 0; i < MUTANTS; i++) {
		struct arena *mem SCOPED(arena_wipe_free) = arena_new();
		struct mapping_file mutants[FILES_MAX];
		size_t which;

		memcpy(mutants, files, n_files * sizeof(*files));
		seed = i;
		(void)below(1);
		which = below(n_files);
		mutants[which].text = mutant_of(mem, mutants[which].text);
		loaded += try_load(mem, mutants, n_files);
	}
	assert_in_range(loaded, 1, MUTANTS / 2); /* or the mistakes were none */
}

static void mutants_of_the_small_mapping_are_survived(void **state)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	const struct mapping_file base = { "base.xml", loading_file(mem, "base.xml") };

	(void)state;
	assert_true(try_load(mem, &base, 1));
	try_mutants(&base, 1);
}

static int is_xml(const struct dirent *entry)
{
	return strstr(entry->d_name, ".xml") != NULL;
}

static void mutants_of_a_whole_company_are_survived(void **state)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	struct mapping_file files[FILES_MAX];
	struct dirent **names;
	int n = scandir(TEST_DIR "/../../examples/mall/mapping", &names, is_xml, alphasort);

	(void)state;
	assert_in_range(n, 2, FILES_MAX);
	for (int i = 0; i < n; i++) {
		const char *path = arena_printf(mem, "../../examples/mall/mapping/%s", names[i]->d_name).p;

		files[i] = (struct mapping_file){ path, loading_file(mem, path) };
		free(names[i]);
	}
	free(names);
	assert_true(try_load(mem, files, (size_t)n));
	try_mutants(files, (size_t)n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutants_of_the_small_mapping_are_survived),
		cmocka_unit_test(mutants_of_a_whole_company_are_survived),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
