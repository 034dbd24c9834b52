/* tls_read.c - what the files of a listener's TLS hold. */
#include <stdlib.h>

#include <gnutls/x509.h>

#include "base/digest.h"
#include "base/memory.h"
#include "federator/guarded.h"
#include "federator/tls_state.h"

enum { FILE_BYTES_MAX = 1024 * 1024 };

/* Whoever can write them decides whom clients take for the service, and who is taken for a client. */
static bool file_read(const char *path, const char *where, struct arena *mem, struct str *out, struct err *err)
{
	return guarded_read(path, GUARD_WRITING, FILE_BYTES_MAX, where, mem, out, err);
}

/* Inside $CREDENTIALS_DIRECTORY systemd guards it, with an ACL that shows as readable by the group. */
static enum guard guard_of_key(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n = dir ? strlen(dir) : 0;

	return n && strncmp(path, dir, n) == 0 && path[n] == '/' ? GUARD_ELSEWHERE : GUARD_READING;
}

static gnutls_datum_t datum(struct str s)
{
	union {
		const char *read;
		unsigned char *p; /* GnuTLS only reads */
	} u = { .read = s.p };

	return (gnutls_datum_t){ u.p, (unsigned)s.n };
}

static uint64_t digest_of(struct str bytes)
{
	unsigned char out[DIGEST_BYTES];
	struct digest d;
	uint64_t first;

	digest_begin(&d, (struct str){ 0 });
	digest_add_str(&d, bytes);
	digest_end(&d, out);
	memcpy(&first, out, sizeof(first));
	return first;
}

static bool set_authorities(struct tls_set *set, struct arena *mem, struct err *err)
{
	const char *path = set->of->conf.authorities;
	struct str bytes;
	gnutls_datum_t pem;
	int n;

	if (!*path)
		return true;
	if (!file_read(path, "client-ca", mem, &bytes, err))
		return false;
	pem = datum(bytes);
	n = gnutls_certificate_set_x509_trust_mem(set->credentials, &pem, GNUTLS_X509_FMT_PEM);
	if (n <= 0)
		return err_set(err, ERR_CONFIG, "client-ca", "%s holds no certificates in PEM", path);
	gnutls_certificate_set_verify_function(set->credentials, tls_peer_verify);
	gnutls_certificate_set_verify_flags(set->credentials, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM));
	set->authorities = digest_of(bytes);
	return true;
}

static bool set_validity(struct tls_set *set, const char *path, struct err *err)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;

	if (gnutls_certificate_get_x509_crt(set->credentials, 0, &list, &n) != 0 || n == 0)
		return err_set(err, ERR_CONFIG, "tls-cert", "%s holds no certificate in PEM", path);
	set->certificate = (struct validity){ (int64_t)gnutls_x509_crt_get_activation_time(list[0]),
					      (int64_t)gnutls_x509_crt_get_expiration_time(list[0]) };
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return true;
}

static bool set_pair(struct tls_set *set, struct arena *mem, struct err *err)
{
	const struct tls_conf *conf = &set->of->conf;
	struct str certificate, key;
	gnutls_datum_t pem, key_pem;
	int rc;

	if (!file_read(conf->certificate, "tls-cert", mem, &certificate, err) ||
	    !guarded_read(conf->key, guard_of_key(conf->key), FILE_BYTES_MAX, "tls-key", mem, &key, err))
		return false;
	pem = datum(certificate);
	key_pem = datum(key);
	rc = gnutls_certificate_set_x509_key_mem2(set->credentials, &pem, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (rc == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return err_set(err, ERR_CONFIG, "tls-key", "the key in %s is not that of the certificate in %s",
			       conf->key, conf->certificate);
	if (rc < 0)
		return err_set(err, ERR_CONFIG, "tls-cert", "%s and %s are no certificate and key in PEM: %s",
			       conf->certificate, conf->key, gnutls_strerror(rc));
	return set_validity(set, conf->certificate, err);
}

struct tls_set *tls_read(struct tls *t, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct tls_set *set = memory_new(sizeof(*set));
	const struct tls_set *bad = set;

	set->of = t;
	atomic_init(&set->owners, 1);
	if (gnutls_certificate_allocate_credentials(&set->credentials) != 0) {
		free(set);
		err_set(err, ERR_SYSTEM, "tls", "no memory");
		return NULL;
	}
	if (set_pair(set, mem, err) && set_authorities(set, mem, err))
		return set;
	tls_set_drop(&bad);
	return NULL;
}
