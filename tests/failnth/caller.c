#include "tests/failnth/caller.h"

#include <link.h>
#include <stdatomic.h>

/* Libraries whose call of `function` (NULL: any) cannot fail, and why. */
static const struct {
	const char *library, *function, *why;
} excused[] = {
	{ "ld-linux", NULL, "memory for thread-local variables: glibc ends the process itself" },
	{ "libodbc.so", "malloc", "unixODBC 2.3.11: SQLDriverConnect() writes odbcinst.ini's lines into it unseen" },
	/* regcomp("^\\+82100{8}$"): abort < malloc_printerr < free < re_compile_internal < regcomp */
	{ "libc.so", "realloc", "glibc 2.36: regcomp() frees its nodes twice when one of them cannot be added" },
#ifdef SANITIZED
	/* CheckFailed < GetThreadStackTopAndBottom < AsanThread::Init: pthread_getattr_np() had no memory */
	{ "libc.so", "calloc", "a sanitizer that cannot ask for a thread's stack ends the process" },
	{ "libasan.so", NULL, "see above" },
	{ "libtsan.so", NULL, "see above" },
#endif
};

enum { KNOWN_MOST = 256 };

/* Each loaded piece of code. Only added to; a slot is complete before it is counted. */
static struct {
	uintptr_t from, to;
	char name[64]; /* without its folder: a driver may be unloaded */
} known[KNOWN_MOST];
static atomic_size_t n_known;
static atomic_flag adding = ATOMIC_FLAG_INIT;

static void add(uintptr_t from, size_t bytes, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n;

	while (atomic_flag_test_and_set(&adding))
		continue;
	n = atomic_load(&n_known);
	if (n < KNOWN_MOST) {
		known[n].from = from;
		known[n].to = from + bytes;
		strncpy(known[n].name, slash ? slash + 1 : path, sizeof(known[n].name) - 1);
		atomic_store(&n_known, n + 1);
	}
	atomic_flag_clear(&adding);
}

static int add_object_at(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t at = *(const uintptr_t *)arg;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || at < from || at >= from + p->p_memsz)
			continue;
		add(from, p->p_memsz, info->dlpi_name);
		return 1;
	}
	return 0;
}

static const char *library_of(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	for (int again = 0; again < 2; again++) {
		size_t n = atomic_load(&n_known);

		for (size_t i = n; i-- > 0;)
			if (at >= known[i].from && at < known[i].to)
				return known[i].name;
		if (!again)
			dl_iterate_phdr(add_object_at, &at);
	}
	return "";
}

bool caller_is_excused(const void *caller, const char *function)
{
	const char *name = library_of(caller);

	for (size_t i = 0; i < ARRAY_LEN(excused); i++)
		if (strstr(name, excused[i].library) &&
		    (!excused[i].function || strcmp(excused[i].function, function) == 0))
			return true;
	return false;
}
