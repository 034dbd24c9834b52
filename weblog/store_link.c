#include "weblog/store_state.h"

#include <stdlib.h>

enum { KEY_MAX = 64, VALUE_MAX = 256 };

/* A piece of evidence of one event, then of all that are alike. */
struct proof {
	struct str visitor, key, value, session, evidence;
	uint32_t confidence;
	int64_t first_us, last_us;
};

/* The order of web_link's key, then of web_evidence's. */
static int link_cmp(const struct proof *a, const struct proof *b)
{
	int c = str_cmp(a->visitor, b->visitor);

	if (c == 0)
		c = str_cmp(a->key, b->key);
	return c ? c : str_cmp(a->value, b->value);
}

static int evidence_cmp(const struct proof *a, const struct proof *b)
{
	int c = str_cmp(a->visitor, b->visitor);

	if (c == 0)
		c = str_cmp(a->session, b->session);
	if (c == 0)
		c = str_cmp(a->key, b->key);
	if (c == 0)
		c = str_cmp(a->value, b->value);
	return c ? c : str_cmp(a->evidence, b->evidence);
}

static int by_link(const void *a, const void *b)
{
	return link_cmp(a, b);
}

static int by_evidence(const void *a, const void *b)
{
	return evidence_cmp(a, b);
}

/* Make one of those that are alike; returns how many there are. They are sorted. */
static size_t merge(struct proof *proofs, size_t n, int (*cmp)(const struct proof *, const struct proof *))
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct proof *last = kept ? &proofs[kept - 1] : NULL;

		if (last == NULL || cmp(last, &proofs[i]) != 0) {
			proofs[kept++] = proofs[i];
			continue;
		}
		if (last->confidence < proofs[i].confidence)
			last->confidence = proofs[i].confidence;
		if (last->first_us > proofs[i].first_us)
			last->first_us = proofs[i].first_us;
		if (last->last_us < proofs[i].last_us)
			last->last_us = proofs[i].last_us;
	}
	return kept;
}

static size_t count(const struct weblog_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_events; i++)
		n += batch->events[i].n_links;
	return n;
}

/* A value that the column does not take whole would be another's: it is left out. */
static size_t collect(struct weblog_store *s, const struct weblog_batch *batch, struct proof *out)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n_events; i++) {
		const struct weblog_event *e = &batch->events[i];

		for (uint32_t k = 0; k < e->n_links; k++) {
			const struct weblog_link *link = &e->links[k];
			struct str value = store_text(s, link->value, VALUE_MAX);

			if (!str_eq(value, link->value) || value.n == 0)
				continue;
			out[n++] = (struct proof){ .visitor = store_text(s, e->visitor, KEY_MAX),
						   .key = str_of(link->by->gives->name),
						   .value = value,
						   .session = e->session,
						   .evidence = str_of(link->by->name),
						   .confidence = link->by->confidence,
						   .first_us = e->at_us,
						   .last_us = e->at_us };
		}
	}
	return n;
}

static bool evidence_write(struct weblog_store *s, const struct proof *proofs, size_t n, struct err *err)
{
	store_rows_begin(s, STORE_EVIDENCE);
	for (size_t i = 0; i < n; i++) {
		store_put_text(s, proofs[i].visitor);
		store_put_text(s, proofs[i].session);
		store_put_text(s, proofs[i].key);
		store_put_text(s, proofs[i].value);
		store_put_text(s, proofs[i].evidence);
		store_put_number(s, proofs[i].confidence);
		store_put_time(s, proofs[i].first_us);
		store_put_time(s, proofs[i].last_us);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err);
}

static bool links_write(struct weblog_store *s, const struct proof *proofs, size_t n, struct err *err)
{
	store_rows_begin(s, STORE_LINKS);
	for (size_t i = 0; i < n; i++) {
		store_put_text(s, proofs[i].visitor);
		store_put_text(s, proofs[i].key);
		store_put_text(s, proofs[i].value);
		store_put_number(s, proofs[i].confidence);
		store_put_time(s, proofs[i].first_us);
		store_put_time(s, proofs[i].last_us);
		store_put_time(s, proofs[i].first_us - (int64_t)s->conf->window_ms * 1000);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err);
}

bool store_links(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	size_t n = count(batch);
	struct proof *proofs;

	if (n == 0)
		return true;
	proofs = arena_array_of(s->batch, struct proof, n);
	n = collect(s, batch, proofs);
	qsort(proofs, n, sizeof(*proofs), by_evidence);
	n = merge(proofs, n, evidence_cmp);
	if (!evidence_write(s, proofs, n, err))
		return false;
	qsort(proofs, n, sizeof(*proofs), by_link);
	n = merge(proofs, n, link_cmp);
	return links_write(s, proofs, n, err);
}
