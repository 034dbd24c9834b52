#include "cache/keyring.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/memory.h"

enum { HEX_CHARS = 2 * KEYRING_KEY_BYTES };

struct numbered {
	uint32_t number;
	unsigned char key[KEYRING_KEY_BYTES];
};

struct keyring {
	size_t n;
	struct numbered *keys;
};

/* A longer array; the shorter one is wiped. */
static struct numbered *add(struct keyring *ring, uint32_t number)
{
	struct numbered *keys = memory_new_array(ring->n + 1, sizeof(*keys));

	if (ring->n > 0) {
		memcpy(keys, ring->keys, ring->n * sizeof(*keys));
		explicit_bzero(ring->keys, ring->n * sizeof(*keys));
	}
	free(ring->keys);
	ring->keys = keys;
	keys[ring->n].number = number;
	return &keys[ring->n++];
}

struct keyring *keyring_of(const unsigned char key[KEYRING_KEY_BYTES])
{
	struct keyring *ring = memory_new(sizeof(*ring));

	memcpy(add(ring, 0)->key, key, KEYRING_KEY_BYTES);
	return ring;
}

void keyring_free(struct keyring **ring)
{
	if (!*ring)
		return;
	if ((*ring)->n > 0)
		explicit_bzero((*ring)->keys, (*ring)->n * sizeof(*(*ring)->keys));
	free((*ring)->keys);
	free(*ring);
	*ring = NULL;
}

const unsigned char *keyring_first(const struct keyring *ring, uint32_t *number_out)
{
	*number_out = ring->keys[0].number;
	return ring->keys[0].key;
}

const unsigned char *keyring_find(const struct keyring *ring, uint32_t number)
{
	for (size_t i = 0; i < ring->n; i++)
		if (ring->keys[i].number == number)
			return ring->keys[i].key;
	return NULL;
}

/* ---- reading ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct str trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Up to the end of the line; *left goes behind it. */
static struct str next_line(struct str *left)
{
	const char *end = memchr(left->p, '\n', left->n);
	struct str line = { left->p, end ? (size_t)(end - left->p) : left->n };
	size_t taken = line.n + (end ? 1 : 0);

	*left = (struct str){ left->p + taken, left->n - taken };
	return trim(line);
}

/* Digits up to a blank, or 0: no such number. *line goes to what follows. */
static uint32_t take_number(struct str *line)
{
	uint64_t number = 0;
	size_t i = 0;

	for (; i < line->n && line->p[i] >= '0' && line->p[i] <= '9' && number <= UINT32_MAX; i++)
		number = 10 * number + (uint64_t)(line->p[i] - '0');
	if (number > UINT32_MAX || i == line->n || !is_blank(line->p[i]))
		return 0;
	*line = trim((struct str){ line->p + i, line->n - i });
	return (uint32_t)number;
}

/* NULL, or what is wrong. */
static const char *read_line(struct keyring *ring, struct str line)
{
	uint32_t number = take_number(&line);
	size_t n;

	if (number == 0)
		return "expected a number from 1 to 4294967295, a blank and 64 hexadecimal digits";
	if (keyring_find(ring, number))
		return "this number stands in a line above; give each key its own";
	if (line.n != HEX_CHARS ||
	    sodium_hex2bin(add(ring, number)->key, KEYRING_KEY_BYTES, line.p, line.n, NULL, &n, NULL) != 0 ||
	    n != KEYRING_KEY_BYTES)
		return "expected 64 hexadecimal digits behind the number; make them with `openssl rand -hex 32`";
	return NULL;
}

struct keyring *keyring_parse(struct str text, const char *where, struct err *err)
{
	struct keyring *ring = memory_new(sizeof(*ring));
	const char *wrong = NULL;
	unsigned number = 0;

	while (text.n > 0 && !wrong) {
		struct str line = next_line(&text);

		number++;
		if (line.n > 0 && line.p[0] != '#')
			wrong = read_line(ring, line);
	}
	if (!wrong && ring->n > 0)
		return ring;
	keyring_free(&ring);
	if (wrong)
		err_set(err, ERR_CONFIG, where, "line %u: %s", number, wrong);
	else
		err_set(err, ERR_CONFIG, where, "holds no key; a line is a number, a blank and 64 hexadecimal digits");
	return NULL;
}
