/* support.h - fetches as plain calls, and throw-away files, for the tests of adapters/. */
#ifndef TESTS_ADAPTERS_SUPPORT_H
#define TESTS_ADAPTERS_SUPPORT_H

#include "tests/cmocka_all.h"

#include "adapters/adapter.h"

/* A question; what is left zero gets a default that limits nothing. */
struct ask {
	const char *part; /* "part" */
	const char *sql;
	const char *columns; /* "id name" */
	bool all_bytes; /* every column is binary data */
	const struct str *params;
	uint32_t n_params;
	uint32_t n_runs; /* 1 */
	uint32_t max_rows;
	size_t max_bytes;
	struct deadline give_up; /* in 30 s */
	struct deadline cap; /* in 30 s */
};

#define ASK(...) (&(struct ask){ __VA_ARGS__ })
#define PARAMS(...)                                                                                          \
	.params = (const struct str[]){ __VA_ARGS__ },                                                       \
	.n_params = ARRAY_LEN(((const struct str[]){ __VA_ARGS__ }))

/* A fetch whose done() wakes support_wait(). Free it with support_free(). */
struct fetch *support_fetch(const struct ask *a);
/* Submit; the test fails when it is not taken. */
void support_start(struct adapter *ad, struct fetch *f);
/* Wait for done(). */
void support_wait(struct fetch *f);
/* Has done() been called, and not waited for? */
bool support_is_done(struct fetch *f);
/* All of it; the caller frees the fetch. */
struct fetch *support_run(struct adapter *ad, const struct ask *a);
/* The same, and the error's class is all that matters. */
enum err_class support_run_class(struct adapter *ad, const struct ask *a);
/* The same of a fetch that hangs until its cap, a moment from now, cuts it: the first one that is cut. One that a busy
 * machine brings to a worker only behind its cap is not begun, and another one gets more time. */
struct fetch *support_run_cut(struct adapter *ad, struct ask a);
/* Free a fetch that is not under way. */
void support_free(struct fetch **f);

/* Open or fail the test. Zero pool, queue and cap_ms become 1, 16 and 30,000. */
struct adapter *support_open(struct adapter_conf conf);
/* Wait for something another thread does, when there is no event to wait for; the test fails after a minute. */
void support_until(bool (*is)(void *arg), void *arg);
/* The adapter takes fetches: it has a connection. */
bool support_is_up(void *adapter);

/* How many files the process has open, and a few always. */
size_t support_open_files(void);
/* What main() returns: `failed`; or it ends here, because a failed test leaves workers behind, and exit handlers would
 * race with them. */
int support_end(int failed);

/* The cell's text equals; NULL: SQL NULL. */
void support_cell(const struct rows *rows, uint32_t r, uint32_t c, const char *text);

/* A new directory for the files of a test program; removed by support_dir_drop(). */
const char *support_dir(void);
/* "<directory>/<name>", in a static buffer of its own for the last four calls. */
const char *support_path(const char *name);
/* Write a file into the directory; returns its path. */
const char *support_file(const char *name, const char *text);
/* Remove the directory and its files. */
void support_dir_drop(void);
/* The same, as a group's teardown. */
int support_group_end(void **state);

#endif
