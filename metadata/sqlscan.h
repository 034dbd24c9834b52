/* sqlscan.h - one walk over the SQL of a query; what sqltext.c, sqlquote.c and sqlselect.c share. One thread at a
 * time. */
#ifndef METADATA_SQLSCAN_H
#define METADATA_SQLSCAN_H

#include "metadata/sqltext.h"

/* What stands between one pair of parentheses, or outside all of them. */
struct sqlscan_level {
	bool started; /* has a word */
	bool with; /* begins with WITH */
	bool main; /* has the SELECT itself */
	bool cte; /* follows AS in a WITH */
	bool list; /* has a list parameter, or something in it has */
	struct str limit; /* what cuts its rows; the NULL view: nothing */
};

/* What hides its contents, beside '...' and "..." whose quotes are doubled inside, `--` and slash-star comments; and
 * what else a dialect has of its own. */
struct sqlquote_rules {
	const char *dialect;
	bool backslashes; /* '\'' is one quote */
	bool e_texts; /* so it is in E'...' */
	bool q_texts; /* q'[it's]' */
	bool dollars; /* $tag$ ... $tag$ */
	bool brackets; /* [a name] */
	bool backquotes; /* `a name` */
	bool hashes; /* # begins a comment */
	bool dash_blank; /* -- begins one only before a blank */
	bool signs; /* $name and @name are parameters */
};

struct sqlscan {
	struct str sql;
	size_t at;
	const struct sqlquote_rules *quotes;
	struct span where; /* of the first byte */
	struct arena *mem;
	struct diags *ds;
	unsigned findings; /* of this query */
	/* parameters: sqltext.c */
	const struct by_key *by;
	size_t n_by;
	bool *used; /* per key of `by` */
	size_t text_from; /* where the current stretch of text began */
	struct piece *pieces;
	size_t n_pieces;
	/* words: sqlselect.c */
	char last; /* the last byte that is neither blank nor comment */
	struct str word, before; /* the last two, when nothing stands between them and here */
	bool started;
	bool refused; /* that it is not one SELECT that reads is told */
	bool rownum_is_column;
	struct sqlscan_level *levels; /* as many as there can be */
	size_t depth;
};

enum { SQLSCAN_FINDINGS_MOST = 20 };

/* Add a finding about `n` bytes at `at`; those beyond the first ones of a query are only counted. */
#define SQLSCAN_FIND(s, code, at, n, help, ...)                                                      \
	do {                                                                                         \
		if ((s)->findings++ < SQLSCAN_FINDINGS_MOST)                                         \
			diag_add((s)->ds, (code), diag_within((s)->ds, (s)->where, (s)->sql, (at), (n)), \
				 (help), __VA_ARGS__);                                               \
	} while (0)

/* A word for a message: whole characters, not too many. */
struct str sqlscan_shown(struct str word);
/* Is the word that keyword, in any case? */
bool sqlscan_is(struct str word, const char *keyword) NONNULL(2);
/* The byte at `i`; 0 behind the end. */
char sqlscan_byte(const struct sqlscan *s, size_t i) NONNULL(1);
/* Bytes above ASCII belong to names, as PostgreSQL and MariaDB have it. */
bool sqlscan_starts_name(char c);
/* A name may go on with digits. */
bool sqlscan_in_name(char c);
/* Blank, tab or line end. */
bool sqlscan_is_blank(char c);
/* The next byte at or behind `i` that is neither blank nor comment; 0 behind the end. */
char sqlscan_next(const struct sqlscan *s, size_t i) NONNULL(1);

/* ---- quotes and comments (sqlquote.c) ---- */

/* The rules of a dialect; of one that is not known (or NULL) those that most databases share. */
const struct sqlquote_rules *sqlquote_rules(const char *dialect) __attribute__((returns_nonnull));
/* Go behind a comment that begins at s->at; false: none does. */
bool sqlquote_comment(struct sqlscan *s) NONNULL(1);
/* The same of a quoted text or name. */
bool sqlquote_skip(struct sqlscan *s) NONNULL(1);
/* The same of a text whose quote follows the word before s->at: E'...'. */
bool sqlquote_behind(struct sqlscan *s, struct str word) NONNULL(1);

/* ---- is it one SELECT that reads, and are its rows cut for each value by itself? (sqlselect.c) ---- */

/* A word has been read; s->at stands behind it. */
void sqlselect_word(struct sqlscan *s, struct str word) NONNULL(1);
/* A quoted name has been read, without its quotes; s->at stands behind it. */
void sqlselect_quoted(struct sqlscan *s, struct str name) NONNULL(1);
/* := stands at s->at. */
void sqlselect_assign(struct sqlscan *s) NONNULL(1);
/* An opening parenthesis stands at s->at. */
void sqlselect_open(struct sqlscan *s) NONNULL(1);
/* A closing one. */
void sqlselect_close(struct sqlscan *s) NONNULL(1);
/* A list parameter has been read. */
void sqlselect_list(struct sqlscan *s) NONNULL(1);
/* The end of the SQL. */
void sqlselect_end(struct sqlscan *s) NONNULL(1);

#endif
