#include "federator/cli/expect.h"

#include <assert.h>

#include "base/jsontext.h"
#include "base/text.h"
#include "federator/view/decimal.h"

enum { SHOWN_MOST = 120 }; /* bytes of a value in a message */

struct check {
	const struct test *test;
	struct str answer;
	const struct jsontext *root;
	struct diags *ds;
	struct arena *mem;
	const char *problem; /* the answer is a problem document: which; or NULL */
};

/* A value as it stands in its document, not too long. */
static const char *shown(const struct check *c, struct str document, const struct jsontext *node)
{
	struct str text = { document.p + node->at, node->n };

	if (text.n <= SHOWN_MOST)
		return arena_cstr(c->mem, text);
	text.n = SHOWN_MOST;
	while (text.n && ((unsigned char)text.p[text.n] & 0xC0) == 0x80)
		text.n--;
	return arena_printf(c->mem, "%.*s...", STR_ARG(text)).p;
}

static const char *wanted(const struct check *c, const struct jsontext *node)
{
	return shown(c, c->test->expect, node);
}

static const char *got(const struct check *c, const struct jsontext *node)
{
	return shown(c, c->answer, node);
}

static struct span span_of(const struct check *c, const struct jsontext *node)
{
	return diag_within(c->ds, c->test->expect_at, c->test->expect, node->at, node->n);
}

/* ---- pointers (RFC 6901) ---- */

static struct str below(const struct check *c, struct str pointer, struct str name)
{
	struct buf out = { 0 };
	struct str kept;

	buf_printf(&out, "%.*s/", STR_ARG(pointer));
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_puts(&out, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_putc(&out, name.p[i]);
	}
	kept = arena_str(c->mem, buf_str(&out));
	buf_free(&out);
	return kept;
}

static struct str unescape(struct str token, struct arena *mem)
{
	char *to = arena_alloc(mem, token.n);
	size_t n = 0;

	for (size_t i = 0; i < token.n; i++) {
		bool escape = token.p[i] == '~' && i + 1 < token.n && (token.p[i + 1] == '0' || token.p[i + 1] == '1');

		to[n++] = !escape ? token.p[i] : token.p[i + 1] == '0' ? '~' : '/';
		i += escape;
	}
	return (struct str){ to, n };
}

/* What a pointer leads to, or NULL. */
static const struct jsontext *find(const struct check *c, struct str pointer)
{
	const struct jsontext *node = c->root;

	while (node && pointer.n) {
		const char *slash = memchr(pointer.p + 1, '/', pointer.n - 1);
		size_t n = slash ? (size_t)(slash - pointer.p) : pointer.n;
		struct str token = { pointer.p + 1, n - 1 };
		uint64_t index;

		if (node->kind == JSONTEXT_OBJECT)
			node = jsontext_member(node, unescape(token, c->mem));
		else
			node = text_to_u64(token, &index) ? jsontext_item(node, index) : NULL;
		pointer = (struct str){ pointer.p + n, pointer.n - n };
	}
	return node;
}

/* ---- comparing ---- */

static void compare(const struct check *c, const struct jsontext *expected, const struct jsontext *actual,
		    struct str pointer);

static void tell_unlike(const struct check *c, const struct jsontext *expected, const struct jsontext *actual,
			struct str pointer)
{
	diag_add(c->ds, "M0951", span_of(c, expected), c->problem, "test `%s`: %.*s: expected %s, got %s",
		 c->test->name, STR_ARG(pointer), wanted(c, expected), got(c, actual));
}

static const char *near_member(const struct check *c, const struct jsontext *object, struct str name)
{
	const char **known = arena_array_of(c->mem, const char *, object->n_items + 1), *near;
	size_t n = 0;

	for (const struct jsontext *m = object->first; m; m = m->next)
		known[n++] = arena_cstr(c->mem, m->name);
	near = text_nearest(name, known, n);
	return near ? arena_printf(c->mem, "there is `%s`", near).p : c->problem;
}

