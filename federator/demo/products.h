/* products.h - the demo company's catalogue: a fixed list, the same for every seed. Safe from any thread. */
#ifndef FEDERATOR_DEMO_PRODUCTS_H
#define FEDERATOR_DEMO_PRODUCTS_H

#include "base/base.h"

/* Everything about product 0 .. PRODUCTS-1 (person.h). `name` takes 96 bytes. */
void product_name(unsigned product, char name[96]) NONNULL(2);
/* Its kind of thing, as people type it in a search: "냄비 세트". */
const char *product_thing(unsigned product) __attribute__((returns_nonnull));
/* Its category, as the warehouse calls it. */
const char *product_category(unsigned product) __attribute__((returns_nonnull));
/* Price in won. */
unsigned product_price_won(unsigned product);

#endif
