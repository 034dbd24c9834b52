/* tail_parts.h - inside of tail.h, for tail*.c and their tests. Like it, one thread.
 *
 * A `tail_file` is what a server wrote as one file: it has a number and a position. A `tail_place` is an inode that the
 * globs lead to, or that is still open. A file is read at one place; copies of it are places, too, that are only known
 * to be such. Copytruncate and inodes that are used again take a place away from its file. */
#ifndef WEBLOG_TAIL_PARTS_H
#define WEBLOG_TAIL_PARTS_H

#include <zlib.h>

#include "weblog/input.h"
#include "weblog/tail.h"

enum {
	TAIL_CHUNK = 1 << 18, /* bytes read at once */
	TAIL_BYTES = WEBLOG_LINE_MAX + TAIL_CHUNK,
	TAIL_CHUNK_FIRST = 1 << 12, /* of a turn, when there are other files, which may soon have theirs; it doubles */
	TAIL_SLICE = 1 << 20, /* bytes read before files are looked for again, and one as early has its turn */
	TAIL_GZ_MAX = 16, /* gzip files that are being read, each with some 300 KB; further ones wait */
	TAIL_OPEN_MAX = 512, /* descriptors */
	TAIL_TROUBLES = 16, /* that wait to be asked for; further ones are dropped */
	TAIL_SCANS = 3, /* in which a file is not found before it is lost: a directory is not read in one moment */
	TAIL_GONE_MAX = 1024, /* files that have no place any more and are remembered, since a copy may turn up */
	TAIL_BEGIN = 1024, /* bytes given of a line that is too long */
};

/* The first bytes of a file: WEBLOG_HEAD_MAX, or less that are whole lines. */
struct tail_head {
	uint32_t n;
	unsigned char bytes[WEBLOG_HEAD_MAX];
};

struct tail_glob {
	char *pattern;
	bool literal;
	bool blind; /* the last scan could not see all that may be there */
	int trouble; /* errno that was told; 0: none */
};

/* Files that follow each other: a path and what it is renamed to. */
struct tail_family {
	char *base;
	const struct tail_glob *glob;
	struct tail_file *first; /* with something unread; of tail_order.c */
	int64_t at_us; /* no unread line of it is earlier, as far as is known */
	uint64_t served; /* when it was its turn */
};

struct tail_place {
	uint64_t device, inode, size;
	int64_t changed_ns, written_ns; /* ctime, mtime */
	int64_t listed_ns; /* when, by the same clock */
	char *path;
	struct tail_family *family;
	struct tail_file *file; /* that it holds; NULL: not known yet, or nothing whole in it */
	int wd; /* -1: not watched */
	int trouble; /* errno that was told; 0: none */
	bool listed; /* in the last scan */
	bool gzip;
	bool partial; /* a gzip file whose beginning is not there as a whole */
	bool stale; /* has changed since it was looked at, or may have */
	bool whole; /* a copy that has all of the file's head */
};

/* A gzip file that is being read: what came out of it does so only once. */
struct tail_gz {
	gzFile stream; /* NULL: all came out */
	uint64_t at; /* bytes that came out of it */
	char *rest; /* of the buffer while another file has it */
	size_t n_rest;
};

struct tail_file {
	struct weblog_position now; /* its path is the file's own */
	struct weblog_position marked; /* as given by weblog_tail_positions(); number 0: not yet */
	struct weblog_position kept; /* without path, like it */
	struct tail_family *family;
	struct tail_place *place; /* where it is read; NULL: nowhere */
	struct tail_head head; /* n is 0 until it was seen in this process, else that of now.id */
	int fd; /* of its place; -1: not open */
	struct tail_gz *gz; /* NULL: is not being read, or is no gzip file */
	uint64_t grown_us; /* when it was seen to have grown, or to be aside */
	uint64_t size; /* last seen, of what is plain; of one that is read in a copy, the largest */
	uint64_t past; /* bytes of a line that is too long, from now.offset on, without a line feed */
	char *begin; /* of that line; NULL: never met one */
	uint32_t misses; /* scans that did not find it */
	bool more; /* there may be something unread */
	bool aside; /* another one has taken its name, or nobody can find it any more */
	bool final; /* is given up: what is behind the last line feed is a line */
	bool done; /* all is read, and nobody appends to it; it has ended when it is at no place, too */
	bool lost; /* is done since it was not found */
	bool copied; /* its place is a copy, which may have less than was read */
	bool changed; /* path or id, since they were marked */
	bool marked_change; /* that was so when it was marked, and is not kept yet */
};

