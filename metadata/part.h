/* part.h - what sources are asked: sources, keys, columns, queries and parts of a mapping, as they stand in a catalog.
 * Immutable; no functions. */
#ifndef METADATA_PART_H
#define METADATA_PART_H

#include "base/digest.h"
#include "base/zone.h"

/* Where something stands in a mapping file. line and column count from 1; column and length in bytes. */
struct span {
	const char *file; /* path as given on the command line plus the file's name */
	uint32_t line;
	uint32_t column;
	uint32_t length;
	const char *name; /* of the file, as in struct mapping_file; NULL outside a catalog */
};

/* A title in one language. */
struct label {
	const char *lang;
	const char *text;
};

struct labels {
	const struct label *of;
	size_t n;
};

struct source {
	const char *name;
	const char *secret; /* NAME of connect="secret:NAME" */
	const char *dialect; /* postgresql, mariadb, sqlite, mssql, oracle, other */
	const struct zone *zone; /* of zoneless timestamps */
	uint32_t pool; /* connections at most */
	struct labels labels;
	struct span at;
	uint32_t index;
};

enum key_role { KEY_IDENTITY, KEY_UNIQUE, KEY_SHARED, KEY_ITEM };
enum key_type {
	KEY_TEXT,
	KEY_UPPER,
	KEY_LOWER,
	KEY_INTEGER,
	KEY_DIGITS,
	KEY_EMAIL,
	KEY_UUID,
	KEY_PHONE_KR,
	KEY_PHONE_US,
};

/* How one source writes a key. Built-in spellings of phone types have mask == NULL. */
struct spelling {
	const char *name; /* e164, digits, dashed, or declared */
	const char *mask; /* # = one digit, #+ = all digits there are */
};

struct key {
	const char *name;
	enum key_role role;
	enum key_type type;
	uint32_t values; /* how many values may be in play in one request */
	const char *block; /* POSIX extended regular expression on the canonical value, or NULL */
	const struct spelling *spellings;
	size_t n_spellings;
	struct labels labels;
	struct span at;
	uint32_t index;
	const void *block_re; /* compiled (regex_t); used by normalize.c only */
};

enum value_type {
	TYPE_TEXT,
	TYPE_INTEGER,
	TYPE_DECIMAL,
	TYPE_BOOLEAN,
	TYPE_DATE,
	TYPE_TIMESTAMP,
	TYPE_TIME,
	TYPE_UUID,
	TYPE_JSON,
	TYPE_BYTES,
};
enum { VALUE_TYPES = TYPE_BYTES + 1 };
/* The words of the mapping language for them. */
extern const char *const catalog_type_words[VALUE_TYPES];

struct column {
	const char *name;
	enum value_type type;
	const struct key *gives; /* or NULL */
	const struct key *proves; /* or NULL */
	const struct spelling *const *as; /* how the column writes its key; none = the canonical form */
	size_t n_as;
	bool as_of; /* says when the row was last true */
	struct span at;
};

struct by_key {
	const struct key *key;
	bool optional;
};

enum piece_kind { PIECE_TEXT, PIECE_PARAM, PIECE_LIST };

/* A stretch of SQL text, or a parameter `:name` (PIECE_PARAM), or `:name...` (PIECE_LIST). */
struct piece {
	enum piece_kind kind;
	struct str text; /* PIECE_TEXT only */
	const struct key *key; /* parameters only */
};

struct query {
	const struct by_key *by;
	size_t n_by;
	const struct piece *pieces;
	size_t n_pieces;
	struct str sql; /* as written, for explain */
	bool separable; /* its rows for one value do not depend on the other values asked (sqljoin.h) */
	struct span at;
	struct span sql_at; /* of its first byte */
};

/* A query that gives another value when rows of the part have changed. */
struct watermark {
	struct query query; /* without keys; gives one value, in a column `watermark` */
	uint64_t every_ms; /* so often it is asked */
	struct span at;
};

struct field;
struct part {
	const char *name;
	const struct source *source;
	uint32_t rows_min; /* per asked key value */
	uint32_t rows_max;
	uint32_t deadline_ms; /* the answer stops waiting */
	uint32_t cap_ms; /* the query is ended; >= deadline_ms */
	uint64_t ttl_ms;
	uint64_t stale_ms; /* how long after ttl a copy may stand in; 0 = never */
	uint64_t revalidate_ms; /* how long after ttl a copy is shown before the source is asked; at most stale_ms */
	uint64_t negative_ms; /* ttl of a copy without rows */
	bool find_only;
	bool common; /* its rows are of things, and the same for all who ask */
	bool consents; /* it says whether there is a consent that a part or list requires */
	const struct field *consent; /* requires: shown only when this is true; or NULL */
	const struct query *queries; /* only those for the source's dialect */
	size_t n_queries;
	const struct watermark *watermark; /* or NULL */
	const struct column *columns;
	size_t n_columns;
	struct labels labels;
	unsigned char definition[DIGEST_BYTES]; /* hash of all that its rows depend on (keyparts.h) */
	struct span at;
	uint32_t index;
};

#endif
