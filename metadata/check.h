/* check.h - rules that look at a whole catalog whose things are all known. One thread at a time. */
#ifndef METADATA_CHECK_H
#define METADATA_CHECK_H

#include "metadata/build.h"

/* Columns that nothing needs. */
void check_use(struct build *b) NONNULL(1);
/* Keys given together whose combination no row of a query says. */
void check_keys(struct build *b) NONNULL(1);
/* Make all plans; budgets that are too small, keys that lead nowhere, parts that are never asked. */
void check_plans(struct build *b) NONNULL(1);
/* Single values from parts that can have several rows of one customer. The plans of all views are made. */
void check_single(struct build *b) NONNULL(1);
/* More connections in all than a driver bears. */
void check_pools(struct build *b) NONNULL(1);
/* Warnings about what is missing though nothing is wrong. */
void check_advice(struct build *b) NONNULL(1);
/* Warnings about policies by which nobody sees more. */
void check_rights(struct build *b) NONNULL(1);

#endif
