#include "federator/source_conf.h"

#include "federator/secret.h"

enum { CAP_DEFAULT_MS = 10000 }; /* of a source that no part uses */

#define FIXTURE_PREFIX "fixture:"

static uint32_t source_cap_ms(const struct catalog *cat, const struct source *src)
{
	uint32_t cap = 0;

	for (size_t i = 0; i < cat->n_parts; i++)
		if (cat->parts[i].source == src && cat->parts[i].cap_ms > cap)
			cap = cat->parts[i].cap_ms;
	return cap ? cap : CAP_DEFAULT_MS;
}

bool source_conf(const struct options *opt, const struct catalog *cat, const struct source *src, struct arena *mem,
		 struct adapter_conf *out, struct err *err)
{
	struct str connect;

	*out = (struct adapter_conf){ .name = src->name,
				      .driver = "odbc",
				      .zone = zone_name(src->zone),
				      .zone_offset_s = zone_offset_at(src->zone, clock_wall_ms() * 1000),
				      .pool = src->pool,
				      .queue = (uint32_t)opt->queue,
				      .cap_ms = source_cap_ms(cat, src) };
	if (!secret_find(opt, src->secret, mem, &connect, err))
		return false;
	out->connect = connect.p;
	if (connect.n >= strlen(FIXTURE_PREFIX) && memcmp(connect.p, FIXTURE_PREFIX, strlen(FIXTURE_PREFIX)) == 0) {
		out->driver = "fixture";
		out->connect += strlen(FIXTURE_PREFIX);
	}
	return true;
}
