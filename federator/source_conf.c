#include "federator/source_conf.h"

#include "base/log.h"
#include "federator/secret.h"
#include "federator/world.h"
#include "metadata/weblogs.h"

enum { CAP_DEFAULT_MS = 10000 }; /* of a source that no part uses */

#define FIXTURE_PREFIX "fixture:"

static uint32_t source_cap_ms(const struct catalog *cat, const struct source *src)
{
	uint32_t cap = 0;

	for (size_t i = 0; i < cat->n_parts; i++)
		if (cat->parts[i].source == src && cat->parts[i].cap_ms > cap)
			cap = cat->parts[i].cap_ms;
	for (size_t i = 0; i < cat->n_weblogs; i++) /* the web team's questions are longer ones */
		if (cat->weblogs[i].store == src && cap < CAP_DEFAULT_MS)
			cap = CAP_DEFAULT_MS;
	return cap ? cap : CAP_DEFAULT_MS;
}

static bool same_but_for_password(struct str a, struct str b)
{
	unsigned char of_a[DIGEST_BYTES], of_b[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	connect_digest(&d, a);
	digest_end(&d, of_a);
	digest_begin(&d, (struct str){ 0 });
	connect_digest(&d, b);
	digest_end(&d, of_b);
	return memcmp(of_a, of_b, DIGEST_BYTES) == 0;
}

/* adapter_conf.connect_text: while an operator is at the file, the source goes on with what it was opened with. */
static const char *text_now(const struct adapter_conf *conf, struct arena *mem)
{
	struct str text;
	struct err err;

	if (!secret_find(conf->connect_owner, conf->secret, mem, &text, &err)) {
		log_event(LOG_WARN, "secret_unusable", LOG_CSTR("source", conf->name), LOG_CSTR("text", err.text));
		return NULL;
	}
	if (same_but_for_password(text, str_of(conf->connect)))
		return text.p;
	log_event(LOG_WARN, "secret_changed", LOG_CSTR("source", conf->name),
		  LOG_CSTR("text", "more than the password is new in the secret: reload to use it"));
	return NULL;
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
	out->secret = src->secret;
	out->connect_text = text_now;
	out->connect_owner = opt;
	if (connect.n >= strlen(FIXTURE_PREFIX) && memcmp(connect.p, FIXTURE_PREFIX, strlen(FIXTURE_PREFIX)) == 0) {
		out->driver = "fixture";
		out->connect_text = NULL;
		out->connect += strlen(FIXTURE_PREFIX);
	}
	return true;
}
