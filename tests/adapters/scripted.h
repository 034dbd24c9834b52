/* scripted.h - a driver that does what the test says and tells what is done with it. */
#ifndef TESTS_ADAPTERS_SCRIPTED_H
#define TESTS_ADAPTERS_SCRIPTED_H

#include "tests/adapters/support.h"

#include "adapters/pool.h"

extern struct script {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum err_class connect_fails;
	enum err_class fetch_fails; /* the connection stays */
	bool hold_connects, hold_fetches; /* until they are let go */
	int connects, connecting, most_connecting; /* calls, under way, most under way at once */
	int fetches, fetching;
	int disconnects;
	int lose; /* so many fetches lose their connection */
	int lose_each; /* one of so many does; 0: none */
} script;

/* What the adapter told of its source, a letter each: d for down, u for up. */
extern char script_notices[16];

extern const struct adapter_driver script_driver;

/* Nothing fails, nothing was counted. Not while an adapter is open. */
void script_reset(void);
/* Open an adapter called "source", whose notices begin anew. */
struct adapter *script_open(uint32_t pool, uint32_t queue);
/* Wait until a figure of the script is reached. */
void script_until(const int *figure, int value);
/* What is held goes on. */
void script_let_go(bool *held);
/* Hold what comes from now on. */
void script_hold(bool *held);
/* A figure of the script now. */
int script_figure(const int *of);
/* How connects fail from now on. */
void script_fail_connects(enum err_class cls);
/* How fetches fail from now on. */
void script_fail_fetches(enum err_class cls);

#endif