struct weblog_tail {
	struct tail_glob *globs;
	size_t n_globs;
	struct tail_family **families;
	size_t n_families;
	struct tail_place **places; /* by device and inode */
	size_t n_places;
	struct tail_file **files; /* by number */
	size_t n_files;
	uint64_t number; /* the last one given to a file */
	uint64_t turns;
	struct tail_family **heap; /* with something unread, the earliest first */
	size_t n_heap;
	int64_t until_us; /* the turn lasts up to lines of that time */

	int notify; /* inotify */
	uint64_t (*clock)(void); /* microseconds; a test has its own */
	uint64_t quiet_us; /* without growth before a rotated file is given up */
	uint64_t every_us; /* between scans */
	size_t open_max, n_open;
	uint64_t scanned_us;
	bool rescan; /* at once */

	struct tail_file *current; /* whose bytes are in the buffer */
	struct tail_file *given; /* who gave the last line */
	uint64_t slice; /* bytes read since files were looked for */
	size_t chunk; /* bytes to be read at once */
	bool waits; /* the line at the buffer's begin: it is the turn of others */
	size_t taken; /* of the buffer by the line last given, with its line feed; 0: by none */
	size_t at, len, seen; /* of the buffer: the line's begin, the end, what has no line feed behind `at` */
	char *bytes;
	size_t n_gz; /* files with `gz` */

	struct weblog_tail_counts counts;
	struct err troubles[TAIL_TROUBLES];
	size_t n_troubles;
};

/* tail_watch.c */

/* Watch a directory. False: errno says why. */
bool tail_watch_directory(struct weblog_tail *tail, const char *path) MUST_CHECK NONNULL(1, 2);
/* Watch a place, by its path: who reads it must have looked at it afterwards. Without it scans find what is new. */
void tail_watch_place(struct weblog_tail *tail, struct tail_place *place) NONNULL(1, 2);
/* The end of that. */
void tail_watch_end(struct weblog_tail *tail, struct tail_place *place) NONNULL(1, 2);
/* Take what the system has told: files have more, or a scan is due. */
void tail_watch_take(struct weblog_tail *tail) NONNULL(1);

/* tail_file.c */

enum tail_state {
	TAIL_SAME,
	TAIL_CUT, /* the same, but shorter than what was read: a crash of the machine took its end */
	TAIL_OTHER, /* other lines are there now */
	TAIL_UNREADABLE, /* errno says why */
};

/* What a file looks like by its first bytes. */
enum tail_form { TAIL_PLAIN, TAIL_GZIP, TAIL_PACKED /* by something that is not read here */ };

/* See the enum; of what cannot be read, PLAIN. */
enum tail_form tail_form_of(int fd);
/* The beginning of what is open, out of gzip if it is that: then reading goes on somewhere behind it. False: errno says
 * why, EAGAIN: the gzip file is not complete so far. */
bool tail_head_read(int fd, bool gzip, struct tail_head *out) MUST_CHECK NONNULL(3);
/* The file has this beginning. */
void tail_head_take(struct tail_file *file, const struct tail_head *head) NONNULL(1, 2);
/* Does a file begin like this, as far as the file's head is known? */
bool tail_head_is_of(const struct tail_head *head, const struct tail_file *file) MUST_CHECK NONNULL(1, 2);
/* Open a path and see that it is this place; -1: errno says why, ESTALE: it is another one now. */
int tail_place_open(const struct tail_place *place) MUST_CHECK NONNULL(1);
/* Is what is open still this file? Notes size and growth, and the head as far as it has grown. For plain files. */
enum tail_state tail_file_look(struct weblog_tail *tail, struct tail_file *file, int fd) MUST_CHECK NONNULL(1, 2);
/* Have it open, if need be by closing another one. False: told, or a scan is due. */
bool tail_file_open(struct weblog_tail *tail, struct tail_file *file) MUST_CHECK NONNULL(1, 2);
/* Close; nothing when it is not open. */
void tail_file_close(struct weblog_tail *tail, struct tail_file *file) NONNULL(1, 2);
/* Nothing will be appended to it, and all is read. */
void tail_file_end(struct weblog_tail *tail, struct tail_file *file) NONNULL(1, 2);
/* It is shorter than what was read: go on at its end. */
void tail_file_cut(struct weblog_tail *tail, struct tail_file *file) NONNULL(1, 2);
/* It is not at its place any more; something else is. */
void tail_file_detach(struct weblog_tail *tail, struct tail_file *file) NONNULL(1, 2);
/* It is read at this place from now on. */
void tail_file_attach(struct weblog_tail *tail, struct tail_file *file, struct tail_place *place) NONNULL(1, 2, 3);
/* Read on behind the `ahead` bytes that follow its offset. What is put at `to`, `room` at most; 0: nothing now, then
 * file->more says whether to ask again. */
