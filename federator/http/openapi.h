/* openapi.h - what a listener answers, as an OpenAPI document: its routes, as operations.c describes them, with what
 * the mapping adds. No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_OPENAPI_H
#define FEDERATOR_HTTP_OPENAPI_H

#include "base/buf.h"
#include "federator/http/operation.h"
#include "federator/http/route.h"
#include "federator/view/tree.h"

struct openapi_of {
	const struct routes *routes; /* each is in operations() */
	const struct catalog *cat;
	struct str lang; /* of titles; the NULL view: the mapping's first */
	bool open; /* nobody has to prove who they are */
};

/* OpenAPI 3.1, JSON. */
void openapi_write(const struct openapi_of *of, struct buf *out) NONNULL(1, 2);

/* For openapi.c and openapi_mapping.c, which are one. */

/* {"$ref": text} as a new member; text by printf. */
void openapi_ref(struct arena *mem, struct node *parent, struct str name, const char *fmt, ...) NONNULL(1, 2, 4)
	PRINTF_LIKE(4, 5);
/* "parameters" of an operation. */
void openapi_parameters(const struct openapi_of *of, const struct operation *op, bool callers, struct arena *mem,
			struct node *parent) NONNULL(1, 2, 4, 5);
/* "requestBody" of an operation, if it has one. */
void openapi_body(const struct operation *op, struct arena *mem, struct node *parent) NONNULL(1, 2, 3);
/* "schemas" of components. */
void openapi_schemas(const struct openapi_of *of, struct arena *mem, struct node *parent) NONNULL(1, 2, 3);
/* Views that the mapping has, as an extension: how each is asked. */
void openapi_views(const struct openapi_of *of, struct arena *mem, struct node *parent) NONNULL(1, 2, 3);

#endif
