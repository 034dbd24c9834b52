/* graph.h - random customers, keys and parts for the property test of who is meant: a mapping of random shape, random
 * rows, and sources that answer from them in random order, fail, or lie. One thread. */
#ifndef TESTS_FEDERATOR_GRAPH_H
#define TESTS_FEDERATOR_GRAPH_H

#include "tests/federator/bed.h"

enum { MEMBER, PHONE, EMAIL, ORDER, BILL, ACCOUNT, VISITOR, N_ASKED, REGION = N_ASKED, NUMBER, N_KEYS };
enum { CRM, CLUB, MAIL, OWNER, TRACE, JOINT, LINK, CALLS, PAGES, DEAL, CLAIM, N_PARTS };
enum { COLUMNS = 4, ROWS = 6, CUSTOMERS = 6, ROWS_EACH = 3, NONE = -1, SHOWN = -1 };

struct graph_column {
	const char *name; /* NULL: no more columns */
	int key; /* SHOWN: says whose the row is */
	bool gives, proves;
};

struct graph_part {
	const char *name;
	bool present, find_only;
	unsigned by; /* bit per key */
	const char *both; /* the WHERE of a query by all these keys; NULL: a query by each */
	struct graph_column columns[COLUMNS];
};

struct graph {
	struct graph_part parts[N_PARTS];
	int cells[N_PARTS][ROWS][COLUMNS]; /* values of the keys, or NONE */
	int n_rows[N_PARTS];
	bool fails[N_PARTS], lies[N_PARTS];
};

/* 0 .. n - 1, from the seed of graph_seed(). */
int graph_random(int n);
/* Begin a stream of random numbers. */
void graph_seed(uint64_t seed);
/* Choose a shape; the mapping text lives until the next call. */
const char *graph_mapping(struct graph *g) NONNULL(1) __attribute__((returns_nonnull));
/* Choose rows, and which sources lie. None fails. */
void graph_rows(struct graph *g) NONNULL(1);
/* Let some sources fail. */
void graph_fail(struct graph *g) NONNULL(1);
/* The name of a key. */
const char *graph_key(int key) __attribute__((returns_nonnull));
/* The text of a value of a key. */
const char *graph_text(int key, int value) __attribute__((returns_nonnull));
/* From now on all sources of the bed answer from the graph. */
void graph_serve(const struct graph *g, struct bed *bed) NONNULL(1, 2);
/* Does the row hold one of the values (a bit each) of the key? */
bool graph_row_matches(const struct graph *g, int part, int row, int key, unsigned values) NONNULL(1);
/* The row a lying source adds; NONE: it has none to add. */
int graph_lie(const struct graph *g, int part, int key, unsigned values) NONNULL(1);

#endif
