/* weblog.c - the command weblog: what federator makes of a log that is there. */
#include "federator/cli/weblog.h"

#include <stdio.h>
#include <time.h>

#include "base/digest.h"
#include "federator/cli/commands.h"
#include "weblog/input.h"

enum { PERCENT_BAD = 1 };

struct run {
	struct weblog_trial found;
	const struct weblog_rules *rules;
	const struct weblog_format *format;
	struct weblog_survey *survey;
	const struct weblog *log; /* of the mapping, or NULL */
	struct weblog_effect *effect; /* by its rules */
	struct buf misses; /* why no format reads the first line */
	struct arena *mem;
};

static void bad_add(struct run *run, const char *file, uint64_t number, struct str line,
		    const struct weblog_fault *fault)
{
	run->found.rejected++;
	if (run->found.n_bad < WEBLOG_BAD_LINES)
		run->found.bad[run->found.n_bad++] = weblog_bad_of(file, number, line, fault, run->mem);
}

static void line_add(struct run *run, struct weblog_parser *parser, const char *file, uint64_t number, struct str line)
{
	struct weblog_record record;
	struct weblog_fault fault;

	switch (weblog_parse(parser, line, &record, &fault)) {
	case WEBLOG_READ:
		run->found.read++;
		weblog_survey_add(run->survey, &record);
		if (run->effect)
			weblog_effect_add(run->effect, &record);
		break;
	case WEBLOG_REJECTED:
		bad_add(run, file, number, line, &fault);
		break;
	case WEBLOG_NOTHING:
		break;
	}
}

static bool lines_read(struct run *run, struct weblog_input *in, const char *file, struct err *err)
{
	static const struct weblog_fault too_long = { .at = 0, .what = "longer than 1 MiB" };
	struct weblog_parser *parser = weblog_parser_new(run->format, run->mem);

	for (uint64_t number = 1;; number++) {
		struct str line;

		switch (weblog_input_line(in, &line, err)) {
		case WEBLOG_LINE:
			line_add(run, parser, file, number, line);
			break;
		case WEBLOG_LINE_TOO_LONG:
			bad_add(run, file, number, line, &too_long);
			break;
		case WEBLOG_LINES_END:
			return true;
		case WEBLOG_LINES_FAILED:
			return false;
		}
		run->found.lines++;
		run->found.bytes += line.n + 1;
	}
}

/* From the first lines of the first file that has any. */
static bool format_guess(struct run *run, const char *file, struct weblog_input *in, struct err *err)
{
	struct weblog_guess *guesses;
	struct str head;
	bool is_all;

	if (run->format)
		return true;
	if (!weblog_input_head(in, &head, &is_all, err))
		return false;
	if (head.n == 0)
		return true;
	guesses = arena_array_of(run->mem, struct weblog_guess, run->rules->n_formats);
	run->found.n_guesses = weblog_guess(run->rules, head, is_all, guesses);
	run->found.guesses = guesses;
	if (run->found.n_guesses == 0) {
		weblog_misses_text(run->rules, file, head, run->mem, &run->misses);
		return err_set(err, ERR_MAPPING, "weblog",
			       "no known format reads the first lines; give --format, as the server has it");
	}
	run->format = guesses[0].named->format;
	run->found.format = guesses[0].named->name;
	return true;
}

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool file_try(struct run *run, const char *file, struct err *err)
{
	SCOPED(weblog_input_close) struct weblog_input *in = weblog_input_open(file, err);
	uint64_t begin;
	bool good;

	if (!in || !format_guess(run, file, in, err))
		return false;
	begin = cpu_us();
	good = !run->format || lines_read(run, in, file, err);
	run->found.cpu_us += cpu_us() - begin;
	return good;
}

static bool format_given(struct run *run, const char *text, struct err *err)
{
	if (!text)
		return true;
	run->found.format = str_of(text);
	run->format = weblog_rules_format_of(run->rules, str_of(text), run->mem, err);
	return run->format != NULL;
}

static void sums_take(struct run *run)
{
	struct weblog_effect_sums *sums = arena_new_of(run->mem, struct weblog_effect_sums);

	weblog_survey_sums(run->survey, &run->found.sums);
	weblog_survey_end(&run->survey);
	if (!run->effect)
		return;
	weblog_effect_sums(run->effect, sums);
	weblog_effect_end(&run->effect);
	run->found.effect = sums;
}

static bool files_try(struct run *run, const struct args *args, struct err *err)
{
	const char *format = args_flag(args, "format");
	bool good = digest_init(err);

	if (good)
		run->rules = weblog_rules_new(args_flag(args, "rules"), run->mem, err);
	if (!format && run->log)
		format = run->log->format;
	if (!run->rules || !format_given(run, format, err))
		return false;
	run->survey = weblog_survey_new(run->rules, run->mem);
	if (run->log)
		run->effect = weblog_effect_new(run->log, run->rules, run->mem);
	for (size_t i = 1; i < args->n_operands && good; i++)
		good = file_try(run, args->operands[i], err);
	sums_take(run);
	return good;
}

/* Real logs have a few broken lines; more of them mean another format. */
static int verdict(const struct weblog_trial *found)
{
	return found->rejected * 100 <= (found->read + found->rejected) * PERCENT_BAD ? EXIT_OK : EXIT_FINDINGS;
}

/* On the command line: that a service has a mapping by its environment does not mean that a trial is of it. */
static bool has_map(const struct args *args)
{
	for (int i = 0; i < args->argc; i++)
		if (strcmp(args->argv[i], "--map") == 0 || strncmp(args->argv[i], "--map=", 6) == 0)
			return true;
	return false;
}

static int try_failed(const struct run *run, const struct err *err)
{
	int code = message_err(err);

	if (run->misses.len)
		fwrite(run->misses.data, 1, run->misses.len, stderr);
	return code;
}

static int try_run(struct args *args, struct run *run)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct err err;
	int code;

	if (!files_try(run, args, &err))
		return try_failed(run, &err);
	if (args_flag(args, "json"))
		weblog_trial_json(&run->found, &out);
	else
		weblog_trial_text(&run->found, &out);
	code = message_data(&out);
	return code == EXIT_OK ? verdict(&run->found) : code;
}

static int try_files(struct args *args)
{
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	struct run run = { .mem = args->mem };
	struct options opt;
	int code = EXIT_OK;

	if (args_flag(args, "weblog") || has_map(args))
		code = weblog_of_mapping(args, args_flag(args, "weblog"), &opt, &cat, &run.log);
	if (code == EXIT_OK)
		code = try_run(args, &run);
	buf_free(&run.misses);
	return code;
}

int command_weblog(struct args *args)
{
	if (args->n_operands >= 2 && strcmp(args->operands[0], "try") == 0)
		return try_files(args);
	if (args->n_operands >= 1 && args->n_operands <= 2 && strcmp(args->operands[0], "index") == 0)
		return weblog_index_run(args);
	message_error("weblog takes try and files, or index and the name of a log: federator weblog try FILE...");
	return EXIT_USAGE;
}