static void compare_objects(const struct check *c, const struct jsontext *expected, const struct jsontext *actual,
			    struct str pointer)
{
	for (const struct jsontext *m = expected->first; m; m = m->next) {
		const struct jsontext *found = jsontext_member(actual, m->name);
		struct str path = below(c, pointer, m->name);

		if (found)
			compare(c, m, found, path);
		else
			diag_add(c->ds, "M0952", span_of(c, m), near_member(c, actual, m->name),
				 "test `%s`: %.*s: expected %s, got nothing", c->test->name, STR_ARG(path),
				 wanted(c, m));
	}
}

static void compare_arrays(const struct check *c, const struct jsontext *expected, const struct jsontext *actual,
			   struct str pointer)
{
	const struct jsontext *e = expected->first, *a = actual->first;

	if (expected->n_items != actual->n_items) {
		diag_add(c->ds, "M0953", span_of(c, expected), NULL,
			 "test `%s`: %.*s: expected %zu item%s, got %zu: %s", c->test->name, STR_ARG(pointer),
			 expected->n_items, expected->n_items == 1 ? "" : "s", actual->n_items, got(c, actual));
		return;
	}
	for (size_t i = 0; i < expected->n_items; i++, e = e->next, a = a->next)
		compare(c, e, a, arena_printf(c->mem, "%.*s/%zu", STR_ARG(pointer), i));
}

/* As written, or by value: 12.0 is 12. */
static bool same_number(const struct check *c, struct str a, struct str b)
{
	struct str x, y;

	return str_eq(a, b) ||
	       (decimal_read(a, c->mem, &x) && decimal_read(b, c->mem, &y) && decimal_cmp(x, y) == 0);
}

static void compare(const struct check *c, const struct jsontext *expected, const struct jsontext *actual,
		    struct str pointer)
{
	bool same = expected->kind == actual->kind;

	switch (expected->kind) {
	case JSONTEXT_OBJECT:
		if (same)
			compare_objects(c, expected, actual, pointer);
		break;
	case JSONTEXT_ARRAY:
		if (same)
			compare_arrays(c, expected, actual, pointer);
		break;
	case JSONTEXT_NUMBER:
		same = same && same_number(c, expected->text, actual->text);
		break;
	case JSONTEXT_STRING:
		same = same && str_eq(expected->text, actual->text);
		break;
	case JSONTEXT_NULL:
	case JSONTEXT_FALSE:
	case JSONTEXT_TRUE:
		break;
	}
	if (!same)
		tell_unlike(c, expected, actual, pointer);
}

static void check_absent(const struct check *c)
{
	if (c->problem && !c->test->expect.n)
		diag_add(c->ds, "M0956", c->test->absent->at, "to expect that, write {\"status\": ...}",
			 "test `%s`: %s", c->test->name, c->problem);
	for (size_t i = 0; i < c->test->n_absent; i++) {
		const struct test_absent *absent = &c->test->absent[i];
		const struct jsontext *node = find(c, absent->pointer);

		if (node)
			diag_add(c->ds, "M0954", absent->at, NULL, "test `%s`: %.*s: expected nothing, got %s",
				 c->test->name, STR_ARG(absent->pointer), got(c, node));
	}
}

/* A refused question is told, since that is why all else is missing. */
static const char *problem_of(const struct check *c)
{
	const struct jsontext *status = jsontext_member(c->root, STR("status"));
	const struct jsontext *detail = jsontext_member(c->root, STR("detail"));

	if (!status || !detail || detail->kind != JSONTEXT_STRING)
		return NULL;
	return arena_printf(c->mem, "the question is refused with %.*s: %.*s", STR_ARG(status->text),
			    STR_ARG(detail->text))
		.p;
}

void expect_check(const struct test *test, struct str answer, struct diags *ds, struct arena *mem)
{
	struct jsontext_fault fault;
	struct check c = { .test = test,
			   .answer = answer,
			   .root = jsontext_read(answer, false, mem, &fault),
			   .ds = ds,
			   .mem = mem };
	const struct jsontext *expected;

	assert(c.root != NULL); /* we have written it ourselves */
	c.problem = problem_of(&c);
	if (test->expect.n) {
		expected = jsontext_read(test->expect, true, mem, &fault);
		assert(expected != NULL); /* checked when the mapping was loaded */
		compare(&c, expected, c.root, STR(""));
	}
	check_absent(&c);
}
