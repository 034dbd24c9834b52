/* A mapping file of any bytes either loads, or has an error; and every finding stands inside the file. */
#include "fuzz/fuzz_target.h"
#include "metadata/load.h"

#include <stdlib.h>

/* The bytes of a line, without its end; abort when the file has no such line. */
static size_t line_length(struct str text, uint32_t line)
{
	const char *end;

	for (; line > 1; line--) {
		end = memchr(text.p, '\n', text.n);
		if (!end)
			abort();
		text = (struct str){ end + 1, text.n - (size_t)(end + 1 - text.p) };
	}
	end = memchr(text.p, '\n', text.n);
	return end ? (size_t)(end - text.p) : text.n;
}

static void check_findings(struct diags *ds, struct str text)
{
	struct buf out = { 0 };
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
		text = (struct str){ text.p + 3, text.n - 3 }; /* a byte order mark is not counted */
	for (size_t i = 0; i < n; i++)
		if (all[i].at.line && all[i].at.column > line_length(text, all[i].at.line) + 1)
			abort();
	diags_print_human(ds, &out);
	diags_print_json(ds, &out);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	struct str text = { size ? (const char *)data : "", size };
	const struct mapping_file file = { "a.xml", text };
	const struct catalog *cat;
	struct err err;

	if (!digest_init(&err))
		abort();
	cat = catalog_load_texts(&file, 1, ds);
	if ((cat == NULL) != (diags_count(ds, DIAG_ERROR) > 0))
		abort();
	check_findings(ds, text);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
	return 0;
}
