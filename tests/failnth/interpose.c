/* What is defined here must not be inline in a header. */
#undef _FORTIFY_SOURCE
#define __NO_INLINE__ 1

#include "tests/failnth/interpose.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/failnth/caller.h"
#include "tests/failnth/failnth.h"

#define EXPORT __attribute__((visibility("default"), noinline, used))
#define CALLER __builtin_return_address(0)

static atomic_bool armed;
static enum failing mode;
static long nth;
static atomic_long seen;
static struct firing *firing;
static _Atomic(const char *) failed; /* the name of the function that failed, by the literal that CALL() made */
static _Thread_local int paused;

void interpose_arm(enum failing how, long n, struct firing *out)
{
	*out = (struct firing){ 0 };
	firing = out;
	mode = how;
	nth = n;
	atomic_store(&seen, 0);
	atomic_store(&failed, NULL);
	atomic_store(&armed, true);
}

void interpose_disarm(void)
{
	atomic_store(&armed, false);
	if (firing)
		firing->seen = atomic_load(&seen);
}

void failnth_pause(void)
{
	paused++;
}

void failnth_resume(void)
{
	paused--;
}

static void record(const char *what)
{
	paused++;
	snprintf(firing->what, sizeof(firing->what), "%s", what);
	firing->n_frames = backtrace(firing->frames, FRAMES_MOST);
	firing->fired = true;
	paused--;
}

/* Who waits for events and connections again and again is not kept from it for ever. */
static bool waits(const char *what)
{
	return strcmp(what, "epoll_wait") == 0 || strcmp(what, "accept4") == 0;
}

/* Is it this call's turn? */
static bool fires(enum failing kind, const char *what, const void *caller)
{
	long at;

	if (!atomic_load_explicit(&armed, memory_order_relaxed) || paused)
		return false;
	if ((kind == FAIL_MEMORY) != (mode == FAIL_MEMORY) || caller_is_excused(caller, what))
		return false;
	at = atomic_fetch_add(&seen, 1) + 1;
	if (nth == 0 || at != nth)
		return mode == FAIL_IO_ON && atomic_load(&failed) == what && !waits(what);
	record(what);
	atomic_store(&failed, what);
	return true;
}

static void *next(const char *name)
{
	void *real = dlsym(RTLD_NEXT, name);

	if (!real)
		abort();
	return real;
}

static void *next_once(_Atomic(void *) *found, const char *name)
{
	void *real = atomic_load(found);

	if (!real)
		atomic_store(found, real = next(name));
	return real;
}

/* ---- memory ---- */

#ifdef SANITIZED
#define REAL(name) ((__typeof__(name) *)next_once(&real_##name, #name))
static _Atomic(void *) real_malloc, real_calloc, real_realloc;
#else
/* dlsym() may allocate: glibc has them under a second name. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
#define REAL(name) __libc_##name
#endif

EXPORT void *malloc(size_t n)
{
	if (fires(FAIL_MEMORY, "malloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return REAL(malloc)(n);
}

EXPORT void *calloc(size_t n, size_t each)
{
	if (fires(FAIL_MEMORY, "calloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return REAL(calloc)(n, each);
}

EXPORT void *realloc(void *p, size_t n)
{
	if (fires(FAIL_MEMORY, "realloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return REAL(realloc)(p, n);
}

/* ---- everything else ---- */

