#include "weblog/reading.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "weblog/guess.h"
#include "weblog/parsers.h"

enum { LINES_AT_ONCE = 2048, GUESS_BYTES = 1 << 20 };

struct weblog_reading {
	const struct weblog_rules *rules;
	const struct weblog_format *format;
	struct weblog_tail *tail;
	struct weblog_meaning *meaning;
	struct weblog_parsers *parsers;
	struct weblog_parser *parser; /* of the file in hand */
	bool is_new_file;
	struct weblog_gathered *into; /* while lines are read */
	size_t most;
	const struct weblog_spot *skip;
	size_t n_skip;
	struct weblog_read_counts counts;
	struct buf bad_path;
	struct weblog_bad_line bad;
	bool has_bad;
};

void weblog_gathered_begin(struct weblog_gathered *g)
{
	*g = (struct weblog_gathered){ .mem = arena_new(),
				       .events = memory_new_array(WEBLOG_BATCH_EVENTS, sizeof(struct weblog_event)) };
}

void weblog_gathered_clear(struct weblog_gathered *g)
{
	g->n = 0;
	g->skipped = false;
	arena_wipe_free(&g->mem);
	g->mem = arena_new();
}

void weblog_gathered_end(struct weblog_gathered *g)
{
	arena_wipe_free(&g->mem);
	free(g->events);
	*g = (struct weblog_gathered){ 0 };
}

struct weblog_reading *weblog_reading_new(const struct weblog_rules *rules, const struct weblog_format *format,
					  struct weblog_tail *tail, struct weblog_meaning *meaning)
{
	struct weblog_reading *r = memory_new(sizeof(*r));

	*r = (struct weblog_reading){
		.rules = rules,
		.format = format,
		.tail = tail,
		.meaning = meaning,
		.most = WEBLOG_BATCH_EVENTS,
		.parsers = weblog_parsers_new(),
		.is_new_file = true,
	};
	return r;
}

void weblog_reading_free(struct weblog_reading **reading)
{
	struct weblog_reading *r = *reading;

	if (!r)
		return;
	weblog_parsers_free(&r->parsers);
	buf_free(&r->bad_path);
	free(r);
	*reading = NULL;
}

/* The texts of an event that point into the line point into a copy of it from now on. */
static void event_move(struct weblog_event *event, struct str line, const char *copy)
{
	struct str *texts[] = { &event->visitor, &event->method, &event->path, &event->query,
				&event->product, &event->category, &event->order, &event->terms,
				&event->engine, &event->engine_terms, &event->referrer, &event->campaign,
				&event->client, &event->agent };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i]->p >= line.p && texts[i]->p < line.p + line.n)
			texts[i]->p = copy + (texts[i]->p - line.p);
	for (size_t i = 0; i < event->n_links; i++)
		if (event->links[i].value.p >= line.p && event->links[i].value.p < line.p + line.n)
			event->links[i].value.p = copy + (event->links[i].value.p - line.p);
}

static void line_bad(struct weblog_reading *r, const struct weblog_tail_line *line, size_t at, const char *what)
{
	weblog_tail_reject(r->tail);
	r->counts.rejected++;
	if (r->has_bad)
		return;
	r->has_bad = true;
	r->bad_path.len = 0;
	buf_put(&r->bad_path, line->path.p, line->path.n);
	r->bad = (struct weblog_bad_line){ .path = buf_str(&r->bad_path), .offset = line->offset, .at = at,
					   .what = what };
}

bool weblog_spot_is(const struct weblog_spot *one, const struct weblog_spot *other)
{
	return one->file == other->file && one->offset == other->offset;
}

static bool is_skipped(const struct weblog_reading *r, const struct weblog_spot *spot)
{
	for (size_t i = 0; i < r->n_skip; i++)
		if (weblog_spot_is(&r->skip[i], spot))
			return true;
	return false;
}

static void line_means(struct weblog_reading *r, const struct weblog_record *record,
		       const struct weblog_tail_line *line)
{
	struct weblog_gathered *g = r->into;
	struct weblog_event *event = &g->events[g->n];
	enum weblog_verdict verdict = weblog_meaning_of(r->meaning, record, g->mem, event);

	r->counts.verdicts[verdict]++;
	if (verdict != WEBLOG_EVENT)
		return;
	if (r->most == 1)
		g->last = (struct weblog_spot){ digest_sip(line->path), line->offset };
	g->skipped = r->most == 1 && is_skipped(r, &g->last);
	if (g->skipped) {
		r->counts.dropped++;
		line_bad(r, line, 0, "the store does not take it");
		return;
	}
	event_move(event, line->text, arena_str(g->mem, line->text).p);
	g->n++;
}

