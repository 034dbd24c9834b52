/* Each file of broken/ is a mapping with one mistake. Its first comment says what must be found and where:
 * "code line:column", several separated by commas; "alone" in front: without base.xml. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

enum { EXPECTED_MAX = 8 };

struct expected {
	char code[8];
	unsigned line;
	unsigned column;
};

static const char *const all_codes[] = {
#define CODE(code, title, about) #code,
#define WARNING(code, title, about) #code,
#include "metadata/codes.def"
#undef CODE
#undef WARNING
};

static bool shown[ARRAY_LEN(all_codes)];

/* The first comment of a file. */
static const char *comment_of(struct str text)
{
	const char *open = strstr(text.p, "<!-- ");

	assert_non_null(open);
	return open + 5;
}

static size_t read_expected(const char *at, struct expected *of)
{
	size_t n = 0;
	int used = 0;

	while (n < EXPECTED_MAX &&
	       sscanf(at, "%7[M0-9] %u:%u%n", of[n].code, &of[n].line, &of[n].column, &used) == 3) {
		n++;
		at += used;
		if (strncmp(at, ", ", 2) != 0)
			break;
		at += 2;
	}
	return n;
}

static bool is_expected(const struct diag *d, const struct expected *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(d->code, of[i].code) == 0 && d->at.line == of[i].line &&
		    d->at.column == of[i].column)
			return true;
	return false;
}

static void mark_shown(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(all_codes); i++)
		shown[i] |= strcmp(all_codes[i], code) == 0;
}

/* Everything expected is found, and no error beside it. */
static bool as_expected(struct diags *ds, const struct expected *of, size_t n_of)
{
	size_t n, hits = 0;
	const struct diag *all = diags_all(ds, &n);

	for (size_t i = 0; i < n; i++) {
		bool hit = strcmp(all[i].at.file, "x.xml") == 0 && is_expected(&all[i], of, n_of);

		hits += hit;
		if (hit)
			mark_shown(all[i].code);
		else if (all[i].level == DIAG_ERROR)
			return false;
	}
	return hits == n_of;
}

static bool try_file(const char *name)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	struct diags *ds = diags_new(mem);
	struct str text = loading_file(mem, arena_printf(mem, "broken/%s", name).p);
	const char *comment = comment_of(text);
	bool alone = strncmp(comment, "alone ", 6) == 0, good;
	struct expected of[EXPECTED_MAX];
	size_t n = read_expected(comment + (alone ? 6 : 0), of);
	const struct mapping_file only = { "x.xml", text };
	const struct catalog *cat;

	assert_true(n > 0);
	cat = alone ? catalog_load_texts(&only, 1, ds) : loading_with_base(mem, text, ds);
	good = as_expected(ds, of, n) && (cat == NULL) == (diags_count(ds, DIAG_ERROR) > 0);
	catalog_unref(&cat);
	if (!good) {
		print_error("broken/%s:\n", name);
		loading_show(ds);
	}
	return good;
}

static int is_xml(const struct dirent *entry)
{
	return strstr(entry->d_name, ".xml") != NULL;
}

static void every_broken_mapping_is_found_where_it_is_broken(void **state)
{
	struct dirent **names;
	int n = scandir(TEST_DIR "/broken", &names, is_xml, alphasort), bad = 0;

	(void)state;
	assert_true(n >= 50);
	for (int i = 0; i < n; i++) {
		bad += !try_file(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_int_equal(bad, 0);
}

static void every_code_is_shown_by_a_broken_mapping(void **state)
{
	/* what is tested elsewhere: files and sizes, plans, SQL, what two sets differ in, tests that run, what sources
	 * say (M08xx, all of them shown by tests/live/test_live.py), formats of logs */
	static const char elsewhere[] = "M0001 M0002 M0107 M0206 M0301 M0302 M0403 M0404 M0408 M0514 M0704 M0705 "
					"M0706 M0707 M0709 M0951 M0952 M0953 M0954 M0955 M0956 M1015 M1016 M1017";
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_codes); i++) {
		if (shown[i] || strstr(elsewhere, all_codes[i]) || strncmp(all_codes[i], "M08", 3) == 0)
			continue;
		print_error("%s has no file in broken/\n", all_codes[i]);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_broken_mapping_is_found_where_it_is_broken),
		cmocka_unit_test(every_code_is_shown_by_a_broken_mapping),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