#define CALL(type, name, failed, error, params, args) CALL_IF(true, type, name, failed, error, params, args)
/* Only a call of which `can` is true can fail. */
#define CALL_IF(can, type, name, failed, error, params, args)            \
	EXPORT type name params;                                         \
	EXPORT type name params                                          \
	{                                                                \
		static _Atomic(void *) found;                            \
                                                                         \
		if ((can) && fires(FAIL_IO, #name, CALLER)) {            \
			errno = (error);                                 \
			return (failed);                                 \
		}                                                        \
		return ((type(*) params)next_once(&found, #name))args;   \
	}

#define OPEN(name)                                                                   \
	EXPORT int name(const char *path, int flags, ...);                           \
	EXPORT int name(const char *path, int flags, ...)                            \
	{                                                                            \
		static _Atomic(void *) found;                                        \
		int (*real)(const char *, int, ...) = next_once(&found, #name);      \
		unsigned permissions = 0;                                            \
		va_list args;                                                        \
                                                                                     \
		va_start(args, flags);                                               \
		if (flags & O_CREAT)                                                 \
			permissions = va_arg(args, unsigned);                        \
		va_end(args);                                                        \
		if (fires(FAIL_IO, #name, CALLER)) {                                 \
			errno = EMFILE;                                              \
			return -1;                                                   \
		}                                                                    \
		return real(path, flags, permissions);                               \
	}

/* Its counter is never full here. */
static bool is_eventfd(int fd)
{
	char link[32], name[24] = "";

	if (!atomic_load_explicit(&armed, memory_order_relaxed))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, name, sizeof(name) - 1) > 0 && strcmp(name, "anon_inode:[eventfd]") == 0;
}

OPEN(open)
OPEN(open64)
/* They never create here. */
CALL(int, openat, -1, EMFILE, (int dir, const char *path, int flags, ...), (dir, path, flags))
CALL(int, openat64, -1, EMFILE, (int dir, const char *path, int flags, ...), (dir, path, flags))
CALL(FILE *, fopen, NULL, EMFILE, (const char *path, const char *how), (path, how))
CALL(FILE *, fopen64, NULL, EMFILE, (const char *path, const char *how), (path, how))
CALL(DIR *, opendir, NULL, EMFILE, (const char *path), (path))
CALL(DIR *, fdopendir, NULL, ENOMEM, (int fd), (fd))
CALL(struct dirent *, readdir, NULL, EIO, (DIR * dir), (dir))
CALL(struct dirent64 *, readdir64, NULL, EIO, (DIR * dir), (dir))
CALL(ssize_t, __getdelim, -1, EIO, (char **line, size_t *room, int end, FILE *f), (line, room, end, f))
CALL(ssize_t, getline, -1, EIO, (char **line, size_t *room, FILE *f), (line, room, f))
CALL(size_t, fwrite, 0, ENOSPC, (const void *p, size_t size, size_t n, FILE *f), (p, size, n, f))
CALL(int, fflush, EOF, ENOSPC, (FILE * f), (f))
CALL(ssize_t, read, -1, EIO, (int fd, void *to, size_t n), (fd, to, n))
CALL(ssize_t, __read_chk, -1, EIO, (int fd, void *to, size_t n, size_t room), (fd, to, n, room))
CALL(ssize_t, pread64, -1, EIO, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
CALL_IF(!is_eventfd(fd), ssize_t, write, -1, ENOSPC, (int fd, const void *from, size_t n), (fd, from, n))
CALL(ssize_t, pwrite64, -1, ENOSPC, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
CALL(int, fstat, -1, EIO, (int fd, struct stat *out), (fd, out))
CALL(int, fstat64, -1, EIO, (int fd, struct stat64 *out), (fd, out))
CALL(int, stat64, -1, EIO, (const char *path, struct stat64 *out), (path, out))
CALL(int, lstat64, -1, EIO, (const char *path, struct stat64 *out), (path, out))
CALL(int, access, -1, EIO, (const char *path, int how), (path, how))
CALL(int, mkdir, -1, ENOSPC, (const char *path, mode_t permissions), (path, permissions))
CALL(int, rename, -1, ENOSPC, (const char *from, const char *to), (from, to))
CALL(int, unlink, -1, EACCES, (const char *path), (path))
CALL(void *, mmap, MAP_FAILED, ENOMEM, (void *at, size_t n, int prot, int flags, int fd, off_t from),
     (at, n, prot, flags, fd, from))
CALL(void *, mmap64, MAP_FAILED, ENOMEM, (void *at, size_t n, int prot, int flags, int fd, off64_t from),
     (at, n, prot, flags, fd, from))
CALL(int, socket, -1, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
CALL(int, bind, -1, EADDRINUSE, (int fd, const struct sockaddr *at, socklen_t n), (fd, at, n))
CALL(int, listen, -1, EADDRINUSE, (int fd, int backlog), (fd, backlog))
/* A unix socket refuses only when nobody listens. */
CALL(int, connect, -1, at->sa_family == AF_UNIX ? EAGAIN : ECONNREFUSED,
     (int fd, const struct sockaddr *at, socklen_t n),
     (fd, at, n))
CALL(int, accept4, -1, EMFILE, (int fd, struct sockaddr *at, socklen_t *n, int flags), (fd, at, n, flags))
CALL(int, getsockname, -1, ENOBUFS, (int fd, struct sockaddr *at, socklen_t *n), (fd, at, n))
CALL(int, getsockopt, -1, ENOBUFS, (int fd, int level, int name, void *to, socklen_t *n), (fd, level, name, to, n))
CALL(int, setsockopt, -1, ENOBUFS, (int fd, int level, int name, const void *from, socklen_t n),
     (fd, level, name, from, n))
CALL(ssize_t, send, -1, ECONNRESET, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags))
CALL(ssize_t, sendmsg, -1, ECONNRESET, (int fd, const struct msghdr *from, int flags), (fd, from, flags))
CALL(ssize_t, recv, -1, ECONNRESET, (int fd, void *to, size_t n, int flags), (fd, to, n, flags))
CALL(int, epoll_create1, -1, EMFILE, (int flags), (flags))
/* Taking away and changing need no memory. */
CALL_IF(op == EPOLL_CTL_ADD, int, epoll_ctl, -1, ENOSPC, (int epoll, int op, int fd, struct epoll_event *e),
	(epoll, op, fd, e))
CALL(int, epoll_wait, -1, EINTR, (int epoll, struct epoll_event *e, int n, int ms), (epoll, e, n, ms))
CALL(int, eventfd, -1, EMFILE, (unsigned n, int flags), (n, flags))
CALL(int, getaddrinfo, EAI_MEMORY, ENOMEM,
     (const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out),
     (host, port, hints, out))
CALL(int, pthread_create, EAGAIN, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg), (thread, attr, run, arg))
