/* client.h - a client of the fault driver through unixODBC, for the driver's own tests. What a call returns false for
 * stands in `state` and `text`. */
#ifndef TESTS_FAULTODBC_CLIENT_H
#define TESTS_FAULTODBC_CLIENT_H

#include "tests/cmocka_all.h"

#include <sql.h>
#include <sqlext.h>

#include "tests/faultodbc/control.h"

struct client {
	SQLHDBC dbc;
	SQLHSTMT stmt;
	char state[6]; /* of the last failure */
	char text[512];
	SQLCHAR key[32];
	SQLLEN key_ind;
};

#define ORDERS "SELECT member, no, title, pieces_n, placed_at FROM orders WHERE member IN (?)"

/* Make the directory of the control file and the environment. */
bool client_begin(void);
/* Undo it: cmocka's group teardown. */
int client_drop(void **state);
/* Replace the control file. */
void client_control(const char *text) NONNULL(1);
/* How often a fault has struck. */
uint64_t client_hits(enum fault_kind kind);

/* A new connection to that source, whose table `orders` has 3 rows for a key; more of the connection string may follow
 * the name: "crm;Port=4711". client_end() it also when it failed. */
bool client_connect(struct client *c, const char *source) NONNULL(1, 2);
/* Hang up. */
void client_end(struct client *c) NONNULL(1);
/* Prepare a query with one parameter. */
bool client_prepare(struct client *c, const char *sql) NONNULL(1, 2);
/* Execute it for that key. */
bool client_execute(struct client *c, const char *key) NONNULL(1, 2);
/* Both. */
bool client_ask(struct client *c, const char *sql, const char *key) NONNULL(1, 2, 3);
/* The next row; false without a state: that was all. */
bool client_fetch(struct client *c) NONNULL(1);
/* A cell of the current row, valid until the next one; NULL: it is NULL. */
const char *client_cell(struct client *c, SQLUSMALLINT column) NONNULL(1);
/* How many rows are left. */
int client_count(struct client *c) NONNULL(1);

#endif
