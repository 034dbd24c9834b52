/* dial.c - one connect, with the connection string as it is now. */
#include "adapters/pool.h"

bool pool_dial(struct adapter *ad, void **conn_out, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new(); /* for the secret */
	struct adapter_conf conf = ad->conf;
	const char *fresh = conf.connect_text ? conf.connect_text(&ad->conf, mem) : NULL;

	if (fresh) {
		conf.connect = fresh;
		if (!ad->driver->check(&conf, err))
			return false;
	}
	return ad->driver->connect(&conf, conn_out, err);
}
