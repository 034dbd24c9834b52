#include "base/err.h"
#include "base/text.h"
#include "tests/cmocka_all.h"

static void it_is_filled_and_returns_false(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_false(err_set(&err, ERR_LATE, "warehouse", "no time left: %d ms", 3));
	assert_int_equal(err.cls, ERR_LATE);
	assert_string_equal(err.where, "warehouse");
	assert_string_equal(err.text, "no time left: 3 ms");
}

static void long_texts_are_cut_between_characters(void **state)
{
	char korean[600] = "", place[100] = "";
	struct err err;

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) { /* the cut falls on each byte of a character once */
		memset(korean, 'x', shift);
		memset(place, 'x', shift);
		for (size_t i = 0; i < 150; i++)
			memcpy(korean + shift + 3 * i, "가", 4);
		for (size_t i = 0; i < 30; i++)
			memcpy(place + shift + 3 * i, "나", 4);
		err_set(&err, ERR_SOURCE, place, "%s", korean);
		assert_true(text_is_utf8(str_of(err.text)));
		assert_true(text_is_utf8(str_of(err.where)));
		assert_in_range(strlen(err.text), sizeof(err.text) - 3, sizeof(err.text) - 1);
		assert_in_range(strlen(err.where), sizeof(err.where) - 3, sizeof(err.where) - 1);
	}
}

static void a_text_that_just_fits_is_kept(void **state)
{
	char text[sizeof(((struct err *)NULL)->text)];
	struct err err;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + sizeof(text) - 4, "가", 3);
	err_set(&err, ERR_SOURCE, "x", "%s", text);
	assert_string_equal(err.text, text);
}

static void an_error_can_be_wrapped_in_itself(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_SOURCE, "shop", "gone");
	err_set(&err, ERR_BUSY, err.where, "cannot ask: %s", err.text);
	assert_string_equal(err.where, "shop");
	assert_string_equal(err.text, "cannot ask: gone");
}

static void every_class_has_its_public_reason(void **state)
{
	(void)state;
	assert_string_equal(err_reason(ERR_LATE), "deadline");
	assert_string_equal(err_reason(ERR_REFUSED), "refused");
	assert_string_equal(err_reason(ERR_BUSY), "busy");
	assert_string_equal(err_reason(ERR_AUTH), "auth");
	assert_string_equal(err_reason(ERR_SOURCE), "error");
	assert_string_equal(err_reason(ERR_SYSTEM), "error");
	assert_string_equal(err_reason(ERR_SCHEMA), "schema_mismatch");
	assert_string_equal(err_reason(ERR_TOO_LARGE), "too_large");
	assert_string_equal(err_reason(ERR_SUBJECT), "wrong_subject");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_filled_and_returns_false),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(a_text_that_just_fits_is_kept),
		cmocka_unit_test(an_error_can_be_wrapped_in_itself),
		cmocka_unit_test(every_class_has_its_public_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
