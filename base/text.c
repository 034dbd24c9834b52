#include "base/text.h"

#include <limits.h>
#include <strings.h>

enum {
	REPLACEMENT = 0xFFFD,
	LONGEST_NAME = 127, /* for text_distance() */
};

struct range {
	uint32_t first;
	uint32_t last;
};

static const struct range wide[] = {
#define WIDE(first, last) { first, last },
#define ZERO(first, last)
#include "base/text_width.def"
#undef WIDE
#undef ZERO
};

static const struct range zero[] = {
#define WIDE(first, last)
#define ZERO(first, last) { first, last },
#include "base/text_width.def"
#undef WIDE
#undef ZERO
};

/* What a lead byte promises: bytes in all, and the least value they may encode; {0, 0} for no lead byte. */
static struct {
	unsigned bytes;
	uint32_t least;
} const lead_of[32] = {
	[24] = { 2, 0x80 },    [25] = { 2, 0x80 },    [26] = { 2, 0x80 },     [27] = { 2, 0x80 },
	[28] = { 3, 0x800 },   [29] = { 3, 0x800 },   [30] = { 4, 0x10000 },
};

static bool is_scalar(uint32_t cp)
{
	return cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF);
}

size_t text_next(struct str s, uint32_t *cp)
{
	unsigned char first = (unsigned char)s.p[0];
	unsigned bytes = lead_of[first >> 3].bytes;
	uint32_t value = first & (0x7Fu >> bytes);

	*cp = first;
	if (first < 0x80)
		return 1;
	*cp = REPLACEMENT;
	if (bytes == 0 || s.n < bytes)
		return 1;
	for (unsigned i = 1; i < bytes; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c & 0xC0) != 0x80)
			return 1;
		value = value << 6 | (c & 0x3F);
	}
	if (value < lead_of[first >> 3].least || !is_scalar(value))
		return 1;
	*cp = value;
	return bytes;
}

/* Most text of most sources is ASCII: skip it a word at a time. */
static size_t ascii_words(struct str s)
{
	uint64_t word;
	size_t n = 0;

	for (; s.n - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s.p + n, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
	}
	return n;
}

bool text_is_utf8(struct str s)
{
	size_t at = ascii_words(s);
	uint32_t cp;

	while (at < s.n) {
		size_t used = text_next((struct str){ s.p + at, s.n - at }, &cp);

		if (used == 1 && cp == REPLACEMENT)
			return false;
		at += used;
	}
	return true;
}

size_t text_encode(uint32_t cp, char out[4])
{
	if (!is_scalar(cp))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

static bool in_ranges(const struct range *ranges, size_t n, uint32_t cp)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cp > ranges[mid].last)
			low = mid + 1;
		else if (cp < ranges[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

bool text_has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

void text_copy(char *out, size_t room, struct str s)
{
	size_t n = s.n < room ? s.n : 0;

	memcpy(out, n ? s.p : "", n);
	out[n] = '\0';
}

struct str text_cut(struct str s, size_t most)
{
	if (s.n <= most)
		return s;
	while (most && ((unsigned char)s.p[most] & 0xc0) == 0x80)
		most--;
	return (struct str){ s.p, most };
}

size_t text_cells(struct str s)
{
	size_t cells = 0;
	uint32_t cp;

	while (s.n > 0) {
		size_t used = text_next(s, &cp);

		if (cp < wide[0].first && cp < zero[0].first)
			cells++;
		else if (!in_ranges(zero, ARRAY_LEN(zero), cp))
			cells += in_ranges(wide, ARRAY_LEN(wide), cp) ? 2 : 1;
		s = (struct str){ s.p + used, s.n - used };
	}
	return cells;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* One more row of the distance table: `row` for a[i - 1], from the two rows above it. */
static void distance_row(struct str a, struct str b, size_t i, unsigned *const rows[3])
{
	const unsigned *two_up = rows[0], *up = rows[1];
	unsigned *row = rows[2];

	row[0] = (unsigned)i;
	for (size_t j = 1; j <= b.n; j++) {
		row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a.p[i - 1] != b.p[j - 1]));
		if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
			row[j] = least(row[j], two_up[j - 2] + 1);
	}
}

unsigned text_distance(struct str a, struct str b, unsigned most)
{
	unsigned cells[3][LONGEST_NAME + 1] = { 0 };
	unsigned *rows[3] = { cells[0], cells[1], cells[2] };
	unsigned cap = most < UINT_MAX ? most + 1 : most;

	if (a.n > LONGEST_NAME || b.n > LONGEST_NAME)
		return str_eq(a, b) ? 0 : cap;
	for (size_t j = 0; j <= b.n; j++)
		cells[2][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *free_row = rows[0];

		rows[0] = rows[1];
		rows[1] = rows[2];
		rows[2] = free_row;
		distance_row(a, b, i, rows);
	}
	return least(rows[2][b.n], cap);
}

const char *text_nearest(struct str name, const char *const *names, size_t n_names)
{
	unsigned near = name.n / 3 > 1 ? (unsigned)(name.n / 3) : 1;
	const char *best = NULL;

	for (size_t i = 0; i < n_names; i++)
		if (strlen(names[i]) == name.n && strncasecmp(names[i], name.p, name.n) == 0)
			return names[i];
	for (size_t i = 0; i < n_names; i++) {
		unsigned d = text_distance(name, str_of(names[i]), near);

		if (d > near || (best && d == near))
			continue;
		best = names[i];
		near = d;
	}
	return best;
}

bool text_to_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

size_t text_from_i64(int64_t value, char out[TEXT_I64_MOST])
{
	static const char pairs[] = "00010203040506070809" "10111213141516171819" "20212223242526272829"
				    "30313233343536373839" "40414243444546474849" "50515253545556575859"
				    "60616263646566676869" "70717273747576777879" "80818283848586878889"
				    "90919293949596979899";
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t n = 1 + (value < 0), at;

	for (uint64_t more = left; more > 9; more /= 100)
		n += more > 99 ? 2 : 1;
	for (at = n; left > 9; left /= 100) {
		out[--at] = pairs[left % 100 * 2 + 1];
		out[--at] = pairs[left % 100 * 2];
	}
	if (at > (value < 0 ? 1 : 0))
		out[--at] = (char)('0' + left);
	if (value < 0)
		out[0] = '-';
	return n;
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int text_hex_byte(const char *digits)
{
	int high = text_hex_digit(digits[0]), low = text_hex_digit(digits[1]);

	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

char *text_from_hex(uint64_t value, size_t digits, char *out)
{
	for (size_t at = digits; at > 0; value >>= 4)
		out[--at] = "0123456789abcdef"[value & 15];
	out[digits] = '\0';
	return out + digits;
}
