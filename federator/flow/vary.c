/* vary.c - what differs from one answer to the next though nothing has changed, and the tag over all the rest. */
#include <sodium.h>

#include "federator/flow/request.h"

enum { TAG_BYTES = 16 }; /* of the digest: 22 characters */

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

uint64_t vary_generation(const struct flow *flow, int64_t now_ms)
{
	uint64_t half_s = service_options(flow->lane->service)->id_ttl_s / 2;

	return (uint64_t)now_ms / 1000 / half_s;
}

void vary_tag(struct flow *flow)
{
	struct reply *reply = &flow->reply;
	unsigned char hash[DIGEST_BYTES];
	const struct vary *varying;
	struct digest d;
	size_t n, at = 0;
	uint64_t generation = vary_generation(flow, lane_wall_ms(flow->lane));
	bool sealed = false;

	if (flow->ask.canonical || flow->ask.explain)
		return;
	varying = vary_list(flow, &n);
	digest_begin(&d, (struct str){ 0 });
	for (size_t i = 0; i < n; i++) {
		digest_add(&d, reply->body + at, varying[i].at - at);
		at = varying[i].at + varying[i].n;
		sealed = sealed || varying[i].kind == VARY_SEALED;
	}
	digest_add(&d, reply->body + at, reply->len - at);
	if (sealed)
		digest_add(&d, &generation, sizeof(generation));
	digest_end(&d, hash);
	memcpy(reply->etag, "W/\"", 3);
	sodium_bin2base64(reply->etag + 3, sizeof(reply->etag) - 4, hash, TAG_BYTES,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	strcat(reply->etag, "\"");
}
