#include "federator/view/document.h"

#include "base/jsontext.h"

/* A walk over the text that knows strings from what stands between them. */
struct walk {
	bool in_string, escaped;
};

/* Does the character belong to a string? */
static bool walk_in_string(struct walk *w, char c)
{
	bool inside = w->in_string;

	if (w->escaped)
		w->escaped = false;
	else if (inside && c == '\\')
		w->escaped = true;
	else if (c == '"')
		w->in_string = !inside;
	return inside || c == '"';
}

/* Before the parser, which recurses, sees it. */
static bool is_shallow(struct str text)
{
	struct walk w = { 0 };
	int depth = 0;

	for (size_t i = 0; i < text.n && depth <= DOCUMENT_DEPTH_MAX; i++) {
		if (walk_in_string(&w, text.p[i]))
			continue;
		depth += (text.p[i] == '[' || text.p[i] == '{') - (text.p[i] == ']' || text.p[i] == '}');
	}
	return depth <= DOCUMENT_DEPTH_MAX;
}

/* No reader of JSON that we know gives a name with a NUL in it whole. */
static bool names_are_whole(const struct jsontext *value)
{
	for (const struct jsontext *v = value->first; v; v = v->next)
		if ((v->name.n && memchr(v->name.p, '\0', v->name.n)) || !names_are_whole(v))
			return false;
	return true;
}

static bool is_document(struct str text)
{
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	const struct jsontext *root = jsontext_read(text, false, scratch, &(struct jsontext_fault){ 0 });

	return root && names_are_whole(root);
}

static struct str without_blanks(struct str text, struct arena *mem)
{
	char *to = arena_alloc(mem, text.n);
	struct walk w = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		if (walk_in_string(&w, text.p[i]) || memchr(" \t\r\n", text.p[i], 4) == NULL)
			to[n++] = text.p[i];
	return (struct str){ to, n };
}

bool document_read(struct str raw, struct arena *mem, struct str *out)
{
	if (raw.n == 0 || raw.n > DOCUMENT_BYTES_MAX || !is_shallow(raw) || !is_document(raw))
		return false;
	*out = without_blanks(raw, mem);
	return true;
}
