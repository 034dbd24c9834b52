/* names.h - what a directory declares, by kind and name, with did-you-mean for what it does not.
 * One thread at a time. */
#ifndef METADATA_NAMES_H
#define METADATA_NAMES_H

#include "metadata/diag.h"

enum names_kind {
	NAMES_SOURCE,
	NAMES_KEY,
	NAMES_CODES,
	NAMES_CLASS,
	NAMES_PART,
	NAMES_PATH, /* fields, lists and time lines share one space */
	NAMES_VIEW,
	NAMES_WEBLOG, /* nothing refers to it, nor to the next */
	NAMES_TEST,
	NAMES_KINDS
};

struct elem;

/* Something declared. */
struct named {
	struct str name;
	struct span at;
	void *thing; /* the source, key, field ... it will be or is */
	const struct elem *elem;
	enum use_kind use; /* NAMES_PATH: which of the three */
	bool ok; /* built; false: its own findings are told, nobody who refers to it is to blame */
	bool busy; /* a view that is being built */
	struct named *next; /* of its kind, in document order */
};

struct names; /* opaque */

/* No names yet; everything lives in `mem`. With `incomplete` some file could not be read, so a name that is
 * not here may well be there: it is not told as unknown. */
struct names *names_new(struct arena *mem, struct diags *ds, bool incomplete) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* Declare a name. A second one of its kind is a finding and gives NULL. `name` must outlive the names. */
struct named *names_add(struct names *names, enum names_kind kind, struct str name, struct span at,
			void *thing) NONNULL(1);
/* What is declared under a name, or NULL. */
struct named *names_get(const struct names *names, enum names_kind kind, struct str name) NONNULL(1);
/* The first of a kind; the others hang on it. */
struct named *names_first(const struct names *names, enum names_kind kind) NONNULL(1);
/* The thing that somebody at `at` refers to. An unknown name is a finding with the nearest one as help. NULL
 * when it is unknown or not ok. */
void *names_want(struct names *names, enum names_kind kind, struct str name, struct span at) NONNULL(1);
/* The same, not the thing but what is known of it; needed for paths. */
struct named *names_want_named(struct names *names, enum names_kind kind, struct str name, struct span at)
	NONNULL(1);
/* Are all declarations of that kind known and ok? */
bool names_whole(const struct names *names, enum names_kind kind) NONNULL(1);
/* Something of that kind could not even be named. */
void names_spoil(struct names *names, enum names_kind kind) NONNULL(1);

/* A did-you-mean for help, or NULL. */
const char *names_near(struct arena *mem, struct str name, const char *const *known, size_t n) NONNULL(1);

#endif
