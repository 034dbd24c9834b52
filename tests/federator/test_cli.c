#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "federator/cli/cli.h"
#include "federator/cli/explain_text.h"

static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static bool read_args(struct args *args, const char *command, const char *const *words)
{
	char *argv[16] = { NULL };
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)arena_cstr(mem, str_of(words[argc]));
	return args_read(args, cli_command(command), argc, argv, mem);
}

#define READ(args, command, ...) read_args(args, command, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_mentions(const struct buf *text, const char *word)
{
	if (!strstr(text->data, word))
		fail_msg("'%s' is not in: %s", word, text->data);
}

/* As roff writes it: each dash escaped. */
static const char *roff(const char *word)
{
	struct buf out = { 0 };
	const char *text;

	for (; *word; word++)
		buf_printf(&out, "%s%c", *word == '-' ? "\\" : "", *word);
	text = arena_cstr(mem, buf_str(&out));
	buf_free(&out);
	return text;
}

static void manual_completion_and_help_name_every_command_and_flag(void **state)
{
	struct buf man = { 0 }, completion = { 0 }, list = { 0 };
	const struct command *commands;
	const struct flag *flags;
	size_t n, n_flags;

	(void)state;
	docs_man(&man);
	docs_completion(&completion);
	help_print(NULL, &list);
	commands = cli_commands(&n);
	flags = cli_flags(&n_flags);
	for (size_t i = 0; i < n; i++) {
		struct buf help = { 0 };

		help_print(&commands[i], &help);
		for (size_t f = 0; f < n_flags; f++) {
			if (strcmp(flags[f].command, commands[i].name) != 0)
				continue;
			assert_mentions(&help, arena_printf(mem, "--%s", flags[f].name).p);
			assert_mentions(&man, roff(arena_printf(mem, "--%s", flags[f].name).p));
			assert_mentions(&completion, arena_printf(mem, "--%s", flags[f].name).p);
		}
		buf_free(&help);
		if (commands[i].takes & IS_HIDDEN)
			continue;
		assert_mentions(&list, arena_printf(mem, "\n  %s", commands[i].name).p);
		assert_mentions(&man, arena_printf(mem, ".SS %s ", commands[i].name).p);
		assert_mentions(&completion, arena_printf(mem, "\t%s) words", commands[i].name).p);
	}
	buf_free(&man);
	buf_free(&completion);
	buf_free(&list);
}

static void manual_completion_and_help_name_every_option(void **state)
{
	struct buf man = { 0 }, completion = { 0 }, help = { 0 };
	const struct option *options;
	size_t n;

	(void)state;
	docs_man(&man);
	docs_completion(&completion);
	help_print(cli_command("serve"), &help);
	options = options_table(&n);
	for (size_t i = 0; i < n; i++) {
		const char *flag = arena_printf(mem, "--%s", options[i].name).p;

		assert_mentions(&man, roff(flag));
		assert_mentions(&completion, flag);
		assert_mentions(&help, flag);
	}
	buf_free(&man);
	buf_free(&completion);
	buf_free(&help);
}

static void help_of_a_command_lists_the_options_it_heeds(void **state)
{
	struct buf reload = { 0 }, get = { 0 }, version = { 0 }, audit = { 0 };

	(void)state;
	help_print(cli_command("reload"), &reload);
	help_print(cli_command("get"), &get);
	help_print(cli_command("version"), &version);
	help_print(cli_command("audit"), &audit);
	assert_mentions(&reload, "--admin");
	assert_mentions(&reload, "--tenants TEXT");
	assert_mentions(&audit, "--map TEXT");
	assert_mentions(&audit, "--tenant TEXT");
	assert_mentions(&get, "--core-dumps  ");
	assert_null(strstr(reload.data, "--cache"));
	assert_mentions(&get, "--cache-user");
	assert_mentions(&get, "--config");
	assert_null(strstr(get.data, "--listen"));
	assert_null(strstr(version.data, "--config"));
	buf_free(&reload);
	buf_free(&get);
	buf_free(&version);
	buf_free(&audit);
}

/* What bash offers when tab is pressed behind "federator COMMAND WORD". */
static const char *completed(const char *command, const char *word)
{
	SCOPED(buf_free) struct buf script = { 0 };
	char path[] = "/tmp/fed-completion-XXXXXX", line[1024] = "";
	int fd = mkstemp(path);
	FILE *bash;

	docs_completion(&script);
	buf_printf(&script, "COMP_WORDS=(federator %s '%s')\nCOMP_CWORD=2\n_federator\necho \"${COMPREPLY[*]}\"\n",
		   command, word);
	assert_int_equal(write(fd, script.data, script.len), script.len);
	close(fd);
	bash = popen(arena_printf(mem, "bash %s", path).p, "re");
	assert_non_null(bash);
	assert_non_null(fgets(line, sizeof(line), bash));
	assert_int_equal(pclose(bash), 0);
	unlink(path);
	return arena_cstr(mem, str_of(line));
}

