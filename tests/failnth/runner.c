#include "tests/failnth/failnth.h"

#include <dirent.h>
#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/failnth/interpose.h"

enum {
	PATIENCE_S = 300,
	SAMPLE = 6, /* calls of each kind that fail when not all do */
	BAD_MOST = 20, /* more findings of one program tell nothing new */
};

static const char *const mode_names[] = { "memory", "io", "on" };
static struct firing *run; /* shared with the child */
static char *expected; /* the result of the scenario's first run */
static size_t expected_n;
static bool first; /* it is that run */
static unsigned bad;
static unsigned long runs;

/* LeakSanitizer's, where it is built in. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* What the dynamic linker keeps is known to LeakSanitizer by its caller, which is ours here. The regcomp() of glibc
 * 2.36 forgets a set of nodes when it cannot copy another one; libsqlite3odbc 0.9998 what it took from SQLite for a
 * statement whose preparation failed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:_dl_map_object_deps\nleak:_dl_new_object\nleak:re_node_set_\nleak:libsqlite3.so\n";
}

enum outcome failnth_wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->why, sizeof(run->why), fmt, args);
	va_end(args);
	return WRONG;
}

static void remember(struct str result)
{
	failnth_pause();
	expected = malloc(result.n + 1);
	if (!expected)
		abort();
	memcpy(expected, result.p ? result.p : "", result.n);
	expected_n = result.n;
	failnth_resume();
}

static int shown(size_t n)
{
	return n < 180 ? (int)n : 180;
}

enum outcome failnth_same(struct str result)
{
	size_t n = 0;

	if (first && !expected)
		remember(result);
	while (n < expected_n && n < result.n && expected[n] == result.p[n])
		n++;
	if (n == expected_n && n == result.n)
		return RIGHT;
	return failnth_wrong("from byte %zu on:\n- %.*s\n+ %.*s", n, shown(expected_n - n), expected + n,
			     shown(result.n - n), n < result.n ? result.p + n : "");
}

struct str failnth_expected(void)
{
	return (struct str){ expected, expected_n };
}

enum outcome failnth_refused(const char *why)
{
	return first ? failnth_wrong("refused although nothing fails: %s", why) : HONEST;
}

enum outcome failnth_worse(enum outcome a, enum outcome b)
{
	return a > b ? a : b;
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* ---- one run, in a child ---- */

static int judge(const struct scenario *s, enum failing mode, long n)
{
	size_t before = open_descriptors(), after;
	char why[sizeof(run->why)];
	enum outcome o;

	interpose_arm(mode, n, run);
	o = s->run(s->arg);
	interpose_disarm();
	if (o == WRONG || (o == HONEST && !run->fired))
		return 1;
	if (s->run(s->arg) != RIGHT) {
		memcpy(why, run->why, sizeof(why));
		snprintf(run->why, sizeof(run->why), "the next time, when nothing fails: %.400s", why);
		return 1;
	}
	after = open_descriptors();
	if (after != before) {
		snprintf(run->why, sizeof(run->why), "%zu descriptors before, %zu after", before, after);
		return 1;
	}
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check()) {
		snprintf(run->why, sizeof(run->why), "leaks");
		return 1;
	}
	return 0;
}

static void tell(const struct scenario *s, enum failing mode, long n, int status)
{
	if (WIFSIGNALED(status))
		snprintf(run->why, sizeof(run->why), "ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (!run->why[0])
		snprintf(run->why, sizeof(run->why), "exit code %d", WEXITSTATUS(status));
	fprintf(stderr, "%s:%ld:%s: %s fails: %s\n", s->name, n, mode_names[mode], run->what, run->why);
	backtrace_symbols_fd(run->frames, run->n_frames, STDERR_FILENO);
	bad++;
}

/* False: there is no nth call. */
static bool run_once(const struct scenario *s, enum failing mode, long n)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	runs++;
	memset(run, 0, sizeof(*run));
	pid = fork();
	if (pid == 0) {
		alarm(PATIENCE_S);
		_exit(judge(s, mode, n));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (status != 0)
		tell(s, mode, n, status);
	return run->fired;
}

/* ---- all of them ---- */

static void run_all(const struct scenario *s, enum failing mode, bool full)
{
	long calls;

	run_once(s, mode, 0);
	calls = run->seen;
	if (full)
		for (long n = 1; (run_once(s, mode, n) || n < calls) && bad < BAD_MOST; n++)
			continue;
	else
		for (long i = 0; i < SAMPLE && i < calls && bad < BAD_MOST; i++)
			run_once(s, mode, 1 + (calls <= SAMPLE ? i : i * (calls - 1) / (SAMPLE - 1)));
}

/* The first run: what it gives is what it has to give, and libraries allocate what they keep. */
static bool begin(const struct scenario *s)
{
	enum outcome o = WRONG;

	free(expected);
	expected = NULL;
	expected_n = 0;
	memset(run, 0, sizeof(*run));
	for (int i = 0; i < 2; i++) {
		first = true;
		o = s->run(s->arg);
		first = false;
		if (o != RIGHT)
			break;
	}
	if (o == RIGHT)
		return true;
	fprintf(stderr, "%s: nothing fails, and yet: %s\n", s->name, run->why);
	bad++;
	return false;
}

static bool is_wanted(const struct scenario *s, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(s->name, argv[i]))
			return true;
	return argc < 2;
}

/* "name:12:io" */
static void run_named(const struct scenario *s, const char *what)
{
	const char *colon = strchr(what, ':'), *mode = strrchr(what, ':') + 1;

	if (strncmp(s->name, what, (size_t)(colon - what)) != 0 || s->name[colon - what] || !begin(s))
		return;
	for (enum failing m = 0; m < FAIL_MODES; m++)
		if (strcmp(mode, mode_names[m]) == 0)
			run_once(s, m, strtol(colon + 1, NULL, 10));
}

int failnth_main(const struct scenario *scenarios, size_t n, int argc, char **argv)
{
	const char *what = getenv("FEDERATOR_FAILNTH");
	const struct rlimit none = { 0, 0 };
	void *frame;

	setrlimit(RLIMIT_CORE, &none);
	backtrace(&frame, 1); /* loads a library the first time */
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run == MAP_FAILED)
		abort();
	for (size_t i = 0; i < n && bad < BAD_MOST; i++) {
		if (what && strchr(what, ':'))
			run_named(&scenarios[i], what);
		else if (is_wanted(&scenarios[i], argc, argv) && begin(&scenarios[i]))
			for (enum failing m = 0; m < FAIL_MODES; m++)
				run_all(&scenarios[i], m, what && strcmp(what, "full") == 0);
	}
	printf("%zu scenarios, %lu runs, %u wrong\n", n, runs, bad);
	free(expected);
	return bad || !runs;
}
