#include "base/map.h"

#include "base/digest.h"

enum { FIRST_SLOTS = 16 };

struct slot {
	uint64_t hash; /* never 0 for a used slot */
	struct str key;
	void *value;
};

/* Open addressing with linear probing; n_slots is a power of two and at most half are used. */
struct map {
	struct arena *mem;
	struct slot *slots;
	size_t n_slots;
	size_t count;
};

static uint64_t hash_of(struct str key)
{
	return digest_sip(key) | 1;
}

/* The slot of the key, or the free one where it would go. */
static struct slot *find(struct slot *slots, size_t n_slots, uint64_t hash, struct str key)
{
	size_t i = (hash >> 1) & (n_slots - 1);

	while (slots[i].hash && !(slots[i].hash == hash && str_eq(slots[i].key, key)))
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

struct map *map_new(struct arena *mem)
{
	struct map *m = arena_new_of(mem, struct map);

	*m = (struct map){ .mem = mem,
			   .slots = arena_array_of(mem, struct slot, FIRST_SLOTS),
			   .n_slots = FIRST_SLOTS };
	return m;
}

/* The old table stays in the arena: all of them together are smaller than the new one. */
static void grow(struct map *m)
{
	size_t n_slots = m->n_slots * 2;
	struct slot *slots = arena_array_of(m->mem, struct slot, n_slots);

	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].hash)
			*find(slots, n_slots, m->slots[i].hash, m->slots[i].key) = m->slots[i];
	m->slots = slots;
	m->n_slots = n_slots;
}

void *map_set(struct map *m, struct str key, void *value)
{
	uint64_t hash = hash_of(key);
	struct slot *s = find(m->slots, m->n_slots, hash, key);
	void *former = s->value;

	if (s->hash) {
		s->value = value;
		return former;
	}
	if (2 * (m->count + 1) > m->n_slots) {
		grow(m);
		s = find(m->slots, m->n_slots, hash, key);
	}
	*s = (struct slot){ hash, key, value };
	m->count++;
	return NULL;
}

void *map_get(const struct map *m, struct str key)
{
	return find(m->slots, m->n_slots, hash_of(key), key)->value;
}

size_t map_count(const struct map *m)
{
	return m->count;
}
