/* redis_server.h - a redis-server of the test's own, on a unix socket in a directory of its own.
 * One thread; every failure ends the test program. */
#ifndef TESTS_CACHE_REDIS_SERVER_H
#define TESTS_CACHE_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <sys/types.h>

#include "base/base.h"

struct redis_server {
	char dir[40], socket[64];
	char address[80]; /* "unix:" and the socket */
	pid_t pid;
	int log; /* read end of its standard output */
};

/* Start with further settings ("--requirepass", "x", NULL) and wait until it says that it is ready. */
void redis_server_start(struct redis_server *s, const char *const *settings) NONNULL(1);
/* Start again in the same place after redis_server_kill(). */
void redis_server_restart(struct redis_server *s) NONNULL(1);
/* Stop it with SIGSTOP; returns when it has stopped. */
void redis_server_freeze(const struct redis_server *s) NONNULL(1);
/* Let it go on. */
void redis_server_thaw(const struct redis_server *s) NONNULL(1);
/* End it at once (SIGKILL), frozen or not. */
void redis_server_kill(struct redis_server *s) NONNULL(1);
/* End it, when it runs, and remove its directory. */
void redis_server_end(struct redis_server *s) NONNULL(1);

/* The server of a test program that has one. */
extern struct redis_server server;
/* Set-up and tear-down for cmocka: start it, end it. */
int redis_server_set_up(void **state);
/* See above. */
int redis_server_tear_down(void **state);

/* A second, blocking connection: one command in the manner of redisCommand(), whose reply must not be an
 * error. */
redisReply *redis_server_command(const struct redis_server *s, const char *fmt, ...)
	NONNULL(1, 2) __attribute__((returns_nonnull));
/* The same without looking at the reply. */
#define redis_server_do(s, ...) freeReplyObject(redis_server_command((s), __VA_ARGS__))

#endif
