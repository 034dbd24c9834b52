/* steps.h - the prototypes of steps.def: each step is step_NAME() in a file of its own, step_NAME.c. A step is called
 * again after STEP_WAIT whenever something has happened. Used by the files of flow/ only. */
#ifndef FEDERATOR_FLOW_STEPS_H
#define FEDERATOR_FLOW_STEPS_H

#include "federator/flow/request.h"

/* What each leaves behind stands in steps.def. */
#define STEP(name, leaves) enum step_end step_##name(struct flow *flow) NONNULL(1);
#include "federator/flow/steps.def"
#undef STEP

#endif
