#include "tests/cache/property/broken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/memory_store.h"
#include "cache/scripts.h"

static const struct rule {
	const char *name, *old, *new;
} rules[] = {
	{ "tomb", "tonumber(tomb) >= began", "false" },
	{ "era", "f = run .. fresh", "f = run .. '00000001'" },
	{ "whole", "  raise(name)", "" },
	{ "index", "redis.call('UNLINK', copies .. member)", "0" },
	{ "eviction", "~= evicted()", "~= evicted() and false" },
};
static const char in_memory[] = "admit"; /* the one rule that is C */
static bool admit_all;

enum { SCRIPT_MOST = 8192 };
static const struct rule *chosen;
static char broken[SCRIPTS][SCRIPT_MOST]; /* empty: as it is */

struct str __real_script_text(enum script script);
struct str __wrap_script_text(enum script script);

static void take_out(struct str text, const char *at, char *to)
{
	const char *rest = at + strlen(chosen->old);
	int n = snprintf(to, SCRIPT_MOST, "%.*s%s%.*s", (int)(at - text.p), text.p, chosen->new,
			 (int)(text.p + text.n - rest), rest);

	if (n < 0 || n >= SCRIPT_MOST)
		abort();
}

/* A rule that is in no script must not be taken for one that does not matter. */
static bool take_out_everywhere(void)
{
	bool found = false;

	for (unsigned i = 0; i < SCRIPTS; i++) {
		struct str text = __real_script_text((enum script)i);
		const char *at = memmem(text.p, text.n, chosen->old, strlen(chosen->old));

		if (at)
			take_out(text, at, broken[i]);
		found = found || at;
	}
	if (!found)
		fprintf(stderr, "no `%s` in the scripts\n", chosen->old);
	return found;
}

bool broken_choose(const char *name)
{
	admit_all = name && strcmp(name, in_memory) == 0;
	for (size_t i = 0; name && i < ARRAY_LEN(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			chosen = &rules[i];
	return !name || admit_all || (chosen && take_out_everywhere());
}

/* In place of that of scripts.c; see the linker's --wrap. */
struct str __wrap_script_text(enum script script)
{
	return broken[script][0] ? str_of(broken[script]) : __real_script_text(script);
}

bool __real_memory_names_admit(const struct names *names, const struct node *node, const struct cache_wholes *wholes);
bool __wrap_memory_names_admit(const struct names *names, const struct node *node, const struct cache_wholes *wholes);

/* In place of that of memory_names.c. */
bool __wrap_memory_names_admit(const struct names *names, const struct node *node, const struct cache_wholes *wholes)
{
	return admit_all || __real_memory_names_admit(names, node, wholes);
}
