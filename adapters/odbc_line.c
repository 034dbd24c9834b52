/* odbc_line.c - what a connection string says of the way to its server. */
#include "adapters/odbc.h"

#include <stdlib.h>
#include <strings.h>

static struct str value_of(const char *connect, const char *key, struct buf *out)
{
	odbc_connstr_get(connect, key, out);
	return buf_str(out);
}

static bool value_is(const char *connect, const char *key, const char *value)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct str got = value_of(connect, key, &out);

	return got.n == strlen(value) && strncasecmp(got.p, value, got.n) == 0;
}

/* None: the drivers then take the socket or the name of this machine. */
static bool host_is_here(struct str host)
{
	return host.n == 0 || host.p[0] == '/' || str_eq(host, STR("localhost")) || str_eq(host, STR("::1")) ||
	       (host.n > 4 && memcmp(host.p, "127.", 4) == 0 && !memchr(host.p, ',', host.n));
}

static bool is_here(const char *connect)
{
	static const char *const keys[] = { "Server", "Servername", "Host" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		SCOPED(buf_free) struct buf host = { 0 };

		if (!host_is_here(value_of(connect, keys[i], &host)))
			return false;
	}
	return true;
}

/* libpq's modes below `require` go on without TLS when the server, or who is in between, wants none. */
static enum described_line postgresql_line(const char *connect)
{
	if (value_is(connect, "sslmode", "verify-full"))
		return LINE_SAFE;
	if (value_is(connect, "sslmode", "verify-ca") || value_is(connect, "sslmode", "require"))
		return LINE_UNVERIFIED;
	return LINE_CLEAR;
}

static enum described_line mariadb_line(const char *connect)
{
	if (!value_is(connect, "FORCETLS", "1"))
		return LINE_CLEAR;
	return value_is(connect, "SSLVERIFY", "1") ? LINE_SAFE : LINE_UNVERIFIED;
}

enum described_line odbc_connstr_line(const char *connect)
{
	switch (odbc_connstr_family(connect)) {
	case ODBC_OTHER:
		return LINE_UNKNOWN;
	case ODBC_SQLITE:
		return LINE_SAFE;
	case ODBC_POSTGRESQL:
		return is_here(connect) ? LINE_SAFE : postgresql_line(connect);
	case ODBC_MARIADB:
		return is_here(connect) ? LINE_SAFE : mariadb_line(connect);
	}
	abort();
}
