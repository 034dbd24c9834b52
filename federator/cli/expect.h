/* expect.h - what a test of a mapping expects, held against the answer. No state; one thread at a time. */
#ifndef FEDERATOR_CLI_EXPECT_H
#define FEDERATOR_CLI_EXPECT_H

#include "metadata/diag.h"
#include "metadata/test.h"

/* Every difference is a finding at the place where the test expects something else. `answer` is a JSON document: a view
 * or a problem. Scratch memory comes from `mem`. */
void expect_check(const struct test *test, struct str answer, struct diags *ds, struct arena *mem) NONNULL(1, 3, 4);

#endif
