#include "federator/http/operation.h"

#include <string.h>

#include "federator/http/question.h"

#define SERVICE "Service/$defs/"

static const char json[] = "application/json", xml[] = "application/xml", text[] = "text/plain";

static const struct operation_reply replies[] = {
	[ANSWER_VIEW] = { 200, "A view, whatever the outcome.", { { json, "Answer" }, { xml, NULL } }, true },
	[ANSWER_EXPLAIN] = { 200, "How the view came about.", { { json, "Explain" }, { xml, NULL } }, true },
	[ANSWER_EXPORT] = { 200, "All that the views show (/schema/export.schema.json, export.xsd).",
			    { { json, SERVICE "export" }, { xml, NULL } }, false },
	[ANSWER_STREAM] = { 200, "Events, until one ends it.", { { "text/event-stream", SERVICE "event" } }, false },
	[ANSWER_ROUTING] = { 200,
			     "Names and texts, whatever the outcome.",
			     { { json, "Routing" },
			       { xml, NULL },
			       { "application/x-www-form-urlencoded", NULL },
			       { text, NULL } },
			     true },
	[ANSWER_NAME] = { 200, "A name on one line, or nothing.", { { text, SERVICE "text" } }, true },
	[ANSWER_GRANT] = { 200, "A grant for X-Unmask.", { { json, SERVICE "grant" } }, false },
	[ANSWER_CONTACT] = { 200, "The contact goes on.", { { json, SERVICE "contact" } }, false },
	[ANSWER_NOTHING] = { 204, "It is done.", { { NULL, NULL } }, false },
	[ANSWER_RUNG] = { 202, "How many streams get the pop here.", { { json, SERVICE "rung" } }, false },
	[ANSWER_WARMED] = { 202, "How many keys are asked for.", { { json, SERVICE "warmed" } }, false },
	[ANSWER_PURGED] = { 200, "The copies are void.", { { json, SERVICE "purged" } }, false },
	[ANSWER_SESSIONS] = { 200, "Sessions.", { { json, "Web/$defs/sessions" }, { xml, NULL } }, false },
	[ANSWER_SESSION] = { 200, "A session.", { { json, "Web/$defs/session" }, { xml, NULL } }, false },
	[ANSWER_SEARCHES] = { 200, "Searches, or terms.", { { json, "Web/$defs/searches" }, { xml, NULL } }, false },
	[ANSWER_LIVE] = { 200,
			  "Sessions that go on, or a stream of them.",
			  { { json, "Web/$defs/live" }, { xml, NULL }, { "text/event-stream", SERVICE "text" } },
			  false },
	[ANSWER_STITCH] = { 200, "Links and their evidence.", { { json, "Web/$defs/stitch" }, { xml, NULL } }, false },
	[ANSWER_MAPPINGS] = { 200, "The running mapping.", { { json, SERVICE "mappings" }, { xml, NULL } }, false },
	[ANSWER_XML] = { 200, "A document.", { { xml, NULL } }, false },
	[ANSWER_SCHEMA] = { 200, "A JSON Schema.", { { "application/schema+json", SERVICE "file" } }, false },
	[ANSWER_DOCUMENT] = { 200, "This document.", { { json, SERVICE "file" } }, false },
	[ANSWER_WORD] = { 200, "One word.", { { text, SERVICE "word" } }, false },
	[ANSWER_READY] = { 200,
			   "One word, or with `verbose` figures.",
			   { { text, SERVICE "word" }, { json, SERVICE "ready" }, { xml, NULL } },
			   false },
	[ANSWER_RELOADED] = { 200, "The mapping was read.", { { json, SERVICE "reloaded" }, { text, NULL } }, false },
	[ANSWER_METRICS] = { 200, "Figures for Prometheus.", { { text, SERVICE "text" } }, false },
};

enum {
	QUESTION = OPERATION_LANGUAGE | OPERATION_COPIES | OPERATION_PREFER | OPERATION_PURPOSE | OPERATION_CONTACT,
	QUESTION_OF_ONE = QUESTION | OPERATION_UNMASK,
	/* a view by keys, by id */
	VIEW_PROBLEMS = OPERATION_404 | OPERATION_406 | OPERATION_409 | OPERATION_422 | OPERATION_504,
	BODY_PROBLEMS = OPERATION_413 | OPERATION_415,
	WEB_PROBLEMS = OPERATION_404 | OPERATION_406 | OPERATION_422 | OPERATION_504,
	PURGE_PROBLEMS = OPERATION_404 | OPERATION_422 | OPERATION_503,
};

static const char sealed[] = "The sealed id of a customer.", agent[] = "The name of an agent.",
		  contact[] = "The id of a call or chat.";

