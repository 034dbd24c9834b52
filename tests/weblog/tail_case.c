#include "tests/weblog/tail_case.h"

static struct weblog_position known[64]; /* that were kept */
static size_t n_known;

const char *const access_log[] = { "access.log", NULL };
struct weblog_tail *tail;
static struct arena *mem;

int tail_case_begin(void **state)
{
	(void)state;
	bed_begin();
	n_known = 0;
	mem = arena_new();
	return 0;
}

int tail_case_end(void **state)
{
	(void)state;
	weblog_tail_free(&tail);
	bed_end();
	arena_wipe_free(&mem);
	return 0;
}

void put(const char *name, const char *text)
{
	bed_put(name, str_of(text));
}

void assert_read(const char *text)
{
	SCOPED(buf_free) struct buf out = bed_read(tail);

	assert_string_equal(out.data, text);
}

void assert_calm(void)
{
	struct err err;

	assert_false(weblog_tail_trouble(tail, &err));
}

void assert_trouble(const char *piece)
{
	struct err err;

	assert_true(weblog_tail_trouble(tail, &err));
	if (!strstr(err.text, piece))
		fail_msg("\"%s\" is not about \"%s\"", err.text, piece);
	assert_calm();
}

void later(unsigned seconds)
{
	bed_now_us += seconds * UINT64_C(1000000);
}

void keep(void)
{
	size_t n;

	(void)weblog_tail_positions(tail, mem, &n);
	weblog_tail_keep(tail);
}

void restart(void)
{
	restart_with(access_log);
}

void restart_with(const char *const *names)
{
	size_t n;
	const struct weblog_position *now = weblog_tail_positions(tail, mem, &n);

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < n_known && known[at].number != now[i].number)
			at++;
		assert_true(at < ARRAY_LEN(known));
		n_known += at == n_known;
		known[at] = now[i];
	}
	weblog_tail_free(&tail);
	tail = bed_tail(names, known, n_known);
}

bool is_done(uint64_t number)
{
	for (size_t i = 0; i < tail->n_files; i++)
		if (tail->files[i]->now.number == number)
			return tail->files[i]->done;
	return false;
}

const struct weblog_position *position(uint64_t number)
{
	size_t n;
	const struct weblog_position *all = weblog_tail_positions(tail, mem, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].number == number)
			return &all[i];
	fail_msg("file %lu has no new position", (unsigned long)number);
	return NULL;
}
