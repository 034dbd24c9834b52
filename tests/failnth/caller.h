/* caller.h - calls that are not made to fail, because a library that is not ours does not stand it. */
#ifndef TESTS_FAILNTH_CALLER_H
#define TESTS_FAILNTH_CALLER_H

#include "base/base.h"

/* May the call of that function, made by the code at `caller`, not fail? Safe from any thread; allocates nothing. */
bool caller_is_excused(const void *caller, const char *function);

#endif
