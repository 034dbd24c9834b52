#include "federator/tls_state.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <gnutls/x509.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/memory.h"
#include "federator/guarded.h"

enum { LOOK_EVERY_US = 500 * 1000, FILE_BYTES_MAX = 1024 * 1024 };

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

/* ---- sets ---- */

static void set_free(struct tls_set *set)
{
	gnutls_certificate_free_credentials(set->credentials);
	free(set);
}

void tls_set_drop(const struct tls_set **setp)
{
	union {
		const struct tls_set *seen;
		struct tls_set *set;
	} u = { .seen = *setp };

	*setp = NULL;
	if (u.set && atomic_fetch_sub(&u.set->owners, 1) == 1)
		set_free(u.set);
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

static bool set_expiry(struct tls_set *set, const char *path, struct err *err)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;

	if (gnutls_certificate_get_x509_crt(set->credentials, 0, &list, &n) != 0 || n == 0)
		return err_set(err, ERR_CONFIG, "tls-cert", "%s holds no certificate in PEM", path);
	set->expires = (int64_t)gnutls_x509_crt_get_expiration_time(list[0]);
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
	return set_expiry(set, conf->certificate, err);
}

/* NULL: they cannot be used. */
static struct tls_set *set_read(struct tls *t, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct tls_set *set = memory_new(sizeof(*set));

	set->of = t;
	atomic_init(&set->owners, 1);
	if (gnutls_certificate_allocate_credentials(&set->credentials) != 0) {
		free(set);
		err_set(err, ERR_SYSTEM, "tls", "no memory");
		return NULL;
	}
	if (set_pair(set, mem, err) && set_authorities(set, mem, err))
		return set;
	set_free(set);
	return NULL;
}

/* ---- files that change ---- */

static struct stamp stamp_of(const char *path)
{
	struct stat st;

	if (!*path || stat(path, &st) != 0)
		return (struct stamp){ 0 };
	return (struct stamp){ st.st_dev, st.st_ino, st.st_size, st.st_ctim };
}

static bool stamps_equal(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Under the lock: remember what the files look like. False: as they did. */
static bool look(struct tls *t)
{
	const char *const paths[FILES] = { t->conf.certificate, t->conf.key, t->conf.authorities };
	bool changed = false;

	t->looked_us = clock_mono_us();
	for (int i = 0; i < FILES; i++) {
		struct stamp now = stamp_of(paths[i]);

		changed = changed || !stamps_equal(&now, &t->seen[i]);
		t->seen[i] = now;
	}
	return changed;
}

static void tell_expired(const struct tls_set *set)
{
	if (set->expires < (int64_t)time(NULL))
		log_event(LOG_WARN, "tls_certificate_expired", LOG_NUM("expired", set->expires));
}

/* Under the lock. */
static bool take_new(struct tls *t, struct err *err)
{
	struct tls_set *set = set_read(t, err);
	const struct tls_set *old = t->set;

	if (!set)
		return false;
	if (old && set->expires < (int64_t)time(NULL)) {
		set_free(set);
		return err_set(err, ERR_CONFIG, "tls-cert", "the certificate in %s has expired", t->conf.certificate);
	}
	tell_expired(set);
	t->set = set;
	atomic_store(&t->authorities, set->authorities);
	tls_set_drop(&old);
	return true;
}

bool tls_reload(struct tls *t, struct err *err)
{
	bool good;

	pthread_mutex_lock(&t->lock);
	good = !look(t) || take_new(t, err);
	if (!good)
		t->seen[0] = (struct stamp){ 0 }; /* whoever asks again is told again */
	pthread_mutex_unlock(&t->lock);
	return good;
}

const struct tls_set *tls_current(struct tls *t)
{
	struct tls_set *set;
	struct err err;

	pthread_mutex_lock(&t->lock);
	if (clock_mono_us() - t->looked_us >= LOOK_EVERY_US && look(t)) {
		if (take_new(t, &err))
			log_event(LOG_INFO, "tls_reloaded", LOG_NUM("expires", t->set->expires));
		else
			log_event(LOG_WARN, "tls_reload_failed", LOG_CSTR("where", err.where),
				  LOG_CSTR("text", err.text));
	}
	set = t->set;
	atomic_fetch_add(&set->owners, 1);
	pthread_mutex_unlock(&t->lock);
	return set;
}

int64_t tls_expires(struct tls *t)
{
	int64_t at;

	pthread_mutex_lock(&t->lock);
	at = t->set->expires;
	pthread_mutex_unlock(&t->lock);
	return at;
}

struct tls *tls_open(const struct tls_conf *conf, struct err *err)
{
	struct tls *t = memory_new(sizeof(*t));

	t->conf = *conf;
	pthread_mutex_init(&t->lock, NULL);
	(void)look(t);
	if (gnutls_session_ticket_key_generate(&t->tickets) != 0)
		err_set(err, ERR_SYSTEM, "tls", "no random bytes");
	else if (take_new(t, err))
		return t;
	tls_free(&t);
	return NULL;
}

void tls_free(struct tls **tp)
{
	struct tls *t = *tp;
	const struct tls_set *set;

	if (!t)
		return;
	set = t->set;
	tls_set_drop(&set);
	if (t->tickets.data)
		gnutls_memset(t->tickets.data, 0, t->tickets.size);
	gnutls_free(t->tickets.data);
	pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}
