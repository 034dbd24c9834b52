/* admin.h - what operators may do, on the admin listener only: reload, and see metrics. */
#ifndef FEDERATOR_ADMIN_ADMIN_H
#define FEDERATOR_ADMIN_ADMIN_H

#include "federator/http/route.h"
#include "federator/service.h"

/* The routes of the admin listener: POST /admin/reload and /v1/cache/purge, GET /metrics and the health of the public
 * one. Its server has one loop of its own, so that loading a mapping delays no request. */
extern const struct routes admin_routes;

/* service_reload() with the outcome in the log. Blocks while files are read; safe from any thread but the
 * loops that answer requests. */
bool admin_reload(struct service *svc, struct diags *ds, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

#endif
