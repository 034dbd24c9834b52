#include "federator/live/dummy.h"

#include "federator/spelled.h"

enum { VALUES = 2, DIGITS_MOST = 20, DIGITS_SMALL = 4 };

static bool is_phone(const struct key *key)
{
	return key->type == KEY_PHONE_KR || key->type == KEY_PHONE_US;
}

/* A key with masks is digits, whatever its type. */
static bool is_number(const struct key *key)
{
	return key->type == KEY_INTEGER || key->type == KEY_DIGITS || (key->n_spellings > 0 && !is_phone(key));
}

static bool is_any_text(const struct key *key)
{
	return key->type == KEY_TEXT || key->type == KEY_UPPER || key->type == KEY_LOWER;
}

/* Numbers of so many digits near the top, where numbers are given out last; of ten digits the last ones that an
 * integer of 32 bits holds. */
static void numbers(size_t digits, struct arena *mem, struct str out[VALUES])
{
	static const char nines[] = "99999999999999999999";

	for (size_t i = 0; i < VALUES; i++)
		out[i] = digits == 10 ? arena_printf(mem, "214748364%zu", 6 - i) :
					arena_printf(mem, "%.*s%zu", (int)digits - 1, nines, 8 - i);
}

/* The first of the lengths that most spellings take: a mask has room for so many digits and no others. */
static struct key_values number_values(const struct part *part, const struct key *key, enum dummy dummy,
				       struct arena *mem)
{
	struct key_values best = { .key = key };
	size_t first = dummy == DUMMY_USUAL ? 10 : DIGITS_SMALL;

	for (size_t i = 0; i < DIGITS_MOST; i++) {
		size_t digits = i < first ? first - i : i + 1;
		struct str values[VALUES];
		struct key_values found;

		numbers(digits, mem, values);
		found = spelled_key(part, key, values, VALUES, mem);
		if (found.n > best.n)
			best = found;
	}
	return best;
}

/* 010-0 is given to nobody, 555-01 to stories; .invalid is no domain (RFC 2606). */
static const char *const *texts_of(enum key_type type)
{
	static const char *const text[] = { "federator-check-1", "federator-check-2" };
	static const char *const upper[] = { "FEDERATOR-CHECK-1", "FEDERATOR-CHECK-2" };
	static const char *const email[] = { "check-1@federator.invalid", "check-2@federator.invalid" };
	static const char *const uuid[] = { "ffffffff-ffff-4fff-bfff-fffffffffff1",
					    "ffffffff-ffff-4fff-bfff-fffffffffff2" };
	static const char *const korean[] = { "+821000000097", "+821000000098" };
	static const char *const american[] = { "+12025550197", "+12025550198" };

	switch (type) {
	case KEY_UPPER:
		return upper;
	case KEY_EMAIL:
		return email;
	case KEY_UUID:
		return uuid;
	case KEY_PHONE_KR:
		return korean;
	case KEY_PHONE_US:
		return american;
	case KEY_TEXT:
	case KEY_LOWER:
	case KEY_INTEGER:
	case KEY_DIGITS:
		break;
	}
	return text;
}

static struct key_values values_of(const struct part *part, const struct key *key, enum dummy dummy,
				   struct arena *mem)
{
	struct str values[VALUES];

	if (is_number(key))
		return number_values(part, key, dummy, mem);
	if (dummy == DUMMY_NULL && is_any_text(key))
		return (struct key_values){ .key = key };
	for (size_t i = 0; i < VALUES; i++)
		values[i] = str_of(texts_of(key->type)[i]);
	return spelled_key(part, key, values, VALUES, mem);
}

static bool all_optional(const struct query *query)
{
	for (size_t k = 0; k < query->n_by; k++)
		if (!query->by[k].optional)
			return false;
	return true;
}

const struct key_values *dummy_keys(const struct part *part, const struct query *query, enum dummy dummy,
				    struct arena *mem)
{
	static const struct str end_of_time = STR("9999-12-31 23:59:59");
	struct key_values *keys = arena_array_of(mem, struct key_values, query->n_by + 1);
	bool all = all_optional(query);

	for (size_t k = 0; k < query->n_by; k++) {
		keys[k].key = query->by[k].key;
		if (!query->by[k].optional || (all && k == 0))
			keys[k] = values_of(part, query->by[k].key, dummy, mem);
	}
	keys[query->n_by] = (struct key_values){ .key = &sqltext_before, .values = &end_of_time, .n = 1 };
	return keys;
}
