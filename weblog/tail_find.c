/* What the globs lead to: paths, the inodes behind them, and which paths follow each other. */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "weblog/tail_parts.h"

enum { TICK_NS = 50000000 }; /* two changes that are closer may have the same ctime */

void tail_place_trouble(struct weblog_tail *tail, struct tail_place *place, int number)
{
	if (place->trouble != number)
		tail_tell(tail, place->path, strerror(number));
	place->trouble = number;
}

static void glob_trouble(struct weblog_tail *tail, struct tail_glob *glob, const char *path, int number)
{
	if (number && glob->trouble != number)
		tail_tell(tail, path, strerror(number));
	glob->trouble = number;
}

/* Do the path's first n bytes fit? */
static bool begin_fits(const struct tail_glob *glob, const char *path, size_t n)
{
	SCOPED(buf_free) struct buf text = { 0 };

	buf_put(&text, path, n);
	return fnmatch(glob->pattern, buf_reserve(&text, 1) - text.len, FNM_PATHNAME | FNM_PERIOD) == 0;
}

/* The next place behind `at` where a suffix may begin; the path's length when there is none. */
static size_t suffix_next(const char *path, size_t at)
{
	return at + 1 + strcspn(path + at + 1, ".-");
}

static size_t name_begin(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

bool tail_glob_fits(const struct tail_glob *glob, const char *path)
{
	size_t n = strlen(path);

	for (size_t at = name_begin(path); at < n;) {
		at = suffix_next(path, at);
		if (begin_fits(glob, path, at))
			return true;
	}
	return false;
}

static struct tail_family *family_find(const struct weblog_tail *tail, struct str base)
{
	for (size_t i = 0; i < tail->n_families; i++)
		if (str_eq(str_of(tail->families[i]->base), base))
			return tail->families[i];
	return NULL;
}

/* A file of that name is or was there. */
static bool is_base(const struct weblog_tail *tail, const struct tail_glob *glob, struct str base)
{
	SCOPED(buf_free) struct buf text = { 0 };

	if (glob->literal || family_find(tail, base))
		return true;
	buf_put_str(&text, base);
	buf_putc(&text, '\0');
	return access(text.data, F_OK) == 0;
}

/* How much of a path its files share: the shortest name of a file that the glob leads to; when only this one is there,
 * the longest name that fits. */
static size_t base_of(const struct weblog_tail *tail, const struct tail_glob *glob, const char *path)
{
	size_t n = strlen(path), longest = n;

	for (size_t at = name_begin(path); at < n;) {
		at = suffix_next(path, at);
		if (!begin_fits(glob, path, at))
			continue;
		longest = at;
		if (at == n || is_base(tail, glob, (struct str){ path, at }))
			return at;
	}
	return longest;
}

struct tail_family *tail_family_of(struct weblog_tail *tail, const struct tail_glob *glob, const char *path)
{
	struct str base = { path, glob ? base_of(tail, glob, path) : strlen(path) };
	struct tail_family *family = family_find(tail, base);

	if (family)
		return family;
	family = memory_new(sizeof(*family));
	family->base = memory_new(base.n + 1);
	memcpy(family->base, base.p, base.n);
	family->glob = glob;
	family->at_us = INT64_MIN;
	tail->families = memory_resize(tail->families, (tail->n_families + 1) * sizeof(struct tail_family *));
	tail->families[tail->n_families++] = family;
	return family;
}

/* The place of an inode; a new one is put where it belongs. */
static struct tail_place *place_get(struct weblog_tail *tail, const struct stat *st)
{
	size_t low = 0, high = tail->n_places;
	struct tail_place *place;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		place = tail->places[mid];
		if (place->device == st->st_dev && place->inode == st->st_ino)
			return place;
		if (place->device < st->st_dev || (place->device == st->st_dev && place->inode < st->st_ino))
			low = mid + 1;
		else
			high = mid;
	}
	place = memory_new(sizeof(*place));
	place->device = st->st_dev;
	place->inode = st->st_ino;
	place->wd = -1;
	tail->places = memory_resize(tail->places, (tail->n_places + 1) * sizeof(struct tail_place *));
	memmove(tail->places + low + 1, tail->places + low, (tail->n_places - low) * sizeof(struct tail_place *));
	tail->places[low] = place;
	tail->n_places++;
	return place;
}

void tail_place_drop(struct weblog_tail *tail, struct tail_place *place)
{
	size_t at = 0;

	tail_watch_end(tail, place);
	if (place->file && place->file->place == place)
		place->file->place = NULL;
	while (tail->places[at] != place)
		at++;
	memmove(tail->places + at, tail->places + at + 1, (--tail->n_places - at) * sizeof(struct tail_place *));
	free(place->path);
	free(place);
}

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ns_of(now);
}

