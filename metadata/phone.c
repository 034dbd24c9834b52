#include "metadata/phone.h"

enum {
	FOREIGN_LEAST = 6, /* with the country code */
	E164_MOST = 15, /* digits, ITU-T E.164 */
	COUNTRY_MOST = 3,
	TYPED_MOST = 24, /* digits a person may type: prefixes and all */
	KR_SPECIAL = 8,
	US_NATIONAL = 10,
	RUSSIA_ALL = 11, /* with the country code */
};

/* The digits as typed. */
struct typed {
	char digits[TYPED_MOST];
	size_t n;
	bool plus;
};

static bool starts(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static struct str skip(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

/* The "(0)" of "+44 (0)20 7946 0000" is dialled at home only. In Italy the zero is part of the number. */
static bool home_zero(const struct typed *t, struct str behind)
{
	struct str country = { t->digits, t->n };

	return t->plus && t->n > 0 && t->n <= COUNTRY_MOST && starts(behind, "(0)") && !starts(country, "39");
}

static bool type_in(struct str text, struct typed *t)
{
	*t = (struct typed){ .n = 0 };
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c >= '0' && c <= '9') {
			if (t->n == TYPED_MOST)
				return false;
			t->digits[t->n++] = c;
		} else if (c == '+') {
			if (t->plus || t->n > 0)
				return false;
			t->plus = true;
		} else if (home_zero(t, skip(text, i))) {
			i += strlen("(0)") - 1;
		} else if (c == '\0' || !strchr(" -.()/", c)) {
			return false;
		}
	}
	return t->n > 0;
}

/* Numbers behind the trunk zero: leading digits, least and most digits in all. The first row that fits
 * decides. */
static const struct {
	const char *lead;
	size_t least, most;
} kr_plan[] = {
	{ "10", 9, 10 }, { "11", 9, 10 }, { "12", 9, 10 }, { "15", 9, 10 },  { "16", 9, 10 },
	{ "17", 9, 10 }, { "18", 9, 10 }, { "19", 9, 10 }, { "2", 8, 9 },    { "3", 9, 10 },
	{ "4", 9, 10 },	 { "50", 10, 11 }, { "5", 9, 10 }, { "6", 9, 10 },   { "70", 9, 10 },
	{ "80", 9, 10 },
};

static bool kr_behind_zero(struct str s)
{
	for (size_t i = 0; i < ARRAY_LEN(kr_plan); i++)
		if (starts(s, kr_plan[i].lead))
			return s.n >= kr_plan[i].least && s.n <= kr_plan[i].most;
	return false;
}

static bool kr_special(struct str s)
{
	return s.n == KR_SPECIAL && (starts(s, "15") || starts(s, "16") || starts(s, "18"));
}

/* Spreadsheets and number columns eat the trunk zero. Only a mobile number is certain without it: 2123-4567 is
 * written without an area code, 4155551212 in America. */
static bool kr_lost_zero(struct str s)
{
	return s.n > KR_SPECIAL && starts(s, "1") && !starts(s, "12") && !starts(s, "15") && kr_behind_zero(s);
}

static bool put_e164(const char *country, struct str rest, struct arena *mem, struct str *out)
{
	size_t n = 1 + strlen(country) + rest.n;
	char *text = arena_alloc(mem, n + 1);

	*text = '+';
	memcpy(stpcpy(text + 1, country), rest.p, rest.n);
	*out = (struct str){ text, n };
	return true;
}

/* Country codes that no country has, or had until it joined another's plan (ITU-T E.164, assigned codes). */
static const char *const unassigned[] = {
	"0",   "210", "214", "215", "217", "219", "259", "28",	"292", "293", "294", "295", "296",
	"379", "384", "388", "422", "424", "425", "426", "427", "428", "429", "671", "684", "693",
	"694", "695", "696", "697", "698", "699", "801", "802", "803", "804", "805", "806", "807",
	"809", "83",  "851", "854", "857", "858", "859", "871", "872", "873", "874", "875", "876",
	"877", "879", "884", "885", "887", "889", "89",	 "969", "978", "990", "991", "997", "999",
};

static bool is_assigned(struct str s)
{
	for (size_t i = 0; i < ARRAY_LEN(unassigned); i++)
		if (starts(s, unassigned[i]))
			return false;
	return true;
}

/* With the country code. No area begins with 0 or 1: those begin prefixes. The rest is not checked: numbers in use
 * are not always in the plan. */
static bool american(struct str s)
{
	return s.n == 1 + US_NATIONAL && starts(s, "1") && s.p[1] >= '2';
}

static bool foreign(struct str s, const char *home, struct arena *mem, struct str *out)
{
	if (s.n < FOREIGN_LEAST || s.n > E164_MOST || !is_assigned(s) || starts(s, home))
		return false;
	if ((starts(s, "1") && !american(s)) || (starts(s, "7") && s.n != RUSSIA_ALL))
		return false;
	return put_e164("", s, mem, out);
}

/* Behind the country code, where people also write "+82 (0)10 ...". */
static bool kr_behind_82(struct str s, struct arena *mem, struct str *out)
{
	bool zero = starts(s, "0");
	struct str bare = zero ? skip(s, 1) : s;

	if (!kr_behind_zero(bare) && (zero || !kr_special(bare)))
		return false;
	return put_e164("82", bare, mem, out);
}

