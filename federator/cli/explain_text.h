/* explain_text.h - how an answer came about, for people at a terminal. */
#ifndef FEDERATOR_CLI_EXPLAIN_TEXT_H
#define FEDERATOR_CLI_EXPLAIN_TEXT_H

#include "base/buf.h"

/* The JSON document of an explained answer as indented text in plain ASCII, values aside. Control characters become
 * `?`: nothing in it commands a terminal. False: it is not such a document; nothing is put. */
bool explain_text(struct str json, struct buf *out) MUST_CHECK NONNULL(2);

#endif
