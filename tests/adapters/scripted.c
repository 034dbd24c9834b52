#include "tests/adapters/scripted.h"

#include <stdlib.h>

struct script script = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

char script_notices[16];

void script_reset(void)
{
	script.connect_fails = script.fetch_fails = ERR_NONE;
	script.hold_connects = script.hold_fetches = false;
	script.connects = script.connecting = script.most_connecting = 0;
	script.fetches = script.fetching = script.disconnects = script.lose = script.lose_each = 0;
}

static bool script_check(const struct adapter_conf *conf, struct err *err)
{
	return strcmp(conf->connect, "bad") != 0 || err_set(err, ERR_CONFIG, conf->name, "bad");
}

static bool script_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	enum err_class fails;

	pthread_mutex_lock(&script.lock);
	script.connects++;
	if (++script.connecting > script.most_connecting)
		script.most_connecting = script.connecting;
	pthread_cond_broadcast(&script.changed);
	while (script.hold_connects)
		pthread_cond_wait(&script.changed, &script.lock);
	script.connecting--;
	fails = script.connect_fails;
	pthread_mutex_unlock(&script.lock);
	if (fails != ERR_NONE)
		return err_set(err, fails, conf->name, "the script says so");
	*conn_out = malloc(1);
	return true;
}

static bool script_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	enum err_class fails;
	bool lose;

	(void)conn;
	pthread_mutex_lock(&script.lock);
	script.fetches++;
	script.fetching++;
	pthread_cond_broadcast(&script.changed);
	while (script.hold_fetches)
		pthread_cond_wait(&script.changed, &script.lock);
	script.fetching--;
	lose = (script.lose > 0 && script.lose--) || (script.lose_each && script.fetches % script.lose_each == 0);
	fails = script.fetch_fails;
	pthread_mutex_unlock(&script.lock);
	if (lose) {
		*lost_out = true;
		return err_set(err, ERR_REFUSED, "source", "lost");
	}
	if (fails != ERR_NONE)
		return err_set(err, fails, "source", "the script says so");
	struct rows *rows = arena_new_of(f->mem, struct rows);
	struct str *cell = arena_new_of(f->mem, struct str);
	*cell = arena_str(f->mem, f->n_params ? f->params[0] : STR("row"));
	*rows = (struct rows){ .n_rows = 1, .n_cols = 1, .cells = cell };
	f->rows = rows;
	return true;
}

static void script_disconnect(void **conn)
{
	free(*conn);
	*conn = NULL;
	pthread_mutex_lock(&script.lock);
	script.disconnects++;
	pthread_cond_broadcast(&script.changed);
	pthread_mutex_unlock(&script.lock);
}

const struct adapter_driver script_driver = {
	.name = "scripted",
	.check = script_check,
	.connect = script_connect,
	.fetch = script_fetch,
	.disconnect = script_disconnect,
};

void script_until(const int *figure, int value)
{
	pthread_mutex_lock(&script.lock);
	while (*figure < value)
		pthread_cond_wait(&script.changed, &script.lock);
	pthread_mutex_unlock(&script.lock);
}

void script_let_go(bool *held)
{
	pthread_mutex_lock(&script.lock);
	*held = false;
	pthread_cond_broadcast(&script.changed);
	pthread_mutex_unlock(&script.lock);
}

void script_hold(bool *held)
{
	pthread_mutex_lock(&script.lock);
	*held = true;
	pthread_mutex_unlock(&script.lock);
}

int script_figure(const int *of)
{
	int value;

	pthread_mutex_lock(&script.lock);
	value = *of;
	pthread_mutex_unlock(&script.lock);
	return value;
}

void script_fail_connects(enum err_class cls)
{
	pthread_mutex_lock(&script.lock);
	script.connect_fails = cls;
	pthread_mutex_unlock(&script.lock);
}

void script_fail_fetches(enum err_class cls)
{
	pthread_mutex_lock(&script.lock);
	script.fetch_fails = cls;
	pthread_mutex_unlock(&script.lock);
}

static void take_notice(const char *source, const struct err *err)
{
	size_t n = strlen(script_notices);

	assert_string_equal(source, "source");
	assert_true(n + 1 < sizeof(script_notices));
	script_notices[n] = err ? 'd' : 'u';
}

struct adapter *script_open(uint32_t pool, uint32_t queue)
{
	struct adapter_conf conf = {
		.name = "source", .connect = "", .zone = "UTC", .pool = pool, .queue = queue, .cap_ms = 1000,
		.notice = take_notice
	};
	struct err err = { 0 };
	struct adapter *ad;

	memset(script_notices, 0, sizeof(script_notices));
	ad = pool_open(&conf, &script_driver, &err);

	assert_non_null(ad);
	return ad;
}
