#include "tests/federator/own_pair.h"

#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/x509.h>

static void put(const char *path, const gnutls_datum_t *pem)
{
	char new[96];
	FILE *f;

	snprintf(new, sizeof(new), "%s.new", path);
	f = fopen(new, "w");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_int_equal(fwrite(pem->data, 1, pem->size, f), pem->size);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(new, path), 0);
}

static gnutls_x509_privkey_t key_put(const char *path)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
						      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
			 0);
	assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
	put(path, &pem);
	gnutls_free(pem.data);
	return key;
}

static void certificate_put(const char *path, gnutls_x509_privkey_t key, int from_days, int until_days)
{
	time_t now = time(NULL);
	unsigned char serial = 1;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, &serial, 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL), 0);
	gnutls_x509_crt_set_activation_time(crt, now + (time_t)from_days * 86400);
	gnutls_x509_crt_set_expiration_time(crt, now + (time_t)until_days * 86400);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	put(path, &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
}

void own_pair_begin(struct own_pair *p)
{
	strcpy(p->dir, "/tmp/fed-pair-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->certificate, sizeof(p->certificate), "%s/tls.pem", p->dir);
	snprintf(p->key, sizeof(p->key), "%s/tls.key", p->dir);
}

void own_pair_write_dated(const struct own_pair *p, int from_days, int until_days)
{
	gnutls_x509_privkey_t key = key_put(p->key);

	certificate_put(p->certificate, key, from_days, until_days);
	gnutls_x509_privkey_deinit(key);
}

void own_pair_write(const struct own_pair *p, int days)
{
	own_pair_write_dated(p, (days < 0 ? days : 0) - 1, days);
}

void own_pair_write_key(const struct own_pair *p)
{
	gnutls_x509_privkey_deinit(key_put(p->key));
}

void own_pair_end(const struct own_pair *p)
{
	unlink(p->certificate);
	unlink(p->key);
	rmdir(p->dir);
}
