#include "tests/cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "federator/notify.h"

/* What systemd listens with, its name in the environment. */
static int ear_open(void)
{
	const struct timeval patience = { .tv_sec = 60 }; /* until a failure */
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[sizeof(at.sun_path)];
	int n = snprintf(name, sizeof(name), "@federator-test-notify-%d", (int)getpid()), fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	memcpy(at.sun_path + 1, name + 1, (size_t)n - 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

/* As many as there is room for; how many. */
static int fill(int ear)
{
	struct sockaddr_un at;
	socklen_t n = sizeof(at);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), sent = 0;

	assert_true(fd >= 0);
	assert_int_equal(getsockname(ear, (struct sockaddr *)&at, &n), 0);
	while (sendto(fd, "WATCHDOG=1", 10, MSG_DONTWAIT, (const struct sockaddr *)&at, n) == 10)
		sent++;
	close(fd);
	return sent;
}

static void *say(void *message)
{
	notify_send(message);
	return NULL;
}

static void hears(int ear, const char *message)
{
	char got[32] = "";

	assert_true(recv(ear, got, sizeof(got) - 1, 0) > 0);
	assert_string_equal(got, message);
}

static void a_message_is_not_lost_on_who_is_behind(void **state)
{
	char message[] = "READY=1";
	int ear = ear_open(), before;
	pthread_t thread;

	(void)state;
	before = fill(ear);
	assert_true(before > 0);
	assert_int_equal(pthread_create(&thread, NULL, say, message), 0);
	while (before-- > 0)
		hears(ear, "WATCHDOG=1");
	hears(ear, "READY=1");
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(ear);
}

static void who_is_not_there_is_not_waited_for(void **state)
{
	(void)state;
	close(ear_open());
	notify_send("READY=1");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	notify_send("READY=1");
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
	char pid[16];

	(void)state;
	assert_int_equal(notify_watchdog_us(), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	assert_int_equal(notify_watchdog_us(), 15000000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	assert_int_equal(notify_watchdog_us(), 15000000);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	assert_int_equal(notify_watchdog_us(), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
	assert_int_equal(notify_watchdog_us(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_not_lost_on_who_is_behind),
		cmocka_unit_test(who_is_not_there_is_not_waited_for),
		cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
