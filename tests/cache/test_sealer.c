#include "cache/sealer.h"

#include "base/digest.h"
#include "tests/cmocka_all.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct str key = { "fed2:c:{t:tag}:part:asked", 25 };

enum { CLEAR = 36 };

/* A sealer and the ring it was made with. */
struct world {
	struct keyring *ring;
	struct sealer *sealer;
};

static struct world begin(const char *lines)
{
	struct world w;
	struct err err;

	w.ring = keyring_parse(str_of(lines), "keys", &err);
	assert_non_null(w.ring);
	w.sealer = sealer_new(w.ring, NULL);
	return w;
}

static void end(struct world *w)
{
	sealer_free(&w->sealer);
	assert_null(w->sealer);
	sealer_free(&w->sealer);
	keyring_free(&w->ring);
}

/* Magic, clear bytes, and a body of `n` cells. */
static void entry_of(unsigned n, struct buf *out)
{
	buf_puts(out, "FE9\n0123456789abcdef0000000000001234");
	for (unsigned i = 0; i < n; i++)
		buf_printf(out, "Kim %u;", i);
}

static bool opens(struct sealer *s, struct str name, struct str sealed, const struct buf *entry)
{
	SCOPED(buf_free) struct buf out = { 0 };

	buf_puts(&out, "<");
	if (!sealer_open(s, name, sealed, CLEAR, &out)) {
		assert_int_equal(out.len, 1);
		return false;
	}
	assert_true(str_eq((struct str){ out.data + 1, out.len - 1 }, buf_str(entry)));
	return true;
}

static void what_is_sealed_opens_for_its_key_alone(void **state)
{
	struct world w = begin("1 " HEX_A);

	(void)state;
	for (unsigned n = 0; n < 1000; n += 199) {
		SCOPED(buf_free) struct buf entry = { 0 }, sealed = { 0 }, twice = { 0 };

		entry_of(n, &entry);
		sealer_seal(w.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &sealed);
		sealer_seal(w.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &twice);
		assert_true(opens(w.sealer, key, buf_str(&sealed), &entry));
		assert_false(opens(w.sealer, STR("fed2:c:{t:tag}:part:other"), buf_str(&sealed), &entry));
		assert_false(opens(w.sealer, STR(""), buf_str(&sealed), &entry));
		assert_false(str_eq(buf_str(&sealed), buf_str(&twice))); /* the nonce is random */
	}
	end(&w);
}

static void nothing_shows_but_the_clear_bytes(void **state)
{
	SCOPED(buf_free) struct buf entry = { 0 }, sealed = { 0 };
	struct world w = begin("1 " HEX_A);

	(void)state;
	entry_of(3, &entry);
	sealer_seal(w.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &sealed);
	assert_memory_equal(sealed.data + SEALER_MAGIC, entry.data + SEALER_MAGIC, CLEAR - SEALER_MAGIC);
	assert_null(memmem(sealed.data, sealed.len, "Kim", 3));
	end(&w);
}

static void no_changed_byte_passes(void **state)
{
	struct world w = begin("1 " HEX_A);

	(void)state;
	for (unsigned n = 2; n < 200; n += 150) { /* plain, and packed */
		SCOPED(buf_free) struct buf entry = { 0 }, sealed = { 0 };

		entry_of(n, &entry);
		sealer_seal(w.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &sealed);
		for (size_t i = 0; i < sealed.len; i++) {
			sealed.data[i] ^= 0x20;
			assert_false(opens(w.sealer, key, buf_str(&sealed), &entry));
			sealed.data[i] ^= 0x20;
			assert_false(opens(w.sealer, key, (struct str){ sealed.data, i }, &entry));
		}
		assert_true(opens(w.sealer, key, buf_str(&sealed), &entry));
	}
	assert_false(opens(w.sealer, key, (struct str){ 0 }, &(struct buf){ 0 }));
	end(&w);
}

static void keys_are_changed_by_three_rings(void **state)
{
	SCOPED(buf_free) struct buf entry = { 0 }, old = { 0 }, young = { 0 };
	struct world before = begin("1 " HEX_A), between = begin("2 " HEX_B "\n1 " HEX_A), after = begin("2 " HEX_B);

	(void)state;
	entry_of(100, &entry);
	sealer_seal(before.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &old);
	sealer_seal(between.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &young);
	assert_true(opens(between.sealer, key, buf_str(&old), &entry));
	assert_true(opens(between.sealer, key, buf_str(&young), &entry));
	assert_false(opens(before.sealer, key, buf_str(&young), &entry));
	assert_false(opens(after.sealer, key, buf_str(&old), &entry));
	assert_true(opens(after.sealer, key, buf_str(&young), &entry));
	end(&before);
	end(&between);
	end(&after);
}

static void the_same_number_with_another_key_opens_nothing(void **state)
{
	SCOPED(buf_free) struct buf entry = { 0 }, sealed = { 0 };
	struct world one = begin("1 " HEX_A), other = begin("1 " HEX_B);

	(void)state;
	entry_of(1, &entry);
	sealer_seal(one.sealer, key, buf_str(&entry), CLEAR, INT64_MAX, &sealed);
	assert_false(opens(other.sealer, key, buf_str(&sealed), &entry));
	end(&one);
	end(&other);
}

static int prepare(void **state)
{
	struct err err;

	(void)state;
	return digest_init(&err) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_for_its_key_alone),
		cmocka_unit_test(nothing_shows_but_the_clear_bytes),
		cmocka_unit_test(no_changed_byte_passes),
		cmocka_unit_test(keys_are_changed_by_three_rings),
		cmocka_unit_test(the_same_number_with_another_key_opens_nothing),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
