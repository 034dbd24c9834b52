#include "federator/meters.h"

#include <stdlib.h>

#include "base/memory.h"

const int meter_statuses[METER_STATUSES] = {
	200, 304, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429, 431, 500, 501, 503, 504, 0,
};
const char *const meter_reasons[METER_REASONS] = {
	"deadline", "busy", "refused", "auth", "schema_mismatch", "too_large", "error",
	"wrong_subject", "key_unknown", "no_consent", "not_in_cache", "other",
};

size_t meter_status(int status)
{
	size_t i = 0;

	while (i < METER_STATUSES - 1 && meter_statuses[i] != status)
		i++;
	return i;
}

size_t meter_reason(const char *reason)
{
	size_t i = 0;

	while (i < METER_REASONS - 1 && strcmp(meter_reasons[i], reason) != 0)
		i++;
	return i;
}

struct meter_set *meter_set_take(struct meter_set **list, const char *name, size_t n)
{
	struct meter_set *set = *list;

	while (set && strcmp(set->name, name) != 0)
		set = set->next;
	if (!set) {
		set = memory_new(sizeof(*set));
		set->name = memory_text(name);
		set->counters = counters_new(n);
		set->next = *list;
		*list = set;
	}
	set->owners++;
	return set;
}

void meter_set_drop(struct meter_set **list, struct meter_set **setp)
{
	struct meter_set *set = *setp;

	*setp = NULL;
	if (!set || --set->owners > 0)
		return;
	while (*list != set)
		list = &(*list)->next;
	*list = set->next;
	counters_free(&set->counters);
	free(set->name);
	free(set);
}
