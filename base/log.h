/* log.h - structured log: one line of JSON on stderr per event. Only federator/ and mains log; library
 * folders return errors. Values of customers never belong in an event. Safe from any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

struct buf;

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* One field of an event. */
struct log_field {
	const char *name;
	enum { LOG_TEXT, LOG_INT, LOG_LATER } kind;
	struct str text;
	int64_t number;
};

#define LOG_STR(name_, s_) ((struct log_field){ .name = (name_), .kind = LOG_TEXT, .text = (s_) })
#define LOG_CSTR(name_, s_) LOG_STR(name_, str_of(s_))
#define LOG_NUM(name_, v_) \
	((struct log_field){ .name = (name_), .kind = LOG_INT, .number = (int64_t)(v_) })
/* Of log_form(): a number that is known when the event is written. */
#define LOG_GAP(name_) ((struct log_field){ .name = (name_), .kind = LOG_LATER })
/* log_event(LOG_INFO, "listening", LOG_CSTR("address", a), LOG_NUM("port", p)); */
#define log_event(level, event, ...)                                      \
	log_write(level, event, (const struct log_field[]){ __VA_ARGS__ }, \
		  sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* Nothing below this level is written; default LOG_INFO. */
void log_set_level(enum log_level least);
/* From now on this thread's lines below LOG_WARN wait for log_flush(), or until there are 4 KiB of them, or for a line
 * that does not wait: a write(2) for each of thousands of requests a second costs more than to answer them. */
void log_gather(void);
/* Write what waits. */
void log_flush(void);
/* Write one event, a word in snake_case, with the time, the level and the fields: lines are never torn. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
	NONNULL(2, 3);
/* The text of an event that is written again and again, different only in one number, LOG_GAP: appended to `out`.
 * Returns how much of it stands before the number. */
size_t log_form(struct buf *out, enum log_level level, const char *event, const struct log_field *fields, size_t n)
	NONNULL(1, 3, 4);
/* Write it, as log_write() with that number; `level` is that of log_form(). */
void log_formed(enum log_level level, struct str before, int64_t number, struct str after);

#endif
