#include "tests/cache/property/copies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum { COLUMNS = 4, FILLER_MOST = 700, KIND_BYTES = 240 };
/* The last one is the same for all customers, so it gets into books. */
static const bool common[COLUMNS] = { [3] = true };

static const struct str salt = STR("salt of the property test");

struct str copy_tenant(void)
{
	return STR("t");
}

struct copy copy_of(enum part part, unsigned customer)
{
	if (part == BY_PHONE)
		return (struct copy){ part, customer & ~1U, 2 };
	return (struct copy){ part, customer, 1 };
}

unsigned copy_source(enum part part)
{
	return part % SOURCES;
}

struct value {
	char text[16];
};

static struct value value_of(char kind, unsigned number)
{
	struct value value;

	snprintf(value.text, sizeof(value.text), "%c%u", kind, number);
	return value;
}

static struct value asked_value(const struct copy *copy)
{
	switch (copy->part) {
	case BY_MEMBER:
	case ALSO_BY_MEMBER:
		break;
	case BY_PHONE:
		return value_of('p', copy->first);
	case BY_COOKIE:
		return value_of('c', copy->first);
	}
	return value_of('m', copy->first);
}

static struct cache_name name_of(struct value value)
{
	struct cache_name name;

	cache_name_make(&name, copy_tenant(), salt, (struct str){ value.text, 1 }, str_of(value.text));
	return name;
}

struct cache_name copy_asked_name(const struct copy *copy)
{
	return name_of(asked_value(copy));
}

struct cache_name copy_customer_name(unsigned customer)
{
	return name_of(value_of('m', customer));
}

struct cache_name copy_whole_name(enum cache_whole whole, unsigned number)
{
	struct value value = value_of('w', number);
	struct cache_name name;

	cache_whole_make(&name, whole, str_of(value.text));
	return name;
}

void copy_ask(const struct copy *copy, struct cache_ask *ask)
{
	unsigned char definition[DIGEST_BYTES] = { (unsigned char)copy->part };
	struct cache_name tag = copy->part == BY_PHONE ? copy_asked_name(copy) : copy_customer_name(copy->first);
	struct value value = asked_value(copy);
	struct str asked[] = { { value.text, 1 }, str_of(value.text) };

	cache_key_make(&ask->key, &(struct cache_asked){ .tenant = copy_tenant(),
							  .salt = salt,
							  .definition = definition,
							  .tag = &tag,
							  .values = asked,
							  .n_values = copy->part == BY_COOKIE ? ARRAY_LEN(asked) : 0 });
	ask->wholes.source = copy_whole_name(CACHE_SOURCE, copy_source(copy->part));
	ask->wholes.part = copy_whole_name(CACHE_PART, copy->part);
}

static struct str whose(const struct copy *copy, unsigned i, struct arena *mem)
{
	return arena_printf(mem, "part %u by %s of %u", (unsigned)copy->part, asked_value(copy).text, copy->first + i);
}

static struct str filler(uint32_t version, struct arena *mem)
{
	size_t n = version * 7919 % FILLER_MOST;
	char *text = arena_alloc(mem, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + (version + i) % 26);
	return (struct str){ text, n };
}

/* Of one part, and of no other. */
static struct str kind(const struct copy *copy, struct arena *mem)
{
	char *text = arena_alloc(mem, KIND_BYTES);

	for (size_t i = 0; i < KIND_BYTES; i++)
		text[i] = (char)('A' + (i * (copy->part + 3) + i / 26) % 26);
	return (struct str){ text, KIND_BYTES };
}

const struct rows *copy_rows(const struct copy *copy, const uint32_t *versions, struct arena *mem)
{
	struct str *cells = arena_array_of(mem, struct str, (size_t)copy->n * COLUMNS);
	struct rows *rows = arena_new_of(mem, struct rows);

	for (unsigned i = 0; i < copy->n; i++) {
		cells[COLUMNS * i] = whose(copy, i, mem);
		cells[COLUMNS * i + 1] = arena_printf(mem, "%" PRIu32, versions[i]);
		cells[COLUMNS * i + 2] = filler(versions[i], mem);
		cells[COLUMNS * i + 3] = kind(copy, mem);
	}
	*rows = (struct rows){ .n_rows = copy->n, .n_cols = COLUMNS, .cells = cells };
	return rows;
}

bool copy_versions(const struct copy *copy, const struct rows *rows, uint32_t *versions_out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	if (rows->n_rows != copy->n || rows->n_cols != COLUMNS || rows->flags)
		return false;
	for (unsigned i = 0; i < copy->n; i++) {
		struct str version = rows_cell(rows, i, 1);

		if (!version.p || !str_eq(rows_cell(rows, i, 0), whose(copy, i, mem)))
			return false;
		versions_out[i] = (uint32_t)strtoul(arena_cstr(mem, version), NULL, 10);
		if (!str_eq(rows_cell(rows, i, 2), filler(versions_out[i], mem)) ||
		    !str_eq(rows_cell(rows, i, 3), kind(copy, mem)))
			return false;
	}
	return true;
}

void copy_put(struct cache *c, const struct copy *copy, const struct rows *rows, const struct cache_ask *ask,
	      uint64_t ttl_ms)
{
	struct cache_name names[NAMES_OF_COPY] = { copy_asked_name(copy) }, given = name_of(value_of('c', copy->first));
	size_t n = 1;

	if (copy->part == BY_PHONE || copy->part == BY_COOKIE)
		for (unsigned i = 0; i < copy->n; i++)
			names[n++] = copy_customer_name(copy->first + i);
	cache_put(c, &(struct cache_fill){ .key = &ask->key,
					   .wholes = &ask->wholes,
					   .rows = rows,
					   .stored_ms = clock_wall_ms(),
					   .ttl_ms = ttl_ms,
					   .ticket = ask->ticket,
					   .names = names,
					   .n_names = n,
					   .n_asked = 1,
					   .of_customer = copy->part != BY_PHONE,
					   .common = common,
					   .given = &given,
					   .n_given = copy->part == BY_MEMBER });
}
