#include "tests/cache/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MOST = 32 };

static void fail(const char *what)
{
	perror(what);
	abort();
}

static void run(const struct redis_server *s, const char *const *settings, int out)
{
	const char *argv[ARGUMENTS_MOST] = { "redis-server", "--port",	     "0",  "--unixsocket", s->socket,
					     "--dir",	     s->dir,	     "--save", "",
					     "--appendonly", "no",	     "--loglevel", "notice" };
	size_t n = 13;

	for (size_t i = 0; settings && settings[i] && n + 1 < ARGUMENTS_MOST; i++)
		argv[n++] = settings[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* The server says so itself: no polling. */
static void wait_ready(const struct redis_server *s)
{
	FILE *log = fdopen(dup(s->log), "r");
	char line[512];

	if (!log)
		fail("fdopen");
	while (fgets(line, sizeof(line), log))
		if (strstr(line, "ready to accept connections")) {
			fclose(log);
			return;
		}
	fail("redis-server did not start");
}

static void launch(struct redis_server *s, const char *const *settings)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("pipe2");
	s->pid = fork();
	if (s->pid < 0)
		fail("fork");
	if (s->pid == 0)
		run(s, settings, ends[1]);
	close(ends[1]);
	s->log = ends[0];
	wait_ready(s);
}

void redis_server_start(struct redis_server *s, const char *const *settings)
{
	strcpy(s->dir, "/tmp/federator-redis-XXXXXX");
	if (!mkdtemp(s->dir))
		fail("mkdtemp");
	snprintf(s->socket, sizeof(s->socket), "%s/s", s->dir);
	snprintf(s->address, sizeof(s->address), "unix:%s", s->socket);
	launch(s, settings);
}

void redis_server_restart(struct redis_server *s)
{
	launch(s, NULL);
}

void redis_server_freeze(const struct redis_server *s)
{
	int status;

	if (kill(s->pid, SIGSTOP) != 0 || waitpid(s->pid, &status, WUNTRACED) != s->pid)
		fail("SIGSTOP");
}

void redis_server_thaw(const struct redis_server *s)
{
	if (kill(s->pid, SIGCONT) != 0)
		fail("SIGCONT");
}

void redis_server_kill(struct redis_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->log);
	unlink(s->socket);
	s->pid = 0;
}

void redis_server_end(struct redis_server *s)
{
	if (s->pid > 0)
		redis_server_kill(s);
	rmdir(s->dir);
}

redisReply *redis_server_command(const struct redis_server *s, const char *fmt, ...)
{
	redisContext *c = redisConnectUnix(s->socket);
	redisReply *reply;
	va_list ap;

	if (!c || c->err)
		fail("connecting to redis-server");
	va_start(ap, fmt);
	reply = redisvCommand(c, fmt, ap);
	va_end(ap);
	if (!reply || reply->type == REDIS_REPLY_ERROR) {
		fprintf(stderr, "%s: %s\n", fmt, reply ? reply->str : "no reply");
		abort();
	}
	redisFree(c);
	return reply;
}

struct redis_server server;

int redis_server_set_up(void **state)
{
	(void)state;
	redis_server_start(&server, NULL);
	return 0;
}

int redis_server_tear_down(void **state)
{
	(void)state;
	redis_server_end(&server);
	return 0;
}
