#include "weblog/guess.h"

#include <stdlib.h>

#include "weblog/program.h"

static size_t values_of(const struct weblog_record *record)
{
	size_t n = record->n_extra + (record->status > 0) + (record->bytes >= 0) + (record->duration_us >= 0);

	for (size_t i = 0; i < WEBLOG_TEXTS; i++)
		n += record->text[i].p != NULL;
	return n;
}

static void try_format(const struct weblog_format *format, struct str head, bool is_all, struct weblog_guess *guess)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_parser *parser = weblog_parser_new(format, mem);

	for (size_t lines = 0; head.n && lines < WEBLOG_GUESS_LINES; lines++) {
		const char *end = memchr(head.p, '\n', head.n);
		size_t n = end ? (size_t)(end - head.p) : head.n;
		struct weblog_record record;
		struct weblog_fault fault;
		enum weblog_outcome outcome;

		if (!end && !is_all)
			break;
		outcome = weblog_parse(parser, (struct str){ head.p, n }, &record, &fault);
		guess->read += outcome == WEBLOG_READ;
		guess->rejected += outcome == WEBLOG_REJECTED;
		if (outcome == WEBLOG_READ)
			guess->values += values_of(&record);
		n += end != NULL;
		head = (struct str){ head.p + n, head.n - n };
	}
}

static int better(const void *one, const void *other)
{
	const struct weblog_guess *a = one, *b = other;
	size_t a_part = a->rejected * (b->read + b->rejected), b_part = b->rejected * (a->read + a->rejected);

	if (a_part != b_part)
		return a_part < b_part ? -1 : 1;
	if (a->values * b->read != b->values * a->read)
		return a->values * b->read > b->values * a->read ? -1 : 1;
	return (a->named > b->named) - (a->named < b->named);
}

size_t weblog_guess(const struct weblog_rules *rules, struct str head, bool is_all, struct weblog_guess *out)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n_formats; i++) {
		struct weblog_guess guess = { .named = &rules->formats[i] };

		try_format(guess.named->format, head, is_all, &guess);
		if (guess.read > 0)
			out[n++] = guess;
	}
	if (n > 1)
		qsort(out, n, sizeof(*out), better);
	return n;
}

/* Does a log that begins so look like one of this family? */
static bool is_like(enum weblog_family family, struct str head)
{
	switch (head.n ? head.p[0] : ' ') {
	case '{':
		return family == WEBLOG_OF_JSON;
	case '#':
		return family == WEBLOG_OF_W3C;
	default:
		return family == WEBLOG_OF_TEXT;
	}
}

static int further(const void *one, const void *other)
{
	const struct weblog_miss *a = one, *b = other;

	if (a->is_like != b->is_like)
		return a->is_like ? -1 : 1;
	if (a->number != b->number)
		return a->number > b->number ? -1 : 1;
	if (a->fault.at != b->fault.at)
		return a->fault.at > b->fault.at ? -1 : 1;
	return (a->named > b->named) - (a->named < b->named);
}

/* The first line that the format does not read. */
static bool miss_find(struct str head, struct arena *mem, struct weblog_miss *miss)
{
	struct weblog_parser *parser = weblog_parser_new(miss->named->format, mem);

	for (miss->number = 1; head.n && miss->number <= WEBLOG_GUESS_LINES; miss->number++) {
		const char *end = memchr(head.p, '\n', head.n);
		size_t n = end ? (size_t)(end - head.p) : head.n;
		struct weblog_record record;

		miss->line = (struct str){ head.p, n - (n && head.p[n - 1] == '\r') };
		if (weblog_parse(parser, miss->line, &record, &miss->fault) == WEBLOG_REJECTED)
			return true;
		n += end != NULL;
		head = (struct str){ head.p + n, head.n - n };
	}
	return false;
}

size_t weblog_guess_misses(const struct weblog_rules *rules, struct str head, struct arena *mem,
			   struct weblog_miss *out)
{
	struct str begin = head;
	size_t n = 0;

	while (begin.n && (begin.p[0] == '\n' || begin.p[0] == '\r'))
		begin = (struct str){ begin.p + 1, begin.n - 1 };
	for (size_t i = 0; i < rules->n_formats; i++) {
		out[n] = (struct weblog_miss){ .named = &rules->formats[i],
					       .is_like = is_like(rules->formats[i].format->family, begin) };
		n += miss_find(head, mem, &out[n]);
	}
	if (n > 1)
		qsort(out, n, sizeof(*out), further);
	return n;
}
