/* Commands at the terminal: what they print, and what they end with. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "federator/cli/cli.h"
#include "tests/failnth/files.h"
#include "tests/failnth/site.h"

enum { WORDS_MOST = 12 };

struct line {
	const char *words[WORDS_MOST]; /* a word that begins with @ is a path of files.h */
	int code;
};

static int file_out, file_err; /* what the program prints */

static struct str printed(int file, struct arena *mem)
{
	size_t n = (size_t)lseek(file, 0, SEEK_END);
	char *text = arena_alloc(mem, n + 1);

	if (pread(file, text, n, 0) != (ssize_t)n)
		abort();
	return (struct str){ text, n };
}

static void redirect(int kept[2])
{
	failnth_pause();
	fflush(NULL);
	kept[0] = dup(STDOUT_FILENO);
	kept[1] = dup(STDERR_FILENO);
	if (ftruncate(file_out, 0) != 0 || ftruncate(file_err, 0) != 0)
		abort();
	dup2(file_out, STDOUT_FILENO);
	dup2(file_err, STDERR_FILENO);
	lseek(file_out, 0, SEEK_SET);
	lseek(file_err, 0, SEEK_SET);
	failnth_resume();
}

static void restore(const int kept[2])
{
	failnth_pause();
	fflush(NULL);
	clearerr(stdout);
	dup2(kept[0], STDOUT_FILENO);
	dup2(kept[1], STDERR_FILENO);
	close(kept[0]);
	close(kept[1]);
	failnth_resume();
}

static int run(const struct line *l, struct arena *mem)
{
	char *argv[WORDS_MOST + 2] = { NULL };
	int argc = 1;

	argv[0] = (char *)(uintptr_t) "federator";
	for (const char *const *w = l->words; *w; w++)
		argv[argc++] = (char *)(uintptr_t)arena_cstr(mem, str_of(**w == '@' ? files_path(*w + 1) : *w));
	return cli_main(argc, argv);
}

/* With its usual exit code it has printed all it had to print; with another one it says why. */
static enum outcome command(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct line *l = arg;
	struct str out, err;
	int kept[2], code;
	enum outcome o;

	redirect(kept);
	code = run(l, mem);
	restore(kept);
	failnth_pause();
	out = printed(file_out, mem);
	err = printed(file_err, mem);
	failnth_resume();
	if (code == l->code) {
		o = failnth_same(out);
		if (o == WRONG && (memmem(out.p, out.n, "\"complete\":false", 16) ||
				   memmem(out.p, out.n, "<complete>false<", 16) ||
				   memmem(out.p, out.n, "cannot be read: ", 16)))
			o = failnth_refused("incomplete, and says so");
		return o;
	}
	if (code == EXIT_OK)
		return failnth_wrong("ends well, but should not: %.200s", err.p);
	return failnth_refused(err.p);
}

#define LINE(name, code_, ...) { name, command, &(const struct line){ .words = { __VA_ARGS__ }, .code = (code_) } }
#define GREENERY ROOT "/examples/greenery/mapping"

static const struct scenario all[] = {
	LINE("check", EXIT_OK, "check", "@m"),
	LINE("check-gcc", EXIT_OK, "check", "--format", "gcc", "@m"),
	LINE("check-json", EXIT_OK, "check", "--format", "json", "@m"),
	LINE("check-live", EXIT_OK, "check", "--live", "@m"),
	LINE("check-against", EXIT_OK, "check", "--against", "@m", "@m"),
	LINE("check-broken", EXIT_FINDINGS, "check", ROOT "/tests/metadata/broken"),
	LINE("check-nothing", EXIT_FINDINGS, "check", "@nothing"),
	LINE("test", EXIT_OK, "test", GREENERY),
	LINE("test-json", EXIT_OK, "test", "--format", "json", GREENERY),
	LINE("get", EXIT_OK, "get", "--map", "@m", "--tenant", "t", "--canonical", "--by", "member=1"),
	LINE("get-xml", EXIT_OK, "get", "--map", "@m", "--tenant", "t", "--canonical", "--xml", "--by", "member=1"),
	LINE("get-by-unknown-key", EXIT_USAGE, "get", "--map", "@m", "--tenant", "t", "--canonical", "--by", "shoe=1"),
	LINE("get-with-options-of-a-file", EXIT_OK, "get", "--config", "@options", "--canonical", "--by", "member=1"),
	LINE("schema", EXIT_OK, "schema", "--map", "@m"),
	LINE("schema-xsd", EXIT_OK, "schema", "--map", "@m", "--xsd"),
	LINE("schema-routing", EXIT_OK, "schema", "--map", "@m", "--routing"),
	LINE("config", EXIT_OK, "config", "show", "--config", "@options"),
	LINE("config-origin", EXIT_OK, "config", "show", "--origin", "--config", "@options"),
	LINE("config-unknown-option", EXIT_USAGE, "config", "show", "--config", "@bad-options"),
	LINE("completion", EXIT_OK, "completion"),
	LINE("help", EXIT_OK, "help"),
	LINE("help-get", EXIT_OK, "help", "get"),
	LINE("man", EXIT_OK, "docs", "man"),
	LINE("version", EXIT_OK, "version"),
	LINE("unknown-command", EXIT_USAGE, "chekc"),
};

static void make_options(void)
{
	char text[400];

	snprintf(text, sizeof(text), "# a service\nmap = %s\ntenant = t\nrole = agent\n", files_path("m"));
	files_put("options", text);
	snprintf(text, sizeof(text), "map = %s\ncolour = red\n", files_path("m"));
	files_put("bad-options", text);
}

int main(int argc, char **argv)
{
	int code = 1;

	file_out = memfd_create("out", MFD_CLOEXEC);
	file_err = memfd_create("err", MFD_CLOEXEC);
	if (site_begin()) {
		make_options();
		code = failnth_main(all, ARRAY_LEN(all), argc, argv);
	}
	files_remove();
	return code;
}
