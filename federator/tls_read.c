/* tls_read.c - what the files of a listener's TLS hold. */
#include <stdlib.h>

#include <gnutls/x509.h>

#include "base/digest.h"
#include "base/memory.h"
#include "federator/guarded.h"
#include "federator/tls_state.h"

enum { FILE_BYTES_MAX = 1024 * 1024, LISTS_BYTES_MAX = 16 * 1024 * 1024 };

/* Whoever can write them decides whom clients take for the service, and who is taken for a client. */
static bool file_read(const char *path, size_t most, const char *where, struct arena *mem, struct str *out,
		      struct err *err)
{
	return guarded_read(path, GUARD_WRITING, most, where, mem, out, err);
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

/* ---- clients ---- */

/* Of whom the set takes certificates: the authorities, but for those of theirs who are revoked. */
struct trust {
	struct digest digest;
	gnutls_x509_crt_t *of;
	unsigned n_of;
	gnutls_x509_crl_t *lists;
	unsigned n_lists;
};

static void trust_end(struct trust *t)
{
	for (unsigned i = 0; i < t->n_of; i++)
		gnutls_x509_crt_deinit(t->of[i]);
	for (unsigned i = 0; i < t->n_lists; i++)
		gnutls_x509_crl_deinit(t->lists[i]);
	gnutls_free(t->of);
	gnutls_free(t->lists);
}

static bool authorities_read(struct tls_set *set, struct trust *t, struct arena *mem, struct err *err)
{
	const char *path = set->of->conf.authorities;
	struct str bytes;
	gnutls_datum_t pem;

	if (!file_read(path, FILE_BYTES_MAX, "client-ca", mem, &bytes, err))
		return false;
	pem = datum(bytes);
	if (gnutls_x509_crt_list_import2(&t->of, &t->n_of, &pem, GNUTLS_X509_FMT_PEM, 0) < 0 || t->n_of == 0 ||
	    gnutls_certificate_set_x509_trust(set->credentials, t->of, (int)t->n_of) <= 0)
		return err_set(err, ERR_CONFIG, "client-ca", "%s holds no certificates in PEM", path);
	digest_add_str(&t->digest, bytes);
	return true;
}

/* Lists are made anew all the time, mostly to say the same once more: what counts is who is on them. */
static bool list_digest(gnutls_x509_crl_t list, struct digest *digest)
{
	gnutls_x509_crl_iter_t at = NULL;
	gnutls_datum_t issuer;
	unsigned char serial[64]; /* RFC 5280: 20 at most */
	size_t n = sizeof(serial);
	time_t since;
	int rc;

	if (gnutls_x509_crl_get_raw_issuer_dn(list, &issuer) != 0)
		return false;
	digest_add(digest, issuer.data, issuer.size);
	gnutls_free(issuer.data);
	while ((rc = gnutls_x509_crl_iter_crt_serial(list, &at, serial, &n, &since)) == 0) {
		digest_add(digest, serial, n);
		n = sizeof(serial);
	}
	gnutls_x509_crl_iter_deinit(at);
	return rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

/* Of several the one that has to be renewed first counts. */
static void list_validity(gnutls_x509_crl_t list, struct validity *v)
{
	time_t from = gnutls_x509_crl_get_this_update(list), until = gnutls_x509_crl_get_next_update(list);

	if (until != (time_t)-1 && (!v->until || until < v->until))
		*v = (struct validity){ (int64_t)from, (int64_t)until };
}

/* Whoever else wrote it could shut clients out, or leave one of them in. Its dates are looked at later. */
static bool list_is_of(gnutls_x509_crl_t list, const struct trust *t)
{
	const unsigned dates = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	unsigned status = 0;

	if (gnutls_x509_crl_verify(list, t->of, t->n_of, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM), &status) != 0)
		return false;
	if (status & dates)
		status &= ~(dates | GNUTLS_CERT_INVALID);
	return status == 0;
}

static bool lists_read(struct tls_set *set, struct trust *t, struct arena *mem, struct err *err)
{
	const char *path = set->of->conf.revocations;
	struct str bytes;
	gnutls_datum_t pem;

	if (!*path)
		return true;
	if (!file_read(path, LISTS_BYTES_MAX, "client-crl", mem, &bytes, err))
		return false;
	pem = datum(bytes);
	if (gnutls_x509_crl_list_import2(&t->lists, &t->n_lists, &pem, GNUTLS_X509_FMT_PEM, 0) < 0 || t->n_lists == 0)
		return err_set(err, ERR_CONFIG, "client-crl", "%s holds no revocation lists in PEM", path);
	for (unsigned i = 0; i < t->n_lists; i++) {
		if (!list_is_of(t->lists[i], t))
			return err_set(err, ERR_CONFIG, "client-crl",
				       "list %u of %s is not signed by an authority of --client-ca", i + 1, path);
		if (!list_digest(t->lists[i], &t->digest))
			return err_set(err, ERR_CONFIG, "client-crl", "list %u of %s cannot be read", i + 1, path);
		list_validity(t->lists[i], &set->lists);
	}
	return gnutls_certificate_set_x509_crl(set->credentials, t->lists, (int)t->n_lists) > 0 ||
	       err_set(err, ERR_SYSTEM, "client-crl", "no memory");
}

static bool set_clients(struct tls_set *set, struct arena *mem, struct err *err)
{
	unsigned char digest[DIGEST_BYTES];
	struct trust t = { 0 };
	bool good;

	if (!*set->of->conf.authorities)
		return true;
	digest_begin(&t.digest, (struct str){ 0 });
	good = authorities_read(set, &t, mem, err) && lists_read(set, &t, mem, err);
	digest_end(&t.digest, digest);
	trust_end(&t);
	memcpy(&set->trust, digest, sizeof(set->trust));
	gnutls_certificate_set_verify_function(set->credentials, tls_peer_verify);
	gnutls_certificate_set_verify_flags(set->credentials, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM));
	return good;
}

/* ---- the service ---- */

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

	if (!file_read(conf->certificate, FILE_BYTES_MAX, "tls-cert", mem, &certificate, err) ||
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
	if (set_pair(set, mem, err) && set_clients(set, mem, err))
		return set;
	tls_set_drop(&bad);
	return NULL;
}
