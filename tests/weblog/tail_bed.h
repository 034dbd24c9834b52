/* tail_bed.h - a directory of logs, what servers and logrotate do to it, and a reader on a clock that tests turn. */
#ifndef TESTS_WEBLOG_TAIL_BED_H
#define TESTS_WEBLOG_TAIL_BED_H

#include "base/buf.h"
#include "weblog/tail_parts.h"

/* A new directory under /tmp; the path is the caller's to keep. */
void bed_begin(void);
/* Remove it and what is in it. */
void bed_end(void);
/* The path of a file in it; valid for some calls. */
const char *bed_path(const char *name) NONNULL(1) __attribute__((returns_nonnull));

/* Append bytes; the file is made when it is not there. */
void bed_put(const char *name, struct str bytes) NONNULL(1);
/* All of a file. */
struct buf bed_slurp(const char *name) NONNULL(1);
/* rename(), from one name to another. */
void bed_rename(const char *from, const char *to) NONNULL(1, 2);
/* cp: another inode with the same bytes, in place of what is there. */
void bed_copy(const char *from, const char *to) NONNULL(1, 2);
/* Cut a file to n bytes. */
void bed_cut(const char *name, long n) NONNULL(1);
/* gzip without removing `from`. */
void bed_pack(const char *from, const char *to) NONNULL(1, 2);
/* unlink() */
void bed_remove(const char *name) NONNULL(1);
/* ln -sfn: in one step. */
void bed_link(const char *target, const char *name) NONNULL(1, 2);
/* Bytes of a file; -1: it is not there. */
long bed_size(const char *name) NONNULL(1);

/* Microseconds of the tests' clock. */
extern uint64_t bed_now_us;
/* A reader of names in the directory, up to a NULL, that goes on where `known` says; on the tests' clock. */
struct weblog_tail *bed_tail(const char *const *names, const struct weblog_position *known, size_t n_known)
	NONNULL(1) __attribute__((returns_nonnull));
/* All lines that are there now, with a `|` behind each; `>` in front of the first one of another file. */
struct buf bed_read(struct weblog_tail *tail) NONNULL(1);
/* The same, each line taken when its time has come; without `>`, as files take turns. */
struct buf bed_read_by(struct weblog_tail *tail, int64_t (*time_of)(const struct weblog_tail_line *line)) NONNULL(1, 2);

#endif
