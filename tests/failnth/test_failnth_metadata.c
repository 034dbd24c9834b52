/* Mappings, good ones and broken ones, from directories and from memory; keys; SQL. Findings are compared as text: a
 * mapping that was read only in part is neither good nor broken in its own way. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "federator/libraries.h"
#include "metadata/block.h"
#include "metadata/load.h"
#include "metadata/normalize.h"
#include "metadata/sqltext.h"
#include "metadata/widen.h"
#include "tests/failnth/failnth.h"
#include "tests/failnth/files.h"

#define MAPPING(inside) "<mapping xmlns=\"urn:federator:mapping:1\">" inside "</mapping>"
#define BROKEN ROOT "/tests/metadata/broken/"

/* Is it the system that says no? */
static const char *refusal(struct diags *ds)
{
	size_t n;
	const struct diag *d = diags_all(ds, &n);

	for (; n > 0; n--, d++)
		if (strstr(d->text, "cannot be read: ") || strstr(d->text, "cannot read ") ||
		    strstr(d->text, "cannot open ") || strstr(d->text, "Memory exhausted"))
			return d->text;
	return NULL;
}

/* That a file cannot be read is honest, but only with no catalog at all. */
static enum outcome judge(const struct catalog *cat, struct diags *ds, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	enum outcome o;

	diags_print_gcc(ds, &out);
	o = failnth_same(arena_printf(mem, "%s\n%s", cat ? cat->revision : "none", buf_str(&out).p));
	return o == WRONG && !cat && refusal(ds) ? failnth_refused(refusal(ds)) : o;
}

static enum outcome directory(const void *dirs)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load(dirs, ds);
	enum outcome o = judge(cat, ds, mem);

	catalog_unref(&cat);
	return o;
}

/* Directories of files.h, after one of the examples. */
static enum outcome layered(const void *name)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	return directory(arena_printf(mem, ROOT "/examples/greenery/mapping:%s", files_path(name)).p);
}

/* Beside base.xml, as tests/metadata does. */
static enum outcome broken(const void *name)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const char *path = arena_printf(mem, BROKEN "%s", (const char *)name).p;
	const struct mapping_file files[] = { { "x.xml", files_text(path, mem) },
					      { "base.xml", files_text(ROOT "/tests/metadata/base.xml", mem) } };
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load_texts(files, ARRAY_LEN(files), ds);
	enum outcome o = judge(cat, ds, mem);

	catalog_unref(&cat);
	return o;
}

static enum outcome printed_as(const void *print)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf out = { 0 };
	const struct mapping_file file = { "x.xml", files_text(BROKEN "unknown-column-behind-hangul.xml", mem) };
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load_texts(&file, 1, ds);

	if (*(const char *)print == 'j')
		diags_print_json(ds, &out);
	else
		diags_print_human(ds, &out);
	catalog_unref(&cat);
	return failnth_same(buf_str(&out));
}

static enum outcome widened(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load(ROOT "/examples/greenery/mapping", ds), *other;
	enum outcome o;

	(void)arg;
	if (!cat)
		return judge(cat, ds, mem);
	other = catalog_load(ROOT "/examples/greenery/mapping", ds);
	o = other ? failnth_same(arena_printf(mem, "%zu", widen_check(cat, other, ds))) : judge(other, ds, mem);
	catalog_unref(&cat);
	catalog_unref(&other);
	return o;
}

static enum outcome blocked(const void *pattern)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct key key = { .name = "email", .type = KEY_EMAIL };
	const void *re = NULL;
	struct err err = { 0 };
	struct str out;
	enum key_verdict v;

	if (!block_compile(pattern, mem, &re, &err))
		return strstr(err.text, "emory") ? failnth_refused(err.text) : failnth_same(str_of(err.text));
	key.block_re = re;
	v = normalize_key(&key, STR("Nobody@Example.ORG"), mem, &out);
	block_free(re);
	/* regexec() without memory: nobody knows, so it must not pass */
	if (v == KEY_MALFORMED)
		return failnth_refused("malformed");
	return failnth_same(arena_printf(mem, "%d", (int)v));
}

struct typed {
	enum key_type type;
	const char *raw;
};

