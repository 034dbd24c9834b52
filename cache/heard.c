#include "cache/heard.h"

#include "base/clock.h"
#include "cache/stamp.h"

static size_t place_of(const struct cache_name *name)
{
	return digest_sip(str_of(name->text)) % HEARD_PLACES;
}

void heard_name(struct heard *h, const struct cache_name *name)
{
	if (strcmp(name->text, STAMP_ALL) == 0)
		heard_all(h);
	else
		atomic_store(&h->at[place_of(name)], clock_mono_us());
}

void heard_all(struct heard *h)
{
	atomic_store(&h->all, clock_mono_us());
}

uint64_t heard_when(const struct heard *h, const struct cache_name *name)
{
	uint64_t at = atomic_load(&h->at[place_of(name)]), all = atomic_load(&h->all);

	return at > all ? at : all;
}
