#include "federator/web/admit.h"

#include "base/text.h"

static const struct weblog *refuse(struct web_fault *fault, int status, const char *type, const char *detail,
				   const char *suggestion)
{
	*fault = (struct web_fault){ .status = status, .type = type, .detail = detail, .suggestion = suggestion };
	return NULL;
}

/* "`a`, `b`" */
static const char *names_text(const struct catalog *cat, struct arena *mem)
{
	struct str text = STR("");

	for (size_t i = 0; i < cat->n_weblogs; i++)
		text = arena_printf(mem, "%.*s%s`%s`", STR_ARG(text), i ? ", " : "", cat->weblogs[i].name);
	return text.p;
}

static const struct weblog *refuse_name(const struct catalog *cat, struct str name, struct arena *mem,
					struct web_fault *fault)
{
	const char **names = arena_array_of(mem, const char *, cat->n_weblogs), *near;

	for (size_t i = 0; i < cat->n_weblogs; i++)
		names[i] = cat->weblogs[i].name;
	near = text_nearest(name, names, cat->n_weblogs);
	return refuse(fault, 400, "unknown-log", "the mapping has no weblog of that name",
		      near ? arena_printf(mem, "did you mean `%s`?", near).p
			   : arena_printf(mem, "its weblogs: %s", names_text(cat, mem)).p);
}

static const struct weblog *log_named(const struct catalog *cat, struct str name, struct arena *mem,
				      struct web_fault *fault)
{
	const struct weblog *log = NULL;

	if (cat->n_weblogs == 0)
		return refuse(fault, 404, "no-weblog", "the mapping has no <weblog>, so nothing is known of a web site",
			      "add one: <weblog name=\"shop\" store=\"...\" class=\"...\">");
	if (!name.p && cat->n_weblogs == 1)
		return &cat->weblogs[0];
	if (!name.p)
		return refuse(fault, 400, "no-log", "the mapping has several weblogs: say which in `log`",
			      arena_printf(mem, "its weblogs: %s", names_text(cat, mem)).p);
	log = catalog_weblog(cat, name);
	return log ? log : refuse_name(cat, name, mem, fault);
}

/* What is masked is not shown either: a session of which everything is masked says nothing. */
static const struct weblog *refuse_class(const struct weblog *log, const struct web_ask *ask, bool masked,
					 struct arena *mem, struct web_fault *fault)
{
	const char *detail = arena_printf(mem,
					  "weblog `%s` is of class `%s`, which role `%.*s` with purpose `%.*s` %s",
					  log->name, log->cls->name, STR_ARG(ask->role), STR_ARG(ask->purpose),
					  masked ? "sees only masked" : "does not see")
				     .p;

	return refuse(fault, 403, "not-allowed", detail,
		      arena_printf(mem, "a <policy> of the mapping that names both would have to show `%s`",
				   log->cls->name)
			      .p);
}

const struct weblog *web_admit(const struct catalog *cat, const struct web_ask *ask, struct arena *mem,
			       struct web_fault *fault)
{
	const struct weblog *log = log_named(cat, ask->log, mem, fault);
	struct rights rights = catalog_rights(cat, ask->role, ask->purpose);
	uint64_t bit;

	if (!log)
		return NULL;
	if (!rights.known)
		return refuse(fault, 403, "not-allowed",
			      arena_printf(mem, "no policy of the mapping names role `%.*s` with purpose `%.*s`",
					   STR_ARG(ask->role), STR_ARG(ask->purpose))
				      .p,
			      NULL);
	bit = UINT64_C(1) << log->cls->index;
	return rights.show & bit ? log : refuse_class(log, ask, (rights.mask & bit) != 0, mem, fault);
}
