/* view_json.h - forms as JSON Schema, for the files of schema/ only. Trees live in the arena; one thread. */
#ifndef FEDERATOR_SCHEMA_VIEW_JSON_H
#define FEDERATOR_SCHEMA_VIEW_JSON_H

#include "base/buf.h"
#include "federator/schema/form.h"
#include "federator/view/tree.h"

/* A schema, begun with what every schema says of itself. */
struct node *view_json_begin(struct arena *mem, const struct catalog *cat) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* What a form allows, into the object `schema`. */
void view_json_form(struct arena *mem, const struct form *form, struct node *schema) NONNULL(1, 2, 3);
/* The same of a map (FORM_MAP, FORM_ORIGINS), but for its members: what they look like is put into what is returned. */
struct node *view_json_map(struct arena *mem, const struct form *form, struct node *schema) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* The text of a finished one. */
void view_json_write(const struct node *root, struct buf *out) NONNULL(1, 2);

#endif
