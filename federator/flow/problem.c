/* problem.c - problem documents (RFC 9457) in the caller's format. */
#include <stdlib.h>

#include "federator/flow/flow.h"
#include "federator/render/render.h"

void problem_reply(struct reply *reply, enum format format, int status, const char *type, const char *title,
		   const char *detail, const char *suggestion)
{
	struct arena *mem = arena_new();
	struct node *root = tree_object(mem, NULL, STR("problem"));
	struct buf out = { 0 };

	tree_text(mem, root, STR("type"), arena_printf(mem, "urn:federator:problem:%s", type));
	tree_text(mem, root, STR("title"), str_of(title));
	tree_number(mem, root, STR("status"), status);
	tree_text(mem, root, STR("detail"), str_of(detail));
	if (suggestion)
		tree_text(mem, root, STR("suggestion"), str_of(suggestion));
	switch (format) {
	case FORMAT_JSON:
	case FORMAT_FORM:
	case FORMAT_TEXT:
	case FORMAT_LINE:
		render_json(root, false, &out);
		reply->content_type = "application/problem+json";
		break;
	case FORMAT_XML:
		render_xml(root, PROBLEM_NAMESPACE, false, &out);
		reply->content_type = "application/problem+xml";
		break;
	}
	reply->status = status;
	reply->problem = type;
	reply_free(reply);
	reply->body = buf_take(&out, &reply->len);
	arena_wipe_free(&mem);
}
