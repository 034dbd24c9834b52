/* made.h - a random mapping with random policies, and customers whose values say whose they are: what the requests of
 * random.c ask. From a seed: the same seed makes the same. */
#ifndef TESTS_FEDERATOR_RIGHTS_MADE_H
#define TESTS_FEDERATOR_RIGHTS_MADE_H

#include "base/arena.h"
#include "base/buf.h"

enum { CUSTOMERS = 8, COLUMNS = 10, PARTS = 3, CLASSES = 7, ROLES = 4, PURPOSES = 3 };

/* What a value looks like; the names are those of masks. */
enum looks { LOOKS_NAME, LOOKS_PHONE, LOOKS_EMAIL, LOOKS_RRN, LOOKS_CARD, LOOKS_ACCOUNT, LOOKS_ADDRESS, LOOKS_GENERIC };

/* A cell of a source. */
struct made_value {
	int customer; /* -1: of nobody */
	char part[8], column[8];
	enum looks looks;
	struct str text;
};

struct made {
	struct arena *mem;
	unsigned seed;
	const char *mapping; /* XML */
	const char *sources[3]; /* fixture texts of s0, s1, s2 */
	struct made_value *values;
	size_t n_values;
	struct str phones[CUSTOMERS], members[CUSTOMERS];
};

/* A number below n. */
unsigned made_below(unsigned *seed, unsigned n);
/* Make customers and their values, in `mem`. */
void made_customers(struct made *made, struct arena *mem, unsigned seed);
/* Make another mapping for them, in `mem`. */
void made_mapping(struct made *made, struct arena *mem);

#endif
