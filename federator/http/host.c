#include "federator/http/host.h"

#include <arpa/inet.h>
#include <strings.h>

enum { NAME_MOST = 253 };

static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

/* Cut the next of them off; the last one leaves the NULL view. */
static struct str name_next(struct str *rest)
{
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	struct str name = { rest->p, comma ? (size_t)(comma - rest->p) : rest->n };

	*rest = comma ? (struct str){ comma + 1, rest->n - name.n - 1 } : (struct str){ 0 };
	return name;
}

bool host_names_are_good(const char *names)
{
	struct str rest = str_of(names);

	if (!*names)
		return true;
	while (rest.p) {
		struct str name = name_next(&rest);

		if (!name.n || name.n > NAME_MOST || strspn(name.p, allowed) < name.n)
			return false;
	}
	return true;
}

static bool is_port(struct str text)
{
	bool good = text.n > 1 && text.p[0] == ':';

	for (size_t i = 1; good && i < text.n; i++)
		good = text.p[i] >= '0' && text.p[i] <= '9';
	return good || text.n == 0;
}

/* `host[:port]` without the port; the NULL view: it is something else. */
static struct str name_of(struct str host)
{
	const char *end = host.n ? memchr(host.p, host.p[0] == '[' ? ']' : ':', host.n) : NULL;
	size_t n = !end ? host.n : (size_t)(end - host.p) + (host.p[0] == '[');

	if (!is_port((struct str){ host.p + n, host.n - n }))
		return (struct str){ 0 };
	return (struct str){ host.p, n };
}

static bool same(struct str name, struct str other)
{
	return name.n == other.n && strncasecmp(name.p, other.p, name.n) == 0;
}

static bool is_loopback(struct str name)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr address;

	if (same(name, STR("localhost")) || same(name, STR("[::1]")))
		return true;
	if (name.n >= sizeof(text))
		return false;
	memcpy(text, name.p, name.n);
	return strlen(text) == name.n && inet_pton(AF_INET, text, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool host_is_ours(struct str host, const char *names)
{
	struct str name = name_of(host), rest = *names ? str_of(names) : (struct str){ 0 };
	bool ours = name.n && is_loopback(name);

	while (!ours && name.n && rest.p)
		ours = same(name, name_next(&rest));
	return ours;
}

/* Browsers say it themselves, and pages cannot change it. Those of before 2023 say Origin only, with what is no GET. */
static bool is_of_other_site(const struct exchange *x)
{
	struct str site = headers_get(&x->headers, "Sec-Fetch-Site"), origin = headers_get(&x->headers, "Origin");
	const char *scheme; /* its end, then what is behind it */

	if (site.p)
		return !str_eq(site, STR("same-origin")) && !str_eq(site, STR("none"));
	if (!origin.p)
		return false;
	scheme = memmem(origin.p, origin.n, "://", 3);
	if (!scheme)
		return true;
	scheme += 3;
	return !host_is_ours((struct str){ scheme, origin.n - (size_t)(scheme - origin.p) }, x->hosts);
}

bool host_admits(struct exchange *x)
{
	struct str host;

	if (!x->hosts)
		return true;
	host = headers_get(&x->headers, "Host");
	if (host.p && !host_is_ours(host, x->hosts))
		exchange_problem(x, 403, "unknown-host", "Host names another site, and nobody proves here who asks",
				 "ask by 127.0.0.1 or localhost, or give the name with --hosts");
	else if (is_of_other_site(x))
		exchange_problem(x, 403, "other-site", "the page of another site asks, and nobody proves here who does",
				 "give its name with --hosts if it is behind a proxy with this service");
	else
		return true;
	return false;
}