size_t tail_file_read(struct weblog_tail *tail, struct tail_file *file, uint64_t ahead, char *to, size_t room)
	MUST_CHECK NONNULL(1, 2, 4);
/* Does a gzip file say that it has this many bytes, in one piece? */
bool tail_gz_ends_at(int fd, uint64_t offset) MUST_CHECK;
/* End the gzip stream of a file; it begins anew when somebody reads it. Nothing when there is none. */
void tail_gz_end(struct weblog_tail *tail, struct tail_file *file) NONNULL(1, 2);

/* tail_find.c */

/* List what fits the globs now, and find out which files that are. */
void tail_scan(struct weblog_tail *tail) NONNULL(1);
/* The family of a path that a glob led to, or once did. */
struct tail_family *tail_family_of(struct weblog_tail *tail, const struct tail_glob *glob, const char *path)
	NONNULL(1, 3) __attribute__((returns_nonnull));
/* Take a place away and free it; its file has none then. */
void tail_place_drop(struct weblog_tail *tail, struct tail_place *place) NONNULL(1, 2);

/* Did the glob lead to this path, or would it to the one that it was renamed from? */
bool tail_glob_fits(const struct tail_glob *glob, const char *path) MUST_CHECK NONNULL(1, 2);
/* Say why a place cannot be read, once. */
void tail_place_trouble(struct weblog_tail *tail, struct tail_place *place, int number) NONNULL(1, 2);
/* See whether the place still holds its file, which is read there, and whether there is more. */
void tail_place_check(struct weblog_tail *tail, struct tail_place *place) NONNULL(1, 2);

/* tail_match.c */

/* Find out what the listed places hold, as far as that is not known: files, copies of them, new ones. */
void tail_match(struct weblog_tail *tail) NONNULL(1);
/* Look for the files that are at no place, and give up those that nobody writes any more. */
void tail_settle(struct weblog_tail *tail) NONNULL(1);

/* tail.c */

/* Forget what is in the buffer: the next line is read anew. */
void tail_buffer_drop(struct weblog_tail *tail) NONNULL(1);

/* tail_order.c */

/* Whose turn it is, as things are now; NULL: nobody has anything unread. */
struct tail_file *tail_order_pick(struct weblog_tail *tail) MUST_CHECK NONNULL(1);
/* The same, of those that had something then; NULL: pick anew. */
struct tail_file *tail_order_next(struct weblog_tail *tail) MUST_CHECK NONNULL(1);
/* The file's line in hand is of that time: is it the turn of others before? */
bool tail_order_waits(struct weblog_tail *tail, struct tail_file *file, int64_t at_us) MUST_CHECK NONNULL(1, 2);
/* Nothing is known of the times of lines. */
void tail_order_forget(struct weblog_tail *tail) NONNULL(1);

/* tail_keep.c */

/* Begin with these positions. */
void tail_known_take(struct weblog_tail *tail, const struct weblog_position *known, size_t n) NONNULL(1);
/* A new file behind those that are there. */
struct tail_file *tail_file_add(struct weblog_tail *tail, uint64_t number, struct tail_family *family) NONNULL(1, 3)
	__attribute__((returns_nonnull));
/* Free it; it is at no place, and its position is kept. */
void tail_file_forget(struct weblog_tail *tail, size_t index) NONNULL(1);
/* Where it was seen last. */
void tail_file_name(struct tail_file *file, const char *path) NONNULL(1, 2);
/* Say it when weblog_tail_trouble() asks. */
void tail_tell(struct weblog_tail *tail, const char *path, const char *what) NONNULL(1, 2, 3);

#endif
