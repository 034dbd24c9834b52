/* The input is a value of Host, up to a line's end, and names behind it. Who is ours is so with any port, in any case,
 * and with more names; nothing but loopback and the names is. */
#include "federator/http/host.h"
#include "fuzz/fuzz_target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

/* As a person would say it; `host` has no port. */
static bool is_expected(const char *host, const char *names)
{
	char address[64];
	unsigned a, b, c, d;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	if (sscanf(host, "%u.%u.%u.%u", &a, &b, &c, &d) == 4 && a == 127 && b < 256 && c < 256 && d < 256) {
		snprintf(address, sizeof(address), "%u.%u.%u.%u", a, b, c, d);
		if (strcmp(address, host) == 0)
			return true;
	}
	for (const char *at = names; *at;) {
		size_t n = strcspn(at, ",");

		if (strlen(host) == n && strncasecmp(host, at, n) == 0)
			return n > 0;
		at += n + (at[n] == ',');
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t n = end ? (size_t)(end - data) : size, left = end ? size - n - 1 : 0;
	char *host = calloc(1, n + 8), *names = calloc(1, left + 1);
	bool ours;

	if (!host || !names)
		abort();
	memcpy(host, n ? (const void *)data : "", n);
	memcpy(names, left ? (const void *)(end + 1) : "", left);
	if (!host_names_are_good(names))
		names[0] = '\0';
	ours = host_is_ours((struct str){ host, n }, names);
	check(strlen(host) == n || !ours);
	if (strlen(host) == n && (host[0] == '[' ? strchr(host, ']') == host + n - 1 : !strchr(host, ':')))
		check(ours == is_expected(host, names));
	for (size_t i = 0; i < n; i++)
		host[i] = (char)toupper((unsigned char)host[i]);
	check(host_is_ours((struct str){ host, n }, names) == ours);
	if (ours && (host[n - 1] == ']' || !memchr(host, ':', n))) {
		memcpy(host + n, ":65000", 6);
		check(host_is_ours((struct str){ host, n + 6 }, names));
		check(!host_is_ours((struct str){ host, n + 1 }, names));
	}
	free(host);
	free(names);
	return 0;
}
