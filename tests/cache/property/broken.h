/* broken.h - rules taken out of the cache, to see that their want is found. */
#ifndef TESTS_CACHE_PROPERTY_BROKEN_H
#define TESTS_CACHE_PROPERTY_BROKEN_H

#include "base/base.h"

/* Before any cache is opened: take out the rule of this name; NULL: none. False: there is no such rule. */
bool broken_choose(const char *name) MUST_CHECK;

#endif
