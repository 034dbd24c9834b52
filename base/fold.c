#include "base/fold.h"

#include <assert.h>

enum { END = 0, REPLACEMENT = 0xFFFD };

/* Base letters of U+00C0 to U+017F; `?`: no letter. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
			    "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
/* And of U+1E00 to U+1EFF. */
static const char more_latin[] = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmm"
				 "nnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwww"
				 "xxxxyyzzzzzzhtwyassssdaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooo"
				 "oooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyllvvyy";

static_assert(sizeof(latin) - 1 == 0x180 - 0xC0 && sizeof(more_latin) - 1 == 0x100, "a letter for each");

/* The next code point; END at the end. What is no UTF-8 is taken byte by byte. */
static uint32_t next_point(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n = 1;
	uint32_t point;

	if (s->n == 0)
		return END;
	point = p[0];
	if (p[0] >= 0xC2 && p[0] < 0xF5)
		n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (n > s->n)
		n = 1;
	if (n > 1)
		point &= 0x7Fu >> n;
	for (size_t i = 1; i < n; i++)
		point = point << 6 | (p[i] & 0x3F);
	*s = (struct str){ s->p + n, s->n - n };
	return point ? point : REPLACEMENT;
}

static uint32_t folded(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E) /* full width */
		c -= 0xFF01 - '!';
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	if (c >= 0xC0 && c < 0x180 && latin[c - 0xC0] != '?')
		return (unsigned char)latin[c - 0xC0];
	if (c >= 0x1E00 && c < 0x1F00)
		return (unsigned char)more_latin[c - 0x1E00];
	if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
		return c + 0x20;
	return c >= 0x400 && c <= 0x40F ? c + 0x50 : c;
}

/* The next letter, without the accents that stand behind it. */
static uint32_t next_letter(struct str *s)
{
	uint32_t c = next_point(s);

	while (c >= 0x300 && c <= 0x36F)
		c = next_point(s);
	return folded(c);
}

static struct str without_blanks(struct str s)
{
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

bool fold_alike(struct str a, struct str b)
{
	uint32_t x, y;

	a = without_blanks(a);
	b = without_blanks(b);
	do {
		x = next_letter(&a);
		y = next_letter(&b);
	} while (x == y && x != END);
	return x == y;
}

uint64_t fold_hash(struct str s)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, by letters */
	uint32_t c;

	s = without_blanks(s);
	while ((c = next_letter(&s)) != END)
		hash = (hash ^ c) * 0x100000001b3;
	return hash;
}
