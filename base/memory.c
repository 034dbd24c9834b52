#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RESERVE_BYTES = 8 << 20 };

static _Atomic(void *) reserve;
static atomic_bool refused; /* since the reserve was put aside */

/* mmap(), not malloc(): giving it up returns it to the system, where libraries and other threads find it, too. It
 * is never touched: limits that refuse memory (of address space, of what is committed) count it all the same. */
bool memory_reserve(void)
{
	void *p = mmap(NULL, RESERVE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	atomic_store(&refused, false); /* first: who yields from now on finds the reserve, or is told apart */
	p = atomic_exchange(&reserve, p);
	if (p)
		munmap(p, RESERVE_BYTES);
	return true;
}

void memory_yield(void)
{
	void *p = atomic_exchange(&reserve, NULL);

	atomic_store(&refused, true);
	if (p)
		munmap(p, RESERVE_BYTES);
}

bool memory_short(void)
{
	return atomic_load_explicit(&refused, memory_order_relaxed) && !memory_reserve();
}

/* No log line: a logger may want memory. */
__attribute__((noreturn)) static void end(void)
{
	static const char text[] = "out of memory, also without the reserve: the process ends, to be started again\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

/* Whoever was refused asks once more, also when another thread has just given the reserve up. */
static bool again(void *p)
{
	if (!p)
		memory_yield();
	return !p;
}

static void *must(void *p)
{
	if (!p)
		end();
	return p;
}

void *memory_raw(size_t bytes)
{
	void *p = malloc(bytes);

	return again(p) ? must(malloc(bytes)) : p;
}

void *memory_try(size_t bytes)
{
	return malloc(bytes);
}

void *memory_resize(void *p, size_t bytes)
{
	void *more = realloc(p, bytes);

	if (more)
		return more;
	memory_yield();
	return must(realloc(p, bytes));
}

char *memory_text(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(memory_raw(n), text, n);
}

void *memory_new_array(size_t count, size_t bytes)
{
	void *p = calloc(count, bytes);

	return again(p) ? must(calloc(count, bytes)) : p;
}

void *memory_new(size_t bytes)
{
	return memory_new_array(1, bytes);
}
