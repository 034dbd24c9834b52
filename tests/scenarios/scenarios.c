/* scenarios.c - play scenario files: `scenarios [--transcript] [--repeat N] FILE...`. Each performance is a
 * process of its own: one that crashes is one that fails, and nothing is left from the one before. Exit code
 * 1: some are not as they should be. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scenarios/play.h"

enum { SECONDS_MOST = 110 }; /* of real time: a story takes a hundredth of one */

struct settings {
	bool transcript;
	unsigned long repeat;
};

/* ---- one performance ---- */

static void put(FILE *to, const struct buf *b)
{
	if (fwrite(&b->len, sizeof(b->len), 1, to) != 1 || (b->len && fwrite(b->data, b->len, 1, to) != 1))
		abort();
}

static void get(FILE *from, struct buf *b)
{
	size_t n;

	if (fread(&n, sizeof(n), 1, from) != 1 || n > INT_MAX)
		return;
	if (n && fread(buf_reserve(b, n), n, 1, from) != 1)
		return;
	b->len = n;
	buf_puts(b, "");
}

static void perform(struct story *story, const char *cache, FILE *to)
{
	struct outcome o;
	char directory[PATH_MAX];
	const char *base = realpath(story->path, directory) ? dirname(directory) : "/";

	alarm(SECONDS_MOST);
	play_story(story, cache, base, &o);
	put(to, &o.complaints);
	put(to, &o.transcript);
	put(to, &o.bodies);
	outcome_free(&o);
	arena_wipe_free(&story->mem);
	fclose(to);
	exit(0);
}

/* Play it apart; that it crashed is a complaint. */
static void perform_apart(struct story *story, const char *cache, struct outcome *out)
{
	FILE *file = tmpfile();
	int status = 0;
	pid_t pid;

	*out = (struct outcome){0};
	fflush(stdout);
	pid = file ? fork() : -1;
	if (pid == 0)
		perform(story, cache, file);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (file) {
		rewind(file);
		get(file, &out->complaints);
		get(file, &out->transcript);
		get(file, &out->bodies);
		fclose(file);
	}
	if (pid < 0)
		buf_printf(&out->complaints, "%s: no process can be started\n", story->path);
	else if (status != 0)
		buf_printf(&out->complaints, "%s: the performance ended with %s %d\n", story->path,
			   WIFSIGNALED(status) ? "signal" : "code",
			   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ---- one story ---- */

/* The same answers without a cache? */
static void play_without_cache(struct story *story, struct outcome *first)
{
	struct outcome second;

	perform_apart(story, "off", &second);
	if (!str_eq(buf_str(&second.bodies), buf_str(&first->bodies)))
		buf_printf(&first->complaints, "without a cache the answers are others:\n%.*s\n%.*s",
			   STR_ARG(buf_str(&first->bodies)), STR_ARG(buf_str(&second.bodies)));
	outcome_free(&second);
}

static void play_again(struct story *story, unsigned long repeat, struct outcome *first)
{
	for (unsigned long i = 1; i < repeat && first->complaints.len == 0; i++) {
		struct outcome again;

		perform_apart(story, story->cache, &again);
		if (!str_eq(buf_str(&again.transcript), buf_str(&first->transcript)))
			buf_printf(&first->complaints, "repeat %lu took another course:\n%.*s\nnot:\n%.*s", i,
				   STR_ARG(buf_str(&again.transcript)), STR_ARG(buf_str(&first->transcript)));
		outcome_free(&again);
	}
}

static void play_file(struct story *story, const struct settings *set, struct outcome *out)
{
	struct err err;

	if (!story_read(story->path, story->mem, story, &err)) {
		buf_printf(&out->complaints, "%s: %s\n", err.where, err.text);
		return;
	}
	perform_apart(story, story->cache, out);
	play_again(story, set->repeat, out);
	if (story->also_cache_off)
		play_without_cache(story, out);
}

static void print_indented(const struct buf *b)
{
	for (const char *line = b->data; line && *line;) {
		size_t n = strcspn(line, "\n");

		printf("    %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

/* Play and tell, in TAP. True: as it should be. */
static bool play_and_tell(const char *path, const struct settings *set)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct story story = {.path = path, .mem = mem};
	struct outcome outcome = {0};
	bool good;

	play_file(&story, set, &outcome);
	good = outcome.complaints.len == 0;
	if (story.fails)
		good = outcome.complaints.data && strstr(outcome.complaints.data, story.fails);
	printf("%s - %s: %s\n", good ? "ok" : "not ok", path, story.title ? story.title : "");
	if (!good && story.fails)
		printf("    it was to fail with: %s\n", story.fails);
	if (!good)
		print_indented(&outcome.complaints);
	if (set->transcript)
		print_indented(&outcome.transcript);
	outcome_free(&outcome);
	return good;
}

int main(int argc, char **argv)
{
	struct settings set = {.repeat = 1};
	int failed = 0, at = 1;

	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		if (strcmp(argv[at], "--transcript") == 0)
			set.transcript = true;
		else if (strcmp(argv[at], "--repeat") == 0 && at + 1 < argc)
			set.repeat = strtoul(argv[++at], NULL, 10);
		else
			at = argc;
	}
	if (at >= argc) {
		fprintf(stderr, "usage: scenarios [--transcript] [--repeat N] FILE...\n");
		return 2;
	}
	printf("1..%d\n", argc - at);
	for (; at < argc; at++)
		failed += !play_and_tell(argv[at], &set);
	return failed > 0;
}
