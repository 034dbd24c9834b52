/* build_weblog.c - logs of web sites: their files, the store, times and keys. */
#include "metadata/build.h"
#include "metadata/weblogs.h"

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* ---- where it lies, and where it goes ---- */

static bool is_known_file(const struct weblog *log, struct str path)
{
	for (size_t i = 0; i < log->n_files; i++)
		if (str_eq(log->files[i], path))
			return true;
	return false;
}

static void build_files(struct build *b, const struct elem *e, struct weblog *log)
{
	struct str *files = arena_array_of(b->mem, struct str, elem_count(e, "file"));

	log->files = files;
	for (const struct elem *c = elem_child(e, "file"); c; c = elem_sibling(c)) {
		struct str path = elem_token(c, "path");

		if (path.p[0] != '/' || path.p[path.n - 1] == '/')
			diag_add(b->ds, "M1001", elem_at(c, "path"), "write it like /var/log/nginx/access.log",
				 "`%.*s` is not the path of a file from the root", STR_ARG(path));
		else if (is_known_file(log, path))
			diag_add(b->ds, "M1001", elem_at(c, "path"), "take it out", "`%.*s` is named already",
				 STR_ARG(path));
		else
			files[log->n_files++] = str_of(build_keep(b, path));
	}
}

static bool is_utc(const struct zone *zone)
{
	return !zone || strcmp(zone_name(zone), "UTC") == 0 || strcmp(zone_name(zone), "Etc/UTC") == 0;
}

static void build_store(struct build *b, const struct elem *e, struct weblog *log)
{
	static const char *const kept_in[] = { "sqlite", "postgresql", "mariadb" };
	static const char *const partitions[] = { "none", "day", "month" };
	static const uint64_t partition_ms[] = { 0, DAY_MS, 30 * DAY_MS };
	struct str writer = elem_token(e, "writer");
	size_t scheme = sizeof("secret:") - 1;
	const struct source *store = names_want(b->names, NAMES_SOURCE, elem_token(e, "store"), elem_at(e, "store"));
	bool fits = false;

	log->writer = build_keep(b, (struct str){ writer.p + scheme, writer.n - scheme });
	log->partition_ms = partition_ms[build_word(e, "partition", partitions, ARRAY_LEN(partitions), 0)];
	log->store = store;
	if (!store)
		return;
	for (size_t i = 0; i < ARRAY_LEN(kept_in); i++)
		fits |= strcmp(store->dialect, kept_in[i]) == 0;
	if (!fits)
		diag_add(b->ds, "M1002", elem_at(e, "store"), "name a source of sqlite, postgresql or mariadb",
			 "events cannot be kept in `%s`, whose dialect is %s", store->name, store->dialect);
	else if (!is_utc(store->zone))
		diag_add(b->ds, "M1002", elem_at(e, "store"),
			 "declare a source of its own for the same database, with zone=\"UTC\"",
			 "times of events are UTC, and those of `%s` are read as %s", store->name,
			 zone_name(store->zone));
	else if (log->partition_ms && strcmp(store->dialect, "postgresql") != 0)
		diag_add(b->ds, "M1003", elem_at(e, "partition"), "take it out, or keep the events in PostgreSQL",
			 "the table of events in `%s`, whose dialect is %s, has no partitions", store->name,
			 store->dialect);
}

/* ---- times ---- */

struct range {
	uint64_t least, most;
	const char *words;
};

/* A time within its range; `otherwise` without the attribute, and with a finding. */
static uint64_t build_ms(struct build *b, const struct elem *e, const char *attribute, uint64_t otherwise,
			 struct range range)
{
	uint64_t ms = elem_duration_ms(e, attribute, otherwise);

	if (ms >= range.least && ms <= range.most)
		return ms;
	diag_add(b->ds, "M1004", elem_at(e, attribute), NULL, "%s lies %s", attribute, range.words);
	return otherwise;
}

