/* tls_session.c - what sessions of a set begin with, and whom a client's certificate names. */
#include <sys/socket.h>
#include <time.h>

#include <gnutls/x509.h>

#include "federator/tls_state.h"

enum { REST_READS = 16 };

const char tls_priorities[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:"
	"+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"
	"+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384:"
	"+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:"
	"+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512:+CTYPE-X509:%SERVER_PRECEDENCE";

/* Take what the client has sent behind its certificate: a socket that is closed with bytes in it is reset, and a reset
 * overtakes the alert. */
static void rest_drop(int fd)
{
	char rest[4096];

	for (int i = 0; i < REST_READS && recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0; i++)
		;
}

/* libmicrohttpd closes a failed handshake without a word (0.9.75). */
static int refuse(gnutls_session_t session, gnutls_alert_description_t why)
{
	(void)gnutls_alert_send(session, GNUTLS_AL_FATAL, why);
	rest_drop(gnutls_transport_get_int(session));
	return GNUTLS_E_CERTIFICATE_ERROR;
}

/* GnuTLS looks whether somebody is on a list, and not whether the list is still good (3.7.9): who was revoked since
 * would be on the one that did not come. */
static int refuse_shown(gnutls_session_t session)
{
	unsigned n;

	return !gnutls_certificate_get_peers(session, &n) || n == 0 ? 0 : refuse(session, GNUTLS_A_CERTIFICATE_UNKNOWN);
}

static bool lists_are_over(const struct tls *t)
{
	return validity_is_over(atomic_load(&t->lists_until), (int64_t)time(NULL));
}

bool tls_prepare(const struct tls_set *set, gnutls_session_t session)
{
	static unsigned char http[] = "http/1.1";
	const gnutls_datum_t protocol = { http, sizeof(http) - 1 };
	const struct tls *t = set->of;
	bool asks = tls_asks(set);

	gnutls_certificate_server_set_request(session, !asks			   ? GNUTLS_CERT_IGNORE :
						       t->conf.certificate_may_lack ? GNUTLS_CERT_REQUEST :
										      GNUTLS_CERT_REQUIRE);
	if (lists_are_over(t))
		gnutls_session_set_verify_function(session, refuse_shown);
	return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, set->credentials) == 0 &&
	       gnutls_alpn_set_protocols(session, &protocol, 1, 0) == 0 &&
	       (asks || gnutls_session_ticket_enable_server(session, &t->tickets) == 0);
}

bool tls_asks(const struct tls_set *set)
{
	return *set->of->conf.authorities;
}

bool tls_vouches(const struct tls_set *set)
{
	return set->trust == atomic_load(&set->of->trust) && !lists_are_over(set->of);
}

static gnutls_alert_description_t alert_of(unsigned status)
{
	if (status & GNUTLS_CERT_REVOKED)
		return GNUTLS_A_CERTIFICATE_REVOKED;
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	return status & GNUTLS_CERT_SIGNER_NOT_FOUND ? GNUTLS_A_UNKNOWN_CA : GNUTLS_A_BAD_CERTIFICATE;
}

/* Only for what the certificate is for, and for what it is good now. */
int tls_peer_verify(gnutls_session_t session)
{
	unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st data = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose };
	unsigned n, status = 0;

	if (!gnutls_certificate_get_peers(session, &n) || n == 0)
		return 0; /* GnuTLS refuses by itself, where one is required */
	if (gnutls_certificate_verify_peers(session, &data, 1, &status) != 0)
		return refuse(session, GNUTLS_A_BAD_CERTIFICATE);
	return status == 0 ? 0 : refuse(session, alert_of(status));
}

static bool is_printable(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return n > 0;
}

/* False: there is none; one that is no text ends the search with n == 0. */
static bool dns_name(gnutls_x509_crt_t certificate, char *name, size_t room, size_t *n_out)
{
	for (unsigned i = 0;; i++) {
		size_t n = room;
		int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &n, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		*n_out = type == GNUTLS_SAN_DNSNAME ? n : 0;
		return true;
	}
}

static bool name_of(gnutls_x509_crt_t certificate, char *name, size_t room)
{
	size_t n = 0;

	if (!dns_name(certificate, name, room - 1, &n)) {
		n = room;
		if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &n) != 0)
			return false;
	}
	if (!is_printable(name, n))
		return false;
	name[n] = '\0';
	return true;
}

bool tls_peer_name(gnutls_session_t session, char *name, size_t room, int64_t *until_out)
{
	unsigned n = 0;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t certificate;
	bool good;

	if (!der || n == 0 || gnutls_x509_crt_init(&certificate) != 0)
		return false;
	good = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0;
	if (good)
		*until_out = (int64_t)gnutls_x509_crt_get_expiration_time(certificate);
	good = good && name_of(certificate, name, room);
	gnutls_x509_crt_deinit(certificate);
	return good;
}
