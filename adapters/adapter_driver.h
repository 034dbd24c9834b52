/* adapter_driver.h - what a driver is: a const struct. Each call but check() blocks and is made by one worker
 * thread; a connection belongs to one worker. Only files of adapters/ include this. */
#ifndef ADAPTERS_ADAPTER_DRIVER_H
#define ADAPTERS_ADAPTER_DRIVER_H

#include "adapters/adapter.h"

struct adapter_driver {
	const char *name;
	/* Is conf->connect well-formed? No contact with the source; fails with ERR_CONFIG. */
	bool (*check)(const struct adapter_conf *conf, struct err *err);
	/* Connect. *conn_out belongs to the worker until disconnect(). */
	bool (*connect)(const struct adapter_conf *conf, void **conn_out, struct err *err);
	/* Run f->n_runs executions and leave f->rows in f->mem; with f->describe f->description, also when it fails.
	 * Or fill *err. *lost_out: the connection is no longer usable. Other outputs are untouched on failure. */
	bool (*fetch)(void *conn, struct fetch *f, bool *lost_out, struct err *err);
	/* Disconnect and free; sets *conn to NULL. */
	void (*disconnect)(void **conn);
};

extern const struct adapter_driver odbc_driver; /* unixODBC: PostgreSQL, MariaDB, SQLite, others */
extern const struct adapter_driver fixture_driver; /* rows, delays and failures from a text file */

#endif
