#include "federator/access/caller.h"

#include <assert.h>

#include "base/text.h"

void caller_name_set(char name[CALLER_NAME_BYTES], struct str text)
{
	text_copy(name, CALLER_NAME_BYTES, text);
}

void caller_everybody(const struct options *opt, struct caller *out)
{
	*out = (struct caller){ .proof = PROOF_NONE, .may = MAY_ALL };
	caller_name_set(out->role, str_of(opt->role));
	caller_name_set(out->purpose, str_of(opt->purpose));
}

bool caller_sees_alike(const struct caller *a, const struct caller *b)
{
	return strcmp(a->role, b->role) == 0 && strcmp(a->purpose, b->purpose) == 0;
}

bool caller_is_name(struct str name)
{
	if (!name.n || name.n >= CALLER_NAME_BYTES || !text_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c <= ' ' || c == 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static const struct word {
	const char *text;
	unsigned may;
} words[] = {
	{ "view", MAY_VIEW }, { "routing", MAY_ROUTE }, { "pops", MAY_POP },	{ "warm", MAY_WARM },
	{ "web", MAY_WEB },   { "mappings", MAY_MAP },	{ "purge", MAY_PURGE }, { "erase", MAY_ERASE },
	{ "export", MAY_EXPORT }, { "unmask", MAY_UNMASK }, { "contacts", MAY_CONTACT },
};

static_assert(MAY_ALL == (1 << ARRAY_LEN(words)) - 1, "each has a word");

unsigned may_of(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(word, str_of(words[i].text)))
			return words[i].may;
	return 0;
}

const char *may_word(unsigned may)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].may == may)
			return words[i].text;
	return "";
}

void may_put(unsigned may, const char *between, struct buf *out)
{
	const char *before = "";

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!(may & words[i].may))
			continue;
		buf_puts(out, before);
		buf_puts(out, words[i].text);
		before = between;
	}
}
