/* seen.c - what goes on record of an answer: of whom it is, and which classes of data it shows. */
#include <stdlib.h>

#include "base/text.h"
#include "federator/audit/subject.h"
#include "federator/audit/text.h"
#include "federator/flow/request.h"

enum { SUBJECTS_MOST = 256, PARTS_MOST = 256 };

static void put_hash(const struct flow *flow, const struct key *key, struct str value, struct buf *out)
{
	char digits[AUDIT_SUBJECT_DIGITS + 1];

	audit_subject(service_salt(flow->lane->service), flow->ask.tenant, str_of(key->name), value, digits);
	audit_quote(str_of(digits), out);
}

/* A problem document tells of nobody; of what grows there is no status yet. */
static bool tells(const struct flow *flow)
{
	return flow->reply.status < 400;
}

/* Of several a flat answer says only how many they are. */
static void put_subjects(const struct flow *flow, struct buf *out)
{
	const struct match *match = &flow->match;
	const struct key *identity = flow->world->cat->identity;

	if (!tells(flow))
		return;
	if (match->outcome == OUTCOME_ONE) {
		buf_puts(out, ",\"subjects\":[");
		put_hash(flow, identity, match->subject, out);
	} else if (match->outcome == OUTCOME_MANY && !flow->ask.flat) {
		buf_puts(out, ",\"subjects\":[");
		for (size_t i = 0; i < match->n_candidates && i < SUBJECTS_MOST; i++) {
			if (i)
				buf_putc(out, ',');
			put_hash(flow, identity, match->candidates[i].subject, out);
		}
	} else {
		return;
	}
	buf_putc(out, ']');
	if (match->outcome == OUTCOME_MANY && match->n_candidates > SUBJECTS_MOST)
		audit_put_number("subjects_more", (int64_t)(match->n_candidates - SUBJECTS_MOST), out);
}

static void put_by(const struct flow *flow, const struct key *key, struct str value, struct buf *out)
{
	audit_quote(str_of(key->name), out);
	buf_putc(out, ':');
	put_hash(flow, key, value, out);
}

/* What was asked by, where it did not lead to one customer, and the customer, where nothing is told of them. */
static void put_asked(const struct flow *flow, struct buf *out)
{
	bool one = flow->match.outcome == OUTCOME_ONE;

	if (one ? tells(flow) : !flow->n_asked)
		return;
	buf_puts(out, ",\"asked\":{");
	if (one)
		put_by(flow, flow->world->cat->identity, flow->match.subject, out);
	for (size_t i = 0; !one && i < flow->n_asked; i++) {
		if (i)
			buf_putc(out, ',');
		put_by(flow, flow->asked[i].key, flow->asked[i].value, out);
	}
	buf_putc(out, '}');
}

static void put_classes(const struct catalog *cat, const char *name, uint64_t bits, struct buf *out)
{
	bool any = false;

	if (!bits)
		return;
	buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < cat->n_classes; i++) {
		if (!(bits >> i & 1))
			continue;
		if (any)
			buf_putc(out, ',');
		audit_quote(str_of(cat->classes[i].name), out);
		any = true;
	}
	buf_putc(out, ']');
}

/* "cust":1795779928634: when the source said so, in milliseconds since 1970; of a live one that is now. */
static void put_part(const struct fact *fact, struct buf *out)
{
	char digits[TEXT_I64_MOST];

	audit_quote(str_of(fact->part->name), out);
	if (fact->state != FACT_FRESH && fact->state != FACT_STALE)
		return;
	buf_putc(out, ':');
	buf_put(out, digits, text_from_i64(fact->stored_ms, digits));
}

