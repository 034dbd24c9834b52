#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static atomic_int least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
	atomic_store(&least_level, (int)least);
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_DEBUG:
		return "debug";
	case LOG_INFO:
		return "info";
	case LOG_WARN:
		return "warn";
	case LOG_ERROR:
		break;
	}
	return "error";
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

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
static void put_text(struct buf *line, struct str s)
{
	uint32_t cp;

	if (!s.p) {
		buf_puts(line, "null");
		return;
	}
	buf_putc(line, '"');
	while (s.n > 0) {
		size_t used = text_next(s, &cp);

		put_char(line, cp);
		s = (struct str){ s.p + used, s.n - used };
	}
	buf_putc(line, '"');
}

static void put_time(struct buf *line)
{
	int64_t now_ms = clock_wall_ms();
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(line, "{\"time\":\"%s.%03dZ\"", text, (int)(now_ms % 1000));
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	SCOPED(buf_free) struct buf line = { 0 };

	assert(!strchr(event, ' ')); /* one word, for those who filter */
	if ((int)level < atomic_load(&least_level))
		return;
	put_time(&line);
	buf_printf(&line, ",\"level\":\"%s\",\"event\":", level_name(level));
	put_text(&line, str_of(event));
	for (size_t i = 0; i < n; i++) {
		buf_putc(&line, ',');
		put_text(&line, str_of(fields[i].name));
		buf_putc(&line, ':');
		if (fields[i].kind == LOG_INT)
			buf_printf(&line, "%" PRId64, fields[i].number);
		else
			put_text(&line, fields[i].text);
	}
	buf_puts(&line, "}\n");
	/* A log that cannot be written has nobody to be told. */
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		return;
}
