/* tls_state.h - the inside of struct tls, for tls.c (the files) and tls_session.c (the sessions) only. */
#ifndef FEDERATOR_TLS_STATE_H
#define FEDERATOR_TLS_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "federator/tls.h"

/* By which a changed file is known: also one that was put in place by rename(). */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

enum { FILES = 3 };

struct tls_set {
	struct tls *of;
	atomic_uint owners;
	gnutls_certificate_credentials_t credentials;
	int64_t expires;
	uint64_t authorities; /* a digest of their bytes */
};

struct tls {
	struct tls_conf conf;
	gnutls_datum_t tickets; /* the key from which those of session tickets are made, which change every few hours */
	pthread_mutex_t lock;   /* guards what follows */
	struct tls_set *set;
	struct stamp seen[FILES]; /* when they were read last, well or not */
	uint64_t looked_us;
	_Atomic uint64_t authorities; /* of `set` */
};

/* Of the credentials: is the client's certificate good? 0, or GnuTLS's error. */
int tls_peer_verify(gnutls_session_t session);

#endif
