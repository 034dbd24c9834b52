/* admin_state.h - what the admin listeners of one tenant and of many have in common: for admin.c and admin_tenants.c
 * only. */
#ifndef FEDERATOR_ADMIN_ADMIN_STATE_H
#define FEDERATOR_ADMIN_ADMIN_STATE_H

#include "federator/admin/admin.h"
#include "federator/http/exchange.h"

/* The outcome `what`, members of a JSON object, with warnings as a list; as text the warnings stand in front of a last
 * line with it. */
void admin_reload_done(struct exchange *x, struct diags *ds, struct buf *what) NONNULL(1, 2, 3);
/* Findings as a problem document with the list of them, or as text. */
void admin_reload_refused(struct exchange *x, struct diags *ds, const struct err *err) NONNULL(1, 2, 3);
/* "revision":"..." of the running set. */
void admin_revision_put(struct service *svc, struct buf *out) NONNULL(1, 2);

#endif
