#include "adapters/odbc.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>

#include "adapters/watchdog.h"

enum {
	DRIVERS_MOST = 16, /* more share the last one's entry */
	/* psqlODBC 13.02 looks through its list of connections without a lock, and that moves beyond 128 of them */
	PSQLODBC_MOST = 120,
	FIRST_MOST_MS = 2000, /* a first connect that takes longer waits for its server, its initialisation is over */
};

struct odbc_first {
	char driver[64];
	bool under_way;
	bool over; /* the first connect is, good or bad */
};

static SQLHENV env;
static atomic_uint psqlodbc; /* connections */
static pthread_mutex_t firsts_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t firsts_over; /* on the monotonic clock */
static struct odbc_first firsts[DRIVERS_MOST];
static size_t n_firsts;

SQLHENV odbc_env(void)
{
	assert(env != SQL_NULL_HENV); /* adapters_init() was called */
	return env;
}

/* psqlODBC calls setlocale() in every connect, which is not safe beside other threads, unless
 * PGCLIENTENCODING is set; and then it gives UTF-8 from a database of any encoding in any locale. */
static bool env_set(const char *name, const char *value, struct err *err)
{
	return setenv(name, value, 1) == 0 ||
	       err_set(err, ERR_SYSTEM, name, "cannot be set: %s", strerror(errno));
}

static bool env_make(struct err *err)
{
	SQLHENV made = SQL_NULL_HENV;

	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &made)))
		return err_set(err, ERR_SYSTEM, "odbc", "the driver manager gives no environment");
	if (!SQL_SUCCEEDED(SQLSetEnvAttr(made, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0))) {
		SQLFreeHandle(SQL_HANDLE_ENV, made);
		return err_set(err, ERR_SYSTEM, "odbc", "the driver manager is older than ODBC 3");
	}
	env = made;
	return true;
}

bool adapters_init(const char *odbcinst_dir, struct err *err)
{
	if (env != SQL_NULL_HENV)
		return true;
	clock_cond_init(&firsts_over);
	return env_set("PGCLIENTENCODING", "UTF8", err) &&
	       (odbcinst_dir == NULL || env_set("ODBCSYSINI", odbcinst_dir, err)) && sqlite_guard_init(err) &&
	       env_make(err);
}

static struct odbc_first *env_first(const char *driver)
{
	for (size_t i = 0; i < n_firsts; i++)
		if (strncmp(firsts[i].driver, driver, sizeof(firsts[i].driver) - 1) == 0)
			return &firsts[i];
	if (n_firsts == DRIVERS_MOST)
		return &firsts[DRIVERS_MOST - 1];
	strncpy(firsts[n_firsts].driver, driver, sizeof(firsts[n_firsts].driver) - 1);
	return &firsts[n_firsts++];
}

/* Wait for another thread's first connect; false: it takes too long. Under the lock. */
static bool first_wait(const struct odbc_first *first)
{
	struct timespec due = clock_timespec(deadline_after_ms(FIRST_MOST_MS).at_us);

	while (first->under_way)
		if (pthread_cond_timedwait(&firsts_over, &firsts_lock, &due) == ETIMEDOUT)
			return !first->under_way;
	return true;
}

void *odbc_env_enter(const char *driver)
{
	struct odbc_first *first, *mine = NULL;

	pthread_mutex_lock(&firsts_lock);
	first = env_first(driver);
	if (!first->over && first->under_way) {
		first->over |= !first_wait(first);
		watch_restart();
	}
	if (!first->over) {
		first->under_way = true;
		mine = first;
	}
	pthread_mutex_unlock(&firsts_lock);
	return mine;
}

void odbc_env_leave(void *entered)
{
	struct odbc_first *first = entered;

	if (first == NULL)
		return;
	pthread_mutex_lock(&firsts_lock);
	first->under_way = false;
	first->over = true;
	pthread_cond_broadcast(&firsts_over);
	pthread_mutex_unlock(&firsts_lock);
}

bool odbc_env_take_place(enum odbc_family family)
{
	if (family != ODBC_POSTGRESQL || atomic_fetch_add(&psqlodbc, 1) < PSQLODBC_MOST)
		return true;
	odbc_env_give_place(family);
	return false;
}

void odbc_env_give_place(enum odbc_family family)
{
	if (family == ODBC_POSTGRESQL)
		atomic_fetch_sub(&psqlodbc, 1);
}

bool odbc_env_has_driver(const char *name, struct buf *names_out)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the environment holds the place in the list */
	SQLUSMALLINT where = SQL_FETCH_FIRST;
	SQLCHAR driver[128];
	bool found = false;

	pthread_mutex_lock(&lock);
	while (SQL_SUCCEEDED(SQLDrivers(odbc_env(), where, driver, sizeof(driver), NULL, NULL, 0, NULL))) {
		found |= strcasecmp((const char *)driver, name) == 0;
		buf_printf(names_out, "%s%s", names_out->len ? ", " : "", (const char *)driver);
		where = SQL_FETCH_NEXT;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
