/* slot.h - where one value of a line goes in the record, and how it is read. For the parsers of this folder. No state
 * beside the memo; safe from any thread. */
#ifndef WEBLOG_SLOT_H
#define WEBLOG_SLOT_H

#include "weblog/record.h"

enum weblog_kind {
	WEBLOG_SKIP,
	WEBLOG_TEXT, /* argument: enum weblog_text */
	WEBLOG_EXTRA,
	WEBLOG_REQUEST_LINE,
	WEBLOG_STATUS,
	WEBLOG_BYTES,
	WEBLOG_DURATION, /* argument: power of ten from its unit to microseconds */
	WEBLOG_TAKEN, /* time-taken of W3C: seconds when it has a point, else milliseconds as IIS has it */
	WEBLOG_TIME_CLF, /* 10/Oct/2000:13:55:36[.fraction][ -0700] */
	WEBLOG_TIME_ISO,
	WEBLOG_TIME_EPOCH, /* argument: as of WEBLOG_DURATION */
	WEBLOG_DATE, /* argument: 1 when of the server's wall clock, else UTC */
	WEBLOG_TIME_OF_DAY, /* the same */
};

struct weblog_slot {
	enum weblog_kind kind;
	int argument;
	struct str name; /* as the format has it */
};

enum weblog_syntax { WEBLOG_NGINX, WEBLOG_APACHE, WEBLOG_HEADER, WEBLOG_W3C };

/* What was read in front of a value and helps to read it. */
struct weblog_memo {
	char day[11]; /* dd/Mon/yyyy of the line before; first byte 0: none */
	int64_t day_us; /* its midnight */
	int64_t date_us, clock_us; /* WEBLOG_DATE and WEBLOG_TIME_OF_DAY of this line; -1: none */
	bool has_time, local; /* of this line */
};

/* Find a name of one syntax; of `WEBLOG_HEADER` in any case. False: it is not in names.def. */
bool weblog_slot_find(enum weblog_syntax syntax, struct str name, struct weblog_slot *out) MUST_CHECK NONNULL(3);
/* The slot of a request header: a known text, or an extra with that name. `name` must outlive it. */
struct weblog_slot weblog_slot_header(struct str name, struct str full_name);

/* Read `value` into the record. NULL when it is right; else why it is not, a static text, with *at_out its byte. */
const char *weblog_slot_put(const struct weblog_slot *slot, struct str value, struct weblog_memo *memo,
			    struct weblog_record *record, size_t *at_out) NONNULL(1, 3, 4, 5);
/* Does it tell the time, or what was asked for? A format without both is of no use. */
bool weblog_slot_is_time(const struct weblog_slot *slot) NONNULL(1);
/* See above. */
bool weblog_slot_is_request(const struct weblog_slot *slot) NONNULL(1);

/* Read the times of logs as microseconds since 1970; NULL, or why not. time.c */
const char *weblog_time_clf(struct str s, struct weblog_memo *memo, struct weblog_record *record, size_t *at_out)
	NONNULL(2, 3, 4);
/* A number with a point as microseconds, its unit 10^`power` of them; negative ones are -1. */
bool weblog_decimal(struct str s, int power, int64_t *us_out) MUST_CHECK NONNULL(3);

#endif
