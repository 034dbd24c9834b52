#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/cmocka_all.h"

enum { MIB = 1 << 20 };

/* Bytes of address space the process has. */
static size_t mapped(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void leave(size_t bytes)
{
	const struct rlimit limit = { mapped() + bytes, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

/* A story whose address space is its own; it ends the process by itself, else with 1. What it says goes to `text`. */
static int in_a_child(void (*story)(void), char text[256])
{
	int ends[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		dup2(ends[1], STDERR_FILENO);
		story();
		_exit(1);
	}
	close(ends[1]);
	while (n < 255 && (got = read(ends[0], text + n, 255 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void what_is_new_is_zero_and_what_is_resized_keeps_its_bytes(void **state)
{
	char *p = memory_new(100), *text = memory_text("kept");
	char **list = memory_new_array(3, sizeof(char *));

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_null(list[2]);
	text = memory_resize(text, 4096);
	assert_string_equal(text, "kept");
	free(text);
	free(list);
	free(p);
}

static void refused_once(void)
{
	void *volatile p;

	if (!memory_reserve())
		_exit(2);
	leave(MIB);
	if (memory_short())
		_exit(3);
	p = memory_new(4 * MIB); /* more than is left: out of the reserve */
	if (!memory_short())
		_exit(4);
	free(p);
	leave(64 * (size_t)MIB);
	if (memory_short())
		_exit(5);
	_exit(0);
}

static void the_reserve_serves_and_is_filled_again(void **state)
{
	char text[256];

	(void)state;
	if (mapped() > (size_t)1 << 40)
		skip(); /* a sanitizer's shadow: address space cannot be limited */
	assert_int_equal(in_a_child(refused_once, text), 0);
}

static void refused_for_good(void)
{
	struct buf all = { 0 };

	if (!memory_reserve())
		_exit(2);
	leave(MIB);
	for (;;)
		buf_printf(&all, "%064d", 7);
}

static void without_the_reserve_the_process_ends_with_one_line(void **state)
{
	char text[256];

	(void)state;
	if (mapped() > (size_t)1 << 40)
		skip();
	assert_int_equal(in_a_child(refused_for_good, text), -SIGABRT);
	assert_non_null(strstr(text, "out of memory"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void try_it(void)
{
	if (!memory_reserve())
		_exit(2);
	leave(MIB);
	if (memory_try(16 * (size_t)MIB))
		_exit(3);
	_exit(memory_short() ? 4 : 0);
}

static void what_can_be_done_without_leaves_the_reserve(void **state)
{
	char text[256];

	(void)state;
	if (mapped() > (size_t)1 << 40)
		skip();
	assert_int_equal(in_a_child(try_it, text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new_is_zero_and_what_is_resized_keeps_its_bytes),
		cmocka_unit_test(the_reserve_serves_and_is_filled_again),
		cmocka_unit_test(without_the_reserve_the_process_ends_with_one_line),
		cmocka_unit_test(what_can_be_done_without_leaves_the_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
