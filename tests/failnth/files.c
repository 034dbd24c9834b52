#include "tests/failnth/files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/failnth/failnth.h"

static char directory[] = "/tmp/federator-failnth-XXXXXX";
static bool made;

static void must(bool done, const char *what)
{
	if (!done) {
		perror(what);
		abort();
	}
}

struct str files_text(const char *path, struct arena *mem)
{
	enum { MOST = 1 << 20 };
	struct str text = { 0 };
	char *bytes;
	FILE *f;

	failnth_pause();
	f = fopen(path, "re");
	must(f != NULL, path);
	bytes = arena_alloc(mem, MOST);
	text = (struct str){ bytes, fread(bytes, 1, MOST, f) };
	fclose(f);
	failnth_resume();
	return text;
}

const char *files_directory(void)
{
	failnth_pause();
	if (!made)
		must(mkdtemp(directory) != NULL, directory);
	made = true;
	failnth_resume();
	return directory;
}

const char *files_path(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % ARRAY_LEN(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", files_directory(), name);
	return path;
}

void files_put(const char *name, const char *text)
{
	const char *path = files_path(name);
	FILE *f;

	failnth_pause();
	if (text) {
		f = fopen(path, "we");
		must(f && fputs(text, f) >= 0, path);
		must(fclose(f) == 0 && chmod(path, 0600) == 0, path);
	} else {
		must(mkdir(path, 0700) == 0, path);
	}
	failnth_resume();
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void files_remove(void)
{
	if (made)
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	made = false;
}
