#include "federator/libraries.h"

#include <jansson.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"

/* glibc 2.36 has eight arenas for each processor, and each of our threads leaves holes in one of its own: as many as
 * can be used at once are enough. */
static void limit_arenas(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	(void)mallopt(M_ARENA_MAX, processors > 2 ? (int)processors : 2);
}

/* libxml2 2.9.14 and jansson 2.14 do not always tell "no memory" from "malformed": an allocator that does not fail
 * keeps a good document from being refused, and a bad one from passing because a check gave up. */
bool libraries_begin(struct err *err)
{
	if (!memory_reserve())
		return err_set(err, ERR_SYSTEM, "memory", "there are not even the few MiB of the reserve");
	limit_arenas();
	json_set_alloc_funcs(memory_raw, free);
	if (xmlMemSetup(free, memory_raw, memory_resize, memory_text) != 0)
		return err_set(err, ERR_SYSTEM, "libxml2", "takes no allocator");
	xmlInitParser();
	return digest_init(err);
}
