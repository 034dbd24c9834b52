#include "weblog/store_state.h"

#include <assert.h>

#include "base/buf.h"
#include "base/text.h"

/* What becomes of a column when the row is there already. */
enum rule {
	IS_KEY, /* it says that it is there */
	STAYS,
	NEW, /* the new value */
	LEAST, /* the lower of the two */
	MOST, /* the higher */
	SUM, /* both together */
	LAST, /* that of the row that ended last, when it has one */
};

struct place {
	const char *name;
	uint16_t most; /* bytes of a text; 0: a number or a time */
	enum rule then;
};

struct table {
	const char *name;
	const struct place *columns;
	uint32_t n_columns;
};

static const struct place agents[] = { { "id", 0, IS_KEY },
					{ "agent", 512, STAYS },
					{ "device", 16, STAYS },
					{ "is_bot", 0, STAYS },
					{ "seen_at", 0, MOST } };

static const struct place events[] = {
	{ "log", 64, STAYS },	     { "at", 0, STAYS },	{ "visitor", 64, STAYS },
	{ "session", 16, STAYS },    { "kind", 32, STAYS },	{ "method", 16, STAYS },
	{ "path", 1024, STAYS },     { "query", 1024, STAYS },	{ "status", 0, STAYS },
	{ "result", 8, STAYS },	     { "product", 64, STAYS },	{ "category", 64, STAYS },
	{ "order_no", 64, STAYS },   { "terms", 256, STAYS },	{ "hits", 0, STAYS },
	{ "engine", 64, STAYS },     { "engine_terms", 256, STAYS }, { "referrer", 512, STAYS },
	{ "campaign", 192, STAYS },  { "client", 64, STAYS },	{ "agent", 0, STAYS },
	{ "took_ms", 0, STAYS },     { "bytes", 0, STAYS },
};

/* What is told of its first event stays. Events are added: who finds a session has not always read what it came to, as
 * late lines begin one of the same name again. */
static const struct place sessions[] = {
	{ "session", 16, IS_KEY },    { "log", 64, STAYS },	    { "visitor", 64, STAYS },
	{ "started_at", 0, STAYS },   { "last_at", 0, MOST },	    { "events", 0, SUM },
	{ "searches", 0, SUM },	      { "failures", 0, SUM },	    { "entry_path", 1024, STAYS },
	{ "last_path", 1024, LAST },   { "referrer", 512, STAYS },   { "campaign", 192, STAYS },
	{ "engine_terms", 256, STAYS }, { "client", 64, STAYS },    { "agent", 0, STAYS },
};

static const struct place evidence[] = {
	{ "visitor", 64, IS_KEY },  { "session", 16, IS_KEY }, { "key_name", 64, IS_KEY }, { "value", 256, IS_KEY },
	{ "evidence", 64, IS_KEY }, { "confidence", 0, MOST }, { "first_at", 0, LEAST },   { "last_at", 0, MOST },
};

static const struct place links[] = {
	{ "visitor", 64, IS_KEY }, { "key_name", 64, IS_KEY }, { "value", 256, IS_KEY }, { "confidence", 0, MOST },
	{ "first_at", 0, LEAST },  { "last_at", 0, MOST },     { "since", 0, LEAST },
};

static const struct place files[] = {
	{ "log", 64, IS_KEY }, { "number", 0, IS_KEY }, { "device", 20, NEW },	  { "inode", 20, NEW },
	{ "head", 32, NEW },   { "head_bytes", 0, NEW }, { "path", 1024, NEW },	  { "at_byte", 0, NEW },
	{ "lines_read", 0, NEW }, { "rejected", 0, NEW }, { "ended", 0, NEW },	  { "seen_at", 0, NEW },
};