static void path_take(struct weblog_tail *tail, const struct tail_glob *glob, const char *path)
{
	struct tail_place *place;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	place = place_get(tail, &st);
	if (place->listed && strlen(place->path) <= strlen(path))
		return; /* a link to it */
	if (!place->path || strcmp(place->path, path) != 0) {
		free(place->path);
		place->path = memory_text(path);
		place->family = tail_family_of(tail, glob, path);
	}
	if (place->size != (uint64_t)st.st_size || place->changed_ns != ns_of(st.st_ctim) || place->trouble ||
	    place->changed_ns + TICK_NS > place->listed_ns)
		place->stale = true;
	place->size = (uint64_t)st.st_size;
	place->changed_ns = ns_of(st.st_ctim);
	place->written_ns = ns_of(st.st_mtim);
	place->listed = true;
}

/* The directories of a glob are watched. False: one of them cannot be listed. */
static bool directories_watch(struct weblog_tail *tail, struct tail_glob *from)
{
	SCOPED(buf_free) struct buf directory = { 0 };
	size_t n = name_begin(from->pattern);
	glob_t found = { 0 };
	int trouble = 0;

	buf_put(&directory, n ? from->pattern : "./", n ? n : 2);
	if (glob(directory.data, GLOB_NOSORT | GLOB_ONLYDIR | GLOB_NOMAGIC, NULL, &found) != 0)
		trouble = ENOENT;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!tail_watch_directory(tail, found.gl_pathv[i]))
			trouble = errno;
	globfree(&found);
	glob_trouble(tail, from, directory.data, trouble);
	return trouble == 0 || trouble == ENOSPC; /* no more watches: then without */
}

static void glob_list(struct weblog_tail *tail, struct tail_glob *from)
{
	SCOPED(buf_free) struct buf siblings = { 0 };
	glob_t found = { 0 };

	from->blind = !directories_watch(tail, from);
	buf_printf(&siblings, "%s[.-]*", from->pattern);
	if (glob(from->pattern, GLOB_NOSORT, NULL, &found) == GLOB_NOSPACE ||
	    glob(siblings.data, GLOB_NOSORT | GLOB_APPEND, NULL, &found) == GLOB_NOSPACE)
		from->blind = true;
	for (size_t i = 0; i < found.gl_pathc; i++)
		path_take(tail, from, found.gl_pathv[i]);
	globfree(&found);
}

void tail_place_check(struct weblog_tail *tail, struct tail_place *place)
{
	struct tail_file *file = place->file;
	int fd = file->fd >= 0 && !place->gzip ? file->fd : tail_place_open(place);
	enum tail_state state = TAIL_UNREADABLE;
	struct tail_head head;

	if (fd >= 0 && !place->gzip)
		state = tail_file_look(tail, file, fd);
	else if (fd >= 0 && tail_head_read(fd, true, &head))
		state = tail_head_is_of(&head, file) ? TAIL_SAME : TAIL_OTHER;
	place->stale = false;
	switch (state) {
	case TAIL_SAME:
		place->trouble = 0;
		if (!place->gzip && file->size > file->now.offset && !file->copied)
			file->done = false;
		if (place->gzip && tail_gz_ends_at(fd, file->now.offset))
			file->done = true;
		file->more = !file->done;
		break;
	case TAIL_CUT:
		if (!file->done)
			tail_file_cut(tail, file);
		break;
	case TAIL_OTHER:
		tail_file_detach(tail, file);
		break;
	case TAIL_UNREADABLE:
		if (errno == ESTALE || errno == ENOENT)
			tail->rescan = true;
		else if (errno != EAGAIN)
			tail_place_trouble(tail, place, errno);
	}
	if (fd >= 0 && fd != file->fd)
		close(fd);
}

/* The file is called as its place is. */
static void rename_note(struct weblog_tail *tail, struct tail_file *file)
{
	if (strcmp(file->now.path.p, file->family->base) == 0 && strcmp(file->place->path, file->family->base) != 0)
		tail->counts.rotations++;
	tail_file_name(file, file->place->path);
}

void tail_scan(struct weblog_tail *tail)
{
	int64_t began_ns = now_ns();

	tail->rescan = false;
	tail->scanned_us = tail->clock();
	for (size_t i = 0; i < tail->n_places; i++)
		tail->places[i]->listed = false;
	for (size_t i = 0; i < tail->n_globs; i++)
		glob_list(tail, &tail->globs[i]);
	for (size_t i = 0; i < tail->n_places; i++) {
		struct tail_place *place = tail->places[i];

		if (place->listed && (!place->file || place->file->place != place || !place->file->done))
			tail_watch_place(tail, place);
		if (place->file && place->file->place == place) {
			if (place->listed)
				rename_note(tail, place->file);
			if (place->listed && place->stale)
				tail_place_check(tail, place);
			else if (!place->listed && place->file->fd >= 0 && !place->file->done)
				place->file->more = true; /* only the descriptor leads to it */
		}
	}
	for (size_t i = tail->n_places; i-- > 0;) {
		struct tail_place *place = tail->places[i];

		place->listed_ns = began_ns;
		if (!place->listed && !(place->file && place->file->place == place && place->file->fd >= 0))
			tail_place_drop(tail, place);
	}
	tail_match(tail);
	tail_settle(tail);
}
