#include "federator/view/mask_kinds.h"

#include "base/text.h"

enum { PARTS_MAX = 16, SHOWN_MOST = 2, DISTRICTS_MOST = 2 };

/* ---- Korean: what stands above 읍, 면 and 동, in words that are known ---- */

static bool is_in(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, str_of(words[i])))
			return true;
	return false;
}

static bool is_province(struct str word)
{
	static const char *const words[] = {
#define PROVINCE(word) word,
#define DISTRICT(word)
#include "federator/view/districts.def"
#undef PROVINCE
#undef DISTRICT
	};

	return is_in(word, words, ARRAY_LEN(words));
}

static bool is_district(struct str word)
{
	static const char *const words[] = {
#define PROVINCE(word)
#define DISTRICT(word) word,
#include "federator/view/districts.def"
#undef PROVINCE
#undef DISTRICT
	};

	return is_in(word, words, ARRAY_LEN(words));
}

static struct str word_next(struct str *rest)
{
	struct str word;

	while (rest->n && (*rest->p == ' ' || *rest->p == ','))
		*rest = (struct str){ rest->p + 1, rest->n - 1 };
	word = *rest;
	for (word.n = 0; word.n < rest->n && word.p[word.n] != ' ' && word.p[word.n] != ',';)
		word.n++;
	*rest = (struct str){ rest->p + word.n, rest->n - word.n };
	return word;
}

/* "06236", "(06236)", and what is left of one that is masked. */
static bool is_postcode(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!memchr("0123456789()-*", word.p[i], 14))
			return false;
	return word.n > 0;
}

/* The NULL view: it begins like none. */
static struct str korean(struct str text, struct arena *mem)
{
	struct str rest = text, word = word_next(&rest), out = { 0 };
	size_t districts = 0;

	if (is_postcode(word))
		word = word_next(&rest);
	if (is_province(word)) {
		out = word;
		word = word_next(&rest);
	}
	for (; districts < DISTRICTS_MOST && is_district(word); districts++) {
		out = out.n ? arena_printf(mem, "%.*s %.*s", STR_ARG(out), STR_ARG(word)) : word;
		word = word_next(&rest);
	}
	return out.n ? arena_printf(mem, "%.*s " MASK_WHOLE, STR_ARG(out)) : out;
}

/* ---- others: towns and countries behind the parts with numbers and streets ---- */

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (text_is_digit(s.p[i]) || s.p[i] == '*')
			return true;
	return false;
}

static bool ends_in(struct str word, const char *end)
{
	size_t n = strlen(end);

	if (word.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (text_lower(word.p[word.n - n + i]) != end[i])
			return false;
	return true;
}

/* A word for a street, or for what is below it. */
static bool is_street(struct str word)
{
	static const char *const whole[] = {
		"street", "st", "road", "rd", "avenue", "ave", "lane", "ln",
		"drive", "dr", "court", "ct", "place", "pl", "square", "sq",
		"close", "crescent", "way", "terrace", "house", "cottage", "farm", "building",
		"bldg", "tower", "floor", "flat", "suite", "ste", "apt", "apartment",
		"unit", "room", "box", "rue", "via", "calle", "rua", "allee",
		"boulevard", "blvd", "highway", "hwy", "parkway", "pkwy", "chemin", "avenida",
		"piazza", "plaza",
	};
	static const char *const ends[] = { "strasse", "straße", "str.", "weg", "gasse", "platz", "straat", "laan",
					    "gatan", "vej", "-ro", "-gil", "-daero", "-dong" };

	while (word.n && word.p[word.n - 1] == '.' && !ends_in(word, "str."))
		word.n--;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (word.n == strlen(whole[i]) && ends_in(word, whole[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends_in(word, ends[i]))
			return true;
	return false;
}

/* Two or three capitals behind a postcode belong to it: 1012 AB, NW1 6XE. */
static bool is_of_postcode(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < 'A' || word.p[i] > 'Z')
			return false;
	return word.n <= 3;
}

/* Latin letters, with a capital in front, or a word that names of places have inside: am, de, upon. */
static bool is_of_place(struct str word)
{
	static const char *const inside[] = { "am", "an", "and", "by", "de", "del", "der", "du", "en", "im", "in",
					      "la", "le", "les", "of", "on", "sur", "the", "upon" };
	struct str rest = word;
	bool capital = false;

	while (rest.n) {
		uint32_t cp;
		size_t used = text_next(rest, &cp);
		bool low = cp >= 'a' && cp <= 'z', high = (cp >= 'A' && cp <= 'Z') || (cp >= 0xC0 && cp <= 0x24F);

		if (rest.p == word.p)
			capital = high;
		if (!low && !high && cp != '-' && cp != '.' && cp != '\'')
			return false;
		rest = (struct str){ rest.p + used, rest.n - used };
	}
	return capital || is_in(word, inside, ARRAY_LEN(inside));
}

/* A part of an address as it is shown: its words without postcodes. The NULL view: not at all. */
static struct str place(struct str part, struct arena *mem)
{
	struct str rest = part, out = { 0 }, word;
	bool behind_code = false;

	while ((word = word_next(&rest)).n) {
		bool code = has_digit(word), coded = code || (behind_code && is_of_postcode(word));

		if (!coded && (is_street(word) || !is_of_place(word)))
			return (struct str){ 0 };
		if (!coded)
			out = out.n ? arena_printf(mem, "%.*s %.*s", STR_ARG(out), STR_ARG(word)) : word;
		behind_code = code;
	}
	return out;
}

static size_t split(struct str text, struct str parts[PARTS_MAX])
{
	size_t n = 0;

	for (struct str rest = text;;) {
		const char *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;

		if (n == PARTS_MAX)
			return 0;
		parts[n++] = (struct str){ rest.p, comma ? (size_t)(comma - rest.p) : rest.n };
		if (!comma)
			return n;
		rest = (struct str){ comma + 1, rest.n - parts[n - 1].n - 1 };
	}
}

/* A part with a number is the street, or below it: at most the last two that stand behind one are shown. */
static struct str western(struct str text, struct arena *mem)
{
	struct str parts[PARTS_MAX], out = { 0 };
	size_t n = split(text, parts), street = 0;

	while (street < n && !has_digit(parts[street]))
		street++;
	for (size_t i = n; i-- > street + 1 && n - i <= SHOWN_MOST;) {
		struct str shown = place(parts[i], mem);

		if (!shown.n)
			break;
		out = out.n ? arena_printf(mem, "%.*s, %.*s", STR_ARG(shown), STR_ARG(out)) : shown;
	}
	return out.n ? arena_printf(mem, MASK_WHOLE ", %.*s", STR_ARG(out)) : mask_whole;
}

struct str mask_address(struct str text, struct arena *mem)
{
	struct str out;

	if (!text_is_utf8(text) || text_has_control(text))
		return mask_whole;
	out = korean(text, mem);
	return out.n ? out : western(text, mem);
}
