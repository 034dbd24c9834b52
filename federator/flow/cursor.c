/* cursor.c - the pages of a time line. A cursor is sealed like an id: the moment of the last event shown, how many
 * events of that moment were shown, and whose they are. */
#include "base/buf.h"
#include "base/text.h"
#include "federator/flow/cursor.h"

/* Cursors and ids are sealed for different readers, so that neither passes for the other. */
static struct str audience(struct flow *flow)
{
	return arena_printf(flow->mem, "%.*s\ncursor", STR_ARG(flow->ask.tenant));
}

static enum step_end bad_cursor(struct flow *flow)
{
	return flow_refuse(flow, 400, "bad-cursor", "The cursor is not one of this time line",
			   STR("it is not ours, it belongs to another customer, or it has expired"),
			   "begin with the first page");
}

struct str cursor_text(struct cursor cursor, struct arena *mem)
{
	SCOPED(buf_free) struct buf text = { 0 };

	buf_printf(&text, "%lld %u ", (long long)cursor.at_us, cursor.skip);
	buf_put_str(&text, cursor.subject); /* whatever its bytes */
	return arena_str(mem, buf_str(&text));
}

/* A number of digits only, behind which a blank stands. */
static bool next_number(struct str *text, uint64_t most, uint64_t *out)
{
	const char *blank = text->n ? memchr(text->p, ' ', text->n) : NULL;
	size_t n = blank ? (size_t)(blank - text->p) : 0;

	if (!blank || !text_to_u64((struct str){ text->p, n }, out) || *out > most)
		return false;
	*text = (struct str){ blank + 1, text->n - n - 1 };
	return true;
}

bool cursor_parse(struct str text, struct cursor *out)
{
	bool minus = text.n && text.p[0] == '-';
	uint64_t at_us, skip;

	text.p += minus;
	text.n -= minus;
	if (!next_number(&text, INT64_MAX, &at_us) || !next_number(&text, UINT32_MAX, &skip))
		return false;
	*out = (struct cursor){ .at_us = minus ? -(int64_t)at_us : (int64_t)at_us,
				.skip = (uint32_t)skip,
				.subject = text };
	return true;
}

static enum step_end read_cursor(struct flow *flow)
{
	struct timeline_filter *f = &flow->timeline;
	struct cursor cursor;
	struct str text;

	if (!unseal_id(flow->lane->service, audience(flow), flow->ask.cursor, flow->mem, &text) ||
	    !cursor_parse(text, &cursor) || !str_eq(cursor.subject, flow->asked[0].value))
		return bad_cursor(flow);
	f->has_before = true;
	f->before_us = cursor.at_us;
	f->skip = cursor.skip;
	return STEP_DONE;
}

/* A time window needs offsets: a time line spans sources of several zones. */
static enum step_end read_time(struct flow *flow, const char *name, struct str text, bool *has_out, int64_t *us_out)
{
	struct civil c;

	if (!text.p)
		return STEP_DONE;
	if (!civil_parse(text, &c) || !c.has_offset)
		return flow_refuse(flow, 400, "malformed-time", "A time cannot be read",
				   arena_printf(flow->mem,
						"`%s` wants a time with offset, such as 2026-11-22T09:00:00+09:00",
						name),
				   "in a URL + is written %2B");
	*has_out = true;
	*us_out = c.us;
	return STEP_DONE;
}

enum step_end cursor_read(struct flow *flow)
{
	struct timeline_filter *f = &flow->timeline;
	enum step_end end = read_time(flow, "since", flow->ask.since, &f->has_since, &f->since_us);

	if (end == STEP_DONE)
		end = read_time(flow, "until", flow->ask.until, &f->has_until, &f->until_us);
	if (end == STEP_DONE && flow->ask.cursor.n)
		end = read_cursor(flow);
	f->paged = flow->ask.timeline;
	f->limit = flow->ask.limit;
	return end;
}

struct str cursor_next(struct flow *flow)
{
	const struct timeline_filter *f = &flow->timeline;
	struct cursor next = { .at_us = f->next_us, .skip = f->next_skip, .subject = flow->match.subject };

	if (!f->paged || !f->more)
		return (struct str){ 0 };
	return seal_id(flow->lane->service, audience(flow), cursor_text(next, flow->mem), flow->mem);
}

bool cursor_bounds(const struct flow *flow)
{
	return flow->timeline.has_before || flow->timeline.has_until;
}

struct str cursor_before(const struct flow *flow, const struct source *source, struct arena *mem)
{
	const struct timeline_filter *f = &flow->timeline;
	int64_t before_us = f->until_us;
	char text[40];
	size_t n;

	if (!cursor_bounds(flow))
		return STR("9999-12-31 23:59:59");
	/* a microsecond later, so that SQL's `<` keeps the events of that very moment */
	if (f->has_before && (!f->has_until || f->before_us < f->until_us))
		before_us = f->before_us + 1;
	zone_format(source->zone, before_us, text);
	text[10] = ' ';
	n = 19 + strspn(text + 19, ".0123456789"); /* without the offset */
	return arena_str(mem, (struct str){ text, n });
}
