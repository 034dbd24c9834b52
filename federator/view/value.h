/* value.h - one cell into one value node: type, code list, class, provenance. Used by the files of view/ only. */
#ifndef FEDERATOR_VIEW_VALUE_H
#define FEDERATOR_VIEW_VALUE_H

#include "federator/view/merge.h"

/* A value node named by the last segment of the field's path, below `holder`. TYPED_BAD makes none. */
struct node *value_node(struct merge *m, const struct field *field, enum typed_verdict verdict,
			const struct typed *value, struct node *holder) NONNULL(1, 2, 5);
/* The place of a source's text among the codes, best first; codes->n when it is not in the list. */
size_t value_rank(const struct codes *codes, struct str text) NONNULL(1);
/* The public form of a source's text in the field's codes; the text itself when it is not in the list. Marks the code
 * as seen, unless its value is going to be masked. */
struct str value_code(struct merge *m, const struct field *field, struct str text) NONNULL(1, 2);
/* Count a shown cell of a field with codes, which has this value, as a warning of its part when it is none of them. */
void value_check_code(struct merge *m, const struct codes *codes, struct fact *fact, uint32_t row, uint32_t column,
		      const struct typed *value) NONNULL(1, 2, 3, 6);
/* Is a field of this class shown at all? */
bool value_visible(const struct merge *m, const struct field *field) NONNULL(1, 2);

#endif
