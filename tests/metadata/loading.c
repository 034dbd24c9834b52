#include "tests/metadata/loading.h"

#include <stdio.h>

#include "tests/cmocka_all.h"

struct str loading_file(struct arena *mem, const char *name)
{
	struct str path = arena_printf(mem, TEST_DIR "/%s", name);
	FILE *f = fopen(path.p, "re");
	struct buf bytes = { 0 };
	struct str text;
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf_reserve(&bytes, 65536), 1, 65536, f)) > 0)
		bytes.len += n;
	(void)fclose(f);
	text = arena_str(mem, (struct str){ bytes.data, bytes.len });
	buf_free(&bytes);
	return text;
}

struct str loading_mapping(struct arena *mem, const char *body)
{
	return arena_printf(mem, "<mapping xmlns=\"urn:federator:mapping:1\">%s</mapping>", body);
}

const struct catalog *loading_with_base(struct arena *mem, struct str text, struct diags *ds)
{
	const struct mapping_file files[] = { { "x.xml", text },
					      { "base.xml", loading_file(mem, "base.xml") } };

	return text.p ? catalog_load_texts(files, 2, ds) : catalog_load_texts(files + 1, 1, ds);
}

const struct diag *loading_find(struct diags *ds, const char *code)
{
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].code, code) == 0)
			return &all[i];
	return NULL;
}

void loading_show(struct diags *ds)
{
	struct buf out = { 0 };

	diags_print_human(ds, &out);
	(void)fwrite(out.data ? out.data : "", 1, out.len, stderr);
	buf_free(&out);
}
