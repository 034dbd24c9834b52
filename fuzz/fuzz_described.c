/* What a database says of a query points into that query. The first line is the SQL, the rest its message, and its
 * plan. */
#include "adapters/odbc.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_place(struct described_place place, struct str sql)
{
	check(!place.known || (place.at <= sql.n && place.n <= sql.n - place.at));
}

static void check_message(const char *message, struct str sql, struct arena *mem)
{
	char clean[64];

	check_place(odbc_place_find(message, sql), sql);
	check_place(odbc_place_name(str_of(message), sql), sql);
	odbc_diag_clean(message, false, arena_cstr(mem, sql), clean, sizeof(clean));
	check(strlen(clean) < sizeof(clean));
}

static void check_plan(const char *text, struct arena *mem)
{
	size_t n = 0, most = strlen(text) + 1;
	struct str *lines = arena_array_of(mem, struct str, most), *tables = arena_array_of(mem, struct str, most);

	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		lines[n++] = (struct str){ text, (size_t)(end - text) };
	lines[n++] = str_of(text);
	check(odbc_plan_whole(lines, n, tables) <= n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	const char *text = arena_cstr(mem, (struct str){ (const char *)data, size });
	size_t line = strcspn(text, "\n");

	check_message(text[line] ? text + line + 1 : "", (struct str){ text, line }, mem);
	check_plan(text + line, mem);
	arena_wipe_free(&mem);
	return 0;
}
