#include "metadata/build.h"

enum { WAIT_MS_MAX = 10 * 60 * 1000 };

const char *build_keep(struct build *b, struct str s)
{
	return arena_cstr(b->mem, s);
}

static bool is_label(struct build *b, const struct elem *e)
{
	for (size_t i = 0; i < e->n_attrs; i++) {
		if (str_eq(e->attrs[i].name, STR("xml:lang")))
			continue;
		diag_add(b->ds, "M0103", e->attrs[i].name_at, "known attributes: xml:lang",
			 "<label> has no attribute `%.*s`", STR_ARG(e->attrs[i].name));
		return false;
	}
	if (elem_token(e, "xml:lang").n == 0)
		diag_add(b->ds, "M0108", e->at, "write <label xml:lang=\"en\">...</label>",
			 "a label says its language");
	else if (e->text.n == 0)
		diag_add(b->ds, "M0108", e->at, NULL, "a label has a text");
	else
		return true;
	return false;
}

struct labels build_labels(struct build *b, const struct elem *e)
{
	struct label *of = arena_array_of(b->mem, struct label, elem_count(e, "label") + 1);
	struct labels labels = { .of = of };

	for (const struct elem *c = elem_child(e, "label"); c; c = elem_sibling(c)) {
		struct str lang = elem_token(c, "xml:lang");
		bool again = false;

		if (!is_label(b, c))
			continue;
		for (size_t i = 0; i < labels.n; i++)
			again |= str_eq(str_of(of[i].lang), lang);
		if (again)
			diag_add(b->ds, "M0108", elem_at(c, "xml:lang"), NULL,
				 "there is a label in `%.*s` already", STR_ARG(lang));
		else
			of[labels.n++] = (struct label){ build_keep(b, lang), build_keep(b, c->text) };
	}
	return labels;
}

unsigned build_word(const struct elem *e, const char *attribute, const char *const *words, unsigned n,
		    unsigned otherwise)
{
	struct str value = elem_token(e, attribute);

	for (unsigned i = 0; i < n; i++)
		if (words[i] && str_eq(str_of(words[i]), value))
			return i;
	return otherwise;
}

const struct str *build_segments(struct build *b, struct str path, size_t *n_out)
{
	struct str *segments;
	size_t n = 0;

	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '.';
	segments = arena_array_of(b->mem, struct str, n + 1);
	*n_out = 0;
	while (path.n) {
		const char *dot = memchr(path.p, '.', path.n);
		size_t len = dot ? (size_t)(dot - path.p) : path.n;

		segments[(*n_out)++] = (struct str){ path.p, len };
		path = dot ? (struct str){ dot + 1, path.n - len - 1 } : (struct str){ path.p, 0 };
	}
	return segments;
}

bool build_wait_ms(struct build *b, const struct elem *e, const char *attribute, uint32_t *ms_out)
{
	uint64_t ms = elem_duration_ms(e, attribute, 0);

	if (ms == 0 || ms > WAIT_MS_MAX) {
		diag_add(b->ds, "M0211", elem_at(e, attribute), NULL, "%s must lie between 1ms and 10m",
			 attribute);
		return false;
	}
	*ms_out = (uint32_t)ms;
	return true;
}

bool build_column(struct build *b, const struct part *part, struct str name, struct span at,
		  uint32_t *index_out)
{
	const char **known;

	for (size_t i = 0; i < part->n_columns; i++) {
		if (!str_eq(str_of(part->columns[i].name), name))
			continue;
		*index_out = (uint32_t)i;
		return true;
	}
	known = arena_array_of(b->scratch, const char *, part->n_columns + 1);
	for (size_t i = 0; i < part->n_columns; i++)
		known[i] = part->columns[i].name;
	diag_add(b->ds, "M0142", at, names_near(b->scratch, name, known, part->n_columns),
		 "column `%.*s` does not exist in part `%s`", STR_ARG(name), part->name);
	return false;
}
