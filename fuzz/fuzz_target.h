/* fuzz_target.h - what every fuzz target defines. */
#ifndef FUZZ_FUZZ_TARGET_H
#define FUZZ_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Run the code under test on one input. Aborts when it breaks a promise; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
