/* document.h - JSON documents that come from sources: checked, never written anew, so that no digit is lost. No state;
 * safe from any thread. */
#ifndef FEDERATOR_VIEW_DOCUMENT_H
#define FEDERATOR_VIEW_DOCUMENT_H

#include "base/arena.h"

enum {
	DOCUMENT_BYTES_MAX = 1024 * 1024,
	DOCUMENT_DEPTH_MAX = 64, /* arrays and objects inside each other */
};

/* Is `raw` one JSON value (RFC 8259) within the limits, with numbers of any size? Then *out is its text without the
 * blanks between tokens: members, their order and every digit stay. It lives in `mem`. */
bool document_read(struct str raw, struct arena *mem, struct str *out) MUST_CHECK NONNULL(2, 3);

#endif