static void completion_offers_what_may_follow_a_command(void **state)
{
	(void)state;
	assert_string_equal(completed("help", "c"), "check cache config completion\n");
	assert_string_equal(completed("config", ""), "show\n");
	assert_string_equal(completed("cache", ""), "purge forget status\n");
	assert_string_equal(completed("check", "/de"), "/dev\n");
	assert_string_equal(completed("version", "-"), "--help\n");
	assert_string_equal(completed("reload", "--a"), "--admin\n");
}

static void every_flag_belongs_to_a_command(void **state)
{
	const struct flag *flags;
	size_t n;

	(void)state;
	flags = cli_flags(&n);
	for (size_t i = 0; i < n; i++)
		assert_non_null(cli_command(flags[i].command));
}

static void flags_options_and_operands_are_told_apart(void **state)
{
	struct args args;

	(void)state;
	assert_true(READ(&args, "get", "--by", "phone=1", "--map=dir", "--by=email=x=y", "--xml", "--role",
			 "boss", "--config", "f.conf"));
	assert_int_equal(args.n_flags, 3);
	assert_string_equal(args.flags[1].value, "email=x=y");
	assert_non_null(args_flag(&args, "xml"));
	assert_null(args_flag(&args, "pretty"));
	assert_int_equal(args.argc, 3);
	assert_string_equal(args.argv[0], "--map=dir");
	assert_string_equal(args.argv[2], "boss");
	assert_string_equal(args.config, "f.conf");
	assert_true(READ(&args, "check", "--format", "gcc", "--", "--odd-directory"));
	assert_string_equal(args.operands[0], "--odd-directory");
}

static void wrong_arguments_are_refused(void **state)
{
	struct args args;

	(void)state;
	assert_false(READ(&args, "get", "--vew", "pop"));
	assert_false(READ(&args, "get", "pop"));
	assert_false(READ(&args, "get", "--by"));
	assert_false(READ(&args, "get", "--xml=yes"));
	assert_false(READ(&args, "version", "--role", "x"));
	assert_false(READ(&args, "serve", "--listen"));
}

