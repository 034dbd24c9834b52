#include "federator/http/cache_control.h"

#include "base/text.h"

/* "5": RFC 9111, 1.2.2: what is too large to be held is the largest that is. */
static bool seconds_read(struct str text, uint32_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = 10 * n + (uint64_t)(text.p[i] - '0');
		n = n < UINT32_MAX ? n : UINT32_MAX;
	}
	*out = (uint32_t)n;
	return text.n > 0;
}

static const char *take_max_age(struct ask *ask, struct str value)
{
	uint32_t s;

	if (!seconds_read(value, &s))
		return "max-age takes whole seconds, such as max-age=30";
	if (!ask->has_max_age || s < ask->max_age_s)
		ask->max_age_s = s;
	ask->has_max_age = true;
	return NULL;
}

static const char *take_min_fresh(struct ask *ask, struct str value)
{
	uint32_t s;

	if (!seconds_read(value, &s))
		return "min-fresh takes whole seconds, such as min-fresh=5";
	if (s > ask->min_fresh_s)
		ask->min_fresh_s = s;
	return NULL;
}

static const char *take_max_stale(struct ask *ask, struct str value)
{
	uint32_t s = UINT32_MAX;

	if (value.p && !seconds_read(value, &s))
		return "max-stale takes whole seconds, such as max-stale=60, or no value";
	if (!ask->has_max_stale || s < ask->max_stale_s)
		ask->max_stale_s = s;
	ask->has_max_stale = true;
	return NULL;
}

const char *cache_control_take(struct ask *ask, struct str name, struct str value)
{
	if (headers_same(name, "max-age"))
		return take_max_age(ask, value);
	if (headers_same(name, "min-fresh"))
		return take_min_fresh(ask, value);
	if (headers_same(name, "max-stale"))
		return take_max_stale(ask, value);
	ask->no_cache = ask->no_cache || headers_same(name, "no-cache");
	ask->no_store = ask->no_store || headers_same(name, "no-store");
	ask->only_if_cached = ask->only_if_cached || headers_same(name, "only-if-cached");
	return NULL;
}

static void skip(struct str *rest, const char *what)
{
	while (rest->n && rest->p[0] && strchr(what, rest->p[0]))
		rest->p++, rest->n--;
}

/* Up to one of `ends`. */
static struct str take_until(struct str *rest, const char *ends)
{
	struct str head = { rest->p, 0 };

	while (rest->n && (!rest->p[0] || !strchr(ends, rest->p[0])))
		rest->p++, rest->n--, head.n++;
	return head;
}

/* Behind the quote: what is quoted, with its escapes, which no number has. False: it does not end. */
static bool take_quoted(struct str *rest, struct str *out)
{
	*out = (struct str){ rest->p, 0 };
	while (rest->n && rest->p[0] != '"') {
		size_t used = rest->p[0] == '\\' && rest->n > 1 ? 2 : 1;

		rest->p += used, rest->n -= used, out->n += used;
	}
	if (!rest->n)
		return false;
	rest->p++, rest->n--;
	return true;
}

static const char *take_member(struct ask *ask, struct str *rest)
{
	struct str name = take_until(rest, " \t,="), value = { 0 };

	if (rest->n && rest->p[0] == '=') {
		rest->p++, rest->n--;
		if (rest->n && rest->p[0] == '"') {
			rest->p++, rest->n--;
			if (!take_quoted(rest, &value))
				return "a quoted value does not end";
		} else {
			value = take_until(rest, " \t,");
		}
	}
	skip(rest, " \t");
	if (!name.n || (rest->n && rest->p[0] != ','))
		return "its members are separated by commas, and no blank stands around `=`";
	return cache_control_take(ask, name, value);
}

const char *cache_control_read(struct ask *ask, const struct headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct str rest = h->of[i].value;
		const char *wrong;

		if (!headers_same(h->of[i].name, "Cache-Control"))
			continue;
		for (skip(&rest, " \t,"); rest.n; skip(&rest, " \t,")) {
			wrong = take_member(ask, &rest);
			if (wrong)
				return wrong;
		}
	}
	return NULL;
}
