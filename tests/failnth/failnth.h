/* failnth.h - every call that may fail fails once. A scenario is run again and again in child processes, and each
 * time another one of its fallible calls fails, of ours or of a library below us. Whatever it is, the scenario must
 * end: without a crash, a leak or a descriptor left open, with its right result or an honest refusal, and right again
 * the next time.
 *
 * FEDERATOR_FAILNTH=full in the environment fails every call; else a sample of each scenario's. With name:12:io one
 * is run: scenario, number of the call, and memory, io or on (memory once, another call once, another call from then
 * on). */
#ifndef TESTS_FAILNTH_FAILNTH_H
#define TESTS_FAILNTH_FAILNTH_H

#include "base/base.h"

enum outcome {
	RIGHT,  /* what it gives when nothing fails */
	HONEST, /* refused, missing, or an error that says so */
	WRONG,
};

struct scenario {
	const char *name;
	enum outcome (*run)(const void *arg);
	const void *arg;
};

/* Run all scenarios (or those named by arguments); the exit code of the program. */
int failnth_main(const struct scenario *scenarios, size_t n, int argc, char **argv) NONNULL(1);

/* WRONG, and why: printed for a person. */
enum outcome failnth_wrong(const char *fmt, ...) NONNULL(1) PRINTF_LIKE(1, 2);
/* Compare a result with that of the first run, in which nothing fails. */
enum outcome failnth_same(struct str result);
/* The result of the first run; empty in it. */
struct str failnth_expected(void);
/* HONEST, but WRONG in the first run: nothing failed there. */
enum outcome failnth_refused(const char *why) NONNULL(1);
/* The worse of two. */
enum outcome failnth_worse(enum outcome a, enum outcome b);

/* What this thread calls from now on is not of the scenario (a client, a server played): it neither counts nor fails.
 * Nests; ended by failnth_resume(). */
void failnth_pause(void);
/* It counts again. */
void failnth_resume(void);

#endif
