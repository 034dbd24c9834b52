#include "federator/view/mask_kinds.h"

#include "base/text.h"

enum { CHARS_MAX = 64 };

struct name {
	uint32_t cp[CHARS_MAX];
	size_t n;
	bool east_asian; /* Hangul, Han or kana only: no words */
};

static bool is_east_asian(uint32_t cp)
{
	return (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x3040 && cp <= 0x30FF) ||
	       (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x4E00 && cp <= 0x9FFF);
}

/* May the character stand in a name? Everything beyond Latin-1's signs counts as a letter. */
static bool is_letter(uint32_t cp)
{
	return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || cp >= 0xC0;
}

/* What may stand in a name beside letters: also the star of a source that masks. */
static bool is_mark(uint32_t cp)
{
	return cp > 0 && cp < 0x80 && strchr(" *.,'-", (int)cp);
}

/* Decode; false: not a name. */
static bool name_read(struct str text, struct name *out)
{
	bool star = false, blank = false;
	struct str rest = text;

	*out = (struct name){.east_asian = true};
	if (!text_is_utf8(text))
		return false;
	while (rest.n > 0) {
		uint32_t cp;
		size_t used = text_next(rest, &cp);

		if (out->n == CHARS_MAX || (!is_letter(cp) && !is_mark(cp)))
			return false;
		star = star || cp == '*';
		blank = blank || cp == ' ';
		out->east_asian = out->east_asian && (is_east_asian(cp) || cp == '*' || cp == ' ');
		out->cp[out->n++] = cp;
		rest = (struct str){rest.p + used, rest.n - used};
	}
	out->east_asian = out->east_asian && !(star && blank); /* initials of another script's words */
	return true;
}

static struct str name_write(const struct name *name, struct arena *mem)
{
	char *out = arena_alloc(mem, 4 * name->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < name->n; i++)
		n += text_encode(name->cp[i], out + n);
	return (struct str){out, n};
}

static void drop_blanks(struct name *name)
{
	size_t n = 0;

	for (size_t i = 0; i < name->n; i++)
		if (name->cp[i] != ' ')
			name->cp[n++] = name->cp[i];
	name->n = n;
}

/* Characters of the surname: two for the compound Korean ones in front of a given name of two. */
static size_t surname(const struct name *name)
{
	static const uint32_t compound[][2] = {
		{0xB0A8, 0xAD81}, /* 남궁 */
		{0xD669, 0xBCF4}, /* 황보 */
		{0xC81C, 0xAC08}, /* 제갈 */
		{0xC120, 0xC6B0}, /* 선우 */
		{0xC0AC, 0xACF5}, /* 사공 */
		{0xB3C5, 0xACE0}, /* 독고 */
		{0xB3D9, 0xBC29}, /* 동방 */
		{0xC11C, 0xBB38}, /* 서문 */
	};

	for (size_t i = 0; i < ARRAY_LEN(compound) && name->n == 4; i++)
		if (name->cp[0] == compound[i][0] && name->cp[1] == compound[i][1])
			return 2;
	return 1;
}

static struct str east_asian_name(struct name *name, struct arena *mem)
{
	size_t last = name->n > 2 ? name->n - 1 : name->n;

	for (size_t i = surname(name); i < last; i++)
		name->cp[i] = '*';
	return name_write(name, mem);
}

/* Initials only; without any, or when they are most of the name ("K I M"), it is hidden whole. */
static struct str worded_name(struct name *name, struct arena *mem)
{
	size_t shown = 0, hidden = 0;
	bool inside = false;

	for (size_t i = 0; i < name->n; i++) {
		if (name->cp[i] == ' ') {
			inside = false;
			continue;
		}
		if (!inside && is_letter(name->cp[i])) {
			shown++;
		} else {
			name->cp[i] = '*';
			hidden++;
		}
		inside = true;
	}
	return shown > 0 && hidden > shown ? name_write(name, mem) : mask_whole;
}

struct str mask_name(struct str text, struct arena *mem)
{
	struct name n;

	if (!name_read(text, &n))
		return mask_whole;
	if (!n.east_asian)
		return worded_name(&n, mem);
	drop_blanks(&n);
	return n.n >= 2 ? east_asian_name(&n, mem) : mask_whole;
}
