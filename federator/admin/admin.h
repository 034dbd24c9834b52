/* admin.h - what operators may do, on the admin listener only: reload, and see metrics. */
#ifndef FEDERATOR_ADMIN_ADMIN_H
#define FEDERATOR_ADMIN_ADMIN_H

#include "federator/http/route.h"
#include "federator/service.h"

/* The routes of the admin listener: POST /admin/reload and /v1/cache/purge, GET /metrics and the health of the public
 * one. Its server has one loop of its own, so that loading a mapping delays no request; its context is a struct tenants
 * of one. */
extern const struct routes admin_routes;

/* The same for many tenants: the context of the server is a struct tenants. Reloads are of all, or with ?tenant=NAME of
 * one; purges take that. */
extern const struct routes admin_tenants_routes;

#endif
