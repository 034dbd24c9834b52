/* interpose.h - which call fails next. The functions of the C library that can fail are defined again in the test
 * program, whose symbols come before those of libraries: so the calls of all libraries are counted, too. */
#ifndef TESTS_FAILNTH_INTERPOSE_H
#define TESTS_FAILNTH_INTERPOSE_H

#include "base/base.h"

enum failing {
	FAIL_MEMORY, /* an allocation, once */
	FAIL_IO,     /* another call, once */
	FAIL_IO_ON,  /* and all of its kind behind it: the same function */
	FAIL_MODES,
};

enum { FRAMES_MOST = 32 };

/* What is known of a run; in memory that the parent reads. */
struct firing {
	long seen;  /* fallible calls of that kind */
	bool fired; /* one was made to fail; what it was stands below */
	char what[24];
	void *frames[FRAMES_MOST];
	int n_frames;
	char why[512]; /* what is wrong */
};

/* Let the nth call (from 1) fail; 0: only count. *out outlives the run. */
void interpose_arm(enum failing mode, long n, struct firing *out) NONNULL(3);
/* Nothing fails any more. */
void interpose_disarm(void);

#endif
