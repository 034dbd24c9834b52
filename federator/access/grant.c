#include "federator/access/grant.h"

#include "base/base64.h"
#include "base/text.h"

static const char prefix[] = "u.";

enum {
	PREFIX = sizeof(prefix) - 1,
	TEXT_MOST = 8192, /* as much as a header */
};

struct grantee grantee_of(const struct caller *caller, struct str tenant, struct str purpose)
{
	return (struct grantee){ .tenant = tenant,
				 .client = str_of(caller->client),
				 .agent = str_of(caller->agent),
				 .role = str_of(caller->role),
				 .purpose = purpose };
}

static void put_text(struct buf *out, struct str text)
{
	buf_put_str(out, text);
	buf_putc(out, '\0'); /* in none of them */
}

/* Opens for nobody else: what it is sealed about. */
static struct str about(const struct grantee *to, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };

	put_text(&out, STR("unmask"));
	put_text(&out, to->tenant);
	put_text(&out, to->client);
	put_text(&out, to->agent);
	put_text(&out, to->role);
	put_text(&out, to->purpose);
	return arena_str(mem, buf_str(&out));
}

struct str grant_seal(const struct service *svc, const struct grantee *to, const struct grant *grant, struct arena *mem)
{
	SCOPED(buf_free) struct buf plain = { 0 };
	struct str sealed;
	char *text;

	put_text(&plain, grant->classes);
	put_text(&plain, grant->reason);
	put_text(&plain, grant->contact);
	buf_printf(&plain, "%lld%c%lld", (long long)grant->given_ms, '\0', (long long)grant->until_ms);
	sealed = seal_message(svc, about(to, mem), buf_str(&plain), mem);
	text = arena_alloc(mem, PREFIX + base64_length(sealed.n) + 1);
	memcpy(text, prefix, PREFIX);
	return (struct str){ text, PREFIX + base64_url(sealed, text + PREFIX) };
}

static bool get_text(struct str *rest, struct str *out)
{
	const char *end = rest->n ? memchr(rest->p, '\0', rest->n) : NULL;

	if (!end)
		return false;
	*out = (struct str){ rest->p, (size_t)(end - rest->p) };
	*rest = (struct str){ end + 1, rest->n - out->n - 1 };
	return true;
}

static bool get_time(struct str text, int64_t *out)
{
	uint64_t ms;

	if (!text_to_u64(text, &ms) || ms > INT64_MAX)
		return false;
	*out = (int64_t)ms;
	return true;
}

static bool plain_read(struct str plain, struct grant *out)
{
	struct str given;

	return get_text(&plain, &out->classes) && get_text(&plain, &out->reason) && get_text(&plain, &out->contact) &&
	       get_text(&plain, &given) && get_time(given, &out->given_ms) && get_time(plain, &out->until_ms);
}

bool grant_open(const struct service *svc, const struct grantee *to, struct str text, int64_t now_ms, struct arena *mem,
		struct grant *out)
{
	unsigned char *sealed;
	struct grant grant;
	struct str plain;
	size_t n;

	if (text.n < PREFIX || text.n > TEXT_MOST || memcmp(text.p, prefix, PREFIX) != 0)
		return false;
	sealed = arena_alloc(mem, text.n);
	if (!base64_url_read((struct str){ text.p + PREFIX, text.n - PREFIX }, sealed, text.n, &n) ||
	    !unseal_message(svc, about(to, mem), (struct str){ (const char *)sealed, n }, mem, &plain) ||
	    !plain_read(plain, &grant) || grant.until_ms <= now_ms)
		return false;
	*out = grant;
	return true;
}
