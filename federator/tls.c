#include "federator/tls_state.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"

enum { DAY_S = 86400, SOON_S = 14 * DAY_S };

void tls_set_drop(const struct tls_set **setp)
{
	union {
		const struct tls_set *seen;
		struct tls_set *set;
	} u = { .seen = *setp };

	*setp = NULL;
	if (!u.set || atomic_fetch_sub(&u.set->owners, 1) > 1)
		return;
	gnutls_certificate_free_credentials(u.set->credentials);
	free(u.set);
}

/* ---- dates ---- */

/* There is time to do something, but whoever renews in time has done it by now: two weeks, or the last third. */
static bool ends_soon(const struct validity *v, int64_t now_s)
{
	int64_t third_s = (v->until - v->from) / 3;

	return v->until && v->until - now_s < (third_s < SOON_S ? third_s : SOON_S);
}

static const char *path_of(const struct tls *t, enum tls_file file)
{
	switch (file) {
	case TLS_CERTIFICATE:
		return t->conf.certificate;
	case TLS_KEY:
		return t->conf.key;
	case TLS_AUTHORITIES:
		return t->conf.authorities;
	case TLS_REVOCATIONS:
		return t->conf.revocations;
	}
	abort();
}

/* Once a day. */
static void tell_date(struct tls *t, enum tls_file file, const struct validity *v, int64_t now_s)
{
	if (!ends_soon(v, now_s) || now_s - t->told_s[file] < DAY_S)
		return;
	t->told_s[file] = now_s;
	log_event(validity_is_over(v->until, now_s) ? LOG_ERROR : LOG_WARN, "tls_expires",
		  LOG_CSTR("file", path_of(t, file)), LOG_NUM("expires", v->until));
}

static void tell_dates(struct tls *t)
{
	int64_t now_s = (int64_t)time(NULL);

	tell_date(t, TLS_CERTIFICATE, &t->set->certificate, now_s);
	tell_date(t, TLS_REVOCATIONS, &t->set->lists, now_s);
}

static void meter_move(const struct tls *t, enum tls_count which, int64_t before, int64_t after)
{
	if (t->conf.counters)
		counters_add(t->conf.counters, t->conf.first + which, after - before);
}

/* ---- files that change ---- */

static bool look(struct tls *t)
{
	bool changed = false;

	for (enum tls_file i = 0; i < (enum tls_file)TLS_FILES; i++)
		changed = stamp_differs(&t->seen[i], path_of(t, i)) || changed;
	return changed;
}

static bool is_in_time(const struct validity *v, const struct validity *old, const char *where, const char *what,
		       struct err *err)
{
	int64_t now_s = (int64_t)time(NULL);

	if (validity_is_over(v->until, now_s))
		return validity_is_over(old->until, now_s) ||
		       err_set(err, ERR_CONFIG, where, "%s has expired", what);
	return v->from <= now_s || err_set(err, ERR_CONFIG, where, "%s is not valid yet", what);
}

/* What is good now is not given up for what is not; what is over already holds nothing else up. */
static bool is_better(const struct tls_set *set, const struct tls_set *old, struct err *err)
{
	return is_in_time(&set->certificate, &old->certificate, "tls-cert", "the certificate", err) &&
	       is_in_time(&set->lists, &old->lists, "client-crl", "a list of revoked certificates", err);
}

static void put_in_force(struct tls *t, struct tls_set *set)
{
	static const struct tls_set nothing;
	const struct tls_set *old = t->set, *before = old ? old : &nothing;

	meter_move(t, TLS_EXPIRES, before->certificate.until, set->certificate.until);
	meter_move(t, TLS_LISTS_EXPIRE, before->lists.until, set->lists.until);
	memset(t->told_s, 0, sizeof(t->told_s));
	pthread_mutex_lock(&t->lock);
	t->set = set;
	pthread_mutex_unlock(&t->lock);
	atomic_store(&t->lists_until, set->lists.until);
	atomic_store(&t->trust, set->trust);
	tls_set_drop(&old);
}

static bool take_new(struct tls *t, struct err *err)
{
	struct tls_set *set = tls_read(t, err);
	const struct tls_set *new = set;

	if (!set)
		return false;
	if (t->set && !is_better(set, t->set, err)) {
		tls_set_drop(&new);
		return false;
	}
	put_in_force(t, set);
	return true;
}

bool tls_reload(struct tls *t, struct err *err)
{
	bool good;

	pthread_mutex_lock(&t->looking);
	good = (!look(t) && !t->refused) || take_new(t, err);
	t->refused = !good;
	tell_dates(t);
	pthread_mutex_unlock(&t->looking);
	return good;
}

void tls_look(struct tls *t)
{
	bool changed;
	struct err err;

	pthread_mutex_lock(&t->looking);
	changed = look(t);
	if (changed || t->refused) {
		t->refused = !take_new(t, &err);
		if (!t->refused)
			log_event(LOG_INFO, "tls_reloaded", LOG_NUM("expires", t->set->certificate.until));
		else if (changed)
			log_event(LOG_WARN, "tls_reload_failed", LOG_CSTR("where", err.where),
				  LOG_CSTR("text", err.text));
	}
	tell_dates(t);
	pthread_mutex_unlock(&t->looking);
}

static void watch(void *owner)
{
	tls_look(owner);
}

bool tls_watch(struct tls *t, struct err *err)
{
	return watcher_begin(&t->watcher, "certificates", watch, t, err);
}

const struct tls_set *tls_current(struct tls *t)
{
	struct tls_set *set;

	pthread_mutex_lock(&t->lock);
	set = t->set;
	atomic_fetch_add(&set->owners, 1);
	pthread_mutex_unlock(&t->lock);
	return set;
}

int64_t tls_expires(struct tls *t)
{
	const struct tls_set *set = tls_current(t);
	int64_t at = set->certificate.until;

	tls_set_drop(&set);
	return at;
}

struct tls *tls_open(const struct tls_conf *conf, struct err *err)
{
	struct tls *t = memory_new(sizeof(*t));

	t->conf = *conf;
	pthread_mutex_init(&t->looking, NULL);
	pthread_mutex_init(&t->lock, NULL);
	(void)look(t);
	if (gnutls_session_ticket_key_generate(&t->tickets) != 0) {
		err_set(err, ERR_SYSTEM, "tls", "no random bytes");
	} else if (take_new(t, err)) {
		tell_dates(t);
		return t;
	}
	tls_free(&t);
	return NULL;
}

void tls_free(struct tls **tp)
{
	struct tls *t = *tp;
	const struct tls_set *set;

	if (!t)
		return;
	watcher_end(&t->watcher);
	set = t->set;
	tls_set_drop(&set);
	if (t->tickets.data)
		gnutls_memset(t->tickets.data, 0, t->tickets.size);
	gnutls_free(t->tickets.data);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->looking);
	free(t);
	*tp = NULL;
}
