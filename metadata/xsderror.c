#include "metadata/xsderror.h"

#include "base/text.h"

/* What stands between two texts of a message, or the NULL view. */
static struct str between(const char *message, const char *before, const char *behind)
{
	const char *from = strstr(message, before), *to;

	if (!from)
		return (struct str){ 0 };
	from += strlen(before);
	to = strstr(from, behind);
	return to ? (struct str){ from, (size_t)(to - from) } : (struct str){ 0 };
}

struct str xsderror_attribute(const xmlError *error)
{
	struct str name = between(error->message, "', attribute '", "'");

	return name.p ? name : between(error->message, ": The attribute '", "'");
}

/* "a, b, c" */
static const char *joined(const char *const *names, size_t n, struct arena *mem)
{
	struct str s = STR("");

	for (size_t i = 0; i < n; i++)
		s = arena_printf(mem, "%.*s%s%s", STR_ARG(s), i ? ", " : "", names[i]);
	return s.p;
}

/* "did you mean `x`?" or else the whole choice. */
static const char *advice(struct str word, const char *const *names, size_t n, const char *otherwise,
			  struct arena *mem)
{
	const char *near = text_nearest(word, names, n);

	if (near)
		return arena_printf(mem, "did you mean `%s`?", near).p;
	return n ? arena_printf(mem, "%s: %s", otherwise, joined(names, n, mem)).p : NULL;
}

/* A message without namespaces, without the element at its beginning and the dot at its end. */
static const char *plain(const char *message, struct arena *mem)
{
	static const char space[] = "{" SCHEMA_NAMESPACE "}";
	struct str s = STR("");
	const char *colon = strstr(message, "': "), *hit;

	message = colon ? colon + 3 : message;
	while ((hit = strstr(message, space)) != NULL) {
		s = arena_printf(mem, "%.*s%.*s", STR_ARG(s), (int)(hit - message), message);
		message = hit + sizeof(space) - 1;
	}
	s = arena_printf(mem, "%.*s%s", STR_ARG(s), message);
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '.'))
		s.n--;
	return arena_cstr(mem, s);
}

/* The elements that a message says are expected: "( {urn}a, {urn}b )" as "a, b". */
static const char *expected(const char *message, struct arena *mem)
{
	struct str list = between(message, "Expected is ", " )");
	const char *open = list.p ? memchr(list.p, '(', list.n) : NULL;

	if (!open)
		return NULL;
	open += 2;
	return plain(arena_printf(mem, "%.*s", (int)(list.p + list.n - open), open).p, mem);
}

static void element_content(const xmlError *error, const struct elem *e, const struct schema *schema,
			    struct arena *mem, struct diags *ds)
{
	const char *wanted = expected(error->message, mem), *help = NULL;
	struct str parent = e->parent ? e->parent->name : STR("file");
	const char *const *names;
	size_t n;

	if (strstr(error->message, "Missing child")) {
		diag_add(ds, "M0102", e->at, wanted ? arena_printf(mem, "expected here: %s", wanted).p : NULL,
			 "<%.*s> is not complete", STR_ARG(e->name));
		return;
	}
	names = schema_children(schema, parent, mem, &n);
	for (size_t i = 0; i < n; i++)
		if (elem_is(e, names[i])) /* right word, wrong place */
			help = wanted ? arena_printf(mem, "expected here: %s", wanted).p :
					"nothing more is expected here";
	diag_add(ds, "M0101", e->at, help ? help : advice(e->name, names, n, "known here", mem),
		 "<%.*s> cannot stand here in <%.*s>", STR_ARG(e->name), STR_ARG(parent));
}

static void unknown_attribute(struct str name, const struct elem *e, const struct schema *schema,
			      struct arena *mem, struct diags *ds)
{
	const char *key = arena_cstr(mem, name);
	const struct attr *a = elem_attr(e, key);
	const char *const *names;
	size_t n;

	names = schema_attributes(schema, e->name, mem, &n);
	diag_add(ds, "M0103", a ? a->name_at : e->at, advice(name, names, n, "known attributes", mem),
		 "<%.*s> has no attribute `%s`", STR_ARG(e->name), key);
}

static void bad_value(struct str name, const struct elem *e, const struct schema *schema, struct arena *mem,
		      struct diags *ds)
{
	const char *key = arena_cstr(mem, name);
	struct str value = elem_string(e, key);
	const char *const *values;
	const char *help;
	size_t n;

	values = schema_values(schema, e->name, name, mem, &n);
	help = advice(value, values, n, "one of", mem);
	if (!help)
		help = schema_form(schema, e->name, name, mem);
	if (!help)
		help = schema_about(schema, e->name, name, mem);
	diag_add(ds, "M0105", elem_at(e, key), help, "`%.*s` cannot be the value of %s", STR_ARG(value), key);
}

void xsderror_add(const xmlError *error, const struct elem *e, const struct schema *schema, struct arena *mem,
		  struct diags *ds)
{
	struct str attribute = xsderror_attribute(error);

	switch (error->code) {
	case XML_SCHEMAV_ELEMENT_CONTENT:
		element_content(error, e, schema, mem, ds);
		return;
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1:
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_2:
		unknown_attribute(attribute, e, schema, mem, ds);
		return;
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_4:
		diag_add(ds, "M0104", e->at, schema_about(schema, e->name, attribute, mem),
			 "<%.*s> needs the attribute `%.*s`", STR_ARG(e->name), STR_ARG(attribute));
		return;
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_2_1:
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_2_3:
		diag_add(ds, "M0106", e->at, "what an element says stands in its attributes",
			 "<%.*s> cannot hold text", STR_ARG(e->name));
		return;
	default: /* many: what they have in common is a message */
		if (attribute.p)
			bad_value(attribute, e, schema, mem, ds);
		else
			diag_add(ds, "M0107", e->at, NULL, "<%.*s>: %s", STR_ARG(e->name),
				 plain(error->message, mem));
	}
}
