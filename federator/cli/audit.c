/* audit.c - the command audit: is a record whole, what does it say of a month, and of one customer. */
#include <stdio.h>

#include "federator/audit/report.h"
#include "federator/audit/subject.h"
#include "federator/audit/verify.h"
#include "federator/cli/audit_month.h"
#include "federator/cli/commands.h"
#include "federator/cli/serve_audit.h"
#include "federator/salt.h"
#include "federator/secret.h"

#include "base/text.h"

enum { FINDINGS_SHOWN = 100 };

/* The key of --key-file, else that of --audit-key-secret. */
static bool key_find(const struct args *args, const struct options *opt, struct audit_key *out, struct err *err)
{
	const char *file = args_flag(args, "key-file"), *slash = file ? strrchr(file, '/') : NULL;
	const char *dir = slash ? arena_printf(args->mem, "%.*s", (int)(slash + 1 - file), file).p : ".";
	struct str secret;

	if (file ? !secret_read(dir, slash ? slash + 1 : file, args->mem, &secret, err) :
		   !audit_secret_find(opt, args->mem, &secret, err))
		return false;
	audit_key_make(secret, out);
	return true;
}

/* "123:0f0f...": what somebody wrote down of an audit_anchor in the log. */
static bool anchor_read(const char *text, struct audit_end *out, struct err *err)
{
	const char *colon = strchr(text, ':');

	if (colon && text_to_u64((struct str){ text, (size_t)(colon - text) }, &out->seq) &&
	    audit_digits_read(str_of(colon + 1), out->mac))
		return true;
	return err_set(err, ERR_CONFIG, "anchor", "'%s' is not the number of a record, a colon and its MAC", text);
}

struct findings {
	struct buf *out;
	uint64_t n;
};

static void on_finding(void *owner, const struct audit_finding *f)
{
	struct findings *findings = owner;

	if (findings->n++ >= FINDINGS_SHOWN)
		return;
	if (f->line)
		buf_printf(findings->out, "%s:%llu: %s\n", f->file, (unsigned long long)f->line, f->text);
	else
		buf_printf(findings->out, "%s: %s\n", f->file, f->text);
}

static void verdict_put(const struct audit_verdict *v, struct buf *out)
{
	if (v->findings > FINDINGS_SHOWN)
		buf_printf(out, "and %llu more\n", (unsigned long long)(v->findings - FINDINGS_SHOWN));
	if (v->torn)
		buf_printf(out, "%llu lines were cut off by an end of the service; nobody was shown anything by them\n",
			   (unsigned long long)v->torn);
	if (v->unfinished)
		buf_printf(out, "the newest file ends inside a line: the service is writing it, or was killed\n");
	buf_printf(out, "%s: %llu records in %llu files, %llu to %llu, the last one ",
		   v->findings ? "not whole" : "whole", (unsigned long long)v->records, (unsigned long long)v->files,
		   (unsigned long long)v->first, (unsigned long long)v->last.seq);
	audit_digits_put(v->last.mac, out);
	buf_putc(out, '\n');
}

static int verify(const struct args *args, const struct options *opt, const char *dir)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct findings findings = { .out = &out };
	const char *text = args_flag(args, "anchor");
	struct audit_verdict verdict;
	struct audit_end anchor = { 0 };
	struct audit_key key;
	struct audit_checking what = { .dir = dir, .key = &key, .tell = on_finding, .owner = &findings };
	struct err err;
	bool good = (!text || anchor_read(text, &anchor, &err)) && key_find(args, opt, &key, &err);
	int code;

	what.anchor = text ? &anchor : NULL;
	good = good && audit_verify(&what, &verdict, &err);
	explicit_bzero(&key, sizeof(key));
	if (!good)
		return message_err(&err);
	verdict_put(&verdict, &out);
	code = message_data(&out);
	return code == EXIT_OK && verdict.findings ? EXIT_FINDINGS : code;
}

static bool month_is_good(const char *month)
{
	uint64_t number;

	return month && strlen(month) == 7 && month[4] == '-' && text_to_u64((struct str){ month, 4 }, &number) &&
	       text_to_u64((struct str){ month + 5, 2 }, &number) && number >= 1 && number <= 12;
}

static bool hours_read(const char *text, struct audit_month *month)
{
	const char *dash = strchr(text, '-');
	uint64_t from, to;

	if (!dash || !text_to_u64((struct str){ text, (size_t)(dash - text) }, &from) ||
	    !text_to_u64(str_of(dash + 1), &to) || from >= to || to > 24)
		return false;
	month->from_hour = (uint32_t)from;
	month->to_hour = (uint32_t)to;
	return true;
}

static int report(const struct args *args, const char *dir)
{
	const char *zone = args_flag(args, "zone"), *hours = args_flag(args, "hours");
	struct audit_month month = { .month = args_flag(args, "month") };
	SCOPED(buf_free) struct buf out = { 0 };
	struct err err;

	if (!month_is_good(month.month)) {
		message_error("report takes a month: --month 2026-11");
		return EXIT_USAGE;
	}
	if (!hours_read(hours ? hours : "8-20", &month)) {
		message_error("--hours takes two hours of the day, such as 8-20, not '%s'", hours);
		return EXIT_USAGE;
	}
	month.zone = zone_load(args->mem, zone ? zone : "UTC", &err);
	if (!month.zone || !audit_report(dir, &month, args->mem, &err))
		return message_err(&err);
	if (args_flag(args, "json"))
		audit_month_json(&month, &out);
	else
		audit_month_text(&month, &out);
	return message_data(&out);
}

static void show_record(void *owner, const char *file, uint64_t line, struct str record)
{
	(void)owner;
	(void)file;
	(void)line;
	printf("%.*s\n", STR_ARG(record));
}

static int find(const struct args *args, const struct options *opt, const char *dir)
{
	const char *what = args_flag(args, "subject-of"), *equals = what ? strchr(what, '=') : NULL;
	unsigned char salt[DIGEST_BYTES];
	char hash[AUDIT_SUBJECT_DIGITS + 1];
	SCOPED(buf_free) struct buf out = { 0 };
	struct err err;

	if (!equals) {
		message_error("find takes a key and its value as the mapping normalises it: --subject-of member=M-001");
		return EXIT_USAGE;
	}
	if (!salt_of_secret(opt, args->mem, salt, &err)) {
		if (err.cls == ERR_NONE)
			err_set(&err, ERR_CONFIG, "salt-secret", "name the secret that the service has");
		return message_err(&err);
	}
	audit_subject((struct str){ (const char *)salt, sizeof(salt) }, str_of(opt->tenant),
		      (struct str){ what, (size_t)(equals - what) }, str_of(equals + 1), hash);
	explicit_bzero(salt, sizeof(salt));
	return audit_find(dir, hash, show_record, NULL, &err) ? message_data(&out) : message_err(&err);
}

int command_audit(struct args *args)
{
	const char *what = args->n_operands ? args->operands[0] : "", *dir;
	struct options opt;
	struct err err;

	if (args->n_operands > 2 || !strstr(" verify report find ", arena_printf(args->mem, " %s ", what).p)) {
		message_error("audit takes verify, report or find, and a directory: federator audit verify DIR");
		return EXIT_USAGE;
	}
	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	dir = args->n_operands == 2 ? args->operands[1] : opt.audit;
	if (!*dir) {
		message_error("name the directory of the record, or give --audit or --config");
		return EXIT_USAGE;
	}
	if (strcmp(what, "report") == 0)
		return report(args, dir);
	return strcmp(what, "find") == 0 ? find(args, &opt, dir) : verify(args, &opt, dir);
}
