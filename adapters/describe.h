/* describe.h - what a source says about a query instead of its rows: the columns of its result and their types, the
 * tables it reads whole, why it is refused and where; and about the session it would run in. Asked with a fetch
 * whose `describe` is set; the query is prepared, described and run, because drivers let mistakes pass a prepare
 * (psqlODBC does not contact the server, MariaDB's and SQLite's keep a text they cannot parse). Immutable; lives as
 * long as the fetch. */
#ifndef ADAPTERS_DESCRIBE_H
#define ADAPTERS_DESCRIBE_H

#include "base/base.h"

/* Tables of at most so many rows are read in a few milliseconds with or without an index. */
enum { DESCRIBE_SMALL_ROWS = 10000 };

/* What cells of a column are, as far as the driver can be believed. */
enum described_type {
	DESCRIBED_UNKNOWN, /* says nothing: NULL, an expression of SQLite */
	DESCRIBED_TEXT,
	DESCRIBED_NUMBER,
	DESCRIBED_BOOLEAN,
	DESCRIBED_DATE,
	DESCRIBED_TIMESTAMP,
	DESCRIBED_TIME,
	DESCRIBED_UUID,
	DESCRIBED_BYTES,
};
enum { DESCRIBED_TYPES = DESCRIBED_BYTES + 1 };

struct described_column {
	const char *name;
	enum described_type type;
	const char *type_name; /* the database's word */
};

/* A stretch of the fetch's SQL. */
struct described_place {
	bool known;
	size_t at, n;
};

/* A table that a query reads whole. */
struct described_scan {
	const char *table; /* as the database calls it: MariaDB by its alias */
	struct described_place place;
};

/* Who is on the way to the server can read along, or stand in for it: by the connection string. */
enum described_line { LINE_UNKNOWN, LINE_SAFE, LINE_UNVERIFIED, LINE_CLEAR };

enum described_access { ACCESS_UNKNOWN, ACCESS_READ_ONLY, ACCESS_WRITES };

struct description {
	/* the session */
	const char *product; /* "PostgreSQL", "MariaDB", "MySQL", "SQLite" or what the driver says */
	enum described_access access; /* may the session write? */
	enum described_line line;
	bool zone_is_offset; /* its time zone is the offset of now: the server does not know the zone's name */
	bool text_is_lost; /* a text in Hangul does not come back as it was sent */
	/* the query */
	const struct described_column *columns;
	size_t n_columns;
	bool loose; /* types are declarations that bind no cell: SQLite */
	const struct described_scan *scans; /* only of tables with more than DESCRIBE_SMALL_ROWS rows */
	size_t n_scans;
	/* the fetch failed */
	const char *refusal; /* the driver's message with SQLSTATE and code, without values; NULL: it gave none */
	struct described_place place; /* where it points */
	bool no_result; /* the statement returns no columns */
	bool writes; /* refused because it writes */
	bool bad_value; /* refused because a value is none of the type it is compared with, or too large for it */
};

#endif
