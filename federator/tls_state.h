/* tls_state.h - the inside of struct tls, for tls.c (its life), tls_read.c (what files hold) and tls_session.c (the
 * sessions) only. */
#ifndef FEDERATOR_TLS_STATE_H
#define FEDERATOR_TLS_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include <gnutls/gnutls.h>

#include "federator/tls.h"
#include "federator/watcher.h"

/* For how long something is good, in seconds since 1970. */
struct validity {
	int64_t from, until;
};

struct tls_set {
	struct tls *of;
	atomic_uint owners;
	gnutls_certificate_credentials_t credentials;
	struct validity certificate;
	uint64_t authorities; /* a digest of their bytes */
};

/* What is watched. */
enum tls_file { TLS_CERTIFICATE, TLS_KEY, TLS_AUTHORITIES };
enum { TLS_FILES = TLS_AUTHORITIES + 1 };

struct tls {
	struct tls_conf conf;
	gnutls_datum_t tickets; /* the key from which those of session tickets are made, which change every few hours */
	struct watcher watcher;
	pthread_mutex_t looking; /* guards what follows, and is taken before `lock` */
	struct stamp seen[TLS_FILES]; /* when they were read last, well or not */
	bool refused;   /* as they were then: tried again, as what was missing may have been a descriptor */
	int64_t told_s; /* when the log was told last that the certificate expires; 0: not of this one */
	pthread_mutex_t lock; /* guards the pointer */
	struct tls_set *set;
	_Atomic uint64_t authorities; /* of `set` */
};

/* tls_read.c: what the files hold now. The caller owns the result: end it with tls_set_drop(). NULL: they cannot be
 * used. */
struct tls_set *tls_read(struct tls *t, struct err *err) MUST_CHECK NONNULL(1, 2);

/* tls_session.c, of the credentials: is the client's certificate good? 0, or GnuTLS's error. */
int tls_peer_verify(gnutls_session_t session);

#endif
