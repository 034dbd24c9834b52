#include "tests/cache/property/broken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/memory_store.h"
#include "cache/scripts.h"
#include "cache/shelf.h"

static const struct rule {
	const char *name, *old, *new;
} rules[] = {
	{ "tomb", "tonumber(tomb) >= copy.began", "false" },
	{ "era", "f = run .. fresh", "f = run .. '00000001'" },
	{ "whole", "  raise(floors, tombs, f, at, name)", "" },
	{ "index", "if all or m[2] >= 2 then", "if false then" },
	{ "compare", "if v ~= seen then return {2, v ~= '' and redis.call('GET', sheaf)} end", "" },
	{ "eviction", "== evicted()", "~= false" },
};
static struct {
	const char *name;
	bool out;
} rules_in_c[] = { { "admit", false }, { "drop", false }, { "flush", false }, { "stamp", false } };
enum { ADMIT, DROP, FLUSH, STAMP };

enum { SCRIPT_MOST = 16384 };
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
	for (size_t i = 0; name && i < ARRAY_LEN(rules_in_c); i++)
		if (strcmp(rules_in_c[i].name, name) == 0)
			return rules_in_c[i].out = true;
	for (size_t i = 0; name && i < ARRAY_LEN(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			chosen = &rules[i];
	return !name || (chosen && take_out_everywhere());
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
	return rules_in_c[ADMIT].out || __real_memory_names_admit(names, node, wholes);
}

void __real_shelf_drop(struct shelf *s, struct str key);
void __wrap_shelf_drop(struct shelf *s, struct str key);

/* In place of that of shelf.c. */
void __wrap_shelf_drop(struct shelf *s, struct str key)
{
	if (!rules_in_c[DROP].out)
		__real_shelf_drop(s, key);
}

void __real_shelf_flush(struct shelf *s);
void __wrap_shelf_flush(struct shelf *s);

/* The same. */
void __wrap_shelf_flush(struct shelf *s)
{
	if (!rules_in_c[FLUSH].out)
		__real_shelf_flush(s);
}

bool __real_shelf_put(struct shelf *s, struct str key, struct str bytes, uint64_t expires_us,
		     const struct shelf_stamp *stamp);
bool __wrap_shelf_put(struct shelf *s, struct str key, struct str bytes, uint64_t expires_us,
		     const struct shelf_stamp *stamp);

/* The same. */
bool __wrap_shelf_put(struct shelf *s, struct str key, struct str bytes, uint64_t expires_us,
		     const struct shelf_stamp *stamp)
{
	return __real_shelf_put(s, key, bytes, expires_us, rules_in_c[STAMP].out ? NULL : stamp);
}

bool __real_shelf_stamp_holds(const struct shelf *s, const struct shelf_stamp *stamp);
bool __wrap_shelf_stamp_holds(const struct shelf *s, const struct shelf_stamp *stamp);

/* The same. */
bool __wrap_shelf_stamp_holds(const struct shelf *s, const struct shelf_stamp *stamp)
{
	return rules_in_c[STAMP].out || __real_shelf_stamp_holds(s, stamp);
}
