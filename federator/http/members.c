#include "federator/http/members.h"

#include "base/text.h"
#include "federator/http/asking.h"

static bool is_known(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

/* False: it is answered. A name that is none is not told: it may be a value at the wrong place. */
static bool are_known(struct exchange *x, const struct jsontext *object, const char *const *names, size_t n)
{
	for (const struct jsontext *m = object->first; m; m = m->next) {
		const char *near;

		if (is_known(m->name, names, n))
			continue;
		near = text_nearest(m->name, names, n);
		exchange_problem(x, 400, "unknown-parameter", "the body has a member that is not known here",
				 near ? arena_printf(x->mem, "did you mean `%s`?", near).p : NULL);
		return false;
	}
	return true;
}

const struct jsontext *members_read(struct exchange *x, const char *const *names, size_t n)
{
	struct jsontext_fault fault;
	const struct jsontext *object;

	if (!asking_is_json(x)) {
		exchange_problem(x, 415, "unsupported-media-type", "the body must be JSON",
				 "send the header Content-Type: application/json");
		return NULL;
	}
	object = jsontext_read(x->body, true, x->mem, &fault);
	if (!object || object->kind != JSONTEXT_OBJECT) {
		exchange_problem(x, 400, "bad-json", "the body is not a JSON object", NULL);
		return NULL;
	}
	return are_known(x, object, names, n) ? object : NULL;
}

bool members_text(const struct jsontext *object, struct str name, size_t most, struct str *out)
{
	const struct jsontext *m = jsontext_member(object, name);

	if (m && (m->kind != JSONTEXT_STRING || m->text.n == 0 || m->text.n > most || text_has_control(m->text)))
		return false;
	*out = m ? m->text : (struct str){ 0 };
	return true;
}

bool members_number(const struct jsontext *object, struct str name, uint32_t most, uint32_t otherwise, uint32_t *out)
{
	const struct jsontext *m = jsontext_member(object, name);
	uint64_t n = otherwise;

	if (m && (m->kind != JSONTEXT_NUMBER || !text_to_u64(m->text, &n) || n == 0 || n > most))
		return false;
	*out = (uint32_t)n;
	return true;
}

void members_refuse(struct exchange *x, const char *name, const char *expected)
{
	exchange_problem(x, 400, "bad-parameter", arena_printf(x->mem, "`%s` takes %s", name, expected).p, NULL);
}
