#include "tests/faultproxy/toxics.h"

#include <stdio.h>
#include <stdlib.h>

enum { RATE_PIECE_BYTES = 1024 }; /* a slow line drips, rather than pausing and bursting */

static bool word_read(const char *word, size_t n, struct toxics *t)
{
	const struct {
		const char *name;
		uint64_t *to;
	} known[] = {
		{ "latency_us", &t->latency_us },   { "jitter_us", &t->jitter_us },
		{ "rate_bytes", &t->rate_bytes },   { "slice_bytes", &t->slice_bytes },
		{ "slice_us", &t->slice_us },	    { "limit_bytes", &t->limit_bytes },
		{ "slow_close_us", &t->slow_close_us }, { "reset", &t->reset },
		{ "hole", &t->hole },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t name_n = strlen(known[i].name);
		char *end;

		if (n < name_n + 2 || memcmp(word, known[i].name, name_n) != 0 || word[name_n] != '=')
			continue;
		*known[i].to = strtoull(word + name_n + 1, &end, 10);
		return end == word + n;
	}
	return false;
}

bool toxics_read(const char *text, struct toxics *out, char wrong[64])
{
	struct toxics t = { 0 };

	for (const char *p = text + strspn(text, " \n"); *p;) {
		size_t n = strcspn(p, " \n");

		if (!word_read(p, n, &t)) {
			snprintf(wrong, 64, "%.*s", (int)n, p);
			return false;
		}
		p += n;
		p += strspn(p, " \n");
	}
	*out = t;
	return true;
}

size_t toxics_piece(const struct toxics *t, size_t n)
{
	size_t most = t->slice_bytes ? (size_t)t->slice_bytes : n;

	if (t->rate_bytes && most > RATE_PIECE_BYTES)
		most = RATE_PIECE_BYTES;
	return n < most ? n : most;
}

uint64_t toxics_due(const struct toxics *t, size_t n, uint64_t now_us, uint64_t last_us, uint32_t random)
{
	uint64_t due_us = now_us + t->latency_us + (t->jitter_us ? random % (t->jitter_us + 1) : 0);
	uint64_t gap_us = t->slice_bytes ? t->slice_us : 0;

	if (t->rate_bytes && n * 1000000 / t->rate_bytes > gap_us)
		gap_us = n * 1000000 / t->rate_bytes;
	return due_us > last_us + gap_us ? due_us : last_us + gap_us;
}
