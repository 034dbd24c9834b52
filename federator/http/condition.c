#include "federator/http/condition.h"

static void skip(struct str *rest, const char *any)
{
	while (rest->n && rest->p[0] && strchr(any, rest->p[0]))
		*rest = (struct str){ rest->p + 1, rest->n - 1 };
}

/* Cut `W/` off: weak comparison does not ask for it. */
static void skip_weak(struct str *rest)
{
	if (rest->n >= 2 && memcmp(rest->p, "W/", 2) == 0)
		*rest = (struct str){ rest->p + 2, rest->n - 2 };
}

/* The next tag of a list with its quotes, which may hold commas; false at the end, or where no tag stands. */
static bool next_tag(struct str *rest, struct str *tag_out)
{
	const char *end;

	skip(rest, " \t,");
	skip_weak(rest);
	if (!rest->n || rest->p[0] != '"')
		return false;
	end = memchr(rest->p + 1, '"', rest->n - 1);
	if (!end)
		return false;
	*tag_out = (struct str){ rest->p, (size_t)(end - rest->p) + 1 };
	*rest = (struct str){ end + 1, rest->n - tag_out->n };
	return true;
}

bool condition_met(const struct headers *h, const char *etag)
{
	struct str own = str_of(etag), rest, tag;

	skip_weak(&own);
	for (size_t i = 0; i < h->n; i++) {
		if (!headers_same(h->of[i].name, "If-None-Match"))
			continue;
		rest = h->of[i].value;
		if (str_eq(rest, STR("*")))
			return true;
		while (next_tag(&rest, &tag))
			if (str_eq(tag, own))
				return true;
	}
	return false;
}
