/* Every string of the Big List of Naughty Strings through every type of key. */
#include "metadata/normalize.h"

#include <jansson.h>

#include "base/text.h"
#include "metadata/sqltext.h"
#include "tests/cmocka_all.h"

static const struct spelling member_spellings[] = { { "crm", "C########" }, { "shop", "#+" } };
static const struct spelling waybill_spellings[] = { { "dashed", "##-####-#+" } };
static const struct spelling phone_spellings[] = { { "e164", NULL }, { "digits", NULL }, { "dashed", NULL } };

static const struct key keys[] = {
	{ .name = "text", .type = KEY_TEXT },
	{ .name = "upper", .type = KEY_UPPER },
	{ .name = "lower", .type = KEY_LOWER },
	{ .name = "integer", .type = KEY_INTEGER },
	{ .name = "digits", .type = KEY_DIGITS },
	{ .name = "email", .type = KEY_EMAIL },
	{ .name = "uuid", .type = KEY_UUID },
	{ .name = "phone_kr", .type = KEY_PHONE_KR, .spellings = phone_spellings, .n_spellings = 3 },
	{ .name = "phone_us", .type = KEY_PHONE_US, .spellings = phone_spellings, .n_spellings = 3 },
	{ .name = "member", .type = KEY_INTEGER, .spellings = member_spellings, .n_spellings = 2 },
	{ .name = "code", .type = KEY_TEXT, .spellings = member_spellings, .n_spellings = 2 },
	{ .name = "waybill", .type = KEY_DIGITS, .spellings = waybill_spellings, .n_spellings = 1 },
};

/* Call `check` with each string and key; returns how many strings there are. */
static size_t each(void (*check)(const struct key *key, struct str naughty, struct arena *mem))
{
	json_error_t why;
	json_t *all = json_load_file(NAUGHTY_STRINGS, 0, &why);
	size_t n;

	if (all == NULL)
		fail_msg("%s: %s", NAUGHTY_STRINGS, why.text);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *item = json_array_get(all, i);
		struct str naughty = { json_string_value(item), json_string_length(item) };
		struct arena *mem = arena_new();

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			check(&keys[k], naughty, mem);
		arena_wipe_free(&mem);
	}
	n = json_array_size(all);
	json_decref(all);
	return n;
}

static bool has_control(struct str s)
{
	uint32_t cp;

	for (size_t i = 0; i < s.n;) {
		i += text_next((struct str){ s.p + i, s.n - i }, &cp);
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
			return true;
	}
	return false;
}

static void check_canonical(const struct key *key, struct str value, struct arena *mem)
{
	struct str again = { 0 };

	assert_in_range(value.n, 1, 256);
	assert_true(text_is_utf8(value));
	assert_false(has_control(value));
	if (normalize_key(key, value, mem, &again) != KEY_OK || !str_eq(again, value))
		fail_msg("%s: \"%.*s\" becomes \"%.*s\"", key->name, STR_ARG(value), STR_ARG(again));
}

static void read_as_value(const struct key *key, struct str naughty, struct arena *mem)
{
	struct str value = STR("untouched");

	if (normalize_key(key, naughty, mem, &value) == KEY_OK)
		check_canonical(key, value, mem);
	else
		assert_true(str_eq(value, STR("untouched")));
}

static void values_of_callers_have_one_form(void **state)
{
	(void)state;
	assert_in_range(each(read_as_value), 500, 5000);
}

static void read_as_cell(const struct key *key, struct str naughty, struct arena *mem)
{
	struct str value = STR("untouched");

	for (size_t i = 0; i < key->n_spellings; i++) {
		const struct spelling *as = &key->spellings[i];

		if (normalize_cell(key, &as, 1, naughty, mem, &value) == KEY_OK)
			check_canonical(key, value, mem);
	}
	if (normalize_cell(key, NULL, 0, naughty, mem, &value) == KEY_OK)
		check_canonical(key, value, mem);
}

static void cells_of_sources_have_the_same_form(void **state)
{
	(void)state;
	each(read_as_cell);
}

static void spell_and_read(const struct key *key, struct str naughty, struct arena *mem)
{
	struct str value, written, back = { 0 };

	if (normalize_key(key, naughty, mem, &value) != KEY_OK)
		return;
	for (size_t i = 0; i < key->n_spellings; i++) {
		const struct spelling *as = &key->spellings[i];

		if (!spell_key(key, as, value, mem, &written))
			continue;
		if (normalize_cell(key, &as, 1, written, mem, &back) != KEY_OK || !str_eq(back, value))
			fail_msg("%s as %s: \"%.*s\" is written \"%.*s\" and read \"%.*s\"", key->name, as->name,
				 STR_ARG(value), STR_ARG(written), STR_ARG(back));
	}
}

static void what_is_spelled_is_read_back(void **state)
{
	(void)state;
	each(spell_and_read);
}

static void expand(const struct key *key, struct str naughty, struct arena *mem)
{
	const struct piece pieces[] = {
		{ .kind = PIECE_TEXT, .text = STR("SELECT a FROM t WHERE a = ") },
		{ .kind = PIECE_PARAM, .key = key },
		{ .kind = PIECE_TEXT, .text = STR(" AND b IN (") },
		{ .kind = PIECE_LIST, .key = key },
		{ .kind = PIECE_TEXT, .text = STR(")") },
	};
	const struct by_key by = { .key = key };
	const struct query query = { .by = &by, .n_by = 1, .pieces = pieces, .n_pieces = ARRAY_LEN(pieces) };
	const struct key_values values = { .key = key, .values = &naughty, .n = 1 };
	const struct str *params;
	struct str sql;
	size_t n;

	sqltext_expand(&query, &values, 1, mem, &sql, &params, &n);
	if (!str_eq(sql, STR("SELECT a FROM t WHERE a = ? AND b IN (?)")))
		fail_msg("\"%.*s\" made \"%.*s\"", STR_ARG(naughty), STR_ARG(sql));
	assert_int_equal(n, 2);
	assert_true(str_eq(params[0], naughty) && str_eq(params[1], naughty));
}

static void a_value_is_a_parameter_and_never_sql(void **state)
{
	(void)state;
	each(expand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_callers_have_one_form),
		cmocka_unit_test(cells_of_sources_have_the_same_form),
		cmocka_unit_test(what_is_spelled_is_read_back),
		cmocka_unit_test(a_value_is_a_parameter_and_never_sql),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
