/* vary.c - what differs from one answer to the next though nothing has changed, and the tag over all the rest. */
#define XXH_INLINE_ALL /* the state of a running hash is no part of what its library promises */
#include <xxhash.h>

#include "base/base64.h"
#include "federator/flow/request.h"

static_assert((size_t)SERVICE_TAG_SECRET_BYTES >= XXH3_SECRET_SIZE_MIN, "a secret is long enough");

struct vary *flow_vary(struct flow *flow, struct node *node, enum vary_kind kind)
{
	struct vary *vary = arena_new_of(flow->mem, struct vary);

	vary->kind = kind;
	vary->next = flow->varying;
	flow->varying = vary;
	flow->n_varying++;
	node->vary = vary;
	return vary;
}

static int vary_cmp(const void *a, const void *b)
{
	const struct vary *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

const struct vary *vary_list(struct flow *flow, size_t *n_out)
{
	struct vary *found = arena_array_of(flow->mem, struct vary, flow->n_varying);
	size_t n = 0;

	for (const struct vary *s = flow->varying; s; s = s->next)
		if (s->n)
			found[n++] = *s;
	qsort(found, n, sizeof(*found), vary_cmp);
	*n_out = n;
	return found;
}

static uint64_t generation_s(const struct flow *flow)
{
	return service_options(flow->lane->service)->id_ttl_s / 2;
}

uint64_t vary_generation(const struct flow *flow, int64_t now_ms)
{
	return (uint64_t)now_ms / 1000 / generation_s(flow);
}

int64_t vary_generation_ends_ms(const struct flow *flow, uint64_t generation)
{
	return (int64_t)((generation + 1) * generation_s(flow) * 1000);
}

/* Hash what does not vary; the generation with it, where something is sealed. */
static XXH128_canonical_t hash_steady(struct flow *flow)
{
	uint64_t generation = vary_generation(flow, lane_wall_ms(flow->lane));
	const struct reply *reply = &flow->reply;
	const struct vary *varying;
	XXH128_canonical_t hash;
	XXH3_state_t state;
	size_t n, at = 0;
	bool sealed = false;

	varying = vary_list(flow, &n);
	XXH3_INITSTATE(&state);
	XXH3_128bits_reset_withSecret(&state, service_tag_secret(flow->lane->service), SERVICE_TAG_SECRET_BYTES);
	for (size_t i = 0; i < n; i++) {
		XXH3_128bits_update(&state, reply->body + at, varying[i].at - at);
		at = varying[i].at + varying[i].n;
		sealed = sealed || varying[i].kind == VARY_SEALED;
	}
	XXH3_128bits_update(&state, reply->body + at, reply->len - at);
	if (sealed)
		XXH3_128bits_update(&state, &generation, sizeof(generation));
	XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(&state));
	explicit_bzero(&state, sizeof(state));
	return hash;
}

void vary_tag(struct flow *flow)
{
	struct reply *reply = &flow->reply;
	XXH128_canonical_t hash;
	size_t n;

	if (flow->ask.canonical || flow->ask.explain)
		return;
	hash = hash_steady(flow);
	memcpy(reply->etag, "W/\"", 3);
	n = base64_url((struct str){ (const char *)hash.digest, sizeof(hash.digest) }, reply->etag + 3);
	memcpy(reply->etag + 3 + n, "\"", 2);
}
