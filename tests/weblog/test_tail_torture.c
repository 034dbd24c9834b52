/* Logs that are written, rotated in every way, packed and removed at random, while a reader at random keeps what it
 * read, goes back, or is thrown away and made anew from what was kept: every line is kept once, and in its file's
 * order. Arguments: a seed and how many rounds from it on; a round that fails says its seed. */
#include "tests/cmocka_all.h"
#include "tests/weblog/tail_bed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STEPS = 150, DEPTH = 4, LINES_MAX = 1 << 16, FILES_MAX = 1 << 12 };

/* Somebody who writes a log. */
struct writer {
	int fd; /* -1: none */
	unsigned file; /* what it writes, counted through */
	struct buf rest; /* of a line that is written in part */
};

static uint64_t seed, round_seed, first_seed = 1;
static unsigned rounds = 60;
static const char *const names[] = { "access.log", "link.log", NULL };

static struct writer live, former, linked;
static unsigned links, n_lines, n_written_files;
static struct weblog_tail *tail;
static unsigned pending[LINES_MAX], n_pending;
static unsigned file_of[LINES_MAX];
static unsigned char kept[LINES_MAX]; /* by line: how often */
static unsigned last_line[FILES_MAX]; /* by file: of those kept */
static struct weblog_position *stored;
static size_t n_stored;
static struct arena *mem;

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static const char *nth(unsigned n, const char *suffix)
{
	static char text[4][64];
	static unsigned next;
	char *name = text[next++ % 4];

	if (n == 0)
		return "access.log";
	(void)snprintf(name, sizeof(text[0]), "access.log.%u%s", n, suffix);
	return name;
}

/* --- the reader --- */

/* Its number is its time; in some rounds nobody says it. */
static void line_note(const struct weblog_tail_line *line)
{
	unsigned number = (unsigned)strtoul(line->text.p, NULL, 10);

	assert_true(n_pending < LINES_MAX);
	assert_in_range(number, 1, n_lines);
	if ((unsigned char)line->text.p[line->text.n - 1] != '.')
		fail_msg("the line %u is a piece of one", number);
	if (round_seed % 3 == 0 || weblog_tail_take(tail, number))
		pending[n_pending++] = number;
}

static bool reader_read(unsigned n)
{
	struct weblog_tail_line line;

	for (unsigned i = 0; i < n; i++)
		switch (weblog_tail_next(tail, &line)) {
		case WEBLOG_TAIL_LINE:
			line_note(&line);
			break;
		case WEBLOG_TAIL_TOO_LONG:
			fail_msg("too long");
			break;
		case WEBLOG_TAIL_NEW_FILE:
			break;
		case WEBLOG_TAIL_NOTHING:
			return false;
		}
	return true;
}

static void position_store(const struct weblog_position *position)
{
	size_t at = 0;

	while (at < n_stored && stored[at].number != position->number)
		at++;
	n_stored += at == n_stored;
	assert_true(at < FILES_MAX);
	stored[at] = *position;
}

/* A transaction with the lines and the positions. */
static void reader_store(void)
{
	size_t n;
	const struct weblog_position *now = weblog_tail_positions(tail, mem, &n);

	for (size_t i = 0; i < n; i++)
		position_store(&now[i]);
	for (unsigned i = 0; i < n_pending; i++) {
		unsigned line = pending[i], *last = &last_line[file_of[line]];

		if (kept[line]++)
			fail_msg("the line %u is kept twice", line);
		if (line < *last)
			fail_msg("the line %u comes behind %u", line, *last);
		*last = line;
	}
	n_pending = 0;
}

/* While it is written some may be read on. */
static void reader_keep(void)
{
	reader_store();
	if (below(2))
		(void)reader_read(below(40));
	weblog_tail_keep(tail);
}

static void reader_back(void)
{
	n_pending = 0;
	weblog_tail_back(tail);
}

/* The store does not say whether it has them. */
static void reader_doubt(void)
{
	if (below(2)) {
		reader_store();
		(void)reader_read(below(40));
	}
	n_pending = 0;
	weblog_tail_to(tail, stored, n_stored);
}

