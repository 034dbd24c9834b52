/* step_render.c - bytes from the one tree. */
#include "federator/flow/steps.h"
#include "federator/render/render.h"

enum { LINE_BYTES = 64 }; /* what telephone systems take as a caller's name */

enum step_end step_render(struct flow *flow)
{
	struct buf out = { 0 };

	switch (flow->ask.format) {
	case FORMAT_JSON:
		render_json(flow->root, flow->ask.pretty, &out);
		flow->reply.content_type = "application/json";
		break;
	case FORMAT_XML:
		render_xml(flow->root, flow->ask.flat ? NULL : VIEW_NAMESPACE, flow->ask.pretty, &out);
		flow->reply.content_type = "application/xml";
		break;
	case FORMAT_FORM:
		render_form(flow->root, &out);
		flow->reply.content_type = "application/x-www-form-urlencoded";
		break;
	case FORMAT_TEXT:
		render_text(flow->root, &out);
		flow->reply.content_type = "text/plain; charset=utf-8";
		break;
	case FORMAT_LINE:
		render_line(flow->root, LINE_BYTES, &out);
		flow->reply.content_type = "text/plain; charset=utf-8";
		break;
	}
	flow->reply.status = 200;
	flow->reply.body = buf_take(&out, &flow->reply.len);
	return STEP_DONE;
}
