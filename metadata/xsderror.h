/* xsderror.h - what a validation found, in words for people who write mappings. */
#ifndef METADATA_XSDERROR_H
#define METADATA_XSDERROR_H

#include <libxml/xmlerror.h>

#include "metadata/diag.h"
#include "metadata/elem.h"
#include "metadata/schema.h"

/* The attribute that a message of libxml2 is about, or the NULL view; it points into the message. */
struct str xsderror_attribute(const xmlError *error) NONNULL(1);
/* Add the finding for an error at `e`, with the nearest known name or the expected form as help. */
void xsderror_add(const xmlError *error, const struct elem *e, const struct schema *schema, struct arena *mem,
		  struct diags *ds) NONNULL(1, 2, 3, 4, 5);

#endif
