/* serve_tls.h - the TLS of the public listener. */
#ifndef FEDERATOR_CLI_SERVE_TLS_H
#define FEDERATOR_CLI_SERVE_TLS_H

#include "federator/service.h"

struct tls;

/* Read its files as the options say, and watch them. `guarded`: clients may prove themselves without a certificate.
 * `meters` count it, enum meter. *out is NULL when there is to be none; the caller ends it with tls_free(). */
bool serve_tls_open(const struct options *opt, bool guarded, struct counters *meters, struct tls **out, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4, 5);

#endif
