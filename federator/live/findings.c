#include "federator/live/findings.h"

#include <strings.h>

#include "base/clock.h"
#include "base/text.h"

/* ---- the source ---- */

static const char *advice(enum err_class cls)
{
	if (cls == ERR_AUTH)
		return "check UID and PWD of the secret, and that the database lets this user in from this machine";
	if (cls == ERR_CONFIG)
		return "give the connection string in that file, mode 0600; --secrets names another directory, "
		       "--odbc-ini that of other drivers";
	if (cls == ERR_LATE)
		return "it takes connections and is silent: it may hang, or a firewall drops its answers";
	return "is the database running, and are Server, Port and Database of the secret right?";
}

void findings_silent(const struct source *src, const struct err *err, bool lost, struct diags *ds)
{
	if (lost)
		diag_add(ds, "M0802", src->at, "what else is to be asked there was not; check again",
			 "source `%s` stopped answering (%s): %s", src->name, err_reason(err->cls), err->text);
	else
		diag_add(ds, "M0801", src->at, advice(err->cls), "source `%s` cannot be reached (%s): %s", src->name,
			 err->cls == ERR_CONFIG ? "secret" : err_reason(err->cls), err->text);
}

void findings_writer(const struct weblog *log, const struct err *err, struct diags *ds)
{
	diag_add(ds, "M0820", log->writer_at,
		 "where federator weblog index runs, give the connection string in that file",
		 "what `%s` is written with cannot be read: %s", log->name, err->text);
}

