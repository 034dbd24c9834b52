/* own_connect.c - connect() in place of libc's, for the whole process: the drivers' libraries find it first, because
 * the executable exports it (CMakeLists.txt). It is weak for who interposes connect() himself, and the linker is told
 * to want own_connect(): a connect() it would take from any library, as from ThreadSanitizer's. */
#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>

#include "adapters/watchdog.h"

typedef int connect_fn(int fd, __CONST_SOCKADDR_ARG address, socklen_t bytes);

connect_fn own_connect;
static connect_fn *libc_connect;

static void find_connect(void)
{
	libc_connect = (connect_fn *)dlsym(RTLD_NEXT, "connect");
	assert(libc_connect != NULL);
}

int own_connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_connect);
	return watch_connects(fd) ? libc_connect(fd, address, bytes) : -1;
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t bytes) __attribute__((weak, alias("own_connect")));
