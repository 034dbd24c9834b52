#include "tests/scenarios/metric.h"

#include <stdlib.h>

#include "federator/admin/metrics.h"

bool metric_sample(struct service *svc, const char *name, int64_t *out)
{
	SCOPED(buf_free) struct buf all = { 0 };
	size_t n = strlen(name);

	metrics_put(svc, &all);
	for (const char *line = all.data; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n) == 0 && line[n] == ' ') {
			*out = strtoll(line + n, NULL, 10);
			return true;
		}
	}
	return false;
}
