#include "federator/audit/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/civil.h"
#include "federator/audit/text.h"
#include "federator/guarded.h"

enum { FORMAT = 1 };

static bool fail(const struct audit_store *s, struct err *err, const char *what)
{
	return err_set(err, ERR_SYSTEM, "audit", "%s: %s: %s", s->dir, what, strerrordesc_np(errno));
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void audit_store_begin(struct audit_store *s)
{
	s->dir_fd = s->lock_fd = s->head_fd = s->fd = -1;
}

void audit_store_close(struct audit_store *s)
{
	close_one(&s->fd);
	close_one(&s->head_fd);
	close_one(&s->lock_fd);
	close_one(&s->dir_fd);
}

/* ---- writing ---- */

/* The kernel has it at once: it outlives the process. Of a machine that lost its power the head may be older than the
 * record, which does no harm. */
static bool write_head(const struct audit_store *s)
{
	char bytes[AUDIT_HEAD_BYTES];

	audit_head_put(s->key, &s->end, bytes);
	return pwrite(s->head_fd, bytes, sizeof(bytes), 0) == AUDIT_HEAD_BYTES;
}

/* Nobody was told that these bytes are written. Should they stay, the next file says so. */
static bool give_up(struct audit_store *s, struct err *err, const char *what)
{
	fail(s, err, what);
	if (s->fd >= 0 && ftruncate(s->fd, (off_t)s->size) != 0)
		err_set(err, ERR_SYSTEM, "audit", "%s: %s, and what was written cannot be taken back", s->dir, what);
	audit_store_close(s);
	return false;
}

static bool is_linked(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (st.st_nlink == 0)
		errno = ENOENT;
	return st.st_nlink > 0;
}

bool audit_store_write(struct audit_store *s, struct str lines, const struct audit_end *end, struct err *err)
{
	struct audit_end before = s->end;

	assert(s->fd >= 0 && end->seq > s->end.seq);
	if (!is_linked(s->fd))
		return give_up(s, err, "the file is gone");
	if (!guarded_write(s->fd, lines))
		return give_up(s, err, "cannot be written");
	if (fdatasync(s->fd) != 0)
		return give_up(s, err, "cannot be made durable");
	s->end = *end;
	if (!write_head(s)) {
		s->end = before;
		return give_up(s, err, "head: cannot be written");
	}
	s->size += lines.n;
	return true;
}

bool audit_store_put(struct audit_store *s, int64_t wall_ms, struct str text, struct err *err)
{
	SCOPED(buf_free) struct buf line = { 0 };
	struct audit_end end = s->end;

	audit_chain_put(s->key, &end, wall_ms, text, &line);
	return audit_store_write(s, buf_str(&line), &end, err);
}

/* ---- files ---- */

static bool file_open(struct audit_store *s, const char *name, uint32_t number, bool anew, struct err *err)
{
	int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (anew ? O_CREAT | O_EXCL : 0);

	s->fd = openat(s->dir_fd, name, flags, 0600);
	if (s->fd < 0)
		return fail(s, err, anew ? "no file can be made" : "the newest file cannot be opened");
	memcpy(s->name, name, strlen(name) + 1);
	s->number = number;
	s->size = 0;
	return true;
}

/* What stood before a new file. */
struct before {
	char name[AUDIT_NAME_BYTES]; /* "": nothing */
	uint64_t whole;
};

static void file_text(const struct audit_store *s, const struct before *before, const struct audit_found *found,
		      struct buf *out)
{
	static const char *const heads[] = { [AUDIT_HEAD_GOOD] = "",
					     [AUDIT_HEAD_MISSING] = "missing",
					     [AUDIT_HEAD_DAMAGED] = "damaged" };

	buf_printf(out, "\"kind\":\"file\",\"format\":%d", FORMAT);
	audit_put("file", str_of(s->name), out);
	audit_put("previous", str_of(before->name), out);
	if (before->name[0])
		audit_put_number("whole", (int64_t)before->whole, out);
	if (found->torn)
		audit_put_number("torn", (int64_t)found->torn, out);
	if (found->lost_to)
		buf_printf(out, ",\"lost\":{\"from\":%llu,\"to\":%llu}", (unsigned long long)found->lost_from,
			   (unsigned long long)found->lost_to);
	audit_put("head", str_of(heads[found->head]), out);
}

/* A file in which nothing could be written must not stay: there would be one more with each attempt. */
static bool file_begin(struct audit_store *s, int64_t wall_ms, const struct before *before,
		       const struct audit_found *found, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };
	char name[AUDIT_NAME_BYTES];
	int dir_fd;
	bool good;

	audit_name_make(wall_ms, s->number + 1, name);
	if (!file_open(s, name, s->number + 1, true, err)) {
		audit_store_close(s);
		return false;
	}
	file_text(s, before, found, &text);
	dir_fd = dup(s->dir_fd);
	good = dir_fd >= 0 && fsync(dir_fd) == 0 ? audit_store_put(s, wall_ms, buf_str(&text), err) :
						   give_up(s, err, "the directory cannot be made durable");
	if (!good && dir_fd >= 0) {
		unlinkat(dir_fd, name, 0);
		s->number--;
	}
	close_one(&dir_fd);
	s->day = civil_floor_div(wall_ms, CIVIL_DAY_S * 1000);
	s->tidied = false;
	return good;
}

