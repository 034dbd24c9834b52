#include "federator/cli/serve_tls.h"

#include "federator/tls.h"

bool serve_tls_open(const struct options *opt, bool guarded, struct counters *meters, struct tls **out, struct err *err)
{
	const struct tls_conf conf = { .certificate = opt->tls_cert,
				       .key = opt->tls_key,
				       .authorities = opt->client_ca,
				       .certificate_may_lack = guarded,
				       .counters = meters,
				       .first = METER_TLS_EXPIRES };

	*out = NULL;
	if (!*opt->tls_cert && !*opt->tls_key && !*opt->client_ca)
		return true;
	if (!*opt->tls_cert || !*opt->tls_key)
		return err_set(err, ERR_CONFIG, *opt->tls_cert ? "tls-key" : "tls-cert",
			       "TLS needs --tls-cert and --tls-key");
	*out = tls_open(&conf, err);
	return *out && tls_watch(*out, err);
}
