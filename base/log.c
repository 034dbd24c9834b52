#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#include <assert.h>
#include <limits.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { LINE_USUAL = 500 };
static atomic_int least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
	atomic_store(&least_level, (int)least);
}

static struct str level_text(enum log_level level)
{
	switch (level) {
	case LOG_DEBUG:
		return STR(",\"level\":\"debug\",\"event\":");
	case LOG_INFO:
		return STR(",\"level\":\"info\",\"event\":");
	case LOG_WARN:
		return STR(",\"level\":\"warn\",\"event\":");
	case LOG_ERROR:
		break;
	}
	return STR(",\"level\":\"error\",\"event\":");
}

static void put_char(struct buf *line, uint32_t cp)
{
	char utf8[4];

	if (cp == '"' || cp == '\\')
		buf_printf(line, "\\%c", (char)cp);
	else if (cp == '\n')
		buf_puts(line, "\\n");
	else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) /* C1 as well: some terminals obey them */
		buf_printf(line, "\\u%04x", (unsigned)cp);
	else
		buf_put(line, utf8, text_encode(cp, utf8));
}

/* How many bytes stand for themselves. */
static size_t plain_run(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7F && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

/* The bytes of `s` in quotes; nothing is escaped. */
static void put_quoted(struct buf *line, struct str s)
{
	char *to = buf_reserve(line, s.n + 2);

	*to++ = '"';
	to = mempcpy(to, s.p, s.n);
	*to = '"';
	buf_add(line, s.n + 2);
}

static void put_name(struct buf *line, const char *name)
{
	buf_putc(line, ',');
	put_quoted(line, str_of(name)); /* a word, as well */
	buf_putc(line, ':');
}

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
static void put_text(struct buf *line, struct str s)
{
	uint32_t cp;

	if (!s.p) {
		buf_puts(line, "null");
		return;
	}
	if (plain_run(s) == s.n) {
		put_quoted(line, s);
		return;
	}
	buf_putc(line, '"');
	while (s.n > 0) {
		size_t used = plain_run(s);

		if (used) {
			buf_put(line, s.p, used);
		} else {
			used = text_next(s, &cp);
			put_char(line, cp);
		}
		s = (struct str){ s.p + used, s.n - used };
	}
	buf_putc(line, '"');
}

static void put_number(struct buf *line, int64_t number)
{
	char *to = buf_reserve(line, TEXT_I64_MOST);
	size_t n = text_from_i64(number, to);

	to[n] = '\0';
	line->len += n;
}

/* Many events are of one second: its text is written once. */
static void put_time(struct buf *line)
{
	static _Thread_local struct {
		time_t s;
		char text[sizeof("{\"time\":\"2026-01-01T00:00:00.")];
	} last;
	int64_t now_ms = clock_wall_ms();
	time_t now = (time_t)(now_ms / 1000);
	unsigned ms = (unsigned)(now_ms % 1000);
	struct tm tm;

	if (now != last.s || !last.text[0]) {
		gmtime_r(&now, &tm);
		strftime(last.text, sizeof(last.text), "{\"time\":\"%Y-%m-%dT%H:%M:%S.", &tm);
		last.s = now;
	}
	buf_put(line, last.text, sizeof(last.text) - 1);
	buf_put(line, (char[]){ (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10) }, 3);
	buf_put(line, "Z\"", 2);
}

/* Lines of this thread that wait. No more than a pipe takes in one piece, whoever else writes to it. */
static _Thread_local struct {
	bool gathers;
	size_t n;
	char bytes[PIPE_BUF];
} held;

/* A log that cannot be written has nobody to be told. */
static void write_out(const char *bytes, size_t n)
{
	if (n && write(STDERR_FILENO, bytes, n) < 0)
		return;
}

void log_gather(void)
{
	held.gathers = true;
}

void log_flush(void)
{
	write_out(held.bytes, held.n);
	held.n = 0;
}

static void put_out(enum log_level level, struct str line)
{
	bool waits = held.gathers && level < LOG_WARN && line.n <= sizeof(held.bytes);

	if (!waits || held.n + line.n > sizeof(held.bytes))
		log_flush();
	if (!waits) {
		write_out(line.p, line.n);
		return;
	}
	memcpy(held.bytes + held.n, line.p, line.n);
	held.n += line.n;
}

/* All that stands behind the time; returns where the number of a LOG_GAP belongs. */
static size_t put_event(struct buf *line, enum log_level level, const char *event, const struct log_field *fields,
			size_t n)
{
	size_t gap = 0;

	assert(!strchr(event, ' ')); /* one word, for those who filter */
	buf_put_str(line, level_text(level));
	put_text(line, str_of(event));
	for (size_t i = 0; i < n; i++) {
		put_name(line, fields[i].name);
		switch (fields[i].kind) {
		case LOG_INT:
			put_number(line, fields[i].number);
			break;
		case LOG_TEXT:
			put_text(line, fields[i].text);
			break;
		case LOG_LATER:
			gap = line->len;
			break;
		}
	}
	buf_puts(line, "}\n");
	return gap;
}

static bool is_wanted(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	char usual[LINE_USUAL];
	SCOPED(buf_free) struct buf line = buf_over(usual, sizeof(usual));

	if (!is_wanted(level))
		return;
	put_time(&line);
	put_event(&line, level, event, fields, n);
	put_out(level, buf_str(&line));
}

size_t log_form(struct buf *out, enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	size_t from = out->len;

	return put_event(out, level, event, fields, n) - from;
}

void log_formed(enum log_level level, struct str before, int64_t number, struct str after)
{
	char usual[LINE_USUAL];
	SCOPED(buf_free) struct buf line = buf_over(usual, sizeof(usual));

	if (!is_wanted(level))
		return;
	put_time(&line);
	buf_put_str(&line, before);
	put_number(&line, number);
	buf_put_str(&line, after);
	put_out(level, buf_str(&line));
}
