/* metric.h - one figure of /metrics. */
#ifndef TESTS_SCENARIOS_METRIC_H
#define TESTS_SCENARIOS_METRIC_H

#include "federator/service.h"

/* The sample `federator_name{label="value"}`, without what stands behind its point. False: there is none. */
bool metric_sample(struct service *svc, const char *name, int64_t *out) MUST_CHECK NONNULL(1, 2, 3);

#endif