static int run_words(const char *a, const char *b, const char *c)
{
	char *argv[] = { (char *)(uintptr_t) "federator", (char *)(uintptr_t)a, (char *)(uintptr_t)b,
			 (char *)(uintptr_t)c, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	return cli_main(argc, argv);
}

static int run(const char *a, const char *b)
{
	return run_words(a, b, NULL);
}

#define TEST_OF(outcome) \
	"<test name='t' view='v'><ask key='id' value='1'/><given part='p'/>" \
	"<expect>{\"match\": {\"outcome\": \"" outcome "\"}}</expect></test>"

/* What `federator test` ends with for a mapping with these tests. */
static int test_ends_with(const char *tests)
{
	char dir[] = "/tmp/fed-cli-XXXXXX";
	const char *file;
	FILE *out;
	int code;

	assert_non_null(mkdtemp(dir));
	file = arena_printf(mem, "%s/m.xml", dir).p;
	out = fopen(file, "we");
	assert_non_null(out);
	fprintf(out,
		"<mapping xmlns='urn:federator:mapping:1'><key name='id' role='identity' type='integer'/>"
		"<source name='s' connect='secret:s' dialect='sqlite' zone='UTC' pool='1'/><class name='open'/>"
		"<part name='p' source='s' rows='0..1' deadline='50ms' ttl='1s' stale='0s'>"
		"<query by='id'>SELECT id, a FROM t WHERE id IN (:id...)</query>"
		"<column name='id' type='integer' gives='id' proves='id'/><column name='a' type='text'/></part>"
		"<field path='f' class='open'><from part='p' column='a'/></field>"
		"<view name='v' by='id' budget='300ms'><use path='f'/></view>"
		"<policy role='agent' purpose='service'><show class='open'/></policy>%s</mapping>",
		tests);
	assert_int_equal(fclose(out), 0);
	code = run("test", dir);
	unlink(file);
	rmdir(dir);
	return code;
}

static void a_failing_test_and_a_mapping_without_one_are_findings(void **state)
{
	(void)state;
	assert_int_equal(test_ends_with(TEST_OF("none")), EXIT_OK);
	assert_int_equal(test_ends_with(TEST_OF("one")), EXIT_FINDINGS);
	assert_int_equal(test_ends_with(TEST_OF("none") "<test/>"), EXIT_FINDINGS);
	assert_int_equal(test_ends_with(""), EXIT_FINDINGS);
	assert_int_equal(run("test", NULL), EXIT_USAGE);
	assert_int_equal(run("test", "/nonexistent"), EXIT_FINDINGS);
}

static void exit_codes_tell_usage_from_findings(void **state)
{
	(void)state;
	assert_int_equal(run("version", NULL), EXIT_OK);
	assert_int_equal(run("check", "--help"), EXIT_OK);
	assert_int_equal(run("chek", NULL), EXIT_USAGE);
	assert_int_equal(run("check", NULL), EXIT_USAGE);
	assert_int_equal(run("check", "/nonexistent/mapping"), EXIT_FINDINGS);
	assert_int_equal(run("get", "--map=/nonexistent/mapping"), EXIT_USAGE); /* no key */
	assert_int_equal(run_words("check", "/nonexistent/mapping", "--map=/nonexistent/other"), EXIT_USAGE);
	assert_int_equal(run("config", "shwo"), EXIT_USAGE);
	assert_int_equal(run("reload", "--admin=unix:/nonexistent/socket"), EXIT_UNREACHABLE);
	assert_int_equal(run("serve", "--queue=many"), EXIT_USAGE);
}

static void explained_answer_is_readable_at_a_terminal(void **state)
{
	static const char json[] =
		"{\"view\":\"pop\",\"revision\":\"00ff\",\"role\":\"agent\","
		"\"purpose\":\"service\",\"complete\":false,"
		"\"budget_ms\":400,\"reserve_ms\":20,\"took_us\":12500,"
		"\"steps\":[{\"name\":\"admit\",\"took_us\":7}],"
		"\"match\":{\"outcome\":\"one\",\"by\":\"phone\"},\"plan\":[{\"from\":\"member\","
		"\"to\":\"pop\",\"parts\":["
		"{\"part\":\"orders\",\"source\":\"shop\",\"by\":\"member\",\"critical\":true,"
		"\"deadline_ms\":150,"
		"\"start_ms\":1.5,\"took_ms\":5,\"state\":\"live\",\"rows\":2,"
		"\"mapping\":\"m.xml:4\","
		"\"sql\":\"SELECT 1\\n  WHERE m IN (:member...)\",\"then\":["
		"{\"part\":\"items\",\"source\":\"shop\",\"by\":\"order\",\"critical\":false,"
		"\"deadline_ms\":150,"
		"\"start_ms\":6.5,\"took_ms\":5,\"rows\":1,\"state\":\"missing\",\"reason\":\"refused\","
		"\"mapping\":\"m.xml:9\","
		"\"sql\":\"\",\"waited_for\":[\"orders\"]}]}]}],\"fields\":[{\"path\":\"tier\","
		"\"state\":\"provisional\","
		"\"value\":\"V\\u001b[2J\",\"rule\":\"order\","
		"\"winner\":{\"part\":\"crm\",\"source\":\"cc\",\"column\":\"grade\","
		"\"mapping\":\"m.xml:12\"},"
		"\"without\":[{\"part\":\"value\",\"source\":\"wh\",\"column\":\"t\","
		"\"mapping\":\"m.xml:13\",\"why\":\"deadline\"}]},"
		"{\"path\":\"orders\",\"state\":\"known\",\"items\":1},"
		"{\"path\":\"orders.no\",\"values\":1,\"rule\":\"order\",\"winner\":{\"part\":\"o\","
		"\"source\":\"s\",\"column\":\"no\",\"mapping\":\"m.xml:14\"}}]}";
	struct buf out = { 0 };

	(void)state;
	assert_true(explain_text(str_of(json), &out));
	assert_mentions(&out, "12.500 ms of a budget of 400 ms, 20 ms of it kept");
	assert_mentions(&out, "one by phone, incomplete\n");
	assert_mentions(&out, "  * orders                |    ============");
	assert_mentions(&out, "live, 2 rows\n      shop by member, deadline 150 ms, m.xml:4\n      SELECT 1\n");
	assert_mentions(&out, "\n      WHERE m IN (:member...)\n");
	assert_mentions(&out, "    - items ");
	assert_mentions(&out, "missing (refused), 1 row\n");
	assert_mentions(&out, "  orders - known, 1 item\n");
	assert_mentions(&out, "  orders.no - 1 value from ");
	assert_mentions(&out, "waited for orders");
	assert_mentions(&out, "  tier = V?[2J - provisional\n      won  crm.grade (cc), rule order, m.xml:12\n");
	assert_mentions(&out, "      none value.t (wh), deadline, m.xml:13\n");
	assert_mentions(&out, "  admit              7 us\n");
	buf_free(&out);
	assert_false(explain_text(STR("{\"status\":404}"), &out));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual_completion_and_help_name_every_command_and_flag),
		cmocka_unit_test(manual_completion_and_help_name_every_option),
		cmocka_unit_test(help_of_a_command_lists_the_options_it_heeds),
		cmocka_unit_test(completion_offers_what_may_follow_a_command),
		cmocka_unit_test(every_flag_belongs_to_a_command),
		cmocka_unit_test(flags_options_and_operands_are_told_apart),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(explained_answer_is_readable_at_a_terminal),
		cmocka_unit_test(a_failing_test_and_a_mapping_without_one_are_findings),
		cmocka_unit_test(exit_codes_tell_usage_from_findings),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
