#include "federator/world.h"

#include <strings.h>

/* The end of one `name=value` of an ODBC connection string: a `;` outside braces. `}}` inside stands for `}`.
 */
static size_t attribute_end(struct str s)
{
	bool braced = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '{' && !braced)
			braced = true;
		else if (s.p[i] == '}' && braced)
			braced = false;
		else if (s.p[i] == ';' && !braced)
			return i;
	}
	return s.n;
}

static bool attribute_is_secret(struct str a)
{
	static const char *const secrets[] = { "pwd", "password" };
	const char *equals;
	size_t n;

	while (a.n && a.p[0] == ' ')
		a.p++, a.n--;
	equals = a.n ? memchr(a.p, '=', a.n) : NULL;
	n = equals ? (size_t)(equals - a.p) : a.n;
	while (n && a.p[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
		if (n == strlen(secrets[i]) && strncasecmp(a.p, secrets[i], n) == 0)
			return true;
	return false;
}

void connect_digest(struct digest *d, struct str connect)
{
	while (connect.n) {
		size_t n = attribute_end(connect);
		struct str a = { connect.p, n };

		if (n && !attribute_is_secret(a))
			digest_add_str(d, a);
		n += n < connect.n; /* the `;` */
		connect.p += n;
		connect.n -= n;
	}
}
