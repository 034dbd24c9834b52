/* build_watermark.c - what tells that the rows of a part have changed. */
#include "metadata/build.h"

#include "metadata/sqltext.h"

enum { EVERY_MS = 5000, EVERY_LEAST_MS = 1000, EVERY_MOST_MS = 24 * 3600 * 1000 };

static bool build_sql(struct build *b, const struct elem *e, const struct part *part, struct watermark *mark)
{
	struct query *query = &mark->query;

	*query = (struct query){ .sql = arena_str(b->mem, e->text), .at = e->at, .sql_at = e->text_at };
	return sqltext_split(&(const struct sqltext){ .sql = query->sql,
						      .dialect = part->source ? part->source->dialect : NULL,
						      .where = e->text_at },
			     b->mem, b->ds, &query->pieces, &query->n_pieces);
}

bool build_watermark(struct build *b, const struct elem *e, struct part *part)
{
	const struct elem *of = elem_child(e, "watermark");
	struct watermark *mark;

	if (!of)
		return true;
	mark = arena_new_of(b->mem, struct watermark);
	mark->at = of->at;
	mark->every_ms = elem_duration_ms(of, "every", EVERY_MS);
	if (mark->every_ms < EVERY_LEAST_MS || mark->every_ms > EVERY_MOST_MS)
		diag_add(b->ds, "M0233", elem_at(of, "every"), "write 1s to 1d", "a watermark is asked every 1s to 1d");
	if (part->ttl_ms == 0)
		diag_add(b->ds, "M0234", of->at, "take it out, or give the part a ttl",
			 "no copies of part `%s` are kept, so nothing is void when it changes", part->name);
	part->watermark = mark;
	return build_sql(b, of, part, mark);
}
