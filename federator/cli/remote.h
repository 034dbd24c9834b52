/* remote.h - one request to the running service, over its admin listener. */
#ifndef FEDERATOR_CLI_REMOTE_H
#define FEDERATOR_CLI_REMOTE_H

#include "base/buf.h"
#include "federator/cli/cli.h"

struct remote_request {
	const char *line; /* method and path, "POST /admin/reload" */
	const char *accept; /* media type */
	bool by_tenant; /* with --tenants the path takes ?tenant=, if --tenant names one */
	struct str body; /* JSON, or empty; no NUL in it */
};

struct remote_answer {
	int status;
	const char *body; /* ends with NUL; in bytes */
	struct buf bytes;
};

/* Ask, and wait for a minute at most. Returns EXIT_OK when there is an answer, else what to end with, the message
 * already on stderr. The caller ends *answer, which is zeroed before, with remote_free(). */
int remote_ask(const struct args *args, const struct remote_request *request, struct remote_answer *answer) MUST_CHECK
	NONNULL(1, 2, 3);
/* Free what is inside. Usable with SCOPED. */
void remote_free(struct remote_answer *answer) NONNULL(1);

#endif
