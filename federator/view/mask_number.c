#include "federator/view/mask_kinds.h"

#include "base/text.h"

enum {
	BYTES_MAX = 44, /* an IBAN in groups of four */
	PHONE_DIGITS_MAX = 15, /* ITU-T E.164 */
	PHONE_SHORT_MAX = 6,
	CARD_DIGITS_MIN = 13,
	CARD_DIGITS_MAX = 19, /* ISO/IEC 7812-1 */
	ACCOUNT_MIN = 8,
	ACCOUNT_MAX = 34, /* of an IBAN, ISO 13616 */
};

/* A number with separators. A star stands for a digit that a source has hidden already. */
struct number {
	char text[BYTES_MAX];
	size_t n;
	unsigned char at[BYTES_MAX]; /* where digit i stands in text */
	size_t digits;
};

/* False: another byte than digits, stars and `separators`; then *out is of no use. */
static bool number_read(struct str text, const char *separators, struct number *out)
{
	if (text.n > BYTES_MAX)
		return false;
	out->n = text.n;
	out->digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (text_is_digit(c) || c == '*')
			out->at[out->digits++] = (unsigned char)i;
		else if (c == '\0' || !strchr(separators, c))
			return false;
		out->text[i] = c;
	}
	return true;
}

/* Hide all digits but the first `head` and the last `tail`. */
static struct str number_hide(struct number *num, size_t head, size_t tail, struct arena *mem)
{
	for (size_t i = head; i + tail < num->digits; i++)
		num->text[num->at[i]] = '*';
	return arena_str(mem, (struct str){num->text, num->n});
}

static char digit(const struct number *num, size_t i)
{
	return i < num->digits ? num->text[num->at[i]] : '\0';
}

/* Digits of an area or mobile prefix that begins at digit i with its 0. In Korea only Seoul has a short one.
 */
static size_t national_prefix(const struct number *num, size_t i)
{
	return digit(num, i + 1) == '2' ? 2 : 3;
}

/* Digits in front that tell network or region, not the subscriber. */
static size_t phone_prefix(const struct number *num)
{
	if (num->text[0] == '+') {
		if (digit(num, 0) != '8' || digit(num, 1) != '2')
			return 2;
		if (digit(num, 2) == '0')
			return 2 + national_prefix(num, 2);
		return digit(num, 2) == '2' ? 3 : 4;
	}
	if (digit(num, 0) == '0')
		return national_prefix(num, 0);
	return num->digits >= 10 ? 3 : 0;
}

struct str mask_number_phone(struct str text, struct arena *mem)
{
	struct number num;
	size_t prefix, most;

	if (text.n < 3 || (text.n > 0 && memchr(text.p + 1, '+', text.n - 1)) ||
	    !number_read(text, "+-. ()/", &num) || num.digits < 3 || num.digits > PHONE_DIGITS_MAX)
		return mask_whole;
	if (num.digits <= PHONE_SHORT_MAX)
		return number_hide(&num, 0, 2, mem);
	prefix = phone_prefix(&num);
	most = num.digits - 4 - 3; /* at least three digits are hidden */
	return number_hide(&num, prefix < most ? prefix : most, 4, mem);
}

struct str mask_number_card(struct str text, struct arena *mem)
{
	struct number num;

	if (!number_read(text, "- ", &num) || num.digits < CARD_DIGITS_MIN || num.digits > CARD_DIGITS_MAX)
		return mask_whole;
	return number_hide(&num, 6, 4, mem);
}

/* An IBAN begins with letters, and may have more of them: they count as digits. */
struct str mask_number_account(struct str text, struct arena *mem)
{
	char digits[BYTES_MAX];
	struct number num;

	if (text.n > BYTES_MAX)
		return mask_whole;
	for (size_t i = 0; i < text.n; i++)
		digits[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? '0' : text.p[i];
	if (!number_read((struct str){ digits, text.n }, "- ", &num) || num.digits < ACCOUNT_MIN ||
	    num.digits > ACCOUNT_MAX)
		return mask_whole;
	memcpy(num.text, text.p, text.n);
	return number_hide(&num, 0, 4, mem);
}

/* Do the first six digits say a date, YYMMDD? */
static bool is_birth_date(const struct number *num)
{
	int month, day;

	for (size_t i = 0; i < 6; i++)
		if (!text_is_digit(digit(num, i)))
			return false;
	month = 10 * (digit(num, 2) - '0') + digit(num, 3) - '0';
	day = 10 * (digit(num, 4) - '0') + digit(num, 5) - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

struct str mask_number_rrn(struct str text, struct arena *mem)
{
	struct number num;

	if (!number_read(text, "-", &num) || num.digits != 13 || !is_birth_date(&num) ||
	    (num.n != 13 && (num.n != 14 || num.text[6] != '-')))
		return mask_whole;
	return number_hide(&num, 6, 0, mem);
}
