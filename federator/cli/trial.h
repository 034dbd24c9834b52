/* trial.h - running the tests that stand in a mapping, offline: the flow of the service, with what the tests say in
 * place of sources and cache. One thread. */
#ifndef FEDERATOR_CLI_TRIAL_H
#define FEDERATOR_CLI_TRIAL_H

#include "metadata/diag.h"

struct trial_count {
	size_t passed, failed;
};

/* Run the tests of `cat` whose names match the shell pattern, in their order. Every difference is a finding in `ds`,
 * which should know the files (it does when the catalog was loaded with it). False with *err: the system's refusal. */
bool trial_run_all(const struct catalog *cat, const char *pattern, struct diags *ds, struct trial_count *count_out,
		   struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
