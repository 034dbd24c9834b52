#include "tests/adapters/support.h"

#include <dirent.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CUT_LEAST_MS = 300, CUT_MOST_MS = 60000 };

static void asked_done(struct fetch *f)
{
	sem_post(f->owner);
}

static void split_columns(struct fetch *f, const char *names)
{
	const char **columns = arena_array_of(f->mem, const char *, strlen(names) + 1);

	for (const char *p = names; *p;) {
		size_t n = strcspn(p, " ");

		columns[f->n_columns++] = arena_cstr(f->mem, (struct str){ p, n });
		p += n + (p[n] == ' ');
	}
	f->columns = columns;
}

static void mark_bytes(struct fetch *f)
{
	bool *bytes = arena_array_of(f->mem, bool, f->n_columns);

	for (uint32_t i = 0; i < f->n_columns; i++)
		bytes[i] = true;
	f->bytes = bytes;
}

struct fetch *support_fetch(const struct ask *a)
{
	struct fetch *f = fetch_new();
	struct str *params;

	f->part = a->part ? a->part : "part";
	f->sql = arena_str(f->mem, str_of(a->sql ? a->sql : ""));
	split_columns(f, a->columns ? a->columns : "");
	if (a->all_bytes)
		mark_bytes(f);
	f->n_params = a->n_params;
	f->n_runs = a->n_runs ? a->n_runs : 1;
	params = arena_array_of(f->mem, struct str, (size_t)f->n_params * f->n_runs);
	for (size_t i = 0; i < (size_t)f->n_params * f->n_runs; i++)
		params[i] = arena_str(f->mem, a->params[i]);
	f->params = params;
	f->max_rows = a->max_rows ? a->max_rows : UINT32_MAX;
	f->max_bytes = a->max_bytes ? a->max_bytes : SIZE_MAX;
	f->give_up = a->give_up.at_us ? a->give_up : deadline_after_ms(30000);
	f->cap = a->cap.at_us ? a->cap : deadline_after_ms(30000);
	f->done = asked_done;
	f->owner = malloc(sizeof(sem_t));
	assert_non_null(f->owner);
	sem_init(f->owner, 0, 0);
	return f;
}

void support_start(struct adapter *ad, struct fetch *f)
{
	struct err err = { 0 };

	if (!adapter_submit(ad, f, &err))
		fail_msg("not taken: %s", err.text);
}

void support_wait(struct fetch *f)
{
	while (sem_wait(f->owner) != 0)
		continue;
}

bool support_is_done(struct fetch *f)
{
	int n = 0;

	sem_getvalue(f->owner, &n);
	return n > 0;
}

struct fetch *support_run(struct adapter *ad, const struct ask *a)
{
	struct fetch *f = support_fetch(a);

	support_start(ad, f);
	support_wait(f);
	return f;
}

struct fetch *support_run_cut(struct adapter *ad, struct ask a)
{
	for (uint32_t ms = CUT_LEAST_MS; ms < CUT_MOST_MS; ms *= 4) {
		a.give_up = a.cap = deadline_after_ms(ms);
		struct fetch *f = support_run(ad, &a);

		if (adapter_state(ad).cut > 0)
			return f;
		support_free(&f);
	}
	fail_msg("nothing was begun");
	return NULL;
}

enum err_class support_run_class(struct adapter *ad, const struct ask *a)
{
	struct fetch *f = support_run(ad, a);
	enum err_class cls = f->err.cls;

	support_free(&f);
	return cls;
}

void support_free(struct fetch **f)
{
	sem_destroy((*f)->owner);
	free((*f)->owner);
	fetch_free(f);
}

struct adapter *support_open(struct adapter_conf conf)
{
	struct err err = { 0 };
	struct adapter *ad;

	conf.name = conf.name ? conf.name : "source";
	conf.zone = conf.zone ? conf.zone : "Asia/Seoul";
	conf.zone_offset_s = conf.zone_offset_s ? conf.zone_offset_s : 32400;
	conf.pool = conf.pool ? conf.pool : 1;
	conf.queue = conf.queue ? conf.queue : 16;
	conf.cap_ms = conf.cap_ms ? conf.cap_ms : 30000;
	ad = adapter_open(&conf, &err);
	if (ad == NULL)
		fail_msg("not opened: %s", err.text);
	return ad;
}

void support_until(bool (*is)(void *arg), void *arg)
{
	struct deadline due = deadline_after_ms(60000);

	while (!is(arg)) {
		if (deadline_left_us(due) == 0)
			fail_msg("what was waited for did not come");
		poll(NULL, 0, 1);
	}
}

bool support_is_up(void *adapter)
{
	return adapter_state(adapter).connected > 0;
}

size_t support_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

int support_end(int failed)
{
	if (failed == 0)
		return 0;
	fflush(NULL);
	_exit(failed);
}

void support_cell(const struct rows *rows, uint32_t r, uint32_t c, const char *text)
{
	struct str cell;

	assert_non_null(rows);
	assert_true(r < rows->n_rows && c < rows->n_cols);
	cell = rows_cell(rows, r, c);
	if (!str_eq(cell, str_of(text)))
		fail_msg("row %u column %u is \"%.*s\", not \"%s\"", r, c, STR_ARG(cell),
			 text ? text : "(null)");
}

static char directory[] = "/tmp/federator-adapters-XXXXXX";
static bool made;

const char *support_dir(void)
{
	if (!made)
		assert_non_null(mkdtemp(directory));
	made = true;
	return directory;
}

const char *support_path(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % ARRAY_LEN(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", support_dir(), name);
	return path;
}

const char *support_file(const char *name, const char *text)
{
	const char *path = support_path(name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	return path;
}

void support_dir_drop(void)
{
	DIR *dir = made ? opendir(directory) : NULL;

	if (dir == NULL)
		return;
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(directory);
}

int support_group_end(void **state)
{
	(void)state;
	support_dir_drop();
	return 0;
}
