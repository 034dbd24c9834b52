/* check_weblog.h - what check finds in <weblog> with the parsers at hand, which metadata/ does not know. One thread. */
#ifndef FEDERATOR_CLI_CHECK_WEBLOG_H
#define FEDERATOR_CLI_CHECK_WEBLOG_H

#include "metadata/diag.h"

/* Formats that are none, and values that no line of the format has. `dir` as in weblog_rules_new(), and its errors. */
bool check_weblogs(const struct catalog *cat, const char *dir, struct arena *mem, struct diags *ds,
		   struct err *err) MUST_CHECK NONNULL(1, 3, 4, 5);

#endif
