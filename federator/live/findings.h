/* findings.h - from what a source says to findings about the mapping. One thread. */
#ifndef FEDERATOR_LIVE_FINDINGS_H
#define FEDERATOR_LIVE_FINDINGS_H

#include "adapters/adapter.h"
#include "metadata/diag.h"
#include "metadata/sqltext.h"
#include "metadata/weblogs.h"

/* A query that was asked. */
struct asked {
	const struct part *part;
	const struct query *query;
	const struct key_values *keys; /* query->n_by + 1 of them */
	struct diags *ds;
	struct arena *mem; /* for texts until they are in `ds` */
};

/* The source cannot be reached, or was `lost` while it was asked. */
void findings_silent(const struct source *src, const struct err *err, bool lost, struct diags *ds) NONNULL(1, 2, 4);
/* Its session is not as answers need it. */
void findings_session(const struct source *src, const struct description *d, struct diags *ds) NONNULL(1, 2, 3);
/* What a log is written with cannot be read. */
void findings_writer(const struct weblog *log, const struct err *err, struct diags *ds) NONNULL(1, 2, 3);
/* The query failed; `d` may be NULL. */
void findings_refused(const struct asked *a, const struct err *err, const struct description *d) NONNULL(1, 2);
/* The query ran. */
void findings_result(const struct asked *a, const struct description *d) NONNULL(1, 2);

/* Can cells that a source describes so be values of the type? `loose`: the description binds no cell. */
enum fit { FITS, FITS_SOMETIMES, FITS_NEVER };
/* See above. *advice_out: what to do about it, unless it fits. */
enum fit findings_fit(enum value_type type, const struct described_column *described, bool loose,
		      const char **advice_out) NONNULL(2, 4);

#endif
