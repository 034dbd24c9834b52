/* A question in any form, chosen by the first byte: what is read is text and within its bounds, and what is refused has
 * a status of the caller's and a text that can be shown. */
#include "base/text.h"
#include "federator/http/question.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

static void check_fault(const struct fault *fault)
{
	check(fault->status >= 400 && fault->status < 500);
	check(fault->type && *fault->type && fault->detail && *fault->detail);
	check(text_is_utf8(str_of(fault->detail)));
	check(!fault->suggestion || text_is_utf8(str_of(fault->suggestion)));
}

static void check_ask(const struct question *q)
{
	const struct ask *a = &q->ask;
	const struct str texts[] = { a->view, a->fields, a->parts, a->lang, a->since, a->until, a->kind, a->cursor,
				     a->field, q->purge.customer, q->purge.source, q->purge.part,
				     q->web.log, q->web.visitor, q->web.path, q->web.group };

	check(q->fault.status == 0 && a->n_by <= ASK_KEYS_MAX);
	for (size_t i = 0; i < a->n_by; i++) {
		check(a->by[i].name.n > 0 && text_is_utf8(a->by[i].name) && text_is_utf8(a->by[i].value));
		check(a->by[i].value.n > 0 || q->any_value);
		for (size_t k = 0; k < i; k++)
			check(!str_eq(a->by[k].name, a->by[i].name));
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check(text_is_utf8(texts[i]));
	check(a->budget_ms <= 600000 && a->limit <= 10000 && a->lang.n <= 35);
	check(q->web.minutes <= 1440);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "phone", "member", "email", "order", "visitor", "account" };
	struct str text = { size ? (const char *)data + 1 : "", size ? size - 1 : 0 };
	char form = size ? (char)data[0] : 'q';
	struct question q = { .mem = arena_new(),
			      .scope = SCOPE_VIEW | SCOPE_TIMELINE | SCOPE_EXPLAIN,
			      .any_value = form == 'r' };
	bool good;

	if (form == 'r')
		q.scope = SCOPE_ROUTING;
	if (form == 'p' || form == 'P')
		q.scope = SCOPE_PURGE;
	if (form == 'w')
		q.scope = SCOPE_WEB | SCOPE_WEB_SESSIONS | SCOPE_WEB_SEARCHES | SCOPE_WEB_LIVE;
	if (form == 'j' || form == 'P')
		good = question_json(&q, text);
	else if (form == 'x')
		good = question_xml(&q, text);
	else
		good = question_query(&q, text, keys, ARRAY_LEN(keys));
	if (good)
		check_ask(&q);
	else
		check_fault(&q.fault);
	arena_wipe_free(&q.mem);
	return 0;
}
