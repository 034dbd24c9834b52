/* handoff.h - tell helgrind what passes from thread to thread by atomics, which it does not know: a list that is
 * posted to, the count of a thing's owners. In all builds but FEDERATOR_HELGRIND this is nothing. */
#ifndef BASE_HANDOFF_H
#define BASE_HANDOFF_H

#include "base/base.h"

#ifdef FEDERATOR_HELGRIND
#include <valgrind/helgrind.h>
#endif

/* Before the atomic step: what this thread did so far comes before what follows handoff_take() of the same address. */
static inline void handoff_give(const void *p)
{
	(void)p;
#ifdef FEDERATOR_HELGRIND
	ANNOTATE_HAPPENS_BEFORE(p);
#endif
}

/* Behind the atomic step of the thread that has it now. */
static inline void handoff_take(const void *p)
{
	(void)p;
#ifdef FEDERATOR_HELGRIND
	ANNOTATE_HAPPENS_AFTER(p);
#endif
}

/* An atomic that is read and written in no order on purpose: nothing to report. */
static inline void handoff_unordered(const void *p, size_t bytes)
{
	(void)p;
	(void)bytes;
#ifdef FEDERATOR_HELGRIND
	VALGRIND_HG_DISABLE_CHECKING(p, bytes);
#endif
}

#endif
