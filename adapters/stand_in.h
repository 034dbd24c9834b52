/* stand_in.h - an adapter without a source: adapter_conf.answer is called at once, on the thread that submits. Only
 * files of adapters/ include this. */
#ifndef ADAPTERS_STAND_IN_H
#define ADAPTERS_STAND_IN_H

#include "adapters/adapter_driver.h"

/* The driver of such an adapter; it has no workers, so nothing of it but its name is used. */
extern const struct adapter_driver stand_in_driver;

/* Answer a fetch with conf->answer(), under the guards of every driver, and hand it back. False as
 * adapter_submit(), with what conf->answer() failed with, or ERR_TOO_LARGE. */
bool stand_in_submit(const struct adapter_conf *conf, struct fetch *f, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

#endif
