/* reload.c - tell the running service to load its mapping again, over its admin listener. */
#include <stdio.h>

#include "federator/cli/commands.h"
#include "federator/cli/remote.h"

/* Warnings are messages; the last line is the outcome. */
static int success_print(const char *body)
{
	size_t n = strlen(body), last = n ? n - 1 : 0;

	while (last && body[last - 1] != '\n')
		last--;
	fwrite(body, 1, last, stderr);
	fputs(body + last, stdout);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_INTERNAL;
}

static int answer_print(const struct remote_answer *answer)
{
	if (answer->status == 200)
		return success_print(answer->body);
	if (answer->status == 422) {
		fputs(answer->body, stderr);
		message_error("what has errors was not loaded: the service runs on with the mapping it had");
		return EXIT_FINDINGS;
	}
	message_error("the service answered with status %d", answer->status);
	return EXIT_INTERNAL;
}

int command_reload(struct args *args)
{
	SCOPED(remote_free) struct remote_answer answer = { 0 };
	const struct remote_request request = { .line = "POST /admin/reload",
						.accept = "text/plain",
						.by_tenant = true };
	int code = remote_ask(args, &request, &answer);

	return code == EXIT_OK ? answer_print(&answer) : code;
}
