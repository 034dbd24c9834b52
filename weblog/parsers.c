#include "weblog/parsers.h"

#include <stdlib.h>

#include "base/memory.h"
#include "weblog/input.h"

struct kept {
	struct arena *mem; /* NULL: not in use */
	struct weblog_parser *parser;
	struct buf path;
	uint64_t end; /* behind the last line that it read */
};

struct weblog_parsers {
	struct kept of[WEBLOG_PARSERS_MAX];
	struct kept *now;
	size_t next; /* that makes room */
	bool crowded;
};

struct weblog_parsers *weblog_parsers_new(void)
{
	return memory_new(sizeof(struct weblog_parsers));
}

void weblog_parsers_free(struct weblog_parsers **parsers)
{
	struct weblog_parsers *p = *parsers;

	if (!p)
		return;
	for (size_t i = 0; i < WEBLOG_PARSERS_MAX; i++) {
		arena_wipe_free(&p->of[i].mem);
		buf_free(&p->of[i].path);
	}
	free(p);
	*parsers = NULL;
}

/* What a log in W3C extended format said of its columns before the offset. A file that cannot be read now will be
 * rejected line by line. */
static void catch_up(struct kept *k, const struct weblog_tail_line *first)
{
	struct err err;
	SCOPED(weblog_input_close) struct weblog_input *in =
		weblog_input_open(arena_cstr(k->mem, first->path), &err);
	struct str line;
	uint64_t at = 0;

	while (in && at < first->offset) {
		enum weblog_line outcome = weblog_input_line(in, &line, &err);
		struct weblog_record record;
		struct weblog_fault fault;

		if (outcome != WEBLOG_LINE && outcome != WEBLOG_LINE_TOO_LONG)
			return;
		at += line.n + 1;
		if (line.n && line.p[0] == '#' && weblog_parse(k->parser, line, &record, &fault) == WEBLOG_REJECTED)
			return;
	}
}

static struct kept *find(struct weblog_parsers *p, struct str path)
{
	for (size_t i = 0; i < WEBLOG_PARSERS_MAX; i++)
		if (p->of[i].mem && str_eq(buf_str(&p->of[i].path), path))
			return &p->of[i];
	return NULL;
}

/* That reads all files alike. */
static void one_make(struct weblog_parsers *p, const struct weblog_format *format)
{
	if (p->of[0].mem)
		return;
	p->of[0].mem = arena_new();
	p->of[0].parser = weblog_parser_new(format, p->of[0].mem);
}

struct weblog_parser *weblog_parsers_at(struct weblog_parsers *parsers, const struct weblog_format *format,
					const struct weblog_tail_line *line)
{
	struct kept *k;

	if (!weblog_format_remembers(format)) {
		one_make(parsers, format);
		return parsers->of[0].parser;
	}
	k = find(parsers, line->path);
	parsers->now = k;
	if (k && line->offset > 0 && k->end == line->offset)
		return k->parser;
	if (!k) {
		k = &parsers->of[parsers->next];
		parsers->next = (parsers->next + 1) % WEBLOG_PARSERS_MAX;
	}
	parsers->crowded = parsers->crowded || (k->mem && !str_eq(buf_str(&k->path), line->path));
	arena_wipe_free(&k->mem);
	k->mem = arena_new();
	k->parser = weblog_parser_new(format, k->mem);
	k->path.len = 0;
	buf_put_str(&k->path, line->path);
	parsers->now = k;
	if (line->offset > 0)
		catch_up(k, line);
	k->end = line->offset;
	return k->parser;
}

bool weblog_parsers_crowded(const struct weblog_parsers *parsers)
{
	return parsers->crowded;
}

void weblog_parsers_read(struct weblog_parsers *parsers, const struct weblog_tail_line *line)
{
	if (parsers->now)
		parsers->now->end = line->offset + line->text.n + 1;
}