static void line_take(struct weblog_reading *r, const struct weblog_tail_line *line)
{
	struct weblog_record record;
	struct weblog_fault fault;
	enum weblog_outcome outcome;

	if (r->is_new_file)
		r->parser = weblog_parsers_at(r->parsers, r->format, line);
	r->is_new_file = false;
	outcome = weblog_parse(r->parser, line->text, &record, &fault);
	if (outcome == WEBLOG_READ && !weblog_parsers_crowded(r->parsers) &&
	    !weblog_tail_take(r->tail, record.time_us))
		return; /* it comes again behind earlier ones of other files */
	weblog_parsers_read(r->parsers, line);
	r->counts.lines++;
	r->counts.bytes += line->text.n + 1;
	switch (outcome) {
	case WEBLOG_READ:
		line_means(r, &record, line);
		break;
	case WEBLOG_REJECTED:
		line_bad(r, line, fault.at, fault.what);
		break;
	case WEBLOG_NOTHING:
		break;
	}
}

/* Look at the first lines, and go back in front of them. False: no format reads them. With too few lines to be sure
 * *wait_out. */
static bool format_guess(struct weblog_reading *r, bool *wait_out)
{
	SCOPED(buf_free) struct buf head = { 0 };
	struct weblog_guess *guesses = memory_new_array(r->rules->n_formats, sizeof(*guesses));
	enum weblog_tail_outcome outcome = WEBLOG_TAIL_NOTHING;
	struct weblog_tail_line line;
	size_t lines = 0;

	while (lines < WEBLOG_GUESS_LINES && head.len < GUESS_BYTES &&
	       (outcome = weblog_tail_next(r->tail, &line)) != WEBLOG_TAIL_NOTHING) {
		if (outcome != WEBLOG_TAIL_LINE)
			continue;
		buf_put(&head, line.text.p, line.text.n);
		buf_putc(&head, '\n');
		lines++;
	}
	weblog_tail_back(r->tail);
	if (lines && weblog_guess(r->rules, buf_str(&head), true, guesses))
		r->format = guesses[0].named->format;
	free(guesses);
	*wait_out = !r->format && outcome == WEBLOG_TAIL_NOTHING && lines < WEBLOG_GUESS_LINES / 10;
	return r->format != NULL;
}

enum weblog_read_outcome weblog_reading_lines(struct weblog_reading *reading, struct weblog_gathered *into)
{
	static const char too_long[] = "longer than 1 MiB";
	bool wait;

	reading->into = into;
	if (!reading->format && !format_guess(reading, &wait))
		return wait ? WEBLOG_READ_ALL : WEBLOG_READ_UNKNOWN;
	for (size_t i = 0; i < LINES_AT_ONCE; i++) {
		struct weblog_tail_line line;

		if (into->n >= reading->most || into->skipped || arena_used(into->mem) > WEBLOG_BATCH_BYTES)
			return WEBLOG_READ_FULL;
		switch (weblog_tail_next(reading->tail, &line)) {
		case WEBLOG_TAIL_LINE:
			line_take(reading, &line);
			break;
		case WEBLOG_TAIL_TOO_LONG:
			reading->counts.lines++;
			line_bad(reading, &line, 0, too_long);
			break;
		case WEBLOG_TAIL_NEW_FILE:
			reading->is_new_file = true;
			break;
		case WEBLOG_TAIL_NOTHING:
			return WEBLOG_READ_ALL;
		}
	}
	return WEBLOG_READ_ON;
}

void weblog_reading_limit(struct weblog_reading *reading, size_t events)
{
	reading->most = events < WEBLOG_BATCH_EVENTS ? events : WEBLOG_BATCH_EVENTS;
}

void weblog_reading_skip(struct weblog_reading *reading, const struct weblog_spot *spots, size_t n)
{
	reading->skip = spots;
	reading->n_skip = n;
}

bool weblog_reading_bad(struct weblog_reading *reading, struct weblog_bad_line *bad)
{
	bool has = reading->has_bad;

	*bad = reading->bad;
	reading->has_bad = false;
	return has;
}

struct weblog_read_counts weblog_reading_counts(const struct weblog_reading *reading)
{
	return reading->counts;
}