static enum outcome normalized(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct typed *t = arg;
	const struct key key = { .name = "k", .type = t->type };
	struct str out = STR("");
	enum key_verdict v = normalize_key(&key, str_of(t->raw), mem, &out);

	return failnth_same(arena_printf(mem, "%d %.*s", (int)v, STR_ARG(out)));
}

static enum outcome split(const void *sql)
{
	static const struct key key = { .name = "phone", .type = KEY_TEXT };
	static const struct by_key by = { .key = &key };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf out = { 0 };
	struct diags *ds = diags_new(mem);
	const struct sqltext text = { .sql = str_of(sql), .dialect = "postgresql", .by = &by, .n_by = 1 };
	const struct piece *pieces;
	size_t n = 0;

	if (!sqltext_split(&text, mem, ds, &pieces, &n))
		n = 1000;
	diags_print_gcc(ds, &out);
	return failnth_same(arena_printf(mem, "%zu %s", n, buf_str(&out).p));
}

#define FILE_OF(name) { "broken/" name, broken, name ".xml" }

static const struct typed phone = { KEY_PHONE_KR, "010-1234-5678" }, bad_phone = { KEY_PHONE_KR, "12" },
			  email = { KEY_EMAIL, " A.B@Example.org " }, number = { KEY_INTEGER, "00042" },
			  uuid = { KEY_UUID, "{6F9619FF-8B86-D011-B42D-00C04FC964FF}" };

static const struct scenario all[] = {
	{ "greenery", directory, ROOT "/examples/greenery/mapping" },
	{ "mall", directory, ROOT "/examples/mall/mapping" },
	{ "northwind", directory, ROOT "/examples/northwind/mapping" },
	{ "two-directories", layered, "more" },
	{ "one-directory-twice", directory, ROOT "/examples/greenery/mapping:" ROOT "/examples/greenery/mapping/" },
	{ "directory-of-directories", directory, ROOT "/examples/greenery" },
	{ "a-broken-file-in-the-second", layered, "broken" },
	{ "widen", widened, NULL },
	{ "print-human", printed_as, "human" },
	{ "print-json", printed_as, "json" },
	{ "block", blocked, "@example\\.org$" },
	{ "block-that-is-none", blocked, "(((" },
	{ "phone", normalized, &phone },
	{ "phone-too-short", normalized, &bad_phone },
	{ "email", normalized, &email },
	{ "integer", normalized, &number },
	{ "uuid", normalized, &uuid },
	{ "sql", split, "SELECT a, 'x:phone' FROM t WHERE p IN (:phone...) /* :phone */" },
	{ "sql-two-statements", split, "SELECT a FROM t WHERE p = :phone; DELETE FROM t" },
	FILE_OF("bad-duration"),
	FILE_OF("bad-zone"),
	FILE_OF("column-not-used"),
	FILE_OF("doctype"),
	FILE_OF("duplicate-path"),
	FILE_OF("element-out-of-order"),
	FILE_OF("encoding"),
	FILE_OF("key-leads-nowhere"),
	FILE_OF("label-twice"),
	FILE_OF("mismatched-tag"),
	FILE_OF("missing-attribute"),
	FILE_OF("not-utf8"),
	FILE_OF("override-of-nothing"),
	FILE_OF("sql-unknown-parameter"),
	FILE_OF("test-not-json"),
	FILE_OF("test-open-quote"),
	FILE_OF("timeline-of-a-field"),
	FILE_OF("too-deep"),
	FILE_OF("undefined-entity"),
	FILE_OF("unclosed"),
	FILE_OF("unknown-attribute"),
	FILE_OF("unknown-column"),
	FILE_OF("unknown-element"),
	FILE_OF("view-in-itself"),
};

int main(int argc, char **argv)
{
	struct err err;
	int code = 1;

	files_put("more", NULL);
	files_put("more/policy.xml", MAPPING("<class name=\"more\"/>"));
	files_put("broken", NULL);
	files_put("broken/a.xml", MAPPING("<class name=\"more\"/>"));
	files_put("broken/b.xml", "<mapping");
	files_put("broken/c.xml", "");
	files_put("broken/d.txt", "is none");
	if (libraries_begin(&err))
		code = failnth_main(all, ARRAY_LEN(all), argc, argv);
	files_remove();
	return code;
}
