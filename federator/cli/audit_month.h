/* audit_month.h - a month of a record, printed. */
#ifndef FEDERATOR_CLI_AUDIT_MONTH_H
#define FEDERATOR_CLI_AUDIT_MONTH_H

#include "base/buf.h"
#include "federator/audit/report.h"

/* Append it for people. */
void audit_month_text(const struct audit_month *month, struct buf *out) NONNULL(1, 2);
/* The same as JSON. */
void audit_month_json(const struct audit_month *month, struct buf *out) NONNULL(1, 2);

#endif
