#include "federator/http/route.h"

#include <stdio.h>

#include "federator/http/uri.h"

/* Cut "/segment" off; false at the end. */
static bool segment_next(struct str *rest, struct str *segment)
{
	const char *slash;

	if (rest->n == 0)
		return false;
	rest->p++, rest->n--;
	slash = rest->n ? memchr(rest->p, '/', rest->n) : NULL;
	*segment = (struct str){ rest->p, slash ? (size_t)(slash - rest->p) : rest->n };
	rest->p += segment->n;
	rest->n -= segment->n;
	return true;
}

/* Does the raw path fit the pattern? Raw segments for the {names} go to args. */
static bool pattern_fits(const char *pattern, struct str path, struct str args[ROUTE_ARGS_MAX])
{
	struct str rest = str_of(pattern), want, have;
	size_t n_args = 0;

	while (segment_next(&rest, &want)) {
		if (!segment_next(&path, &have))
			return false;
		if (want.n == 0 || want.p[0] != '{') {
			if (!str_eq(want, have))
				return false;
		} else if (have.n == 0 || n_args == ROUTE_ARGS_MAX) {
			return false;
		} else {
			args[n_args++] = have;
		}
	}
	return path.n == 0;
}

static bool method_fits(const struct route *r, const char *method)
{
	return strcmp(r->method, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

static bool path_is_clean(struct str path, struct arena *mem)
{
	struct str segment, text;

	while (segment_next(&path, &segment))
		if (!uri_decode(segment, URI_PATH, mem, &text) || str_eq(text, STR(".")) ||
		    str_eq(text, STR("..")))
			return false;
	return true;
}

enum route_found route_find(const struct routes *routes, const char *method, struct str path,
			    struct arena *mem, const struct route **route_out,
			    struct str args[ROUTE_ARGS_MAX])
{
	enum route_found found = ROUTE_NO_PATH;

	if (!path_is_clean(path, mem))
		return ROUTE_BAD_PATH;
	for (size_t i = 0; i < routes->n; i++) {
		struct str raw[ROUTE_ARGS_MAX] = { 0 };

		if (!pattern_fits(routes->of[i].pattern, path, raw))
			continue;
		found = ROUTE_NO_METHOD;
		if (!method_fits(&routes->of[i], method))
			continue;
		for (size_t a = 0; a < ROUTE_ARGS_MAX; a++)
			if (raw[a].p && !uri_decode(raw[a], URI_PATH, mem, &args[a]))
				return ROUTE_BAD_PATH;
		*route_out = &routes->of[i];
		return ROUTE_FOUND;
	}
	return found;
}

void route_allow(const struct routes *routes, struct str path, char allow[ROUTE_ALLOW_BYTES])
{
	struct str args[ROUTE_ARGS_MAX];
	size_t n = 0;

	allow[0] = '\0';
	for (size_t i = 0; i < routes->n && n < ROUTE_ALLOW_BYTES; i++) {
		const char *method = routes->of[i].method;
		const char *also = strcmp(method, "GET") == 0 ? ", HEAD" : "";

		if (pattern_fits(routes->of[i].pattern, path, args))
			n += (size_t)snprintf(allow + n, ROUTE_ALLOW_BYTES - n, "%s%s%s", n ? ", " : "",
					      method, also);
	}
}
