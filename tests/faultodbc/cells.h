/* cells.h - what stands in the rows of the fault driver: every cell says whose it is, so that an oracle finds the cell
 * of another customer or source. A customer is a number below 100,000,000; keys from 95,000,000 on are nobody's.
 *
 *   column                     cell
 *   the query's key column     the key as it was asked for
 *   member                     4711
 *   phone                      01000004711
 *   no                         A00004711R2 (a key for further parts: row 2 of customer 4711)
 *   ..._n                      integer: customer * 1000 + digit of the source * 100 + row
 *   ..._amount                 decimal: customer, digit of the source, two digits of the row: 4711.302
 *   ..._at                     timestamp: as many seconds after 2020 as the customer says; fraction as of ..._amount
 *   others                     text: source.table.column:00004711:2
 *
 * The digit of a source is the sum of the bytes of its name, modulo 10. Rows count from 0; those of A00004711R2 from
 * 20. */
#ifndef TESTS_FAULTODBC_CELLS_H
#define TESTS_FAULTODBC_CELLS_H

#include "base/buf.h"

enum { CELLS_NOBODY = 95000000 };

enum cell_type { CELL_TEXT, CELL_INTEGER, CELL_DECIMAL, CELL_TIMESTAMP };

/* Where a cell is. */
struct cell_place {
	const char *source;
	const char *table;
	const char *column;
	const char *key_column;
	struct str key; /* as it was asked for */
	uint32_t customer;
	uint32_t row;
};

/* What type a column of that name has. */
enum cell_type cells_type(const char *column) NONNULL(1);
/* The customer a key belongs to: its last eight digits; of A00004711R2 the first run of digits. */
uint32_t cells_customer(struct str key);
/* The number of the first row of a key: ten times the row that the key itself comes from. */
uint32_t cells_first_row(struct str key);
/* Append the same kind of key for another customer. */
void cells_key_for(struct str key, uint32_t customer, struct buf *out) NONNULL(3);
/* Append the text of a cell. */
void cells_write(const struct cell_place *at, struct buf *out) NONNULL(1, 2);

#endif
