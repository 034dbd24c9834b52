#include "federator/access/rings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "federator/access/keystore.h"
#include "federator/guarded.h"

enum { LOOK_MS = 500 };

/* What differs when a file was written or replaced. */
struct signature {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

struct file {
	const char *path; /* "": none */
	struct signature seen;
	bool refused; /* as it was then: it is tried again, as what was missing may have been a descriptor */
	struct ring *ring; /* under lock */
};

struct rings {
	struct file files[RING_KINDS];
	atomic_ullong epoch; /* changed under lock */
	pthread_mutex_t looking; /* one at a time; taken before lock */
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool ending; /* under lock */
	bool running;
	pthread_t thread;
};

/* ---- one ring ---- */

void rings_give(struct ring **ringp)
{
	struct ring *ring = *ringp;

	*ringp = NULL;
	if (!ring || __atomic_sub_fetch(&ring->owners, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	jwks_free(&ring->jwks);
	arena_wipe_free(&ring->mem);
	free(ring);
}

static bool jwks_load(const char *path, struct arena *mem, struct jwks *out, struct err *err)
{
	struct str text;

	return guarded_read(path, GUARD_WRITING, JWKS_BYTES_MOST, "jwks", mem, &text, err) &&
	       jwks_parse(text, path, mem, out, err);
}

/* NULL with *err: the file is no good. */
static struct ring *ring_load(enum ring_kind kind, const char *path, struct err *err)
{
	struct ring *ring = memory_new(sizeof(*ring));
	bool good = false;

	ring->mem = arena_new();
	ring->owners = 1;
	switch (kind) {
	case RING_KEYS:
		good = keystore_read(path, ring->mem, &ring->keys, err);
		break;
	case RING_JWKS:
		good = jwks_load(path, ring->mem, &ring->jwks, err);
		break;
	}
	if (!good)
		rings_give(&ring);
	return ring;
}

/* ---- looking for changes ---- */

static struct signature signature_of(const char *path)
{
	struct signature sig = { 0 };
	struct stat st;

	if (stat(path, &st) == 0)
		sig = (struct signature){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
	return sig;
}

static bool times_same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool signature_same(const struct signature *a, const struct signature *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && times_same(a->modified, b->modified) &&
	       times_same(a->changed, b->changed);
}

static void ring_replace(struct rings *r, struct file *file, struct ring *ring)
{
	struct ring *old;

	pthread_mutex_lock(&r->lock);
	old = file->ring;
	file->ring = ring;
	atomic_fetch_add(&r->epoch, 1);
	pthread_mutex_unlock(&r->lock);
	rings_give(&old);
}

static void look(struct rings *r, enum ring_kind kind)
{
	struct file *file = &r->files[kind];
	struct signature now = signature_of(file->path); /* before it is read: what changes meanwhile is seen later */
	bool changed = !signature_same(&now, &file->seen);
	struct ring *ring;
	struct err err;

	if (!changed && !file->refused)
		return;
	file->seen = now;
	ring = ring_load(kind, file->path, &err);
	file->refused = !ring;
	if (!ring && changed)
		log_event(LOG_ERROR, "keys_refused", LOG_CSTR("file", file->path), LOG_CSTR("where", err.where),
			  LOG_CSTR("why", err.text), LOG_CSTR("text", "what was read before stays in force"));
	if (!ring)
		return;
	log_event(LOG_INFO, "keys_loaded", LOG_CSTR("file", file->path), LOG_NUM("keys", ring->keys.n + ring->jwks.n));
	ring_replace(r, file, ring);
}

void rings_look(struct rings *r)
{
	pthread_mutex_lock(&r->looking);
	for (size_t kind = 0; kind < RING_KINDS; kind++)
		if (*r->files[kind].path)
			look(r, (enum ring_kind)kind);
	pthread_mutex_unlock(&r->looking);
}

static bool rests(struct rings *r)
{
	struct timespec due = clock_timespec(deadline_after_ms(LOOK_MS).at_us);
	bool ending;

	pthread_mutex_lock(&r->lock);
	while (!r->ending && pthread_cond_timedwait(&r->end, &r->lock, &due) == 0)
		continue;
	ending = r->ending;
	pthread_mutex_unlock(&r->lock);
	return !ending;
}

static void *watch(void *arg)
{
	struct rings *r = arg;

	while (rests(r))
		rings_look(r);
	return NULL;
}

/* ---- beginning, end, and between ---- */

static bool files_open(struct rings *r, struct err *err)
{
	for (size_t kind = 0; kind < RING_KINDS; kind++) {
		struct file *file = &r->files[kind];

		if (!*file->path)
			continue;
		file->seen = signature_of(file->path);
		file->ring = ring_load((enum ring_kind)kind, file->path, err);
		if (!file->ring)
			return false;
	}
	return true;
}

struct rings *rings_open(const char *keys, const char *jwks, struct err *err)
{
	struct rings *r = memory_new(sizeof(*r));

	r->files[RING_KEYS].path = keys;
	r->files[RING_JWKS].path = jwks;
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->looking, NULL);
	clock_cond_init(&r->end);
	if (!files_open(r, err)) {
		rings_close(&r);
		return NULL;
	}
	r->running = pthread_create(&r->thread, NULL, watch, r) == 0;
	if (r->running) {
		pthread_setname_np(r->thread, "keys");
		return r;
	}
	err_set(err, ERR_SYSTEM, "keys", "no thread can be started");
	rings_close(&r);
	return NULL;
}

void rings_close(struct rings **rp)
{
	struct rings *r = *rp;

	if (!r)
		return;
	if (r->running) {
		pthread_mutex_lock(&r->lock);
		r->ending = true;
		pthread_cond_signal(&r->end);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	for (size_t kind = 0; kind < RING_KINDS; kind++)
		rings_give(&r->files[kind].ring);
	pthread_cond_destroy(&r->end);
	pthread_mutex_destroy(&r->looking);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*rp = NULL;
}

uint64_t rings_epoch(const struct rings *r)
{
	return atomic_load_explicit(&r->epoch, memory_order_acquire);
}

struct ring *rings_take(struct rings *r, enum ring_kind kind, uint64_t *epoch_out)
{
	struct ring *ring;

	pthread_mutex_lock(&r->lock);
	ring = r->files[kind].ring;
	if (ring)
		__atomic_add_fetch(&ring->owners, 1, __ATOMIC_RELAXED);
	*epoch_out = atomic_load(&r->epoch);
	pthread_mutex_unlock(&r->lock);
	return ring;
}
