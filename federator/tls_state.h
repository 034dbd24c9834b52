/* tls_state.h - the inside of struct tls, for tls.c (its life), tls_read.c (what files hold) and tls_session.c (the
 * sessions) only. */
#ifndef FEDERATOR_TLS_STATE_H
#define FEDERATOR_TLS_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include <gnutls/gnutls.h>

#include "federator/tls.h"
#include "federator/watcher.h"

/* For how long something is good, in seconds since 1970; until 0: for ever. */
struct validity {
	int64_t from, until;
};

struct tls_set {
	struct tls *of;
	atomic_uint owners;
	gnutls_certificate_credentials_t credentials;
	struct validity certificate;
	struct validity lists; /* of revoked clients; zeroed: there are none */
	uint64_t trust; /* a digest of whose clients are taken, and of who is revoked */
};

/* What is watched. */
enum tls_file { TLS_CERTIFICATE, TLS_KEY, TLS_AUTHORITIES, TLS_REVOCATIONS };
enum { TLS_FILES = TLS_REVOCATIONS + 1 };

struct tls {
	struct tls_conf conf;
	gnutls_datum_t tickets; /* the key from which those of session tickets are made, which change every few hours */
	struct watcher watcher;
	pthread_mutex_t looking; /* guards what follows, and is taken before `lock` */
	struct stamp seen[TLS_FILES]; /* when they were read last, well or not */
	bool refused;   /* as they were then: tried again, as what was missing may have been a descriptor */
	int64_t told_s[TLS_FILES]; /* when the log was told last that it expires; 0: not of this set */
	pthread_mutex_t lock; /* guards the pointer */
	struct tls_set *set;
	_Atomic uint64_t trust; /* of `set` */
	_Atomic int64_t lists_until; /* of its lists, as above */
};

/* tls_read.c: what the files hold now. The caller owns the result: end it with tls_set_drop(). NULL: they cannot be
 * used. */
struct tls_set *tls_read(struct tls *t, struct err *err) MUST_CHECK NONNULL(1, 2);

/* Is it over? */
static inline bool validity_is_over(int64_t until, int64_t now_s)
{
	return until && until < now_s;
}

/* tls_session.c, of the credentials: is the client's certificate good? 0, or GnuTLS's error. */
int tls_peer_verify(gnutls_session_t session);

#endif
