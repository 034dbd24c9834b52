/* scripted.h - sources that do what a story says: the place of the ODBC driver (registry_find() is led here by the
 * linker). They answer from files of the fixture driver. How a source behaves can change at any moment, also for
 * fetches that are under way. Safe from any thread. */
#ifndef TESTS_SCENARIOS_SCRIPTED_H
#define TESTS_SCENARIOS_SCRIPTED_H

#include "base/buf.h"
#include "tests/scenarios/story.h"

/* Begin: files of the sources are written into `dir`, paths in stories are relative to `base`. */
void scripted_begin(const char *dir, const char *base) NONNULL(1, 2);
/* Is `NAME [part PART] WAYS...` well-formed? Nothing changes. Before scripted_begin(). */
bool scripted_check(struct words w, struct arena *mem, struct err *err) MUST_CHECK NONNULL(2, 3);
/* There is a source of that name; it has no parts yet. */
bool scripted_meet(const char *name, struct err *err) MUST_CHECK NONNULL(1, 2);
/* The source of that name behaves so from now on. ERR_CONFIG: a file that cannot be read. */
bool scripted_tell(struct words w, struct arena *mem, struct err *err) MUST_CHECK NONNULL(2, 3);
/* The connection string of a source. */
const char *scripted_secret(const char *source, const char *password, struct arena *mem) NONNULL(1, 2, 3)
	__attribute__((returns_nonnull));
/* Whatever hangs returns now. */
void scripted_release(void);
/* "NAME.asked", "NAME.connects", "NAME.logins", "NAME.under_way", "NAME.most_under_way"; false: no such counter. */
bool scripted_counter(const char *name, int64_t *out) MUST_CHECK NONNULL(1, 2);
/* All cells of all rows given so far that are long enough to be nobody else's, one after the other, each with its
 * NUL. */
void scripted_values(struct buf *out) NONNULL(1);
/* Free everything. */
void scripted_end(void);

#endif
