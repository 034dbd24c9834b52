/* fixture.h - the equal twin of the ODBC driver: rows, delays and failures from a text file, for tests and
 * demos. adapter_conf.connect is the file's name; each connect and each fetch reads it anew, so a test
 * changes a source by writing its file. UTF-8; `#` begins a comment line.
 *
 *     delay 5ms                 before the first part: about connecting
 *     fail auth                 (a connection that stands is lost by it, too)
 *     part crm                  what fetches of this part get
 *     delay 40ms                before the answer (at most to the fetch's cap: then ERR_LATE)
 *     fail refused              instead of rows: refused (the connection is lost), error, auth, late, busy
 *     hang                      silent until the fetch's cap, for ever if it has none
 *     frozen                    silent for ever, whatever the cap: like a driver nothing can interrupt
 *     key phone email           only rows one of whose cells here equals a bound parameter; without: all
 *     columns id phone name
 *     C1<TAB>01012345678<TAB>Han       a row a line, to the next empty line or the next part;
 *     C2<TAB>\N<TAB>                   one TAB between cells; \N is NULL; \t \n \\ are those characters
 *
 * A part the file does not have fails with ERR_SOURCE; without `columns` a part has no rows. */
#ifndef ADAPTERS_FIXTURE_H
#define ADAPTERS_FIXTURE_H

#include "base/arena.h"
#include "base/err.h"

struct fixture_row {
	struct str *cells; /* as many as the part has columns */
	struct fixture_row *next;
};

/* One section of the file. */
struct fixture_part {
	const char *name; /* "": about connecting */
	uint32_t delay_ms;
	enum err_class fail; /* ERR_NONE: answer */
	bool hang, frozen;
	const char **keys;
	size_t n_keys; /* 0: all rows */
	const char **columns;
	size_t n_columns;
	struct fixture_row *rows;
	struct fixture_part *next;
};

/* Read the file into `mem`; the first section is the one about connecting. ERR_REFUSED: no such file;
 * ERR_CONFIG with the line: not of the form above. */
const struct fixture_part *fixture_file_read(struct arena *mem, const char *path, const char *source,
					     struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4);

#endif