static void put_state(const struct flow *flow, enum fact_state state, size_t n_runs, bool *any, struct buf *out)
{
	bool dated = state == FACT_FRESH || state == FACT_STALE, first = true;

	for (size_t i = 0; i < n_runs; i++) {
		const struct fact *fact = &flow->runs[i].fact;

		if (fact->state != state)
			continue;
		if (first) {
			buf_puts(out, *any ? "," : ",\"parts\":{");
			audit_quote(str_of(envelope_state(state)), out);
			buf_puts(out, dated ? ":{" : ":[");
		} else {
			buf_putc(out, ',');
		}
		put_part(fact, out);
		*any = true;
		first = false;
	}
	if (!first)
		buf_putc(out, dated ? '}' : ']');
}

/* By state: {"live":["orders"],"fresh":{"cust":1795779928634}} */
static void put_parts(const struct flow *flow, struct buf *out)
{
	static const enum fact_state states[] = { FACT_LIVE, FACT_FRESH, FACT_STALE, FACT_SKIPPED, FACT_MISSING };
	size_t n = flow->n_runs < PARTS_MOST ? flow->n_runs : PARTS_MOST;
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		put_state(flow, states[i], n, &any, out);
	if (any)
		buf_putc(out, '}');
	if (n < flow->n_runs)
		audit_put_number("parts_more", (int64_t)(flow->n_runs - n), out);
}

struct str seen_text(struct flow *flow)
{
	SCOPED(buf_free) struct buf out = { 0 };
	bool failed = flow->reply.status >= 500;

	buf_reserve(&out, 512);
	audit_put("view", flow->view ? str_of(flow->view->name) : STR(""), &out);
	audit_put("outcome", str_of(failed ? "error" : envelope_outcome(flow->match.outcome)), &out);
	put_subjects(flow, &out);
	put_asked(flow, &out);
	put_classes(flow->world->cat, "shown", tells(flow) ? flow->shown : 0, &out);
	put_classes(flow->world->cat, "masked", tells(flow) ? flow->masked : 0, &out);
	put_parts(flow, &out);
	audit_put("revision", str_of(flow->world->cat->revision), &out);
	return arena_str(flow->mem, buf_str(&out));
}

struct str seen_sum(const struct lane *lane, const struct catalog *cat, const struct ask *ask,
		    const struct reply *all, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	char digits[AUDIT_SUBJECT_DIGITS + 1];
	struct str subject;

	audit_put("outcome", str_of(envelope_outcome(OUTCOME_ONE)), &out);
	if (unseal_id(lane->service, ask->tenant, ask->id, mem, &subject)) {
		audit_subject(service_salt(lane->service), ask->tenant, str_of(cat->identity->name), subject, digits);
		buf_printf(&out, ",\"subjects\":[\"%s\"]", digits);
	}
	put_classes(cat, "shown", all->shown, &out);
	put_classes(cat, "masked", all->masked, &out);
	audit_put("revision", str_of(cat->revision), &out);
	return arena_str(mem, buf_str(&out));
}

/* ---- what an answer that grows may show ---- */

static uint64_t bit_of(const struct field *field)
{
	return UINT64_C(1) << field->cls->index;
}

static uint64_t list_classes(const struct list *list)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < list->n_fields; i++)
		bits |= bit_of(&list->fields[i].field);
	for (size_t i = 0; i < list->n_lists; i++)
		bits |= list_classes(&list->lists[i]);
	return bits;
}

static uint64_t use_classes(const struct use *use)
{
	uint64_t bits = 0;

	switch (use->kind) {
	case USE_FIELD:
		return bit_of(use->field);
	case USE_LIST:
		return list_classes(use->list);
	case USE_TIMELINE:
		for (size_t i = 0; i < use->timeline->n_of; i++)
			bits |= list_classes(use->timeline->of[i].list);
		return bits;
	}
	abort();
}

struct str seen_coming(struct flow *flow)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < flow->n_uses; i++)
		bits |= use_classes(&flow->uses[i]);
	flow->shown = bits & flow->rights.show;
	flow->masked = bits & flow->rights.mask;
	return seen_text(flow);
}
