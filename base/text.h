/* text.h - UTF-8 checks, display width, likeness of names. No state; safe from any thread. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/base.h"

/* Is it well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF)? */
bool text_is_utf8(struct str s);
/* Decode one character at s.p (s.n > 0); returns bytes consumed (>= 1), U+FFFD in *cp for a bad byte. */
size_t text_next(struct str s, uint32_t *cp) NONNULL(2);
/* Encode into out[4]; returns bytes. Surrogates and values above U+10FFFF become U+FFFD. */
size_t text_encode(uint32_t cp, char out[4]) NONNULL(2);
/* Does it hold a control character of ASCII? */
bool text_has_control(struct str s);
/* At most `most` bytes of UTF-8, none of a character that would be cut. */
struct str text_cut(struct str s, size_t most);
/* A decimal digit of ASCII? */
static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
/* A letter of ASCII as a small one; everything else as it is. */
static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}
/* With a NUL behind it into `room` bytes; one that has no room becomes the empty text. */
void text_copy(char *out, size_t room, struct str s) NONNULL(1);
/* Terminal cells: East Asian wide characters (Hangul syllables, CJK, full-width forms, emoji) are two,
 * combining marks none. */
size_t text_cells(struct str s);
/* Damerau-Levenshtein distance (adjacent swap = 1) in bytes of two ASCII-ish names, capped at `most` + 1.
 * Names over 127 bytes are told apart only as equal or not. */
unsigned text_distance(struct str a, struct str b, unsigned most);
/* The most alike of `names` for a did-you-mean: the same one in other case, or NULL when none is near
 * (distance over max(1, length/3)). */
const char *text_nearest(struct str name, const char *const *names, size_t n_names);
/* strtoull without surprises: decimal digits only, whole view, no overflow. */
bool text_to_u64(struct str s, uint64_t *out) MUST_CHECK NONNULL(2);
enum { TEXT_I64_MOST = sizeof("-9223372036854775808") - 1 };
/* Its decimal digits, without a NUL; returns how many bytes. Not by printf: an answer has dozens of numbers, and it
 * would cost more than writing them. */
size_t text_from_i64(int64_t value, char out[TEXT_I64_MOST]) NONNULL(2);
/* What a hexadecimal digit of either case stands for; -1: it is none. */
int text_hex_digit(char c);
/* The byte of the two at `digits`; -1: one of them is none. */
int text_hex_byte(const char *digits) NONNULL(1);
/* The lowest `digits` hexadecimal digits of `value`, and a NUL. Returns where the NUL stands. */
char *text_from_hex(uint64_t value, size_t digits, char *out) NONNULL(3) __attribute__((returns_nonnull));

#endif
