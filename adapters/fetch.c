#include "adapters/fetch.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/handoff.h"

/* The caller sees the first member only. Question and answer have arenas of their own, because the caller may
 * have its fetch back while a worker left behind is still writing rows. */
struct fetch_box {
	struct fetch f;
	struct arena *question; /* f.mem as made, should the caller change it */
	struct arena *answer;
	atomic_uint owners;
};

static struct fetch_box *fetch_box(struct fetch *f)
{
	return (struct fetch_box *)f;
}

struct fetch *fetch_new(void)
{
	struct arena *mem = arena_new();
	struct fetch_box *box = arena_new_of(mem, struct fetch_box);

	box->f.mem = mem;
	box->question = mem;
	atomic_init(&box->owners, 1);
	return &box->f;
}

void fetch_keep(struct fetch *f)
{
	atomic_fetch_add_explicit(&fetch_box(f)->owners, 1, memory_order_relaxed);
}

void fetch_adopt(struct fetch *f, struct arena **mem)
{
	assert(fetch_box(f)->answer == NULL);
	fetch_box(f)->answer = *mem;
	*mem = NULL;
}

size_t fetch_bytes(const struct fetch *f)
{
	const struct fetch_box *box = (const struct fetch_box *)f;

	return arena_used(box->question) + (box->answer ? arena_used(box->answer) : 0);
}

void fetch_free(struct fetch **f)
{
	struct fetch_box *box = *f ? fetch_box(*f) : NULL;

	*f = NULL;
	if (box == NULL)
		return;
	handoff_give(&box->owners);
	if (atomic_fetch_sub_explicit(&box->owners, 1, memory_order_acq_rel) > 1)
		return;
	handoff_take(&box->owners);
	arena_wipe_free(&box->answer);
	arena_wipe_free(&(struct arena *){ box->question });
}
