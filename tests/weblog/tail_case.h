/* tail_case.h - cases of a log that is read while things happen to it: the reader of access.log and what it gives. */
#ifndef TESTS_WEBLOG_TAIL_CASE_H
#define TESTS_WEBLOG_TAIL_CASE_H

#include "tests/cmocka_all.h"
#include "tests/weblog/tail_bed.h"

extern const char *const access_log[];
/* The reader; a case makes it, and it ends with the case. */
extern struct weblog_tail *tail;

/* Around each case. */
int tail_case_begin(void **state);
/* See above. */
int tail_case_end(void **state);
#define TAIL_CASE(name) cmocka_unit_test_setup_teardown(name, tail_case_begin, tail_case_end)

/* Append text to a file. */
void put(const char *name, const char *text) NONNULL(1, 2);
/* The lines that are there now are these, as bed_read() gives them. */
void assert_read(const char *text) NONNULL(1);
/* The reader has no trouble, or one whose text has this piece. */
void assert_calm(void);
/* See above. */
void assert_trouble(const char *piece) NONNULL(1);
/* Turn the clock. */
void later(unsigned seconds);
/* Keep what was read. */
void keep(void);
/* The same, and begin with that as a new process does. */
void restart(void);
/* The same with a reader of other names, as of bed_tail(). */
void restart_with(const char *const *names) NONNULL(1);
/* Is the file of this number read, and closed or about to be? */
bool is_done(uint64_t number);
/* The position of a file that is not kept yet; fails when there is none. */
const struct weblog_position *position(uint64_t number);

#endif
