/* handlers.h - what answers the routes of routes.c. Each takes an exchange and hands in its answer, at once
 * or later, on the exchange's loop. */
#ifndef FEDERATOR_HTTP_HANDLERS_H
#define FEDERATOR_HTTP_HANDLERS_H

#include "federator/http/exchange.h"

struct node;

/* customers.c: a view by keys in the body, by keys in the query string, by sealed id; the time line by sealed
 * id. */
void customers_look_up(struct exchange *x) NONNULL(1);
/* See above. */
void customers_find(struct exchange *x) NONNULL(1);
/* See above. */
void customers_get(struct exchange *x) NONNULL(1);
/* See above. */
void customers_timeline(struct exchange *x) NONNULL(1);
/* customers.c: how a view by sealed id came about. */
void customers_explain(struct exchange *x) NONNULL(1);
/* customers.c: all that the views show of a customer by sealed id. */
void customers_export(struct exchange *x) NONNULL(1);

/* pops.c: a stream of one customer by sealed id; a stream of an agent's pops; a pop for an agent; many keys whose
 * copies are wanted. Their exchange's context is a struct streams. */
void pops_customer(struct exchange *x) NONNULL(1);
/* See above. */
void pops_listen(struct exchange *x) NONNULL(1);
/* See above. */
void pops_ring(struct exchange *x) NONNULL(1);
/* See above. */
void pops_warm(struct exchange *x) NONNULL(1);

/* contact.c: a call or chat goes on, with whom; it has ended. */
void contact_put(struct exchange *x) NONNULL(1);
/* See above. */
void contact_delete(struct exchange *x) NONNULL(1);

/* unmask.c: a grant to see some classes in the clear. */
void unmask_grant(struct exchange *x) NONNULL(1);

/* purging.c: copies are void, by what the query string or the body names; those of one customer; the same, and the view
 * asked anew. */
void purging_query(struct exchange *x) NONNULL(1);
/* See above. */
void purging_body(struct exchange *x) NONNULL(1);
/* See above. */
void customers_erase(struct exchange *x) NONNULL(1);
/* See above. */
void customers_refresh(struct exchange *x) NONNULL(1);

/* web.c: the web team's sessions, one of them, searches, who is on the site now (also as a stream: its exchange's
 * context is a struct streams), why a visitor is taken for a customer. */
void web_sessions(struct exchange *x) NONNULL(1);
/* See above. */
void web_session(struct exchange *x) NONNULL(1);
/* See above. */
void web_searches(struct exchange *x) NONNULL(1);
/* See above. */
void web_live(struct exchange *x) NONNULL(1);
/* See above. */
void web_stitch(struct exchange *x) NONNULL(1);

/* routing.c: a flat view by keys in the body, by keys in the query string; one line of text by a number. */
void routing_look_up(struct exchange *x) NONNULL(1);
/* See above. */
void routing_find(struct exchange *x) NONNULL(1);
/* See above. */
void routing_name(struct exchange *x) NONNULL(1);

/* mappings.c: the running mapping set, one of its files, the schema of the language. */
void mappings_list(struct exchange *x) NONNULL(1);
/* See above. */
void mappings_file(struct exchange *x) NONNULL(1);
/* See above. */
void mappings_schema(struct exchange *x) NONNULL(1);

/* schemas.c: what answers look like: of the running mapping's views, of its flat ones for telephone systems, of
 * the events of streams, of provenance in XML, of problems, of explanations. */
void schemas_view_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_view_json(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_provenance_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_problem_json(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_routing_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_routing_json(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_events_json(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_explain_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_explain_json(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_export_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_export_json(struct exchange *x) NONNULL(1);

/* schemas.c: what is told of visitors of a web site. */
void schemas_web_xsd(struct exchange *x) NONNULL(1);
/* See above. */
void schemas_web_json(struct exchange *x) NONNULL(1);

/* schemas.c: what the exchange's listener answers, as an OpenAPI document. */
void schemas_openapi(struct exchange *x) NONNULL(1);

/* health.c: the process lives; it can answer (sources down do not matter: that is told by ?verbose). */
void health_live(struct exchange *x) NONNULL(1);
/* See above. */
void health_ready(struct exchange *x) NONNULL(1);

/* health.c: what ?verbose tells of a service, into `at`. */
void health_put(struct arena *mem, struct node *at, struct service *svc) NONNULL(1, 2, 3);
/* health.c: answer with that. */
void health_reply(struct exchange *x, int status, const struct node *root) NONNULL(1, 3);
/* health.c: is ?verbose asked for? */
bool health_is_verbose(const struct exchange *x) NONNULL(1);

/* The routes of the public listener. */
extern const struct routes public_routes;
/* The same without those that purge. */
extern const struct routes asking_routes;

#endif
