/* serve_audit.h - the record that the service keeps, and its key. */
#ifndef FEDERATOR_CLI_SERVE_AUDIT_H
#define FEDERATOR_CLI_SERVE_AUDIT_H

#include "federator/service.h"

struct audit;

/* Start the record as the options say; its key is read into `mem`. `meters` count it, enum meter. *out is NULL when
 * none is to be kept. */
bool serve_audit_open(const struct options *opt, struct counters *meters, struct arena *mem, struct audit **out,
		      struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* Read the secret of --audit-key-secret into `mem`. ERR_CONFIG: it cannot be read, or is shorter than 16 bytes. */
bool audit_secret_find(const struct options *opt, struct arena *mem, struct str *out, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3, 4);

#endif
