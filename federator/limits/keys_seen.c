#include "federator/limits/keys_seen.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

enum { ROOM_LEAST = 64, BESIDE = 8, SEQUENCE_LEAST = KEYS_RECENT * 3 / 4 };

void keys_seen_end(struct keys_seen *seen)
{
	if (seen->slots)
		explicit_bzero(seen->slots, seen->room * sizeof(*seen->slots));
	free(seen->slots);
	explicit_bzero(seen, sizeof(*seen));
}

/* Where the hash stands, or would. The table is never full. */
static uint64_t *slot_of(uint64_t *slots, uint32_t room, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (room - 1);

	while (slots[i] && slots[i] != hash)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static uint64_t mark_of(uint64_t hash)
{
	return hash ? hash : 1; /* 0 is a free slot */
}

bool keys_seen_has(const struct keys_seen *seen, uint64_t hash)
{
	return seen->slots && *slot_of(seen->slots, seen->room, mark_of(hash));
}

static bool grow(struct keys_seen *seen)
{
	uint32_t room = seen->room ? 2 * seen->room : ROOM_LEAST;
	uint64_t *slots = memory_try(room * sizeof(*slots));

	if (!slots)
		return false;
	memset(slots, 0, room * sizeof(*slots));
	for (uint32_t i = 0; i < seen->room; i++)
		if (seen->slots[i])
			*slot_of(slots, room, seen->slots[i]) = seen->slots[i];
	free(seen->slots);
	seen->slots = slots;
	seen->room = room;
	return true;
}

/* The number in a key: its last 18 digits. 0: it has none. */
static uint64_t number_of(struct str text)
{
	size_t from = text.n;
	uint64_t number = 0;

	while (from && text.n - from < 18 && text_is_digit(text.p[from - 1]))
		from--;
	for (size_t i = from; i < text.n; i++)
		number = number * 10 + (uint64_t)(text.p[i] - '0');
	return number;
}

static bool is_beside_any(const struct keys_seen *seen, uint64_t number)
{
	for (size_t i = 0; i < KEYS_RECENT; i++) {
		uint64_t other = seen->recent[i], far = other > number ? other - number : number - other;

		if (other && far <= BESIDE)
			return true;
	}
	return false;
}

static void note_number(struct keys_seen *seen, uint64_t number)
{
	uint32_t bit = UINT32_C(1) << seen->at;

	seen->beside &= ~bit;
	if (number && is_beside_any(seen, number))
		seen->beside |= bit;
	seen->recent[seen->at] = number;
	seen->at = (seen->at + 1) % KEYS_RECENT;
}

bool keys_seen_add(struct keys_seen *seen, uint64_t hash, struct str text)
{
	if (2 * (seen->n + 1) > seen->room && !grow(seen))
		return false;
	*slot_of(seen->slots, seen->room, mark_of(hash)) = mark_of(hash);
	seen->n++;
	if (text.p)
		note_number(seen, number_of(text));
	return true;
}

bool keys_seen_in_sequence(const struct keys_seen *seen)
{
	return __builtin_popcount(seen->beside) >= SEQUENCE_LEAST;
}
