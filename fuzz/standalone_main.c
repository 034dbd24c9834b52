/* Runs the fuzz target over every file of the folders given: the corpus as a test, with any compiler. */
#include "fuzz/fuzz_target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn)) static void fail(const char *path)
{
	perror(path);
	exit(1);
}

/* Copied to its exact size, so that a sanitizer sees a read behind the end. */
static void run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!in || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0)
		fail(path);
	rewind(in);
	data = malloc(size > 0 ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, in) != (size_t)size)
		fail(path);
	fclose(in);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

/* The number of files run. */
static int run_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort), n_run = 0;

	if (n < 0)
		fail(folder);
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.') {
			run_file(path);
			n_run++;
		}
		free(entries[i]);
	}
	free(entries);
	return n_run;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = run_folder(argv[i]);

		if (n == 0) {
			fprintf(stderr, "%s: no inputs\n", argv[i]);
			return 1;
		}
		printf("%s: %d inputs\n", argv[i], n);
	}
	return argc > 1 ? 0 : 2;
}
