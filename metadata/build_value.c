#include "metadata/build.h"

#include "base/text.h"

enum value_type build_type(const struct elem *e)
{
	return build_word(e, "type", catalog_type_words, VALUE_TYPES, TYPE_TEXT);
}

/* Types of one family can stand for each other in a field. */
static enum value_type family(enum value_type type)
{
	switch (type) {
	case TYPE_INTEGER:
	case TYPE_DECIMAL:
		return TYPE_DECIMAL;
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		return TYPE_TIMESTAMP;
	case TYPE_TEXT:
	case TYPE_BOOLEAN:
	case TYPE_TIME:
	case TYPE_UUID:
	case TYPE_JSON:
	case TYPE_BYTES:
		break;
	}
	return type;
}

bool build_types_agree(enum value_type a, enum value_type b)
{
	return family(a) == family(b);
}

/* -?digits, perhaps with .digits */
static bool is_decimal(struct str s)
{
	size_t at = s.n && s.p[0] == '-' ? 1 : 0, digits = 0;
	bool dot = false;

	for (; at < s.n; at++) {
		if (s.p[at] >= '0' && s.p[at] <= '9') {
			digits++;
		} else if (s.p[at] == '.' && !dot && digits) {
			dot = true;
			digits = 0;
		} else {
			return false;
		}
	}
	return digits > 0;
}

/* From the least signed to the greatest unsigned number of 64 bits, as sources have them. */
static bool is_integer(struct str s)
{
	bool negative = s.n && s.p[0] == '-';
	uint64_t size;

	return text_to_u64((struct str){ s.p + negative, s.n - negative }, &size) &&
	       (!negative || size <= (uint64_t)INT64_MAX + 1);
}

/* HH:MM:SS */
static bool is_time(struct str s)
{
	const char *digits = "0123456789";

	for (size_t i = 0; i < s.n; i++)
		if (i % 3 == 2 ? s.p[i] != ':' : strchr(digits, s.p[i]) == NULL || s.p[i] == '\0')
			return false;
	return s.n == 8 && memcmp(s.p, "23", 2) <= 0 && s.p[3] < '6' && s.p[6] < '6';
}

bool build_type_compares(enum value_type type)
{
	return type != TYPE_JSON && type != TYPE_BYTES;
}

bool build_value_fits(enum value_type type, struct str text)
{
	struct civil civil;

	switch (type) {
	case TYPE_TEXT:
		return true;
	case TYPE_INTEGER:
		return is_integer(text);
	case TYPE_DECIMAL:
		return is_decimal(text);
	case TYPE_BOOLEAN:
		return str_eq(text, STR("true")) || str_eq(text, STR("false"));
	case TYPE_DATE:
		return civil_parse(text, &civil) && !civil.has_time;
	case TYPE_TIMESTAMP:
		return civil_parse(text, &civil);
	case TYPE_TIME:
		return is_time(text);
	case TYPE_JSON:
		return str_eq(text, STR("{}")) || str_eq(text, STR("[]"));
	case TYPE_UUID:
	case TYPE_BYTES:
		return false; /* no value of these stands for "none" */
	}
	return false;
}
