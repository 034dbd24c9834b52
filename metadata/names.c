#include "metadata/names.h"

#include "base/map.h"
#include "base/text.h"

struct names {
	struct arena *mem;
	struct diags *ds;
	struct map *by_name[NAMES_KINDS];
	struct named *first[NAMES_KINDS];
	struct named *last[NAMES_KINDS];
	bool incomplete[NAMES_KINDS]; /* there may be more than we know */
	bool faulty[NAMES_KINDS];
};

static const struct {
	const char *word;
	const char *unknown;
} kinds[] = {
	[NAMES_SOURCE] = { "source", "M0140" }, [NAMES_KEY] = { "key", "M0143" },
	[NAMES_CODES] = { "codes", "M0144" },	[NAMES_CLASS] = { "class", "M0145" },
	[NAMES_PART] = { "part", "M0141" },	[NAMES_PATH] = { "path", "M0146" },
	[NAMES_VIEW] = { "view", "M0147" },	[NAMES_WEBLOG] = { "weblog", NULL },
	[NAMES_TEST] = { "test", NULL },
};

struct names *names_new(struct arena *mem, struct diags *ds, bool incomplete)
{
	struct names *names = arena_new_of(mem, struct names);

	names->mem = mem;
	names->ds = ds;
	for (size_t k = 0; k < NAMES_KINDS; k++) {
		names->by_name[k] = map_new(mem);
		names->incomplete[k] = incomplete;
	}
	return names;
}

struct named *names_add(struct names *names, enum names_kind kind, struct str name, struct span at,
			void *thing)
{
	struct named *named = names_get(names, kind, name);

	if (named) {
		names->faulty[kind] = true;
		diag_add(names->ds, "M0120", at,
			 arena_printf(names->mem, "the first one is at %s:%u:%u", named->at.file,
				      named->at.line, named->at.column)
				 .p,
			 "the %s `%.*s` is declared a second time", kinds[kind].word, STR_ARG(name));
		return NULL;
	}
	named = arena_new_of(names->mem, struct named);
	*named = (struct named){ .name = name, .at = at, .thing = thing };
	(void)map_set(names->by_name[kind], name, named);
	if (names->last[kind])
		names->last[kind]->next = named;
	else
		names->first[kind] = named;
	names->last[kind] = named;
	return named;
}

struct named *names_get(const struct names *names, enum names_kind kind, struct str name)
{
	return map_get(names->by_name[kind], name);
}

struct named *names_first(const struct names *names, enum names_kind kind)
{
	return names->first[kind];
}

const char *names_near(struct arena *mem, struct str name, const char *const *known, size_t n)
{
	const char *near = text_nearest(name, known, n);

	return near ? arena_printf(mem, "did you mean `%s`?", near).p : NULL;
}

static const char *near_of_kind(const struct names *names, enum names_kind kind, struct str name)
{
	size_t n = map_count(names->by_name[kind]), i = 0;
	const char **known = arena_array_of(names->mem, const char *, n + 1);

	for (const struct named *one = names->first[kind]; one; one = one->next)
		known[i++] = arena_cstr(names->mem, one->name);
	return names_near(names->mem, name, known, i);
}

struct named *names_want_named(struct names *names, enum names_kind kind, struct str name, struct span at)
{
	struct named *named = names_get(names, kind, name);

	if (named)
		return named->ok ? named : NULL;
	if (!names->incomplete[kind])
		diag_add(names->ds, kinds[kind].unknown, at, near_of_kind(names, kind, name),
			 "no %s `%.*s` is declared", kinds[kind].word, STR_ARG(name));
	return NULL;
}

void *names_want(struct names *names, enum names_kind kind, struct str name, struct span at)
{
	const struct named *named = names_want_named(names, kind, name, at);

	return named ? named->thing : NULL;
}

bool names_whole(const struct names *names, enum names_kind kind)
{
	for (const struct named *one = names->first[kind]; one; one = one->next)
		if (!one->ok)
			return false;
	return !names->incomplete[kind] && !names->faulty[kind];
}

void names_spoil(struct names *names, enum names_kind kind)
{
	names->incomplete[kind] = true;
}