static void build_times(struct build *b, const struct elem *e, struct weblog *log)
{
	static const struct range keep = { HOUR_MS, 3660 * DAY_MS, "between 1h and 3660d" };
	static const struct range idle = { MINUTE_MS, DAY_MS, "between 1m and 24h" };
	struct str zone = elem_token(e, "zone");
	struct err err = { 0 };

	log->keep_ms = build_ms(b, e, "keep", 90 * DAY_MS, keep);
	log->keep_events_ms = build_ms(b, e, "keep-events", log->keep_ms,
				       (struct range){ HOUR_MS, log->keep_ms, "between 1h and keep" });
	log->idle_ms = build_ms(b, e, "idle", 30 * MINUTE_MS, idle);
	log->longest_ms = build_ms(b, e, "longest", DAY_MS,
				   (struct range){ log->idle_ms, 7 * DAY_MS, "between idle and 7d" });
	log->window_ms = build_ms(b, e, "window", log->keep_ms < 30 * DAY_MS ? log->keep_ms : 30 * DAY_MS,
				  (struct range){ 0, log->keep_ms, "between 0s and keep" });
	log->zone = zone_load(b->mem, zone.p ? build_keep(b, zone) : "UTC", &err);
	if (!log->zone)
		diag_add(b->ds, "M0201", elem_at(e, "zone"), "an IANA name, such as Asia/Seoul or UTC",
			 "the time zone `%.*s` is not known: %s", STR_ARG(zone), err.text);
}

/* ---- who is meant, and who may see it ---- */

static void build_visitor_key(struct build *b, const struct elem *e, struct weblog *log)
{
	const struct key *key;

	if (!elem_attr(e, "visitor"))
		return;
	key = names_want(b->names, NAMES_KEY, elem_token(e, "visitor"), elem_at(e, "visitor"));
	log->visitor = key;
	if (key && (key->role == KEY_IDENTITY || key->type != KEY_TEXT))
		diag_add(b->ds, "M1006", elem_at(e, "visitor"),
			 "declare one: <key name=\"visitor\" role=\"shared\" type=\"text\"/>",
			 key->role == KEY_IDENTITY ? "`%s` is the customer, and a visitor need not be one"
						   : "the name of a visitor is a text, and `%s` is not",
			 key->name);
}

static void build_live(struct build *b, const struct elem *e, struct weblog *log)
{
	const struct view *view;
	bool asked = elem_attr(e, "visitor") && !log->visitor; /* a finding already */

	if (!elem_attr(e, "live"))
		return;
	view = names_want(b->names, NAMES_VIEW, elem_token(e, "live"), elem_at(e, "live"));
	log->live = view;
	if (!view)
		return;
	for (size_t i = 0; i < view->n_by; i++)
		asked |= view->by[i]->role == KEY_IDENTITY || view->by[i] == log->visitor;
	if (view->shape != SHAPE_FLAT)
		diag_add(b->ds, "M1005", elem_at(e, "live"), "name a view with shape=\"flat\"",
			 "the view `%s` is not flat", view->name);
	else if (!asked)
		diag_add(b->ds, "M1005", elem_at(e, "live"), "add the identity key to by of the view",
			 "the view `%s` is asked neither by the identity nor by the key of visitors", view->name);
}

bool build_weblog(struct build *b, const struct elem *e, uint32_t index, void *thing)
{
	static const char *const keeps[] = { [WEBLOG_KEEP_NETWORK] = "network",
					     [WEBLOG_KEEP_HASH] = "hash",
					     [WEBLOG_KEEP_WHOLE] = "whole",
					     [WEBLOG_KEEP_NOTHING] = "nothing" };
	struct weblog *log = thing;

	*log = (struct weblog){ .name = build_keep(b, elem_token(e, "name")),
				.client = build_word(e, "client", keeps, ARRAY_LEN(keeps), WEBLOG_KEEP_NETWORK),
				.bots = str_eq(elem_token(e, "bots"), STR("keep")),
				.labels = build_labels(b, e),
				.at = e->at,
				.format_at = elem_at(e, "format"),
				.writer_at = elem_at(e, "writer"),
				.index = index };
	if (elem_attr(e, "format"))
		log->format = build_keep(b, elem_string(e, "format"));
	log->cls = names_want(b->names, NAMES_CLASS, elem_token(e, "class"), elem_at(e, "class"));
	build_files(b, e, log);
	build_store(b, e, log);
	build_times(b, e, log);
	build_visitor_key(b, e, log);
	build_live(b, e, log);
	build_webrules(b, e, log);
	return true;
}