/* Nobody keeps positions of what is gone for ever. */
static void ended_forget(void)
{
	size_t n = 0;

	for (size_t i = 0; i < n_stored; i++)
		if (!stored[i].ended)
			stored[n++] = stored[i];
	n_stored = n;
}

static void reader_anew(void)
{
	n_pending = 0;
	if (below(2))
		ended_forget();
	weblog_tail_free(&tail);
	tail = bed_tail(names, stored, n_stored);
	tail->open_max = 1 + below(6);
}

static void reader_all(void)
{
	while (reader_read(1000))
		;
	reader_keep();
}

static void reader_step(void)
{
	switch (below(9)) {
	case 8:
		reader_doubt();
		break;
	case 0:
		reader_keep();
		break;
	case 1:
		reader_back();
		break;
	case 2:
		if (below(2))
			reader_keep();
		reader_anew();
		break;
	case 3:
		reader_all();
		break;
	default:
		(void)reader_read(1 + below(40));
	}
}

/* --- servers --- */

static void writer_open(struct writer *writer, const char *name)
{
	writer->fd = open(bed_path(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(writer->fd >= 0);
	writer->file = ++n_written_files;
	assert_true(n_written_files < FILES_MAX);
}

static void writer_put(struct writer *writer, size_t n)
{
	if (n == 0)
		return;
	assert_int_equal(write(writer->fd, writer->rest.data, n), n);
	memmove(writer->rest.data, writer->rest.data + n, writer->rest.len - n);
	writer->rest.len -= n;
}

static void writer_line(struct writer *writer)
{
	unsigned padding = below(8) ? below(80) : below(1500);

	if (writer->fd < 0)
		return;
	n_lines++;
	assert_true(n_lines < LINES_MAX);
	file_of[n_lines] = writer->file;
	buf_printf(&writer->rest, "%u ", n_lines);
	for (unsigned i = 0; i < padding; i++)
		buf_putc(&writer->rest, (char)('a' + below(26)));
	buf_puts(&writer->rest, ".\n");
	writer_put(writer, below(3) ? writer->rest.len : below((unsigned)writer->rest.len));
}

static void writer_close(struct writer *writer)
{
	if (writer->fd < 0)
		return;
	writer_put(writer, writer->rest.len);
	close(writer->fd);
	writer->fd = -1;
}

/* --- logrotate --- */

static void file_remove(const char *name)
{
	if (bed_size(name) < 0)
		return;
	reader_all(); /* what nobody has read would be lost */
	bed_remove(name);
}

/* access.log.1 is free afterwards. */
static void shift(void)
{
	writer_close(&former);
	file_remove(nth(DEPTH, ""));
	file_remove(nth(DEPTH, ".gz"));
	for (unsigned i = DEPTH; i-- > 1;) {
		if (bed_size(nth(i, "")) >= 0)
			bed_rename(nth(i, ""), nth(i + 1, ""));
		if (bed_size(nth(i, ".gz")) >= 0)
			bed_rename(nth(i, ".gz"), nth(i + 1, ".gz"));
		if (!below(4))
			reader_step();
	}
}

static void rotate_by_name(void)
{
	shift();
	bed_rename("access.log", nth(1, ""));
	buf_free(&former.rest);
	former = live;
	memset(&live, 0, sizeof(live));
	if (below(2))
		reader_step();
	writer_open(&live, "access.log");
}

/* In two pieces, between which the reader looks. */
static void file_make(const char *name, struct str bytes)
{
	size_t half = bytes.n ? below((unsigned)bytes.n) : 0;

	bed_put(name, (struct str){ bytes.p, half });
	if (below(2))
		reader_step();
	bed_put(name, (struct str){ bytes.p + half, bytes.n - half });
}

static void rotate_by_copy(void)
{
	SCOPED(buf_free) struct buf all = { 0 };

	shift();
	writer_put(&live, live.rest.len);
	all = bed_slurp("access.log");
	file_make(nth(1, ""), buf_str(&all));
	bed_cut("access.log", 0);
	live.file = ++n_written_files;
}

static void pack(void)
{
	unsigned i = 1 + below(DEPTH);
	SCOPED(buf_free) struct buf packed = { 0 };

	if (bed_size(nth(i, "")) < 0)
		return;
	writer_close(&former);
	bed_pack(nth(i, ""), "packed");
	packed = bed_slurp("packed");
	bed_remove("packed");
	file_make(nth(i, ".gz"), buf_str(&packed));
	bed_remove(nth(i, ""));
}

static void link_switch(void)
{
	char name[32];

	writer_close(&linked);
	if (links > 3) {
		(void)snprintf(name, sizeof(name), "link.log-%u", links - 3);
		file_remove(name);
	}
	(void)snprintf(name, sizeof(name), "link.log-%u", ++links);
	writer_open(&linked, name);
	if (below(2))
		writer_line(&linked);
	bed_link(name, "link.log");
}

/* Often into the inode of what was removed. */
static void remove_and_make(void)
{
	unsigned i = 1 + below(DEPTH);

	writer_close(&former);
	file_remove(nth(i, below(2) ? "" : ".gz"));
	if (bed_size(nth(i, "")) >= 0 || bed_size(nth(i, ".gz")) >= 0)
		return;
	writer_open(&former, nth(i, ""));
	for (unsigned n = below(5); n > 0; n--)
		writer_line(&former);
}

static void clock_turn(void)
{
	if (!below(3)) {
		writer_close(&former); /* or its line in part would be taken for one */
		bed_now_us += 11000000;
	} else {
		bed_now_us += 1000000;
	}
}

static void step(void)
{
	static void (*const rare[])(void) = { rotate_by_name, rotate_by_copy, pack, link_switch, remove_and_make };
	static struct writer *const writers[] = { &live, &live, &former, &linked };

	switch (below(10)) {
	case 0:
		rare[below(ARRAY_LEN(rare))]();
		break;
	case 1:
		clock_turn();
		break;
	case 2:
	case 3:
	case 4:
		reader_step();
		break;
	default:
		for (unsigned n = 1 + below(4); n > 0; n--)
			writer_line(writers[below(ARRAY_LEN(writers))]);
	}
}

static void round_begin(void)
{
	bed_begin();
	mem = arena_new();
	stored = arena_array_of(mem, struct weblog_position, FILES_MAX);
	n_stored = 0;
	links = n_lines = n_pending = n_written_files = 0;
	memset(kept, 0, sizeof(kept));
	memset(last_line, 0, sizeof(last_line));
	former.fd = linked.fd = -1;
	tail = bed_tail(names, NULL, 0);
	writer_open(&live, "access.log");
}

static void round_end(void)
{
	weblog_tail_free(&tail);
	buf_free(&live.rest);
	buf_free(&former.rest);
	buf_free(&linked.rest);
	arena_wipe_free(&mem);
	bed_end();
}

static void round_check(void)
{
	struct err err;

	writer_close(&live);
	writer_close(&former);
	writer_close(&linked);
	bed_now_us += 2000000;
	reader_all();
	for (unsigned line = 1; line <= n_lines; line++)
		if (kept[line] != 1)
			fail_msg("the line %u of file %u is kept %u times", line, file_of[line], kept[line]);
	while (weblog_tail_trouble(tail, &err)) /* a reader made anew cannot know of what was removed before */
		if (!strstr(err.text, "not known whether"))
			fail_msg("%s", err.text);
	assert_int_equal(weblog_tail_counts(tail).bytes_lost, 0);
}

static void every_line_is_kept_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		seed = first_seed + i;
		round_seed = seed;
		round_begin();
		for (unsigned n = 0; n < STEPS; n++)
			step();
		round_check();
		round_end();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_line_is_kept_once) };
	int failed;

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed)
		print_message("the round's seed: %lu\n", (unsigned long)round_seed);
	return failed;
}
