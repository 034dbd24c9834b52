#include "bench/bare_push.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/redis_socket.h"

static int ears, mouth;
static _Atomic uint64_t heard; /* notices */
static _Atomic bool lost;

static int connect_to(const char *address)
{
	struct redis_address to;
	struct err err = { 0 };
	int fd, one = 1;

	if (!redis_socket_address(address, &to, &err))
		return -1;
	fd = socket(to.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to.at, to.n) != 0)
		return -1;
	if (to.at.ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* As much as has come; false: the end. */
static bool hear(int fd)
{
	char text[4096];

	return recv(fd, text, sizeof(text), 0) > 0;
}

static void *listen_run(void *arg)
{
	while (hear(ears))
		heard++;
	lost = true;
	return arg;
}

bool bare_push_begin(const char *address)
{
	pthread_t thread;

	ears = connect_to(address);
	mouth = connect_to(address);
	return ears >= 0 && mouth >= 0 && say(ears, "HELLO 3\r\n") && hear(ears) &&
	       say(ears, "CLIENT TRACKING ON BCAST PREFIX bare:\r\n") && hear(ears) &&
	       pthread_create(&thread, NULL, listen_run, NULL) == 0 && pthread_detach(thread) == 0;
}

uint64_t bare_push_sample(void (*wait)(void))
{
	uint64_t before = heard, begun_us = clock_mono_us(), known_us;

	if (!say(mouth, "SET bare:key value\r\n"))
		return UINT64_MAX;
	while (heard == before && !lost)
		wait();
	known_us = clock_mono_us();
	return !lost && hear(mouth) ? known_us - begun_us : UINT64_MAX;
}
