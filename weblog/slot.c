#include "weblog/slot.h"

#include <stdlib.h>

#include "base/civil.h"
#include "base/text.h"

struct name {
	enum weblog_syntax syntax;
	const char *name;
	enum weblog_kind kind;
	int argument;
};

#define KIND_SKIP WEBLOG_SKIP
#define KIND_TEXT WEBLOG_TEXT
#define KIND_REQUEST WEBLOG_REQUEST_LINE
#define KIND_STATUS WEBLOG_STATUS
#define KIND_BYTES WEBLOG_BYTES
#define KIND_DURATION WEBLOG_DURATION
#define KIND_TAKEN WEBLOG_TAKEN
#define KIND_TIME_CLF WEBLOG_TIME_CLF
#define KIND_TIME_ISO WEBLOG_TIME_ISO
#define KIND_TIME_EPOCH WEBLOG_TIME_EPOCH
#define KIND_DATE WEBLOG_DATE
#define KIND_TIME_OF_DAY WEBLOG_TIME_OF_DAY

static const struct name names[] = {
#define NAME(syntax, name, kind, argument) { WEBLOG_##syntax, name, KIND_##kind, argument },
#include "weblog/names.def"
#undef NAME
};

/* The same letters, of headers in any case and with _ for -. */
static bool name_is(enum weblog_syntax syntax, struct str name, const char *known)
{
	if (strlen(known) != name.n)
		return false;
	if (syntax != WEBLOG_HEADER)
		return memcmp(name.p, known, name.n) == 0;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i] == '-' ? '_' : name.p[i];

		if (text_lower(c) != known[i])
			return false;
	}
	return true;
}

bool weblog_slot_find(enum weblog_syntax syntax, struct str name, struct weblog_slot *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].syntax == syntax && name_is(syntax, name, names[i].name)) {
			*out = (struct weblog_slot){ names[i].kind, names[i].argument, name };
			return true;
		}
	return false;
}

struct weblog_slot weblog_slot_header(struct str name, struct str full_name)
{
	struct weblog_slot slot;

	if (!weblog_slot_find(WEBLOG_HEADER, name, &slot))
		slot.kind = WEBLOG_EXTRA;
	slot.name = full_name;
	return slot;
}

static bool is_none(struct str value)
{
	return value.n == 0 || (value.n == 1 && value.p[0] == '-');
}

/* Of a list of addresses, as proxies forward them, the last one: it is what the server itself saw. */
static struct str last_of(struct str s)
{
	const char *comma = memrchr(s.p, ',', s.n);
	size_t n = comma ? (size_t)(comma - s.p) + 1 : 0;

	while (comma && n < s.n && s.p[n] == ' ')
		n++;
	return (struct str){ s.p + n, s.n - n };
}

/* Bytes of addresses and host names. */
static const char *client_check(struct str s, size_t *at_out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' || c == ':' ||
		      c == '-' || c == '_' || c == '%' || c == '[' || c == ']' || c == '/')) {
			*at_out = i;
			return "not an address or a host name";
		}
	}
	return NULL;
}

static const char *text_put(enum weblog_text which, struct str value, struct weblog_record *record, size_t *at_out)
{
	*at_out = 0;
	if (which == WEBLOG_CLIENT) {
		struct str last = last_of(value);
		const char *bad = client_check(last, at_out);

		*at_out += (size_t)(last.p - value.p);
		if (bad)
			return bad;
		value = last;
	}
	/* A line of another format: what stands in front of its user was taken for less than it is. */
	if (which == WEBLOG_USER && value.n > 2 && value.p[0] == '-' && value.p[1] == ' ')
		return "more in front of the time than the format says";
	if (is_none(value))
		value = (struct str){ NULL, 0 };
	record->text[which] = value;
	return NULL;
}

static bool is_method(struct str s)
{
	if (s.n == 0 || s.n > 32)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-' ||
		      s.p[i] == '_'))
			return false;
	return !(s.n == 1 && s.p[0] == '-');
}

/* METHOD target [protocol]. What a client sent instead is kept as the request and has no parts. */
static void request_put(struct str value, struct weblog_record *record)
{
	const char *space, *last;
	struct str method, target;

	if (is_none(value))
		return;
	record->text[WEBLOG_REQUEST] = value;
	space = memchr(value.p, ' ', value.n);
	method = (struct str){ value.p, space ? (size_t)(space - value.p) : value.n };
	if (!space || !is_method(method))
		return;
	target = (struct str){ space + 1, value.n - method.n - 1 };
	last = memrchr(target.p, ' ', target.n);
	if (last && target.p + target.n - last > 5 && memcmp(last + 1, "HTTP", 4) == 0) {
		record->text[WEBLOG_PROTOCOL] = (struct str){ last + 1, (size_t)(target.p + target.n - last - 1) };
		target.n = (size_t)(last - target.p);
	}
	if (target.n == 0)
		return;
	record->text[WEBLOG_METHOD] = method;
	record->text[WEBLOG_TARGET] = target;
}