static const struct table tables[STORE_TABLES] = {
	[STORE_AGENTS] = { "web_agent", agents, ARRAY_LEN(agents) },
	[STORE_EVENTS] = { "web_event", events, ARRAY_LEN(events) },
	[STORE_SESSIONS] = { "web_session", sessions, ARRAY_LEN(sessions) },
	[STORE_EVIDENCE] = { "web_evidence", evidence, ARRAY_LEN(evidence) },
	[STORE_LINKS] = { "web_link", links, ARRAY_LEN(links) },
	[STORE_FILES] = { "web_file", files, ARRAY_LEN(files) },
};
static_assert(ARRAY_LEN(events) <= STORE_COLUMNS, "store_rows has room for the widest table");

/* Rows of one statement. All three products send one as one round trip; few different ones, since each is prepared. */
static const uint32_t steps[STORE_STEPS] = { STORE_ROWS, 8, 1 };

#define LAST_OF(new) "{0}=COALESCE(CASE WHEN " new("last_at") ">={1}.last_at THEN " new("{0}") " END,{1}.{0})"
#define EXCLUDED(column) "excluded." column
#define VALUES(column) "VALUES(" column ")"

/* How a column becomes what it is to be: {0} its name, {1} the table's. */
static const char *const rules[WRITER_DIALECTS][LAST + 1] = {
	[WRITER_SQLITE] = { [NEW] = "{0}=excluded.{0}",
			    [LEAST] = "{0}=MIN({1}.{0},excluded.{0})",
			    [MOST] = "{0}=MAX({1}.{0},excluded.{0})",
			    [SUM] = "{0}={1}.{0}+excluded.{0}",
			    [LAST] = LAST_OF(EXCLUDED) },
	[WRITER_POSTGRESQL] = { [NEW] = "{0}=excluded.{0}",
				[LEAST] = "{0}=LEAST({1}.{0},excluded.{0})",
				[MOST] = "{0}=GREATEST({1}.{0},excluded.{0})",
				[SUM] = "{0}={1}.{0}+excluded.{0}",
				[LAST] = LAST_OF(EXCLUDED) },
	[WRITER_MARIADB] = { [NEW] = "{0}=VALUES({0})",
			     [LEAST] = "{0}=LEAST({0},VALUES({0}))",
			     [MOST] = "{0}=GREATEST({0},VALUES({0}))",
			     [SUM] = "{0}={0}+VALUES({0})",
			     [LAST] = LAST_OF(VALUES) },
};

static void put_rule(struct buf *out, const char *rule, const char *column, const char *table)
{
	for (; *rule; rule++) {
		if (*rule != '{') {
			buf_putc(out, *rule);
			continue;
		}
		buf_puts(out, rule[1] == '0' ? column : table);
		rule += 2;
	}
}

static void put_names(struct buf *out, const struct table *t, bool keys_only)
{
	const char *between = "(";

	for (uint32_t c = 0; c < t->n_columns; c++) {
		if (keys_only && t->columns[c].then != IS_KEY)
			continue;
		buf_puts(out, between);
		buf_puts(out, t->columns[c].name);
		between = ",";
	}
	buf_putc(out, ')');
}

/* What is to happen when a row is there. */
static void put_conflict(struct buf *out, const struct table *t, enum writer_dialect dialect)
{
	const char *between = dialect == WRITER_MARIADB ? " ON DUPLICATE KEY UPDATE " : " DO UPDATE SET ";
	size_t before;

	if (t->columns[0].then != IS_KEY)
		return;
	if (dialect != WRITER_MARIADB) {
		buf_puts(out, " ON CONFLICT ");
		put_names(out, t, true);
	}
	before = out->len;
	for (uint32_t c = 0; c < t->n_columns; c++) {
		const char *rule = rules[dialect][t->columns[c].then];

		if (rule == NULL)
			continue;
		buf_puts(out, between);
		put_rule(out, rule, t->columns[c].name, t->name);
		between = ",";
	}
	if (out->len > before)
		return;
	if (dialect == WRITER_MARIADB) /* IGNORE would let other mistakes pass, too */
		buf_printf(out, "%s%s=%s", between, t->columns[0].name, t->columns[0].name);
	else
		buf_puts(out, " DO NOTHING");
}