/* Products by the word of the mapping language. */
static const char *dialect_of(const char *product)
{
	static const char *const known[][2] = {
		{ "PostgreSQL", "postgresql" },
		{ "MariaDB", "mariadb" },
		{ "MySQL", "mariadb" },
		{ "SQLite", "sqlite" },
		{ "Microsoft SQL Server", "mssql" },
		{ "Oracle", "oracle" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasecmp(known[i][0], product) == 0)
			return known[i][1];
	return NULL;
}

/* Does the zone's offset change within a year from now? */
static bool has_seasons(const struct zone *zone)
{
	int64_t now_us = clock_wall_ms() * 1000, quarter_us = INT64_C(91) * CIVIL_DAY_S * CIVIL_SECOND_US;
	bool changes = false;

	for (int i = 1; i < 4; i++)
		changes |= zone_offset_at(zone, now_us + i * quarter_us) != zone_offset_at(zone, now_us);
	return changes;
}

void findings_session(const struct source *src, const struct description *d, struct diags *ds)
{
	const char *dialect = dialect_of(d->product);

	if (dialect && strcmp(dialect, src->dialect) != 0)
		diag_add(ds, "M0803", src->at, "queries are chosen by the dialect: say which database it is",
			 "source `%s` is %s, not %s", src->name, d->product, src->dialect);
	if (d->access != ACCESS_READ_ONLY)
		diag_add(ds, "M0804", src->at, "use a database user that may only SELECT",
			 d->access == ACCESS_WRITES ? "the session of source `%s` may write" :
						      "whether the session of source `%s` may write is not known",
			 src->name);
	if (d->zone_is_offset && has_seasons(src->zone))
		diag_add(ds, "M0805", src->at, "load the server's table of zones: mysql_tzinfo_to_sql",
			 "the server of source `%s` does not know the zone %s: its clock keeps today's offset",
			 src->name, zone_name(src->zone));
	if (d->line == LINE_CLEAR || d->line == LINE_UNVERIFIED)
		diag_add(ds, "M0807", src->at,
			 "in the secret: sslmode=verify-full and pqopt={sslrootcert=FILE} for PostgreSQL, "
			 "FORCETLS=1;SSLVERIFY=1;SSLCA=FILE for MariaDB",
			 d->line == LINE_CLEAR ? "source `%s` may be asked without TLS" :
						 "source `%s` is asked with TLS, but not which server it is",
			 src->name);
	if (d->text_is_lost)
		diag_add(ds, "M0806", src->at, "check CHARSET in the secret and the encoding of the database",
			 "a text in Hangul does not come back from source `%s` as it was sent", src->name);
}

/* ---- a query ---- */

/* Where the database points, or the query. */
static struct span span_of(const struct asked *a, struct described_place place)
{
	const struct query *q = a->query;
	size_t at;

	if (!place.known)
		return q->at;
	at = sqltext_origin(q, a->keys, q->n_by + 1, place.at);
	if (at >= q->sql.n) /* behind the end: at the last byte */
		at = q->sql.n > 0 ? q->sql.n - 1 : 0;
	return diag_within(a->ds, q->sql_at, q->sql, at, place.n && place.n <= q->sql.n - at ? place.n : 1);
}

void findings_refused(const struct asked *a, const struct err *err, const struct description *d)
{
	const struct part *part = a->part;
	struct span at = d ? span_of(a, d->place) : a->query->at;

	if (err->cls == ERR_LATE)
		diag_add(a->ds, "M0814", a->query->at,
			 "look at its plan: an index may be missing; or raise cap, and deadline with it",
			 "the query of part `%s` was ended after %ums though nobody was asked for", part->name,
			 part->cap_ms);
	else if (d && d->no_result)
		diag_add(a->ds, "M0813", a->query->at, "write one SELECT that returns rows",
			 "the query of part `%s` has no result", part->name);
	else if (d && d->writes)
		diag_add(a->ds, "M0812", at, "a part only reads: take out what writes, also in functions it calls",
			 "the query of part `%s` writes: %s", part->name, d->refusal);
	else
		diag_add(a->ds, "M0811", at, NULL, "the database refuses the query of part `%s`: %s", part->name,
			 d && d->refusal ? d->refusal : err->text);
}

/* What to write instead of a name that is not among the result's. */
static const char *near(const struct asked *a, const char *name, const struct description *d)
{
	const char **names = arena_array_of(a->mem, const char *, d->n_columns + 1);
	const char *found;

	for (size_t i = 0; i < d->n_columns; i++)
		names[i] = d->columns[i].name;
	found = text_nearest(str_of(name), names, d->n_columns);
	return found ? arena_printf(a->mem, "did you mean `%s`?", found).p :
		       "select it, with AS if it is called otherwise there, or take the column out";
}

/* Told of another query of the part, which has the same columns. */
static bool is_told(struct diags *ds, const char *code, const struct column *col)
{
	const struct diag *all;
	bool told = false;
	size_t n;

	all = diags_all(ds, &n);
	for (size_t i = 0; i < n && !told; i++)
		told = strcmp(all[i].code, code) == 0 && strcmp(all[i].at.file, col->at.file) == 0 &&
		       all[i].at.line == col->at.line && all[i].at.column == col->at.column;
	return told;
}

static void find_type(const struct asked *a, const struct column *col, const struct described_column *described,
		      bool loose)
{
	const char *help;
	enum fit fit = findings_fit(col->type, described, loose, &help);
	const char *code = fit == FITS_NEVER ? "M0817" : "M0818";

	if (fit == FITS || is_told(a->ds, code, col))
		return;
	diag_add(a->ds, code, col->at, help,
		 fit == FITS_NEVER ? "column `%s` is mapped as %s; the database has %s there, which never fits" :
				     "column `%s` is mapped as %s; the database has %s there, which may not fit",
		 col->name, catalog_type_words[col->type], described->type_name);
}

static void find_column(const struct asked *a, const struct column *col, const struct description *d)
{
	const struct described_column *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < d->n_columns; i++) {
		if (strcasecmp(d->columns[i].name, col->name) != 0)
			continue;
		found = &d->columns[i];
		n++;
	}
	if (n == 0)
		diag_add(a->ds, "M0815", col->at, near(a, col->name, d),
			 "the query of line %u has no column `%s` in its result", a->query->at.line, col->name);
	else if (n > 1)
		diag_add(a->ds, "M0816", col->at, "rename one of them with AS",
			 "the query of line %u has %zu columns `%s` in its result", a->query->at.line, n, col->name);
	else
		find_type(a, col, found, d->loose);
}

void findings_result(const struct asked *a, const struct description *d)
{
	for (size_t i = 0; i < a->part->n_columns; i++)
		find_column(a, &a->part->columns[i], d);
	for (size_t i = 0; i < d->n_scans; i++)
		diag_add(a->ds, "M0819", span_of(a, d->scans[i].place),
			 "index the column that is compared; a function or CAST around it hides its index",
			 "part `%s` reads table `%s` whole, more than %d rows, for every question", a->part->name,
			 d->scans[i].table, DESCRIBE_SMALL_ROWS);
}
