/* step_render.c - bytes from the one tree. */
#include "federator/flow/explain.h"
#include "federator/flow/recall.h"
#include "federator/flow/steps.h"
#include "federator/render/render.h"

enum {
	LINE_BYTES = 64, /* what telephone systems take as a caller's name */
	FIRST_BYTES = 3 * 1024, /* most views need no more room */
};

static void write_tree(struct flow *flow, const struct node *root, const char *ns, struct buf *out)
{
	switch (flow->ask.format) {
	case FORMAT_JSON:
		render_json(root, flow->ask.pretty, out);
		flow->reply.content_type = "application/json";
		break;
	case FORMAT_XML:
		render_xml(root, ns, flow->ask.pretty, out);
		flow->reply.content_type = "application/xml";
		break;
	case FORMAT_FORM:
		render_form(root, out);
		flow->reply.content_type = "application/x-www-form-urlencoded";
		break;
	case FORMAT_TEXT:
		render_text(root, out);
		flow->reply.content_type = "text/plain; charset=utf-8";
		break;
	case FORMAT_LINE:
		render_line(root, LINE_BYTES, out);
		flow->reply.content_type = "text/plain; charset=utf-8";
		break;
	}
}

enum step_end step_render(struct flow *flow)
{
	struct buf out = { 0 };

	buf_reserve(&out, FIRST_BYTES);
	write_tree(flow, flow->root, flow->ask.flat ? NULL : VIEW_NAMESPACE, &out);
	if (flow->ask.explain) { /* the view was written only to see how long that takes */
		buf_free(&out);
		write_tree(flow, explain_make(flow), EXPLAIN_NAMESPACE, &out);
	}
	cache_status_make(flow);
	flow->reply.status = 200;
	flow->reply.body = buf_take(&out, &flow->reply.len);
	vary_tag(flow);
	if (flow->lane->audit)
		flow->reply.seen = seen_text(flow);
	recall_keep(flow);
	return STEP_DONE;
}
