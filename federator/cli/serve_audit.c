/* serve_audit.c - the record that the service keeps, as the options say. */
#include "federator/audit/audit.h"

#include <assert.h>

#include "federator/cli/serve_audit.h"
#include "federator/secret.h"

enum { PATIENCE_MS = 2000, QUEUED_MOST = 20000 };

static_assert((int)METER_AUDIT + (int)AUDIT_TOOK == (int)METER_AUDIT_TOOK, "the counters stand in one order");
static_assert((int)METER_AUDIT_TOOK + HISTOGRAM_COUNTERS == (int)METER_AUDIT + (int)AUDIT_COUNTS, "and are all there");

bool serve_audit_open(const struct options *opt, struct counters *meters, struct arena *mem, struct audit **out,
		      struct err *err)
{
	struct audit_conf conf = { .dir = opt->audit,
				   .file_bytes = opt->audit_file_bytes,
				   .keep_s = opt->audit_keep_s,
				   .patience_ms = PATIENCE_MS,
				   .queued_most = QUEUED_MOST,
				   .counters = meters,
				   .first = METER_AUDIT };

	*out = NULL;
	if (!*opt->audit)
		return true;
	if (!*opt->audit_key_secret)
		return err_set(err, ERR_CONFIG, "audit",
			       "--audit-key-secret must name the secret that records are sealed with");
	if (!*opt->salt_secret)
		return err_set(err, ERR_CONFIG, "audit",
			       "--salt-secret must name a secret, so that a customer has one hash in all records");
	if (!audit_secret_find(opt, mem, &conf.secret, err))
		return false;
	*out = audit_open(&conf, err);
	return *out != NULL;
}

bool audit_secret_find(const struct options *opt, struct arena *mem, struct str *out, struct err *err)
{
	enum { LEAST = 16 };

	if (!secret_find(opt, opt->audit_key_secret, mem, out, err))
		return false;
	return out->n >= LEAST || err_set(err, ERR_CONFIG, "audit-key-secret", "the secret is shorter than %d bytes",
					  LEAST);
}
