#include "federator/http/headers.h"

#include "base/text.h"

bool headers_is_token(struct str s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(allowed, s.p[i]))
			return false;
	return true;
}

static struct str trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s.p++, s.n--;
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Cut at the first `c`, both sides trimmed. */
static struct str cut(struct str *rest, char c)
{
	const char *at = rest->n ? memchr(rest->p, c, rest->n) : NULL;
	struct str head = *rest;

	if (at) {
		head.n = (size_t)(at - rest->p);
		*rest = trim((struct str){ at + 1, rest->n - head.n - 1 });
	} else {
		*rest = (struct str){ 0 };
	}
	return trim(head);
}

bool headers_next(struct str *list, struct str *member_out)
{
	while (list->n) {
		struct str member = cut(list, ',');

		if (member.n) {
			*member_out = member;
			return true;
		}
	}
	return false;
}

/* ---- screening ---- */

static size_t count(const struct headers *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += headers_same(h->of[i].name, name);
	return n;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static bool is_name(struct str s)
{
	static const bool allowed[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#'] = true,
		['$'] = true,	      ['%'] = true,	    ['&'] = true,	  ['\''] = true, ['*'] = true,
		['+'] = true,	      ['-'] = true,	    ['.'] = true,	  ['^'] = true, ['_'] = true,
		['`'] = true,	      ['|'] = true,	    ['~'] = true,
	};

	for (size_t i = 0; i < s.n; i++)
		if (!allowed[(unsigned char)s.p[i]])
			return false;
	return s.n > 0;
}

static bool method_is_known(const char *method)
{
	static const char *const methods[] = { "GET", "HEAD",   "POST",  "QUERY",
					       "PUT", "DELETE", "PATCH", "OPTIONS" };

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(method, methods[i]) == 0)
			return true;
	return false;
}

static int refuse(int status, const char *why, const char **why_out)
{
	*why_out = why;
	return status;
}

/* How long the body is, said once and in one way. */
static int framing_screen(const char *method, const struct headers *h, size_t body_max, const char **why_out)
{
	struct str length = headers_get(h, "Content-Length"), coding = headers_get(h, "Transfer-Encoding");
	bool bodiless = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	uint64_t bytes = 0;

	if (count(h, "Content-Length") > 1 || count(h, "Transfer-Encoding") > 1)
		return refuse(400, "the length of the body is said more than once", why_out);
	if (length.p && coding.p)
		return refuse(400, "Content-Length and Transfer-Encoding exclude each other", why_out);
	if (coding.p && !headers_same(coding, "chunked"))
		return refuse(501, "no transfer coding but chunked is understood", why_out);
	if (length.p && !text_to_u64(length, &bytes))
		return refuse(400, "Content-Length is not a number", why_out);
	if (bodiless && (coding.p || bytes > 0))
		return refuse(400, "a body makes no sense with this method", why_out);
	if (bytes > body_max)
		return refuse(413, "the body is too large", why_out);
	return 0;
}

/* As many as the version asks for? */
static bool hosts_are_right(const char *version, const struct headers *h)
{
	size_t hosts = count(h, "Host");

	return hosts == 1 || (hosts == 0 && strcmp(version, "HTTP/1.0") == 0);
}

int headers_screen(const char *method, const char *version, const struct headers *h, size_t body_max,
		   const char **why_out)
{
	if (!method_is_known(method))
		return refuse(501, "the method is not known", why_out);
	if (h->too_many)
		return refuse(431, "there are too many header fields", why_out);
	for (size_t i = 0; i < h->n; i++) {
		if (!is_name(h->of[i].name))
			return refuse(400, "the name of a header field is none", why_out);
		if (has_control(h->of[i].value))
			return refuse(400, "a header field holds a control character", why_out);
	}
	if (!hosts_are_right(version, h))
		return refuse(400, "Host must be said, once", why_out);
	return framing_screen(method, h, body_max, why_out);
}

/* ---- negotiation ---- */

/* Quality in thousandths of "q=0.8"; 1000 when there is none, 0 when it is malformed. */
static unsigned quality_of(struct str parameters)
{
	while (parameters.n) {
		struct str p = cut(&parameters, ';');
		unsigned q = 0, unit = 1000;

		if (p.n < 3 || (p.p[0] != 'q' && p.p[0] != 'Q') || p.p[1] != '=')
			continue;
		for (size_t i = 2; i < p.n; i++) {
			if (p.p[i] == '.' && i == 3)
				continue;
			if (p.p[i] < '0' || p.p[i] > '9' || unit == 0)
				return 0;
			q += (unsigned)(p.p[i] - '0') * unit;
			unit /= 10;
		}
		return q > 1000 ? 1000 : q;
	}
	return 1000;
}

struct offer {
	const char *ranges[5]; /* that match it, the least specific first; NULL ends */
};

static const struct offer offers[] = {
	[FORMAT_JSON] = { { "*/*", "application/*", "application/problem+json", "application/json" } },
	[FORMAT_XML] = { { "*/*", "application/*", "application/problem+xml", "text/xml",
			   "application/xml" } },
	[FORMAT_FORM] = { { "*/*", "application/*", "application/x-www-form-urlencoded" } },
	[FORMAT_TEXT] = { { "*/*", "text/*", "text/plain" } },
};

/* How specific the range is for the offer; 0: it does not match. */
static size_t match(const struct offer *offer, struct str range)
{
	for (size_t i = 0; i < ARRAY_LEN(offer->ranges) && offer->ranges[i]; i++)
		if (headers_same(range, offer->ranges[i]))
			return i + 1;
	return 0;
}

static unsigned offer_quality(enum format format, struct str accept)
{
	size_t best = 0;
	unsigned quality = 0;
	struct str member;

	while (headers_next(&accept, &member)) {
		struct str range = cut(&member, ';');
		size_t specific = match(&offers[format], range);

		if (specific > best) {
			best = specific;
			quality = quality_of(member);
		}
	}
	return quality;
}

bool headers_choose(const struct headers *h, unsigned formats, enum format *out)
{
	struct str accept = headers_get(h, "Accept");
	bool any = trim(accept).n == 0;
	unsigned best = 0;

	for (unsigned f = 0; f < ARRAY_LEN(offers); f++) {
		unsigned quality = any ? 1 : offer_quality((enum format)f, accept);

		if (!(formats >> f & 1) || quality <= best)
			continue;
		best = quality;
		*out = (enum format)f;
	}
	return best > 0;
}

bool headers_format(const struct headers *h, enum format *out)
{
	return headers_choose(h, 1 << FORMAT_JSON | 1 << FORMAT_XML, out);
}

/* "ko-KR" -> "ko"; the NULL view for what is no language tag. */
static struct str primary_tag(struct str tag, struct arena *mem)
{
	struct str primary = cut(&tag, '-');
	char *low;

	if (primary.n < 2 || primary.n > 8)
		return (struct str){ 0 };
	low = arena_alloc(mem, primary.n + 1);
	for (size_t i = 0; i < primary.n; i++) {
		low[i] = (char)(primary.p[i] | 0x20);
		if (low[i] < 'a' || low[i] > 'z')
			return (struct str){ 0 };
	}
	return (struct str){ low, primary.n };
}

struct str headers_language(const struct headers *h, struct arena *mem)
{
	struct str list = headers_get(h, "Accept-Language"), member, best = { 0 };
	unsigned best_quality = 0;

	while (headers_next(&list, &member)) {
		struct str tag = cut(&member, ';');
		unsigned quality = quality_of(member);

		if (quality > best_quality) {
			best_quality = quality;
			best = primary_tag(tag, mem);
		}
	}
	return best;
}
