/* tls.h - certificate, key and authorities of the public listener: files that are read again when they change. A
 * session keeps what it began with, so open connections go on. Safe from any thread. */
#ifndef FEDERATOR_TLS_H
#define FEDERATOR_TLS_H

#include "base/counter.h"
#include "base/err.h"

struct gnutls_session_int; /* what a gnutls_session_t points to */
struct tls;                /* opaque */
struct tls_set;            /* opaque: what the files held at one time; with owners */

/* Counters of tls_conf.counters. */
enum tls_count {
	TLS_EXPIRES, /* when the service's certificate does: seconds since 1970 */
	TLS_LISTS_EXPIRE, /* when the first list of revoked clients does; 0: none, or never */
	TLS_COUNTS,
};

struct tls_conf {
	const char *certificate; /* PEM; the service's own first, then those between it and its authority */
	const char *key;         /* PEM, nobody else's to read, or in $CREDENTIALS_DIRECTORY */
	const char *authorities; /* PEM, of clients; "": no client is asked for a certificate */
	const char *revocations; /* PEM, lists of authorities, of clients of theirs who are let in no more; "": none */
	bool certificate_may_lack; /* who shows none is let in, and has to prove itself in another way */
	struct counters *counters; /* enum tls_count, from `first` on; must live as long. NULL: none */
	size_t first;
};

/* Protocols, ciphers, groups and signatures, as GnuTLS writes them: forward secrecy and AEAD only. */
extern const char tls_priorities[];

/* Read the files. The caller owns the result: end it with tls_free(). The texts of `conf` stay. ERR_CONFIG: a file is
 * missing, open to others, not what it should be, or the key is not the certificate's. */
struct tls *tls_open(const struct tls_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);
/* After all sets were given back. Accepts NULL inside; sets *t to NULL. */
void tls_free(struct tls **t) NONNULL(1);
/* Read the files again if they changed, or could not be used when they were read last. ERR_CONFIG: they cannot be used,
 * and all stays as it was; also for a certificate or list that has expired, or is not valid yet. */
bool tls_reload(struct tls *t, struct err *err) MUST_CHECK NONNULL(1, 2);
/* The same, and what came of it goes into the log, but once only as long as files stay as they are; so does, once a
 * day, that the certificate or a list will soon expire. */
void tls_look(struct tls *t) NONNULL(1);
/* From now on until tls_free() a thread calls tls_look() twice a second. ERR_SYSTEM: it cannot be started. */
bool tls_watch(struct tls *t, struct err *err) MUST_CHECK NONNULL(1, 2);

/* What new sessions begin with, once more: end it with tls_set_drop(). No file is touched. */
const struct tls_set *tls_current(struct tls *t) NONNULL(1) __attribute__((returns_nonnull));
/* Accepts NULL inside; sets *set to NULL. */
void tls_set_drop(const struct tls_set **set) NONNULL(1);
/* Prepare a session of the server's side before its handshake; the set outlives it. False: no memory. */
bool tls_prepare(const struct tls_set *set, struct gnutls_session_int *session) MUST_CHECK NONNULL(1, 2);
/* Are clients of the set asked for a certificate? */
bool tls_asks(const struct tls_set *set) NONNULL(1);
/* Does the set still vouch for anybody, or were its authorities replaced, or others revoked, or is a list over? */
bool tls_vouches(const struct tls_set *set) NONNULL(1);
/* When the service's certificate expires, in seconds since 1970. */
int64_t tls_expires(struct tls *t) NONNULL(1);

/* The name on the client's certificate after a good handshake: the first DNS name of the alternative ones, else the
 * common name. False: there is none, or none of printable ASCII that has room. *until_out becomes when the certificate
 * expires, in seconds since 1970, and stays when there is no certificate. */
bool tls_peer_name(struct gnutls_session_int *session, char *name, size_t room, int64_t *until_out) MUST_CHECK
	NONNULL(1, 2, 4);

#endif
