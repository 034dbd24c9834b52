#include "adapters/sqlite_guard.h"

#include <sqlite3.h>

#include "adapters/adapter.h"

enum { STEPS_BETWEEN_CHECKS = 1000 }; /* of SQLite's virtual machine: some ten microseconds */

static _Thread_local struct sqlite_guard *watched;
static bool alone; /* set before there are threads */

static int guard_is_over(void *arg)
{
	const struct sqlite_guard *guard = arg;

	return deadline_left_us(guard->due) == 0;
}

static int guard_meet(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	if (watched == NULL)
		return SQLITE_OK;
	watched->db = db;
	sqlite3_progress_handler(db, STEPS_BETWEEN_CHECKS, guard_is_over, watched);
	return watched->writes ? SQLITE_OK : sqlite3_exec(db, "PRAGMA query_only=1", NULL, NULL, NULL);
}

void adapters_alone(void)
{
	alone = true;
}

bool sqlite_guard_init(struct err *err)
{
	int rc;

	/* its memory statistics take one lock for the whole process at each allocation of each thread */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (alone)
		(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	rc = sqlite3_auto_extension((void (*)(void))guard_meet);
	return rc == SQLITE_OK ||
	       err_set(err, ERR_SYSTEM, "sqlite", "cannot guard connections: %s", sqlite3_errstr(rc));
}

void sqlite_guard_watch(struct sqlite_guard *guard)
{
	watched = guard;
}

bool sqlite_guard_reprepared(const struct sqlite_guard *guard)
{
	bool found = false;

	if (guard->db == NULL)
		return false;
	for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(guard->db, s));)
		found |= sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 1) > 0;
	return found;
}
