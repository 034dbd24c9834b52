#include "federator/access/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/guarded.h"

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool file_read(const char *path, enum guard guard, struct arena *mem, struct keyfile *out, struct err *err)
{
	struct str text;

	return guarded_read(path, guard, KEYFILE_BYTES_MOST, "keys", mem, &text, err) &&
	       keyfile_parse(text, path, mem, out, err);
}

bool keystore_read(const char *path, struct arena *mem, struct keyfile *out, struct err *err)
{
	return file_read(path, GUARD_READING, mem, out, err);
}

/* A link is followed, so that it is its file that is replaced. */
static const char *path_real(const char *path, struct arena *mem)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_cstr(mem, str_of(real)) : path;

	free(real);
	return copy;
}

static bool dir_lock(struct keystore *store, struct err *err)
{
	const char *slash = strrchr(store->path, '/');
	const char *dir = slash == store->path ? "/" : slash ? arena_printf(store->mem, "%.*s",
									    (int)(slash - store->path), store->path)
								       .p :
							       ".";

	store->name = slash ? slash + 1 : store->path;
	store->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (store->dir >= 0 && flock(store->dir, LOCK_EX) != 0)
		if (errno != EINTR)
			return err_set(err, ERR_SYSTEM, "keys", "cannot lock %s: %s", dir, strerror(errno));
	return store->dir >= 0 || err_set(err, ERR_CONFIG, "keys", "cannot open %s: %s", dir, strerror(errno));
}

bool keystore_open(const char *path, bool create, struct arena *mem, struct keystore *out, struct err *err)
{
	struct keystore store = { .dir = -1, .path = path_real(path, mem), .mem = mem };
	bool good = dir_lock(&store, err);

	if (good && create && faccessat(store.dir, store.name, F_OK, 0) != 0 && errno == ENOENT)
		good = guarded_place(store.path, GUARD_TENDING, "keys", err) &&
		       keyfile_parse(STR("{\"version\": 1, \"keys\": []}"), path, mem, &store.file, err);
	else if (good)
		good = file_read(store.path, GUARD_TENDING, mem, &store.file, err);
	if (good)
		*out = store;
	else
		keystore_close(&store);
	return good;
}

struct api_key *keystore_add(struct keystore *store, struct err *err)
{
	struct keyfile *file = &store->file;
	struct api_key *keys;

	if (file->n == KEYFILE_KEYS_MOST) {
		err_set(err, ERR_CONFIG, "keys", "there are %d keys; no more can be added", KEYFILE_KEYS_MOST);
		return NULL;
	}
	keys = arena_array_of(store->mem, struct api_key, file->n + 1);
	memcpy(keys, file->of, file->n * sizeof(*keys));
	file->of = keys;
	return &keys[file->n++];
}

/* What root writes belongs to whom it belonged to, else to whom the directory belongs to: the service reads it. */
static bool owner_keep(const struct keystore *store, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (fstatat(store->dir, store->name, &st, 0) != 0 && fstat(store->dir, &st) != 0)
		return false;
	return fchown(fd, st.st_uid, st.st_gid) == 0;
}

static bool file_replace(const struct keystore *store, struct str text)
{
	const char *draft = arena_printf(store->mem, ".%s.%d.new", store->name, (int)getpid()).p;
	SCOPED(fd_close) int fd = -1;

	unlinkat(store->dir, draft, 0); /* of a process that ended in here; others wait for the lock */
	fd = openat(store->dir, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	if (guarded_write(fd, text) && owner_keep(store, fd) && fsync(fd) == 0 &&
	    renameat(store->dir, draft, store->dir, store->name) == 0 && fsync(store->dir) == 0)
		return true;
	unlinkat(store->dir, draft, 0);
	return false;
}

bool keystore_write(struct keystore *store, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct keyfile again;

	keyfile_print(&store->file, &text);
	if (!keyfile_parse(buf_str(&text), "the key", store->mem, &again, err))
		return false;
	return file_replace(store, buf_str(&text)) ||
	       err_set(err, ERR_SYSTEM, "keys", "cannot write %s: %s", store->path, strerror(errno));
}

void keystore_close(struct keystore *store)
{
	fd_close(&store->dir);
	store->dir = -1;
}
