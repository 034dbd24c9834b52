/* worker_call.c - the calls of a driver, each with its limit. */
#include "adapters/pool.h"

enum {
	/* The server's own limit, at the cap, comes first when the server lives: it leaves the connection usable. */
	AFTER_CAP_US = 25000,
	CONNECT_LEAST_MS = 1000, /* parts with a small cap do not make a source unreachable */
	DISCONNECT_MS = 500,
};

static struct deadline cap_limit(struct deadline cap)
{
	return (struct deadline){ cap.at_us ? cap.at_us + AFTER_CAP_US : 0 };
}

struct deadline worker_dial_limit(const struct adapter *ad, struct deadline cap)
{
	uint32_t most_ms = ad->conf.cap_ms > CONNECT_LEAST_MS ? ad->conf.cap_ms : CONNECT_LEAST_MS;

	if (ad->conf.connect_ms)
		most_ms = ad->conf.connect_ms;
	return deadline_min(deadline_after_ms(most_ms), cap_limit(cap));
}

bool worker_dial(struct worker *w, struct deadline due, struct err *err)
{
	bool ok;

	watch_begin(&w->watch, due);
	ok = pool_dial(w->ad, &w->conn, err);
	if (!watch_end(&w->watch)) {
		if (!ok)
			watch_forget(&w->watch);
		return ok;
	}
	worker_hang_up(w);
	return err_set(err, ERR_REFUSED, w->ad->conf.name, "connecting: no answer in time, the connection was cut");
}

bool worker_run_fetch(struct worker *w, struct fetch *run, bool *lost_out, struct err *err)
{
	bool ok, cut;

	watch_begin(&w->watch, cap_limit(run->cap));
	ok = w->ad->driver->fetch(w->conn, run, lost_out, err);
	cut = watch_end(&w->watch);
	if (cut) {
		*lost_out = true;
		ok = err_set(err, ERR_LATE, w->ad->conf.name, "part %s: no answer in time, the connection was cut",
			     run->part);
	}
	if (!ok && *lost_out)
		worker_hang_up(w);
	return ok;
}

void worker_hang_up(struct worker *w)
{
	if (w->conn) {
		watch_begin(&w->watch, deadline_after_ms(DISCONNECT_MS));
		w->ad->driver->disconnect(&w->conn);
		(void)!watch_end(&w->watch);
	}
	watch_forget(&w->watch);
}

bool pool_cut(struct adapter *ad)
{
	bool any = false;

	for (uint32_t i = 0; i < ad->conf.pool; i++)
		any |= watch_cut(&ad->workers[i].watch);
	return any;
}
