#include "federator/access/rings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/access/keystore.h"
#include "federator/guarded.h"
#include "federator/watcher.h"

struct file {
	const char *path; /* "": none */
	struct stamp seen;
	bool refused; /* as it was then: it is tried again, as what was missing may have been a descriptor */
	struct ring *ring; /* under lock */
};

struct rings {
	struct rings_owner owner;
	struct file files[RING_KINDS];
	atomic_ullong epoch; /* changed under lock */
	pthread_mutex_t looking; /* one at a time; taken before lock */
	pthread_mutex_t lock;
	struct watcher watcher;
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
static struct ring *ring_load(const struct rings *r, enum ring_kind kind, struct err *err)
{
	const char *path = r->files[kind].path;
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
	else if (kind == RING_KEYS)
		r->owner.keys_read(r->owner.arg, &ring->keys);
	return ring;
}

/* ---- looking for changes ---- */

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
	bool changed = stamp_differs(&file->seen, file->path);
	struct ring *ring;
	struct err err;

	if (!changed && !file->refused)
		return;
	ring = ring_load(r, kind, &err);
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

static void watch(void *owner)
{
	rings_look(owner);
}

/* ---- beginning, end, and between ---- */

static bool files_open(struct rings *r, struct err *err)
{
	for (size_t kind = 0; kind < RING_KINDS; kind++) {
		struct file *file = &r->files[kind];

		if (!*file->path)
			continue;
		stamp_differs(&file->seen, file->path);
		file->ring = ring_load(r, (enum ring_kind)kind, err);
		if (!file->ring)
			return false;
	}
	return true;
}

struct rings *rings_open(const char *keys, const char *jwks, const struct rings_owner *owner, struct err *err)
{
	struct rings *r = memory_new(sizeof(*r));

	r->owner = *owner;
	r->files[RING_KEYS].path = keys;
	r->files[RING_JWKS].path = jwks;
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->looking, NULL);
	if (files_open(r, err) && watcher_begin(&r->watcher, "keys", watch, r, err))
		return r;
	rings_close(&r);
	return NULL;
}

void rings_close(struct rings **rp)
{
	struct rings *r = *rp;

	if (!r)
		return;
	watcher_end(&r->watcher);
	for (size_t kind = 0; kind < RING_KINDS; kind++)
		rings_give(&r->files[kind].ring);
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
