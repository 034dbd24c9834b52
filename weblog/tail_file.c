/* One file: what it begins with, whether it still is the same, and its bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "weblog/tail_parts.h"

enum tail_form tail_form_of(int fd)
{
	static const struct str packed[] = {
		STR("\xfd"
		    "7zXZ"), /* xz */
		STR("BZh"), STR("\x28\xb5\x2f\xfd"), /* zstd */
		STR("PK\3\4"), STR("\x1f\x9d"), /* compress */
		STR("\x04\x22\x4d\x18"), /* lz4 */
	};
	char bytes[8];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0)
		return TAIL_GZIP;
	for (size_t i = 0; i < ARRAY_LEN(packed); i++)
		if (n >= (ssize_t)packed[i].n && memcmp(bytes, packed[i].p, packed[i].n) == 0)
			return TAIL_PACKED;
	return TAIL_PLAIN;
}

/* A gzip stream from the beginning of what is open; the descriptor stays. */
static gzFile gz_open(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	gzFile stream;

	if (copy < 0 || lseek(copy, 0, SEEK_SET) < 0) {
		if (copy >= 0)
			close(copy);
		return NULL;
	}
	stream = gzdopen(copy, "r");
	if (!stream)
		close(copy);
	return stream;
}

/* Returns bytes, -1: errno. */
static ssize_t gz_head(int fd, unsigned char *bytes, unsigned room)
{
	gzFile stream = gz_open(fd);
	int n, number = Z_OK;

	if (!stream)
		return -1;
	n = gzread(stream, bytes, room);
	(void)gzerror(stream, &number);
	(void)gzclose_r(stream);
	if (n == (int)room || (n >= 0 && number == Z_OK))
		return n;
	errno = number == Z_BUF_ERROR ? EAGAIN : number == Z_ERRNO ? EIO : EBADMSG;
	return -1;
}

bool tail_head_read(int fd, bool gzip, struct tail_head *out)
{
	struct tail_head head;
	ssize_t n = gzip ? gz_head(fd, head.bytes, sizeof(head.bytes)) : pread(fd, head.bytes, sizeof(head.bytes), 0);

	if (n < 0)
		return false;
	while (n > 0 && n < (ssize_t)sizeof(head.bytes) && head.bytes[n - 1] != '\n')
		n--;
	head.n = (uint32_t)n;
	memcpy(out->bytes, head.bytes, head.n);
	out->n = head.n;
	return true;
}

static void head_hash(const unsigned char *bytes, size_t n, unsigned char out[16])
{
	unsigned char hash[DIGEST_BYTES];
	struct digest digest;

	digest_begin(&digest, (struct str){ 0 });
	digest_add(&digest, bytes, n);
	digest_end(&digest, hash);
	memcpy(out, hash, 16);
}

bool tail_head_is_of(const struct tail_head *head, const struct tail_file *file)
{
	uint32_t n = file->now.id.head_bytes;
	unsigned char hash[16];

	if (n == 0 || n > head->n)
		return false;
	if (file->head.n == n)
		return memcmp(head->bytes, file->head.bytes, n) == 0;
	head_hash(head->bytes, n, hash);
	return memcmp(hash, file->now.id.head, sizeof(hash)) == 0;
}

void tail_head_take(struct tail_file *file, const struct tail_head *head)
{
	if (file->head.n == head->n)
		return;
	file->changed = file->changed || file->now.id.head_bytes != head->n;
	file->head = *head;
	file->now.id.head_bytes = head->n;
	head_hash(head->bytes, head->n, file->now.id.head);
}

int tail_place_open(const struct tail_place *place)
{
	int fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_dev == place->device && st.st_ino == place->inode)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

enum tail_state tail_file_look(struct weblog_tail *tail, struct tail_file *file, int fd)
{
	struct tail_head head;
	struct stat st;

	if (fstat(fd, &st) != 0 || !tail_head_read(fd, false, &head))
		return TAIL_UNREADABLE;
	if (!tail_head_is_of(&head, file))
		return TAIL_OTHER;
	tail_head_take(file, &head);
	if ((uint64_t)st.st_size > file->size || ((uint64_t)st.st_size < file->size && !file->copied)) {
		file->size = (uint64_t)st.st_size;
		file->grown_us = tail->clock();
		file->final = false;
	}
	return file->size < file->now.offset && !file->copied ? TAIL_CUT : TAIL_SAME;
}

/* One that can be opened again; rather one that has nothing to be read. */
static void another_close(struct weblog_tail *tail)
{
	struct tail_file *best = NULL;

	for (size_t i = 0; i < tail->n_files; i++) {
		struct tail_file *file = tail->files[i];

		if (file->fd < 0 || !file->place->listed || file == tail->current || file->gz)
			continue;
		if (!best || file->more < best->more || (file->more == best->more && file->grown_us < best->grown_us))
			best = file;
	}
	if (best)
		tail_file_close(tail, best);
}

bool tail_file_open(struct weblog_tail *tail, struct tail_file *file)
{
	if (file->fd >= 0)
		return true;
	if (tail->n_open >= tail->open_max)
		another_close(tail);
	file->fd = tail_place_open(file->place);
	if (file->fd >= 0) {
		tail->n_open++;
		return true;
	}
	file->more = false;
	if (errno == ESTALE || errno == ENOENT) {
		tail->rescan = file->place->stale = true;
		return false;
	}
	tail_place_trouble(tail, file->place, errno);
	return false;
}

void tail_file_close(struct weblog_tail *tail, struct tail_file *file)
{
	if (file->fd < 0)
		return;
	tail_gz_end(tail, file);
	close(file->fd);
	file->fd = -1;
	tail->n_open--;
}

