#include "metadata/block.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>

#include "base/memory.h"

enum { LEAST_MOST = 9 };

/* The C library's part hangs on a pointer of its own, so that freeing it needs no cast. */
struct block {
	regex_t *re;
	struct str begin; /* with what every match begins; empty: that is not known */
};

/* How often the character before `at` is there at least. */
static size_t least_of(const char *at)
{
	if (*at == '*' || *at == '?')
		return 0;
	if (*at != '{')
		return 1;
	return at[1] > '0' && at[1] <= '9' && (at[2] == '}' || at[2] == ',') ? (size_t)(at[1] - '0') : 0;
}

/* The literal text that a pattern is anchored to, as far as it is easily told: behind `^`, to the first character that
 * means more than itself. */
static struct str literal_begin(const char *pattern, struct arena *mem)
{
	char *text = arena_alloc(mem, strlen(pattern) + LEAST_MOST);
	size_t n = 0;

	if (*pattern != '^' || strchr(pattern, '|'))
		return (struct str){ text, 0 };
	for (const char *at = pattern + 1; *at; at++) {
		if (*at == '\\' && at[1] && strchr("+.()[]{}*?^$", at[1]))
			at++;
		else if (!isalnum((unsigned char)*at))
			break;
		memset(text + n, *at, least_of(at + 1));
		n += least_of(at + 1);
		if (at[1] && strchr("*?+{", at[1]))
			break;
	}
	return (struct str){ text, n };
}

bool block_compile(const char *pattern, struct arena *mem, const void **re_out, struct err *err)
{
	struct block *block = arena_new_of(mem, struct block);
	char why[128];
	int rc;

	block->re = arena_new_of(mem, regex_t);
	rc = regcomp(block->re, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		regerror(rc, block->re, why, sizeof(why));
		return err_set(err, ERR_MAPPING, "block", "not a POSIX extended regular expression: %s",
			       why);
	}
	block->begin = literal_begin(pattern, mem);
	*re_out = block;
	return true;
}

void block_free(const void *re)
{
	const struct block *block = re;

	if (block)
		regfree(block->re);
}

/* glibc 2.36 says "no match" also when it has no memory to look for one: then errno tells. */
static bool is_match(const regex_t *re, const char *text, bool *unknown_out)
{
	bool match;

	errno = 0;
	match = regexec(re, text, 0, NULL, 0) == 0;
	*unknown_out = !match && errno == ENOMEM;
	return match;
}

/* What nobody knows for want of memory is taken for a match: a blocked value is never asked for. */
static bool matches(const regex_t *re, const char *text)
{
	bool unknown, match = is_match(re, text, &unknown);

	if (!unknown)
		return match;
	memory_yield();
	match = is_match(re, text, &unknown);
	return match || unknown;
}

static bool begins(struct str s, struct str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

bool block_matches(const void *re, struct str value)
{
	const struct block *block = re;

	return begins(value, block->begin) && matches(block->re, value.p);
}
