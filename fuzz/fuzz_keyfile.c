/* What keyfile_parse() takes is written as text that it takes again, for the same; what it refuses has a reason that
 * holds nothing of the file. No key is found by the text of the file itself. */
#include "federator/access/keyfile.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_again(const struct keyfile *file, struct arena *mem)
{
	struct buf first = { 0 }, second = { 0 };
	struct keyfile again;
	struct err err;

	keyfile_print(file, &first);
	check(keyfile_parse(buf_str(&first), "again", mem, &again, &err) && again.n == file->n);
	keyfile_print(&again, &second);
	check(str_eq(buf_str(&first), buf_str(&second)));
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { size ? (const char *)data : "", size };
	struct arena *mem = arena_new();
	struct keyfile file;
	struct err err = { 0 };

	check(digest_init(&err));
	if (keyfile_parse(text, "keys", mem, &file, &err)) {
		check_again(&file, mem);
		check(!api_key_find(&file, text));
	} else {
		check(err.cls == ERR_CONFIG && err.text[0]);
	}
	arena_wipe_free(&mem);
	return 0;
}
