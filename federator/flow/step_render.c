/* step_render.c - JSON or XML bytes from the one tree. */
#include "federator/flow/steps.h"
#include "federator/render/render.h"

enum step_end step_render(struct flow *flow)
{
	struct buf out = { 0 };

	switch (flow->ask.format) {
	case FORMAT_JSON:
		render_json(flow->root, flow->ask.pretty, &out);
		flow->reply.content_type = "application/json";
		break;
	case FORMAT_XML:
		render_xml(flow->root, VIEW_NAMESPACE, flow->ask.pretty, &out);
		flow->reply.content_type = "application/xml";
		break;
	}
	flow->reply.status = 200;
	flow->reply.body = buf_take(&out, &flow->reply.len);
	return STEP_DONE;
}