static bool file_next(struct audit_store *s, int64_t wall_ms, struct err *err)
{
	const struct audit_found nothing = { 0 };
	struct before before = { .whole = s->size };

	memcpy(before.name, s->name, sizeof(before.name));
	close_one(&s->fd);
	return file_begin(s, wall_ms, &before, &nothing, err);
}

/* ---- opening ---- */

static bool dir_open(struct audit_store *s, struct err *err)
{
	struct stat st;

	if (!s->begun && mkdir(s->dir, 0700) != 0 && errno != EEXIST)
		return fail(s, err, "cannot be made");
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0 || fstat(s->dir_fd, &st) != 0)
		return fail(s, err, "cannot be opened");
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return err_set(err, ERR_CONFIG, "audit", "%s: belongs to somebody else, or others may write to it; "
			       "chown it, and chmod 0700", s->dir);
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return fail(s, err, "lock: cannot be opened");
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, ERR_CONFIG, "audit", "%s: another process writes here; each has a directory of "
			       "its own", s->dir);
	return true;
}

/* The newest file that has a whole line is where the chain ends; files behind it hold at most a torn one. */
static bool tail_find(struct audit_store *s, const struct audit_files *files, struct audit_tail *newest,
		      struct audit_end *end_out, struct err *err)
{
	*newest = (struct audit_tail){ 0 };
	*end_out = (struct audit_end){ 0 };
	for (size_t i = files->n; i-- > 0;) {
		struct audit_tail tail;

		if (!audit_tail_read(s->dir_fd, files->of[i].name, s->key, &tail, err))
			return false;
		if (i + 1 == files->n)
			*newest = tail;
		if (!tail.end.seq)
			continue;
		*end_out = tail.end;
		return tail.is_true ||
		       err_set(err, ERR_CONFIG, "audit", "%s: its last record is not of this key, or was changed; see "
			       "`federator audit verify`, or begin another directory", files->of[i].name);
	}
	return true;
}

/* How the end that is there stands to the one that was left: by this process, else by the head. */
static bool compare(struct audit_store *s, const struct audit_end *there, bool any, struct audit_found *found,
		    struct err *err)
{
	struct audit_end left = s->end;

	if (!s->begun) {
		left = (struct audit_end){ 0 };
		found->head = audit_head_read(s->dir_fd, s->key, &left);
		if (!any && found->head == AUDIT_HEAD_MISSING)
			found->head = AUDIT_HEAD_GOOD; /* the very beginning */
	}
	if (left.seq == there->seq && left.seq && memcmp(left.mac, there->mac, sizeof(left.mac)) != 0)
		return err_set(err, ERR_CONFIG, "audit", "%s: the last record is another one than was written", s->dir);
	if (left.seq > there->seq) {
		found->lost_from = there->seq + 1;
		found->lost_to = left.seq;
	}
	s->end = left.seq > there->seq ? left : *there;
	return true;
}

static bool head_open(struct audit_store *s, struct err *err)
{
	s->head_fd = openat(s->dir_fd, "head", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return s->head_fd >= 0 || fail(s, err, "head: cannot be opened");
}

static bool is_found(const struct audit_found *found)
{
	return found->torn || found->lost_to || found->head != AUDIT_HEAD_GOOD;
}

/* Go on in the newest file, or begin another. */
static bool go_on(struct audit_store *s, const struct audit_files *files, const struct audit_tail *tail,
		  const struct audit_found *found, int64_t wall_ms, struct err *err)
{
	const struct audit_file *newest = files->n ? &files->of[files->n - 1] : NULL;
	struct before before = { .whole = tail->whole };

	if (newest) {
		memcpy(before.name, newest->name, sizeof(before.name));
		if (newest->number > s->number)
			s->number = newest->number;
	}
	if (!newest || is_found(found) || !tail->end.seq)
		return file_begin(s, wall_ms, &before, found, err);
	if (!file_open(s, newest->name, newest->number, false, err))
		return false;
	s->size = tail->whole;
	s->day = civil_floor_div(tail->wall_ms, CIVIL_DAY_S * 1000);
	s->tidied = false;
	return true;
}

static bool open_all(struct audit_store *s, int64_t wall_ms, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct audit_found found = { 0 };
	struct audit_files files;
	struct audit_tail tail;
	struct audit_end there;

	if (!dir_open(s, err) || !audit_files_list(s->dir_fd, s->dir, mem, &files, err) ||
	    !tail_find(s, &files, &tail, &there, err) || !compare(s, &there, files.n > 0, &found, err) ||
	    !head_open(s, err))
		return false;
	found.torn = tail.torn;
	if (is_found(&found))
		s->found = found;
	if (!go_on(s, &files, &tail, &found, wall_ms, err))
		return false;
	s->begun = true;
	return true;
}

static bool is_full(const struct audit_store *s, int64_t wall_ms)
{
	return s->size >= s->file_bytes || civil_floor_div(wall_ms, CIVIL_DAY_S * 1000) > s->day;
}

bool audit_store_ready(struct audit_store *s, int64_t wall_ms, struct err *err)
{
	if (s->fd < 0 && !open_all(s, wall_ms, err)) {
		audit_store_close(s);
		return false;
	}
	if (is_full(s, wall_ms) && !file_next(s, wall_ms, err))
		return false;
	return s->tidied || audit_store_expire(s, wall_ms, err);
}
