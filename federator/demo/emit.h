/* emit.h - how the generator's files hand over rows. After a failure every further row is ignored, so that
 * they need not look; generate() reports it. */
#ifndef FEDERATOR_DEMO_EMIT_H
#define FEDERATOR_DEMO_EMIT_H

#include "federator/demo/generate.h"
#include "federator/demo/person.h"

struct generator {
	struct sink *sink;
	uint32_t customers;
	uint64_t seed;
	size_t widths[TABLES];
	bool failed;
	struct err err;
};

/* Several random numbers may be drawn in one list: gcc and clang evaluate it from left to right, and a test
 * compares the bytes. Not so for the arguments of a function: draw those one by one. */
#define CELL_N(value) ((struct cell){.kind = VALUE_NUMBER, .number = (value)})
#define CELL_T(value) emit_text(value)
#define EMIT(g, table, ...)                                                                                  \
	emit_row((g), TABLE_##table, (const struct cell[]){__VA_ARGS__},                                     \
		 sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell))

/* A text cell; NULL becomes SQL NULL. */
static inline struct cell emit_text(const char *text)
{
	return (struct cell){.kind = text ? VALUE_TEXT : VALUE_NULL, .text = text};
}

/* One row; `n` must be the table's width. */
void emit_row(struct generator *g, enum table t, const struct cell *cells, size_t n) NONNULL(1, 3);

/* The rows of one customer in one database. */
void emit_callcenter(struct generator *g, const struct person *p) NONNULL(1, 2);
/* See above. */
void emit_web(struct generator *g, const struct person *p) NONNULL(1, 2);
/* See above. */
void emit_warehouse(struct generator *g, const struct person *p) NONNULL(1, 2);
/* The campaigns of the call center. */
void emit_campaigns(struct generator *g) NONNULL(1);
/* Products and stock. */
void emit_products(struct generator *g) NONNULL(1);
/* A cookie that no member is known for; `number` counts from 1. */
void emit_stranger(struct generator *g, uint32_t number) NONNULL(1);

#endif