/* SQLite's driver keeps the plan of what begins like a query, see writer.h; OR ROLLBACK spares a journal for the case
 * that only some of the rows are refused. */
static struct str insert_text(const struct table *t, uint32_t n_rows, enum writer_dialect dialect, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };

	buf_printf(&out, "%s INTO %s",
		   dialect == WRITER_SQLITE ? "WITH kept AS (SELECT 1) INSERT OR ROLLBACK" : "INSERT", t->name);
	put_names(&out, t, false);
	buf_puts(&out, " VALUES");
	for (uint32_t r = 0; r < n_rows; r++) {
		for (uint32_t c = 0; c < t->n_columns; c++)
			buf_puts(&out, c ? ",?" : r ? ",(?" : "(?");
		buf_putc(&out, ')');
	}
	put_conflict(&out, t, dialect);
	return arena_str(mem, buf_str(&out));
}

void store_rows_begin(struct weblog_store *s, enum store_table table)
{
	s->rows.table = table;
	s->rows.n_cells = 0;
}

static const struct place *column_next(const struct weblog_store *s)
{
	const struct table *t = &tables[s->rows.table];

	return &t->columns[s->rows.n_cells % t->n_columns];
}

void store_put_text(struct weblog_store *s, struct str text)
{
	const struct place *c = column_next(s);

	assert(c->most > 0);
	s->rows.cells[s->rows.n_cells++] = store_text(s, text, c->most);
}

void store_put_number(struct weblog_store *s, int64_t number)
{
	char *text = s->rows.numbers[s->rows.n_cells];

	assert(column_next(s)->most == 0);
	s->rows.cells[s->rows.n_cells++] = (struct str){ text, text_from_i64(number, text) };
}

void store_put_count(struct weblog_store *s, int64_t number)
{
	if (number < 0)
		s->rows.cells[s->rows.n_cells++] = (struct str){ 0 };
	else
		store_put_number(s, number);
}

void store_put_time(struct weblog_store *s, int64_t us)
{
	char *text = s->rows.numbers[s->rows.n_cells];

	store_time(s, us, text);
	s->rows.cells[s->rows.n_cells++] = (struct str){ text, STORE_TIME_BYTES };
}

/* Send the rows from `first` on in statements of one step; returns the first one not sent. */
static bool send(struct weblog_store *s, size_t step, uint32_t *first, uint32_t n_rows, struct err *err)
{
	const struct table *t = &tables[s->rows.table];
	struct str *sql = &s->rows.sql[s->rows.table][step];

	if (n_rows - *first >= steps[step] && sql->p == NULL)
		*sql = insert_text(t, steps[step], writer_dialect(s->writer), s->mem);
	for (; n_rows - *first >= steps[step]; *first += steps[step])
		if (!writer_execute(s->writer,
				    &(struct writer_ask){ .sql = *sql,
							  .params = s->rows.cells + (size_t)*first * t->n_columns,
							  .n_params = steps[step] * t->n_columns },
				    NULL, err))
			return false;
	return true;
}

bool store_rows_end(struct weblog_store *s, struct err *err)
{
	uint32_t n_rows = s->rows.n_cells / tables[s->rows.table].n_columns, first = 0;

	for (size_t step = 0; step < STORE_STEPS; step++)
		if (!send(s, step, &first, n_rows, err))
			return false;
	s->rows.n_cells = 0;
	return true;
}

bool store_row_end(struct weblog_store *s, struct err *err)
{
	const struct table *t = &tables[s->rows.table];

	assert(s->rows.n_cells % t->n_columns == 0);
	return s->rows.n_cells < STORE_ROWS * t->n_columns || store_rows_end(s, err);
}