void tail_file_end(struct weblog_tail *tail, struct tail_file *file)
{
	if (file->copied && file->size > file->now.offset)
		tail->counts.bytes_lost += file->size - file->now.offset;
	file->done = true;
	file->final = false;
	tail_gz_end(tail, file);
	for (size_t i = 0; file->place->gzip && i < tail->n_places; i++)
		if (tail->places[i]->file == file) /* may have more than was packed */
			tail->places[i]->stale = tail->rescan = true;
}

void tail_file_cut(struct weblog_tail *tail, struct tail_file *file)
{
	tail->counts.truncations++;
	tail_tell(tail, file->now.path.p, "has lost lines that were read; going on at its end");
	file->now.offset = file->size;
	file->past = 0;
	if (tail->current == file)
		tail_buffer_drop(tail);
}

void tail_file_detach(struct weblog_tail *tail, struct tail_file *file)
{
	struct tail_place *place = file->place;

	if (file->fd >= 0) /* or else it may have been deleted, and the inode used again */
		tail->counts.truncations++;
	tail_file_close(tail, file);
	place->file = NULL;
	place->stale = true;
	file->place = NULL;
	file->misses = 0;
	file->final = file->more = false;
	tail->rescan = true;
}

void tail_file_attach(struct weblog_tail *tail, struct tail_file *file, struct tail_place *place)
{
	struct weblog_file_id *id = &file->now.id;

	if (id->device != place->device || id->inode != place->inode)
		file->changed = true;
	id->device = place->device;
	id->inode = place->inode;
	file->place = place;
	place->file = file;
	place->whole = true;
	file->misses = 0;
	file->grown_us = tail->clock();
	if (file->lost)
		file->lost = file->done = false;
	file->more = !file->done;
	tail_file_name(file, place->path);
}

void tail_gz_end(struct weblog_tail *tail, struct tail_file *file)
{
	struct tail_gz *gz = file->gz;

	if (!gz)
		return;
	if (gz->stream)
		(void)gzclose_r(gz->stream);
	free(gz->rest);
	free(gz);
	file->gz = NULL;
	tail->n_gz--;
}

bool tail_gz_ends_at(int fd, uint64_t offset)
{
	unsigned char last[4]; /* the size, little end first */
	uint32_t size = 0;
	struct stat st;

	if (offset == 0 || fstat(fd, &st) != 0 || pread(fd, last, 4, st.st_size - 4) != 4)
		return false;
	for (size_t i = sizeof(last); i-- > 0;)
		size = size << 8 | last[i];
	return size == (uint32_t)offset;
}

/* Nothing came out of the stream: why? */
static void gz_stop(struct weblog_tail *tail, struct tail_file *file)
{
	int number = Z_STREAM_ERROR;

	if (file->gz->stream)
		(void)gzerror(file->gz->stream, &number);
	file->more = false;
	if (number == Z_BUF_ERROR && !file->final) {
		tail_gz_end(tail, file);
		return; /* whoever packs it may not be ready */
	}
	if (file->gz->stream)
		(void)gzclose_r(file->gz->stream);
	file->gz->stream = NULL;
	if (number != Z_OK)
		tail_tell(tail, file->now.path.p, number == Z_BUF_ERROR ? "the compressed data ends too early"
									: "the compressed data is damaged");
	file->final = true;
}

static void gz_begin(struct weblog_tail *tail, struct tail_file *file)
{
	tail_gz_end(tail, file);
	file->gz = memory_new(sizeof(*file->gz));
	file->gz->stream = gz_open(file->fd);
	tail->n_gz++;
	if (file->gz->stream)
		(void)gzbuffer(file->gz->stream, 1 << 16);
}

static size_t gz_read(struct weblog_tail *tail, struct tail_file *file, uint64_t from, char *to, size_t room)
{
	uint64_t skip;
	int n;

	if (file->gz && !file->gz->stream && file->gz->at == from) {
		file->more = false;
		return 0;
	}
	if (!file->gz || !file->gz->stream || file->gz->at > from)
		gz_begin(tail, file);
	skip = from - file->gz->at;
	n = file->gz->stream ? gzread(file->gz->stream, to, (unsigned)(skip && skip < room ? skip : room)) : -1;
	if (n <= 0) {
		gz_stop(tail, file);
		return 0;
	}
	file->more = true;
	file->gz->at += (uint64_t)n;
	if (!skip)
		return (size_t)n;
	tail->slice += (size_t)n;
	return 0;
}

static size_t plain_read(struct weblog_tail *tail, struct tail_file *file, uint64_t from, char *to, size_t room)
{
	ssize_t n = pread(file->fd, to, room, (off_t)from);
	/* Only now: what was read before is of this file if it still begins as it did. */
	enum tail_state state = n < 0 ? TAIL_UNREADABLE : tail_file_look(tail, file, file->fd);

	file->more = false;
	switch (state) {
	case TAIL_SAME:
		file->more = file->size > from + (uint64_t)n && n > 0;
		file->place->trouble = 0;
		return (size_t)n;
	case TAIL_CUT:
		tail_file_cut(tail, file);
		return 0;
	case TAIL_OTHER:
		tail_file_detach(tail, file);
		return 0;
	case TAIL_UNREADABLE:
		break;
	}
	tail_place_trouble(tail, file->place, errno);
	return 0;
}

size_t tail_file_read(struct weblog_tail *tail, struct tail_file *file, uint64_t ahead, char *to, size_t room)
{
	uint64_t from = file->now.offset + ahead;

	return file->place->gzip ? gz_read(tail, file, from, to, room) : plain_read(tail, file, from, to, room);
}
