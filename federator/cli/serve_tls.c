#include "federator/cli/serve_tls.h"

#include <assert.h>

#include "federator/tls.h"

static_assert((int)METER_TLS_EXPIRES + (int)TLS_LISTS_EXPIRE == (int)METER_TLS_LISTS_EXPIRE, "counters in one order");

bool serve_tls_open(const struct options *opt, bool guarded, struct counters *meters, struct tls **out, struct err *err)
{
	const struct tls_conf conf = { .certificate = opt->tls_cert,
				       .key = opt->tls_key,
				       .authorities = opt->client_ca,
				       .revocations = opt->client_crl,
				       .certificate_may_lack = guarded,
				       .counters = meters,
				       .first = METER_TLS_EXPIRES };

	*out = NULL;
	if (*opt->client_crl && !*opt->client_ca)
		return err_set(err, ERR_CONFIG, "client-crl", "is about clients of the authorities of --client-ca");
	if (!*opt->tls_cert && !*opt->tls_key && !*opt->client_ca)
		return true;
	if (!*opt->tls_cert || !*opt->tls_key)
		return err_set(err, ERR_CONFIG, *opt->tls_cert ? "tls-key" : "tls-cert",
			       "TLS needs --tls-cert and --tls-key");
	*out = tls_open(&conf, err);
	return *out && tls_watch(*out, err);
}
