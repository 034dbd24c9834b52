#include "federator/http/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

static ssize_t result(ssize_t n)
{
	if (n >= 0)
		return n;
	errno = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_WARNING_ALERT_RECEIVED ? EAGAIN :
													   EPIPE;
	return -1;
}

/* GnuTLS keeps a record that the socket does not take, and wants to be asked without bytes for it. */
ssize_t wire_send(struct wire *w, struct str bytes)
{
	ssize_t n;

	if (!w->session)
		return send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	n = result(gnutls_record_send(w->session, w->held ? NULL : bytes.p, w->held ? 0 : bytes.n));
	w->held = n < 0 && errno == EAGAIN;
	return n;
}

ssize_t wire_recv(struct wire *w, void *bytes, size_t n)
{
	return w->session ? result(gnutls_record_recv(w->session, bytes, n)) : recv(w->fd, bytes, n, MSG_DONTWAIT);
}

void wire_finish(struct wire *w)
{
	if (w->session)
		(void)gnutls_bye(w->session, GNUTLS_SHUT_WR);
	shutdown(w->fd, SHUT_WR);
}

bool wire_lapsed(const struct wire *w)
{
	return w->until && (w->until <= (int64_t)time(NULL) || !tls_vouches(w->set));
}

void wire_close(struct wire *w)
{
	if (w->session)
		gnutls_deinit(w->session);
	w->session = NULL;
	tls_set_drop(&w->set);
	close(w->fd);
	w->fd = -1;
}
