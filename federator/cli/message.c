#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "federator/cli/cli.h"

static bool coloured(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && !(no && *no);
}

void message_error(const char *fmt, ...)
{
	va_list args;

	fputs(coloured() ? "\033[31mfederator:\033[0m " : "federator: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

int message_err(const struct err *err)
{
	message_error("%s: %s", err->where, err->text);
	switch (err->cls) {
	case ERR_CALLER:
	case ERR_CONFIG:
		return EXIT_USAGE;
	case ERR_MAPPING:
		return EXIT_FINDINGS;
	case ERR_LATE:
	case ERR_BUSY:
	case ERR_REFUSED:
	case ERR_AUTH:
	case ERR_SOURCE:
	case ERR_SCHEMA:
	case ERR_TOO_LARGE:
	case ERR_SUBJECT:
		return EXIT_UNREACHABLE;
	case ERR_NONE:
	case ERR_SYSTEM:
		return EXIT_INTERNAL;
	}
	abort();
}

int message_problem(int status, struct str document)
{
	json_t *root = json_loadb(document.p, document.n, 0, NULL);
	const char *detail = json_string_value(json_object_get(root, "detail"));
	const char *suggestion = json_string_value(json_object_get(root, "suggestion"));

	if (detail)
		message_error("%s%s%s", detail, suggestion ? "; " : "", suggestion ? suggestion : "");
	else
		fprintf(stderr, "%.*s\n", STR_ARG(document));
	json_decref(root);
	if (status < 500)
		return EXIT_USAGE;
	return status == 503 || status == 504 ? EXIT_UNREACHABLE : EXIT_INTERNAL;
}

void message_findings(struct diags *ds)
{
	SCOPED(buf_free) struct buf out = { 0 };

	if (diags_count(ds, DIAG_ERROR) + diags_count(ds, DIAG_WARNING) == 0)
		return;
	diags_print_human(ds, &out);
	fwrite(out.data, 1, out.len, stderr);
}

int message_data(const struct buf *data)
{
	if ((data->len && fwrite(data->data, 1, data->len, stdout) != data->len) || fflush(stdout) != 0) {
		message_error("cannot write to stdout");
		return EXIT_INTERNAL;
	}
	return EXIT_OK;
}

bool message_format(const char *format, void (**print_out)(struct diags *ds, struct buf *out))
{
	static const struct {
		const char *name;
		void (*print)(struct diags *ds, struct buf *out);
	} printers[] = {
		{ "human", diags_print_human },
		{ "gcc", diags_print_gcc },
		{ "json", diags_print_json },
	};

	for (size_t i = 0; i < ARRAY_LEN(printers); i++) {
		if (strcmp(format, printers[i].name) == 0) {
			*print_out = printers[i].print;
			return true;
		}
	}
	message_error("--format takes human, gcc or json, not '%s'", format);
	return false;
}