/* Behind "00": what chooses the carrier of a call abroad. */
static const char *const kr_carriers[] = { "1",	  "2",	 "5",	"6",   "8",  "9",   "345", "365",
					   "391", "700", "727", "73", "755", "761", "762", "766" };

static bool kr_by_carrier(struct str s, bool home, struct arena *mem, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(kr_carriers); i++) {
		struct str rest;

		if (!starts(s, kr_carriers[i]))
			continue;
		rest = skip(s, strlen(kr_carriers[i]));
		if (home ? starts(rest, "82") && kr_behind_82(skip(rest, 2), mem, out) :
			   foreign(rest, "82", mem, out))
			return true;
	}
	return false;
}

/* 0082 and 00X82 with a carrier before 00 and another country, and that before 00X and another country: 0049...
 * is how databases write +49. */
static bool kr_behind_00(struct str s, struct arena *mem, struct str *out)
{
	if (starts(s, "82")) /* never also carrier 008 and a country 2xx */
		return kr_behind_82(skip(s, 2), mem, out);
	return kr_by_carrier(s, true, mem, out) || foreign(s, "82", mem, out) ||
	       kr_by_carrier(s, false, mem, out);
}

static bool read_kr(const struct typed *t, struct arena *mem, struct str *out)
{
	struct str s = { t->digits, t->n };

	if (t->plus)
		return starts(s, "82") ? kr_behind_82(skip(s, 2), mem, out) :
					 foreign(s, "82", mem, out);
	if (starts(s, "00"))
		return kr_behind_00(skip(s, 2), mem, out);
	if (starts(s, "82"))
		return kr_behind_82(skip(s, 2), mem, out);
	if (kr_special(s) || kr_lost_zero(s))
		return put_e164("82", s, mem, out);
	if (!starts(s, "0") || !kr_behind_zero(skip(s, 1)))
		return false;
	return put_e164("82", skip(s, 1), mem, out);
}

static bool read_us(const struct typed *t, struct arena *mem, struct str *out)
{
	struct str s = { t->digits, t->n };
	bool abroad = t->plus || starts(s, "011");

	if (abroad && !t->plus)
		s = skip(s, strlen("011"));
	if (american(s))
		return put_e164("", s, mem, out);
	if (abroad)
		return foreign(s, "1", mem, out);
	return s.n == US_NATIONAL && s.p[0] >= '2' && put_e164("1", s, mem, out);
}

bool phone_read(enum key_type type, struct str text, struct arena *mem, struct str *e164_out)
{
	struct typed t;

	if (!type_in(text, &t))
		return false;
	return type == KEY_PHONE_US ? read_us(&t, mem, e164_out) : read_kr(&t, mem, e164_out);
}

static struct str dash(struct str digits, size_t area, struct arena *mem)
{
	struct str middle = { digits.p + area, digits.n - area - 4 };
	struct str last = skip(digits, digits.n - 4);

	if (area == 0)
		return arena_printf(mem, "%.*s-%.*s", STR_ARG(middle), STR_ARG(last));
	return arena_printf(mem, "%.*s-%.*s-%.*s", (int)area, digits.p, STR_ARG(middle), STR_ARG(last));
}

static size_t kr_area(struct str digits)
{
	if (kr_special(digits))
		return 0;
	return starts(digits, "02") ? 2 : starts(digits, "050") ? 4 : 3;
}

/* "00" and a foreign number can look like a carrier's 00X82 and a Korean one: such a number is not
 * written. */
static bool kr_abroad(struct str e164, struct arena *mem, struct str *out)
{
	struct str digits = arena_printf(mem, "00%.*s", STR_ARG(skip(e164, 1)));
	struct str back;

	if (!phone_read(KEY_PHONE_KR, digits, mem, &back) || !str_eq(back, e164))
		return false;
	*out = digits;
	return true;
}

static bool write_kr(bool dashed, struct str e164, struct arena *mem, struct str *out)
{
	struct str rest, digits;

	if (!starts(e164, "+82"))
		return !dashed && kr_abroad(e164, mem, out);
	rest = skip(e164, 3);
	digits = kr_special(rest) ? rest : arena_printf(mem, "0%.*s", STR_ARG(rest));
	*out = dashed ? dash(digits, kr_area(digits), mem) : digits;
	return true;
}

static bool write_us(bool dashed, struct str e164, struct arena *mem, struct str *out)
{
	struct str digits;

	if (!starts(e164, "+1"))
		return false;
	digits = skip(e164, 2);
	*out = dashed ? dash(digits, 3, mem) : digits;
	return true;
}

bool phone_write(enum key_type type, const char *form, struct str e164, struct arena *mem, struct str *out)
{
	bool dashed = strcmp(form, "dashed") == 0;
	struct str same;

	if (!starts(e164, "+") || !phone_read(type, e164, mem, &same) || !str_eq(same, e164))
		return false;
	if (strcmp(form, "e164") == 0) {
		*out = e164;
		return true;
	}
	return type == KEY_PHONE_US ? write_us(dashed, e164, mem, out) :
				      write_kr(dashed, e164, mem, out);
}
