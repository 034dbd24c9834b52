/* place.h - the demo's directory: three SQLite files, the mapping with its secrets beside it, and a marker
 * that says it is ours and what is in it. */
#ifndef FEDERATOR_DEMO_PLACE_H
#define FEDERATOR_DEMO_PLACE_H

#include "base/arena.h"
#include "federator/demo/generate.h"

/* $XDG_CACHE_HOME/federator/demo, else ~/.cache/federator/demo. */
const char *place_default(struct arena *mem) NONNULL(1) __attribute__((returns_nonnull));
/* The mapping of the demo company: installed beside this program, else where it was built from. ERR_CONFIG
 * when neither is there. */
bool place_example(struct arena *mem, const char **dir_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Make or complete `dir` with the mapping of `example`. Rows of the same company and edited mapping files
 * stay; when the example itself has changed, it is copied again. ERR_CONFIG for a directory that holds
 * something else. *mapping_out, in `mem`, is the mapping directory. */
bool place_make(const char *dir, const char *example, const struct generate_conf *conf, struct arena *mem,
		const char **mapping_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5, 6);

#endif