static const struct operation all[] = {
	{ "QUERY", "/v1/customers", "A view by keys in the body", NULL, SCOPE_VIEW, OPERATION_NO_KEYS, OPERATION_ASKS,
	  QUESTION_OF_ONE | OPERATION_IF_NONE, VIEW_PROBLEMS | BODY_PROBLEMS, ANSWER_VIEW },
	{ "POST", "/v1/customers/lookup", "A view by keys in the body, for clients without QUERY", NULL, SCOPE_VIEW,
	  OPERATION_NO_KEYS, OPERATION_ASKS, QUESTION_OF_ONE, VIEW_PROBLEMS | BODY_PROBLEMS, ANSWER_VIEW },
	{ "GET", "/v1/customers", "A view by keys in the query string", NULL, SCOPE_VIEW, OPERATION_KEYS,
	  OPERATION_NO_BODY, QUESTION_OF_ONE | OPERATION_IF_NONE, VIEW_PROBLEMS, ANSWER_VIEW },
	{ "GET", "/v1/customers/{id}", "A view by sealed id", sealed, SCOPE_VIEW, OPERATION_NO_KEYS, OPERATION_NO_BODY,
	  QUESTION_OF_ONE | OPERATION_IF_NONE, VIEW_PROBLEMS, ANSWER_VIEW },
	{ "GET", "/v1/customers/{id}/timeline", "The time line of a customer", sealed, SCOPE_VIEW | SCOPE_TIMELINE,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION_OF_ONE | OPERATION_IF_NONE, VIEW_PROBLEMS, ANSWER_VIEW },
	{ "GET", "/v1/customers/{id}/explain", "How a view came about", sealed, SCOPE_VIEW | SCOPE_EXPLAIN,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION_OF_ONE, VIEW_PROBLEMS, ANSWER_EXPLAIN },
	{ "GET", "/v1/customers/{id}/export", "All that the views show of a customer", sealed, 0, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, QUESTION_OF_ONE, VIEW_PROBLEMS, ANSWER_EXPORT },
	{ "GET", "/v1/customers/{id}/stream", "A view while it grows", sealed, SCOPE_VIEW, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, QUESTION | OPERATION_LAST_ID, OPERATION_204, ANSWER_STREAM },
	{ "POST", "/v1/customers/{id}/refresh", "A view by sealed id, asked anew", sealed, SCOPE_VIEW,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION_OF_ONE, VIEW_PROBLEMS, ANSWER_VIEW },
	{ "DELETE", "/v1/customers/{id}", "Drop what is kept of a customer", sealed, 0, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, 0, PURGE_PROBLEMS, ANSWER_PURGED },
	{ "POST", "/v1/unmask", "A grant to see some classes in the clear", NULL, 0, OPERATION_NO_KEYS,
	  OPERATION_UNMASKS, QUESTION, BODY_PROBLEMS, ANSWER_GRANT },
	{ "PUT", "/v1/contacts/{id}", "A call or chat begins", contact, 0, OPERATION_NO_KEYS, OPERATION_CONTACTS, 0,
	  BODY_PROBLEMS | OPERATION_422, ANSWER_CONTACT },
	{ "DELETE", "/v1/contacts/{id}", "A call or chat ends", contact, 0, OPERATION_NO_KEYS, OPERATION_NO_BODY, 0,
	  OPERATION_503, ANSWER_NOTHING },
	{ "GET", "/v1/agents/{agent}/pops", "A stream of an agent's pops", agent, 0, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, QUESTION | OPERATION_LAST_ID, 0, ANSWER_STREAM },
	{ "POST", "/v1/agents/{agent}/pops", "A pop for an agent", agent, SCOPE_VIEW, OPERATION_NO_KEYS, OPERATION_ASKS,
	  QUESTION, BODY_PROBLEMS | OPERATION_422, ANSWER_RUNG },
	{ "POST", "/v1/warm", "Copies for many keys, before somebody asks", NULL, SCOPE_VIEW, OPERATION_NO_KEYS,
	  OPERATION_EACH, QUESTION, BODY_PROBLEMS | OPERATION_422, ANSWER_WARMED },
	{ "QUERY", "/v1/routing", "A flat view by keys in the body", NULL, SCOPE_ROUTING, OPERATION_NO_KEYS,
	  OPERATION_ASKS, QUESTION | OPERATION_IF_NONE, OPERATION_406 | BODY_PROBLEMS, ANSWER_ROUTING },
	{ "GET", "/v1/routing", "A flat view by keys in the query string", NULL, SCOPE_ROUTING, OPERATION_KEYS,
	  OPERATION_NO_BODY, QUESTION | OPERATION_IF_NONE, OPERATION_406, ANSWER_ROUTING },
	{ "GET", "/v1/cnam/{number}", "A caller's name", "A telephone number.", SCOPE_LINE, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, QUESTION | OPERATION_IF_NONE, OPERATION_404, ANSWER_NAME },
	{ "GET", "/v1/cnam/", "The name of a caller whose number is withheld", NULL, SCOPE_LINE, OPERATION_NO_KEYS,
	  OPERATION_NO_BODY, QUESTION | OPERATION_IF_NONE, OPERATION_404, ANSWER_NAME },
	{ "GET", "/v1/web/sessions", "Sessions on the web site", NULL, SCOPE_WEB | SCOPE_WEB_SESSIONS,
	  OPERATION_VISITOR_KEYS, OPERATION_NO_BODY, QUESTION, WEB_PROBLEMS, ANSWER_SESSIONS },
	{ "GET", "/v1/web/sessions/{id}", "A session with its events", "The name of a session.",
	  SCOPE_WEB | SCOPE_WEB_PAGES, OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION, WEB_PROBLEMS,
	  ANSWER_SESSION },
	{ "GET", "/v1/web/searches", "Searches on the web site", NULL, SCOPE_WEB | SCOPE_WEB_SEARCHES,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION, WEB_PROBLEMS, ANSWER_SEARCHES },
	{ "GET", "/v1/web/live", "Who is on the web site now", NULL, SCOPE_WEB | SCOPE_WEB_LIVE, OPERATION_LIVE_FIELDS,
	  OPERATION_NO_BODY, QUESTION, WEB_PROBLEMS, ANSWER_LIVE },
	{ "GET", "/v1/web/visitors/{visitor}/stitch", "Why a visitor is taken for a customer", "The name of a visitor.",
	  SCOPE_WEB, OPERATION_NO_KEYS, OPERATION_NO_BODY, QUESTION, WEB_PROBLEMS, ANSWER_STITCH },
	{ "GET", "/v1/mappings", "The running mapping", NULL, 0, OPERATION_NO_KEYS, OPERATION_NO_BODY, 0, OPERATION_406,
	  ANSWER_MAPPINGS },
	{ "GET", "/v1/mappings/{revision}/{file}", "A file of the mapping", "As GET /v1/mappings says.", 0,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, 0, OPERATION_404, ANSWER_XML },
	{ "GET", "/schema/mapping-1.xsd", "XML Schema of the mapping language", .answer = ANSWER_XML },
	{ "GET", "/schema/view.xsd", "XML Schema of views", .scope = SCOPE_SCHEMA, .headers = OPERATION_LANGUAGE,
	  .problems = OPERATION_404, .answer = ANSWER_XML },
	{ "GET", "/schema/view.schema.json", "JSON Schema of views", .scope = SCOPE_SCHEMA,
	  .headers = OPERATION_LANGUAGE, .problems = OPERATION_404, .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/provenance.xsd", "XML Schema of provenance", .answer = ANSWER_XML },
	{ "GET", "/schema/problem.schema.json", "JSON Schema of problems", .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/routing.xsd", "XML Schema of flat views", .scope = SCOPE_SCHEMA,
	  .headers = OPERATION_LANGUAGE, .problems = OPERATION_404, .answer = ANSWER_XML },
	{ "GET", "/schema/routing.schema.json", "JSON Schema of flat views", .scope = SCOPE_SCHEMA,
	  .headers = OPERATION_LANGUAGE, .problems = OPERATION_404, .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/events.schema.json", "JSON Schema of the events of streams", .scope = SCOPE_SCHEMA,
	  .headers = OPERATION_LANGUAGE, .problems = OPERATION_404, .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/explain.xsd", "XML Schema of explanations", .answer = ANSWER_XML },
	{ "GET", "/schema/explain.schema.json", "JSON Schema of explanations", .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/export.xsd", "XML Schema of exports", .answer = ANSWER_XML },
	{ "GET", "/schema/export.schema.json", "JSON Schema of exports", .answer = ANSWER_SCHEMA },
	{ "GET", "/schema/web.xsd", "XML Schema of what is told of a web site", .answer = ANSWER_XML },
	{ "GET", "/schema/web.schema.json", "JSON Schema of what is told of a web site", .answer = ANSWER_SCHEMA },
	{ "GET", "/openapi.json", "What this listener answers", .scope = SCOPE_LANG,
	  .headers = OPERATION_LANGUAGE | OPERATION_IF_NONE, .answer = ANSWER_DOCUMENT },
	{ "GET", "/livez", "Does the process live?", .answer = ANSWER_WORD },
	{ "GET", "/readyz", "Can it answer?", .problems = OPERATION_401, .answer = ANSWER_READY },
	{ "DELETE", "/v1/cache", "Copies are void, by what the query string names", NULL, SCOPE_PURGE,
	  OPERATION_NO_KEYS, OPERATION_NO_BODY, 0, PURGE_PROBLEMS, ANSWER_PURGED },
	{ "POST", "/v1/cache/purge", "Copies are void, by what the body names", NULL, SCOPE_PURGE, OPERATION_NO_KEYS,
	  OPERATION_NAMES, 0, PURGE_PROBLEMS | BODY_PROBLEMS, ANSWER_PURGED },
	{ "POST", "/admin/reload", "Read the mapping again", .problems = OPERATION_422, .answer = ANSWER_RELOADED },
	{ "GET", "/metrics", "Figures of the service", .answer = ANSWER_METRICS },
};

const struct operation *operations(size_t *n_out)
{
	*n_out = ARRAY_LEN(all);
	return all;
}

const struct operation *operation_of(const char *method, const char *pattern)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i].method, method) == 0 && strcmp(all[i].pattern, pattern) == 0)
			return &all[i];
	return NULL;
}

const struct operation_reply *operation_reply(const struct operation *op)
{
	return &replies[op->answer];
}
