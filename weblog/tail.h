/* tail.h - lines of log files as they are written: globs, rename, create, copytruncate, gzip, symlinks; where each file
 * has been read to. One thread. It reads a piece of one file at a time, so memory does not grow with the files. */
#ifndef WEBLOG_TAIL_H
#define WEBLOG_TAIL_H

#include "base/arena.h"
#include "base/err.h"

/* Which file, whatever it is called now: device and inode, and a hash of its beginning, since inodes are used again and
 * a rotated file may be copied or packed. */
struct weblog_file_id {
	uint64_t device, inode;
	uint32_t head_bytes; /* that were hashed: whole lines, WEBLOG_HEAD_MAX at most; 0: the file was empty */
	unsigned char head[16];
};
enum { WEBLOG_HEAD_MAX = 1024 };

/* How far a file has been read. Kept in the store with the events, in one transaction. */
struct weblog_position {
	uint64_t number; /* of the file, from 1 on, in the order in which they were seen */
	struct weblog_file_id id;
	struct str path; /* when it was seen last */
	uint64_t offset; /* of the first byte not read; in a gzip file of what it holds */
	uint64_t lines; /* read, all in all */
	uint64_t rejected; /* of these: counted by who reads, see weblog_tail_reject() */
	bool ended; /* it is not there any more, neither is a copy, and all is read or lost */
};

struct weblog_tail; /* opaque */

enum weblog_tail_outcome {
	WEBLOG_TAIL_LINE,
	WEBLOG_TAIL_TOO_LONG, /* more than WEBLOG_LINE_MAX bytes: the beginning */
	WEBLOG_TAIL_NEW_FILE, /* the next lines are of another file: a parser with a memory begins anew */
	WEBLOG_TAIL_NOTHING, /* now; wait for weblog_tail_fd() */
};

struct weblog_tail_line {
	struct str text; /* without line feed; valid until the next call */
	struct str path; /* of its file, likewise */
	uint64_t offset; /* of its first byte */
};

/* Counts since the start, for metrics and the log. */
struct weblog_tail_counts {
	uint64_t files, rotations, truncations;
	uint64_t bytes_lost; /* that copytruncate took away before they were read, as far as can be told */
};

/* Follow the files that fit the globs, those named like them with something behind it (access.log.1, .2.gz,
 * -20261127), and go on where `known` says. Texts and positions are copied. The caller owns it: end it with
 * weblog_tail_free(). ERR_SYSTEM: no inotify. A glob that fits nothing yet is no error. */
struct weblog_tail *weblog_tail_new(const struct str *globs, size_t n_globs, const struct weblog_position *known,
				    size_t n_known, struct err *err) MUST_CHECK NONNULL(1, 5);
/* End; accepts NULL inside; sets *tail to NULL. */
void weblog_tail_free(struct weblog_tail **tail) NONNULL(1);

/* To poll() for reading; beside that, call weblog_tail_next() once a second: not all file systems tell. */
int weblog_tail_fd(const struct weblog_tail *tail) NONNULL(1);
/* The next line that is whole. Files are read oldest first, a rotated one to its end before the one that follows;
 * those that do not follow each other in turn, and by the time of their lines as far as weblog_tail_take() says it. */
enum weblog_tail_outcome weblog_tail_next(struct weblog_tail *tail, struct weblog_tail_line *line)
	MUST_CHECK NONNULL(1, 2);
/* The line last given is of that time. False: others are earlier, and it is given again behind these. A line of which
 * nothing is said is taken. */
bool weblog_tail_take(struct weblog_tail *tail, int64_t at_us) MUST_CHECK NONNULL(1);
/* The line last given was of no use: count it. */
void weblog_tail_reject(struct weblog_tail *tail) NONNULL(1);

/* The positions behind the lines given so far that are not those of the last weblog_tail_keep(), in `mem`. Lines may be
 * taken between the two: what is kept are these. */
const struct weblog_position *weblog_tail_positions(struct weblog_tail *tail, struct arena *mem, size_t *n_out)
	NONNULL(1, 2, 3);
/* Those of the last weblog_tail_positions() are written: there is no way back behind them. */
void weblog_tail_keep(struct weblog_tail *tail) NONNULL(1);
/* Go back to those last kept, and read from there once more. */
void weblog_tail_back(struct weblog_tail *tail) NONNULL(1);
/* Go back, or on, to where these say, since nobody knows whether what was read last has been written: of files that
 * they do not name to what was last kept. */
void weblog_tail_to(struct weblog_tail *tail, const struct weblog_position *written, size_t n) NONNULL(1);
/* A file that cannot be read, or whose rest is lost, since the last call; false: none. */
bool weblog_tail_trouble(struct weblog_tail *tail, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Is one of the files there, be it read already or empty? As weblog_tail_next() saw it last. */
bool weblog_tail_sees(const struct weblog_tail *tail) MUST_CHECK NONNULL(1);
/* See the struct. */
struct weblog_tail_counts weblog_tail_counts(const struct weblog_tail *tail) NONNULL(1);

#endif
