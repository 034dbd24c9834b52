/* schemas.c - what answers look like, generated from the running mapping. */
#include "federator/schema/view_schema.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "federator/http/condition.h"
#include "federator/http/handlers.h"
#include "federator/http/openapi.h"
#include "federator/http/question.h"

typedef void writer(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out);

static void refuse(struct exchange *x, const struct question *q)
{
	exchange_problem(x, q->fault.status, q->fault.type, q->fault.detail, q->fault.suggestion);
}

/* A schema that is made of views. */
struct made {
	writer *write;
	const char *content_type;
	bool flat; /* of flat views only */
};

static void refuse_flat(struct exchange *x, bool any)
{
	exchange_problem(x, 404, "no-such-view",
			 any ? "the view of this name is not flat" : "the running mapping has no flat view",
			 "give a view shape=\"flat\"");
}

static void refuse_view(struct exchange *x, const struct catalog *cat, struct str name)
{
	const char **names = arena_array_of(x->mem, const char *, cat->n_views);
	const char *near;

	for (size_t i = 0; i < cat->n_views; i++)
		names[i] = cat->views[i].name;
	near = text_nearest(name, names, cat->n_views);
	exchange_problem(x, 404, "no-such-view", "the running mapping has no view of this name",
			 near ? arena_printf(x->mem, "did you mean `%s`?", near).p : "see GET /v1/mappings");
}

static void write_view(struct exchange *x, struct made made)
{
	struct question q = { .mem = x->mem, .scope = SCOPE_SCHEMA };
	const struct world *world;
	const struct view *view = NULL;
	struct buf out = { 0 };

	if (!question_query(&q, x->query, NULL, 0)) {
		refuse(x, &q);
		return;
	}
	world = service_world(x->lane->service);
	if (!q.ask.lang.p)
		q.ask.lang = headers_language(&x->headers, x->mem);
	if (q.ask.view.p)
		view = catalog_view(world->cat, q.ask.view);
	if (q.ask.view.p && !view) {
		refuse_view(x, world->cat, q.ask.view);
	} else if (made.flat && !(view ? view->shape == SHAPE_FLAT : view_schema_any_flat(world->cat))) {
		refuse_flat(x, view != NULL);
	} else {
		made.write(world->cat, view, q.ask.lang, &out);
		exchange_bytes(x, 200, made.content_type, &out);
	}
	world_unref(&world);
}

static const char xml[] = "application/xml", json[] = "application/schema+json";

void schemas_view_xsd(struct exchange *x)
{
	write_view(x, (struct made){ view_schema_xsd, xml, false });
}

void schemas_view_json(struct exchange *x)
{
	write_view(x, (struct made){ view_schema_json, json, false });
}

void schemas_routing_xsd(struct exchange *x)
{
	write_view(x, (struct made){ view_schema_routing_xsd, xml, true });
}

void schemas_routing_json(struct exchange *x)
{
	write_view(x, (struct made){ view_schema_routing_json, json, true });
}

void schemas_events_json(struct exchange *x)
{
	write_view(x, (struct made){ view_schema_events_json, json, false });
}

static void write_fixed(struct exchange *x, enum fixed_schema which, const char *content_type)
{
	struct question q = { .mem = x->mem };
	struct buf out = { 0 };

	if (!question_query(&q, x->query, NULL, 0)) {
		refuse(x, &q);
		return;
	}
	buf_put_str(&out, view_schema_fixed(which));
	exchange_bytes(x, 200, content_type, &out);
}

void schemas_provenance_xsd(struct exchange *x)
{
	write_fixed(x, FIXED_PROVENANCE_XSD, xml);
}

void schemas_problem_json(struct exchange *x)
{
	write_fixed(x, FIXED_PROBLEM_JSON, json);
}

void schemas_explain_xsd(struct exchange *x)
{
	write_fixed(x, FIXED_EXPLAIN_XSD, xml);
}

void schemas_explain_json(struct exchange *x)
{
	write_fixed(x, FIXED_EXPLAIN_JSON, json);
}

void schemas_export_xsd(struct exchange *x)
{
	write_fixed(x, FIXED_EXPORT_XSD, xml);
}

void schemas_export_json(struct exchange *x)
{
	write_fixed(x, FIXED_EXPORT_JSON, json);
}

void schemas_web_xsd(struct exchange *x)
{
	write_fixed(x, FIXED_WEB_XSD, xml);
}

void schemas_web_json(struct exchange *x)
{
	write_fixed(x, FIXED_WEB_JSON, json);
}

/* Its bytes are all that it is. */
static void etag_make(const struct buf *bytes, struct reply *reply)
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;
	size_t n;

	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, bytes->data, bytes->len);
	digest_end(&d, hash);
	reply->etag[0] = '"';
	n = base64_url((struct str){ (const char *)hash, 16 }, reply->etag + 1);
	memcpy(reply->etag + 1 + n, "\"", 2);
}

void schemas_openapi(struct exchange *x)
{
	struct question q = { .mem = x->mem, .scope = SCOPE_LANG };
	struct openapi_of of = { .routes = x->routes, .open = !x->access || !access_is_guarded(x->access) };
	struct reply reply = { .status = 200, .content_type = "application/json" };
	const struct world *world;
	struct buf out = { 0 };

	if (!question_query(&q, x->query, NULL, 0)) {
		refuse(x, &q);
		return;
	}
	world = service_world(x->lane->service);
	of.cat = world->cat;
	of.lang = q.ask.lang.p ? q.ask.lang : headers_language(&x->headers, x->mem);
	openapi_write(&of, &out);
	world_unref(&world);
	etag_make(&out, &reply);
	if (condition_met(&x->headers, reply.etag))
		reply.status = 304; /* the body stays: libmicrohttpd tells its length and does not send it */
	reply.body = buf_take(&out, &reply.len);
	exchange_reply(x, &reply);
}
