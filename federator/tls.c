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

	return v->until - now_s < (third_s < SOON_S ? third_s : SOON_S);
}

/* Once a day. */
static void tell_dates(struct tls *t)
{
	const struct validity *v = &t->set->certificate;
	int64_t now_s = (int64_t)time(NULL);

	if (!ends_soon(v, now_s) || now_s - t->told_s < DAY_S)
		return;
	t->told_s = now_s;
	log_event(v->until < now_s ? LOG_ERROR : LOG_WARN, "tls_expires", LOG_CSTR("file", t->conf.certificate),
		  LOG_NUM("expires", v->until));
}

static void tell_meters(const struct tls *t, int64_t before, int64_t after)
{
	if (t->conf.counters)
		counters_add(t->conf.counters, t->conf.first + TLS_EXPIRES, after - before);
}

/* ---- files that change ---- */

static bool look(struct tls *t)
{
	const char *const paths[TLS_FILES] = { [TLS_CERTIFICATE] = t->conf.certificate,
					       [TLS_KEY] = t->conf.key,
					       [TLS_AUTHORITIES] = t->conf.authorities };
	bool changed = false;

	for (size_t i = 0; i < TLS_FILES; i++)
		changed = stamp_differs(&t->seen[i], paths[i]) || changed;
	return changed;
}

/* What is good now is not given up for what is not. */
static bool is_in_time(const struct tls *t, const struct tls_set *set, struct err *err)
{
	int64_t now_s = (int64_t)time(NULL);

	if (set->certificate.until < now_s)
		return err_set(err, ERR_CONFIG, "tls-cert", "the certificate in %s has expired", t->conf.certificate);
	if (set->certificate.from > now_s)
		return err_set(err, ERR_CONFIG, "tls-cert", "the certificate in %s is not valid yet",
			       t->conf.certificate);
	return true;
}

static bool take_new(struct tls *t, struct err *err)
{
	struct tls_set *set = tls_read(t, err);
	const struct tls_set *old = t->set, *new = set;

	if (!set)
		return false;
	if (old && !is_in_time(t, set, err)) {
		tls_set_drop(&new);
		return false;
	}
	pthread_mutex_lock(&t->lock);
	t->set = set;
	pthread_mutex_unlock(&t->lock);
	atomic_store(&t->authorities, set->authorities);
	t->told_s = 0;
	tell_meters(t, old ? old->certificate.until : 0, set->certificate.until);
	tls_set_drop(&old);
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
