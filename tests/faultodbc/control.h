/* control.h - the control file of the fault driver: which faults strike, read again whenever the file changes.
 *
 *   seed 7
 *   # source (* is any)   fault   settings
 *   crm  exec-hang
 *   *    fetch-error  percent=10 after=2 state=HY000
 *
 * No file: no fault. Replace it by rename(2), so that nobody reads half of it. How often each fault struck is counted
 * in the file beside it, `<control file>.hits`: one uint64_t for each line of faults.def, in its order, over all
 * processes.
 * Safe from any thread. */
#ifndef TESTS_FAULTODBC_CONTROL_H
#define TESTS_FAULTODBC_CONTROL_H

#include <assert.h>

#include "base/base.h"

#define FAULT(kind, name, phase, what) FAULT_##kind,
enum fault_kind {
#include "tests/faultodbc/faults.def"
	FAULT_KINDS
};
#undef FAULT

static_assert(FAULT_KINDS <= 32, "struct plan has a bit for each");

enum fault_phase { FAULT_AT_CONNECT, FAULT_AT_PREPARE, FAULT_AT_EXECUTE };

/* The settings of a fault. */
struct fault {
	uint32_t percent;
	uint32_t after; /* rows */
	uint32_t ms;
	uint32_t rows;
	uint32_t bytes;
	char state[6];
};

/* What strikes one connect, statement or execution. */
struct plan {
	uint32_t struck; /* a bit for each kind */
	struct fault of[FAULT_KINDS];
};

/* Does the plan hold that fault? */
static inline bool plan_has(const struct plan *plan, enum fault_kind kind)
{
	return plan->struck & 1U << kind;
}

/* Decide which faults of a phase strike now; nothing is counted yet. False: the control file is wrong, and `why` says
 * where. */
bool control_roll(const char *path, const char *source, enum fault_phase phase, struct plan *plan_out, char why[256])
	MUST_CHECK NONNULL(1, 2, 4, 5);
/* A fault strikes: count it. */
void control_count(const char *path, enum fault_kind kind) NONNULL(1);
/* Is the fault in the file for that source, whatever its percentage? False also when the file is wrong. */
bool control_has(const char *path, const char *source, enum fault_kind kind) NONNULL(1, 2);
/* Another number whenever the file was read anew. */
uint64_t control_generation(const char *path) NONNULL(1);

#endif
