#include "federator/http/layout.h"

#include <microhttpd.h>

enum { VERSION_BYTES = 8, LINE_END = 2 };

/* Step over a NUL-terminated text that must begin at *at. */
static bool step(const char **at, const char *text, size_t n, const char *end)
{
	if (text != *at || n >= (size_t)(end - *at))
		return false;
	*at += n + 1;
	return true;
}

static bool field_is_next(const char **at, const struct header *h, const char *end)
{
	if (!step(at, h->name.p, h->name.n, end))
		return false;
	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
	if (h->value.n == 0)
		*at += LINE_END; /* the value may be anywhere */
	else if (step(at, h->value.p, h->value.n, end))
		*at += LINE_END - 1;
	else
		return false;
	return *at <= end;
}

bool layout_is_whole(const struct layout *l)
{
	const char *at = l->method, *end = l->method + l->bytes;

	if (strcmp(MHD_get_version(), "0.9.75") != 0)
		return true;
	if (!step(&at, l->method, strlen(l->method), end) || !step(&at, l->target.p, l->target.n, end) ||
	    end - at < VERSION_BYTES + LINE_END || memcmp(at, "HTTP/1.", VERSION_BYTES - 1) != 0)
		return false;
	at += VERSION_BYTES + LINE_END;
	for (size_t i = 0; i < l->headers->n; i++)
		if (!field_is_next(&at, &l->headers->of[i], end))
			return false;
	return at + LINE_END == end;
}