static const char *status_put(struct str value, struct weblog_record *record)
{
	int status = 0;

	if (is_none(value) || str_eq(value, STR("-1"))) /* HAProxy: the client was gone first */
		return NULL;
	if (value.n > 3)
		return "not a status of three digits";
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return "not a status";
		status = status * 10 + (value.p[i] - '0');
	}
	record->status = status;
	return NULL;
}

static const char *bytes_put(struct str value, struct weblog_record *record)
{
	return is_none(value) || weblog_decimal(value, 0, &record->bytes) ? NULL : "not a number of bytes";
}

static const char *duration_put(struct str value, int power, struct weblog_record *record)
{
	while (value.n && value.p[0] == ' ') /* Squid pads it */
		value = (struct str){ value.p + 1, value.n - 1 };
	return is_none(value) || weblog_decimal(value, power, &record->duration_us) ? NULL : "not a duration";
}

static const char *iso_put(struct str value, struct weblog_memo *memo, struct weblog_record *record)
{
	struct civil when;

	if (!civil_parse(value, &when) || !when.has_time)
		return "no time like 2000-10-10T13:55:36-07:00";
	record->time_us = when.us;
	record->offset_s = when.offset_s;
	record->has_offset = when.has_offset;
	memo->has_time = true;
	return NULL;
}

static const char *epoch_put(struct str value, int power, struct weblog_memo *memo, struct weblog_record *record)
{
	if (!weblog_decimal(value, power, &record->time_us) || record->time_us < 0 || !civil_has_year(record->time_us))
		return "no time since 1970";
	record->has_offset = true;
	memo->has_time = true;
	return NULL;
}

static const char *day_clock_put(const struct weblog_slot *slot, struct str value, struct weblog_memo *memo)
{
	struct civil when;

	if (slot->argument)
		memo->local = true;
	if (slot->kind == WEBLOG_TIME_OF_DAY)
		return civil_parse_time(value, &memo->clock_us) ? NULL : "no time of day like 13:55:36";
	if (!civil_parse(value, &when) || when.has_time)
		return "no day like 2000-10-10";
	memo->date_us = when.us;
	return NULL;
}

static void extra_put(const struct weblog_slot *slot, struct str value, struct weblog_record *record)
{
	if (!is_none(value) && record->n_extra < WEBLOG_EXTRAS_MAX)
		record->extra[record->n_extra++] = (struct weblog_extra){ slot->name, value };
}

const char *weblog_slot_put(const struct weblog_slot *slot, struct str value, struct weblog_memo *memo,
			    struct weblog_record *record, size_t *at_out)
{
	*at_out = 0;
	switch (slot->kind) {
	case WEBLOG_SKIP:
		return NULL;
	case WEBLOG_TEXT:
		return text_put((enum weblog_text)slot->argument, value, record, at_out);
	case WEBLOG_EXTRA:
		extra_put(slot, value, record);
		return NULL;
	case WEBLOG_REQUEST_LINE:
		request_put(value, record);
		return NULL;
	case WEBLOG_STATUS:
		return status_put(value, record);
	case WEBLOG_BYTES:
		return bytes_put(value, record);
	case WEBLOG_DURATION:
		return duration_put(value, slot->argument, record);
	case WEBLOG_TAKEN:
		return duration_put(value, value.n && memchr(value.p, '.', value.n) ? 6 : 3, record);
	case WEBLOG_TIME_CLF:
		memo->has_time = true;
		return weblog_time_clf(value, memo, record, at_out);
	case WEBLOG_TIME_ISO:
		return iso_put(value, memo, record);
	case WEBLOG_TIME_EPOCH:
		return epoch_put(value, slot->argument, memo, record);
	case WEBLOG_DATE:
	case WEBLOG_TIME_OF_DAY:
		return day_clock_put(slot, value, memo);
	}
	abort();
}

bool weblog_slot_is_time(const struct weblog_slot *slot)
{
	return slot->kind >= WEBLOG_TIME_CLF;
}

bool weblog_slot_is_request(const struct weblog_slot *slot)
{
	return slot->kind == WEBLOG_REQUEST_LINE || (slot->kind == WEBLOG_TEXT && slot->argument == WEBLOG_TARGET);
}
