/* admit.h - may this role ask that log? */
#ifndef FEDERATOR_WEB_ADMIT_H
#define FEDERATOR_WEB_ADMIT_H

#include "federator/web/web.h"
#include "metadata/weblogs.h"

/* The log of that name, or the only one for the NULL view, if its class is shown to the role for the purpose. NULL:
 * *fault says why not; its texts live in `mem`. */
const struct weblog *web_admit(const struct catalog *cat, const struct web_ask *ask, struct arena *mem,
			       struct web_fault *fault) MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
