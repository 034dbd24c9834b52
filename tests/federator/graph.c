/* graph.c - random customers, keys and parts; the sources are the linker's wrap of adapter_queue(). */
#include "tests/federator/graph.h"

#include <stdio.h>

#include "tests/cmocka_all.h"

static const char *const key_names[N_KEYS] = { "member", "phone",   "email",  "order",
					       "bill",	 "account", "visitor", "region", "number" };

#define BIT(key) (1u << (key))
static const struct graph_part all_parts[N_PARTS] = {
	[CRM] = { "crm", true, false, BIT(MEMBER) | BIT(PHONE), NULL,
		  { { "member", MEMBER, true, true }, { "phone", PHONE, false, true },
		    { "email", EMAIL, false, true }, { "v", SHOWN, false, false } } },
	[CLUB] = { "club", true, false, BIT(MEMBER) | BIT(PHONE), NULL,
		   { { "member", MEMBER, true, true }, { "phone", PHONE, false, true },
		     { "v", SHOWN, false, false } } },
	[MAIL] = { "mail", true, true, BIT(EMAIL), NULL,
		   { { "email", EMAIL, false, true }, { "member", MEMBER, true, false } } },
	[OWNER] = { "owner", true, true, BIT(ORDER), NULL,
		    { { "no", ORDER, false, true }, { "member", MEMBER, true, false } } },
	[TRACE] = { "trace", true, true, BIT(BILL), NULL,
		    { { "bill", BILL, false, true }, { "no", ORDER, true, false } } },
	[JOINT] = { "joint", true, false, BIT(MEMBER) | BIT(ACCOUNT), NULL,
		    { { "account", ACCOUNT, false, true }, { "one", MEMBER, true, true },
		      { "two", MEMBER, true, true }, { "v", SHOWN, false, false } } },
	[LINK] = { "link", true, false, BIT(MEMBER) | BIT(VISITOR), NULL,
		   { { "member", MEMBER, true, true }, { "visitor", VISITOR, true, true } } },
	[CALLS] = { "calls", true, false, BIT(PHONE), NULL,
		    { { "phone", PHONE, false, true }, { "who", MEMBER, false, true },
		      { "v", SHOWN, false, false } } },
	[PAGES] = { "pages", true, false, BIT(VISITOR), NULL,
		    { { "visitor", VISITOR, false, true }, { "v", SHOWN, false, false } } },
	/* A deal is a region and a number in it; each belongs to one customer. */
	[DEAL] = { "deal", true, false, BIT(MEMBER), NULL,
		   { { "member", MEMBER, false, true }, { "region", REGION, true, false },
		     { "number", NUMBER, true, false }, { "v", SHOWN, false, false } } },
	[CLAIM] = { "claim", true, false, BIT(REGION) | BIT(NUMBER), NULL,
		    { { "region", REGION, false, true }, { "number", NUMBER, false, true },
		      { "member", MEMBER, false, false }, { "v", SHOWN, false, false } } },
};

static uint64_t random_state;

void graph_seed(uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

int graph_random(int n)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (int)((x >> 33) % (uint64_t)n);
}

const char *graph_key(int key)
{
	return key_names[key];
}

const char *graph_text(int key, int value)
{
	static char texts[N_KEYS][16][12];
	char *text = texts[key][value];

	if (!*text && key == MEMBER)
		snprintf(text, sizeof(texts[0][0]), "%d", value);
	else if (!*text)
		snprintf(text, sizeof(texts[0][0]), "%.1s%d", key_names[key], value);
	return text;
}

static void choose_shape(struct graph *g)
{
	static const char *const both[] = { "region IN (:region...) AND number IN (:number...)",
					    "region = :region AND number IN (:number...)",
					    "region = :region AND number = :number" };

	memcpy(g->parts, all_parts, sizeof(all_parts));
	g->parts[CLAIM].both = both[graph_random(3)];
	g->parts[CLUB].present = graph_random(4) > 0;
	g->parts[CRM].columns[1].gives = true; /* calls, and perhaps the club, are asked by it */
	if (graph_random(2))
		g->parts[CRM].by |= BIT(EMAIL);
	else
		g->parts[CRM].columns[2].proves = false;
	g->parts[MAIL].present = !(g->parts[CRM].by & BIT(EMAIL)) || graph_random(2);
	if (graph_random(2)) {
		g->parts[CLUB].columns[0].proves = false;
		g->parts[CLUB].by = BIT(PHONE);
	} else if (graph_random(2)) {
		g->parts[CALLS].by |= BIT(MEMBER);
		g->parts[CRM].columns[1].gives = graph_random(2);
	}
}

static void put_queries(FILE *out, const struct graph_part *p)
{
	if (p->both)
		fprintf(out, "<query by=\"region number\">SELECT * FROM t WHERE %s</query>", p->both);
	for (int k = 0; k < N_KEYS && !p->both; k++)
		if (p->by & BIT(k))
			fprintf(out, "<query by=\"%s\">SELECT * FROM t WHERE %s IN (:%s...)</query>", key_names[k],
				key_names[k], key_names[k]);
}

static void put_part(FILE *out, const struct graph_part *p, int source)
{
	fprintf(out,
		"<part name=\"%s\" source=\"s%d\" rows=\"0..%d\" deadline=\"2s\" ttl=\"0s\" stale=\"10m\"%s>", p->name,
		source, ROWS_EACH, p->find_only ? " find-only=\"true\"" : "");
	put_queries(out, p);
	for (int c = 0; c < COLUMNS && p->columns[c].name; c++) {
		const struct graph_column *col = &p->columns[c];
		const char *key = col->key == SHOWN ? "" : key_names[col->key];

		fprintf(out, "<column name=\"%s\" type=\"text\"", col->name);
		if (col->gives)
			fprintf(out, " gives=\"%s\"", key);
		if (col->proves)
			fprintf(out, " proves=\"%s\"", key);
		fputs("/>", out);
	}
	fputs("</part>", out);
}

static void put_shown(FILE *out, const struct graph *g)
{
	bool club = g->parts[CLUB].present;

	fputs("<class name=\"open\"/>"
	      "<field path=\"crm\" class=\"open\"><from part=\"crm\" column=\"v\"/></field>", out);
	if (club)
		fputs("<field path=\"club\" class=\"open\"><from part=\"club\" column=\"v\"/></field>", out);
	for (int p = JOINT; p < N_PARTS; p++)
		if (p != LINK)
			fprintf(out,
				"<list path=\"%s\" parts=\"%s\" class=\"open\" limit=\"99\"><field path=\"v\"/></list>",
				g->parts[p].name, g->parts[p].name);
	fprintf(out,
		"<view name=\"candidate\" by=\"phone\" budget=\"9s\"><use path=\"crm\"/>%s<use path=\"joint\"/></view>"
		"<view name=\"pop\" by=\"member phone email order bill account visitor\" budget=\"30s\">"
		"<use path=\"crm\"/>%s<use path=\"joint\"/><use path=\"calls\"/><use path=\"pages\"/>"
		"<use path=\"deal\"/><use path=\"claim\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>",
		club ? "<use path=\"club\"/>" : "", club ? "<use path=\"club\"/>" : "");
}

const char *graph_mapping(struct graph *g)
{
	static char text[16384];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	choose_shape(g);
	fputs("<mapping xmlns=\"urn:federator:mapping:1\">", out);
	for (int s = 0; s < 3; s++)
		fprintf(out,
			"<source name=\"s%d\" connect=\"secret:s%d\" dialect=\"sqlite\" zone=\"UTC\" pool=\"1\"/>",
			s, s);
	for (int k = 0; k < N_KEYS; k++)
		fprintf(out, "<key name=\"%s\" role=\"%s\" type=\"text\" values=\"9\"/>", key_names[k],
			k == MEMBER ? "identity" : k < N_ASKED ? "shared" : "item");
	for (int p = 0; p < N_PARTS; p++)
		if (g->parts[p].present)
			put_part(out, &g->parts[p], p % 3);
	put_shown(out, g);
	fclose(out);
	return text;
}

/* Deals and claims are their customer's. */
static void share_deals(struct graph *g)
{
	int owners[4][4];

	for (int i = 0; i < 16; i++)
		owners[i / 4][i % 4] = 1 + graph_random(CUSTOMERS);
	for (int r = 0; r < ROWS; r++) {
		g->cells[DEAL][r][0] = owners[g->cells[DEAL][r][1]][g->cells[DEAL][r][2]];
		g->cells[CLAIM][r][2] = owners[g->cells[CLAIM][r][0]][g->cells[CLAIM][r][1]];
	}
	g->lies[CLAIM] = false;
}

void graph_rows(struct graph *g)
{
	memset(g->cells, 0, sizeof(g->cells));
	for (int p = 0; p < N_PARTS; p++) {
		g->n_rows[p] = graph_random(ROWS + 1);
		g->fails[p] = false;
		g->lies[p] = graph_random(25) == 0;
		for (int r = 0; r < g->n_rows[p]; r++) {
			for (int c = 0; c < COLUMNS; c++) {
				int key = g->parts[p].columns[c].key;

				g->cells[p][r][c] = graph_random(key == MEMBER ? CUSTOMERS : 4) + (key == MEMBER);
				if (key == MEMBER && (p == CRM || p == CLUB))
					g->cells[p][r][c] = r + 1; /* one row for each customer */
				if (key == MEMBER && graph_random(6) == 0)
					g->cells[p][r][c] = NONE;
			}
		}
	}
	share_deals(g);
}

void graph_fail(struct graph *g)
{
	for (int p = 0; p < N_PARTS; p++)
		g->fails[p] = graph_random(4) == 0;
}

bool graph_row_matches(const struct graph *g, int part, int row, int key, unsigned values)
{
	for (int c = 0; c < COLUMNS && g->parts[part].columns[c].name; c++)
		if (g->parts[part].columns[c].key == key && g->cells[part][row][c] != NONE &&
		    (values & BIT(g->cells[part][row][c])))
			return true;
	return false;
}

int graph_lie(const struct graph *g, int part, int key, unsigned values)
{
	for (int r = 0; g->lies[part] && r < g->n_rows[part]; r++)
		if (!graph_row_matches(g, part, r, key, values))
			return r;
	return NONE;
}

/* The sources. */

enum { PENDING = 32 };
static struct {
	const struct graph *graph;
	struct loop_turn turn;
	struct fetch *pending[PENDING];
	int n;
} serving;

/* Whose the row is: "2,5" for a joint account, "0" is nobody. */
static const char *owners(const struct graph *g, int part, int row)
{
	static char texts[CUSTOMERS + 1][CUSTOMERS + 1][8];
	int who[2] = { 0, 0 }, n = 0;
	char *text;

	for (int c = 0; c < COLUMNS && g->parts[part].columns[c].name; c++)
		if (g->parts[part].columns[c].key == MEMBER && g->cells[part][row][c] != NONE)
			who[n++] = g->cells[part][row][c];
	text = texts[who[0]][who[1]];
	if (!*text)
		snprintf(text, sizeof(texts[0][0]), "%d,%d", who[0], who[1]);
	return text;
}

static void put_row(const struct graph *g, const struct fetch *f, int part, int row, struct str *cells)
{
	for (uint32_t i = 0; i < f->n_columns; i++) {
		const struct graph_column *col = &g->parts[part].columns[i];

		if (col->key == SHOWN)
			cells[i] = str_of(owners(g, part, row));
		else if (g->cells[part][row][i] != NONE)
			cells[i] = str_of(graph_text(col->key, g->cells[part][row][i]));
	}
}

static int index_of(const char *name, const char *const *names, int n)
{
	int i = 0;

	while (i < n && strncmp(names[i], name, strlen(names[i])) != 0)
		i++;
	assert_true(i < n);
	return i;
}

/* The values of a key among the parameters of one execution. */
static unsigned bound(const struct fetch *f, uint32_t run, int key)
{
	unsigned values = 0;

	for (uint32_t i = 0; i < f->n_params; i++)
		for (int v = 0; v < 8; v++)
			if (str_eq(f->params[run * f->n_params + i], str_of(graph_text(key, v))))
				values |= BIT(v);
	return values;
}

/* Does an execution find the row? Of a query by several keys all must fit. */
static bool found(const struct graph *g, const struct fetch *f, int part, int row)
{
	for (uint32_t run = 0; run < f->n_runs; run++) {
		bool all = true;

		for (int k = 0; k < N_KEYS; k++)
			if (g->parts[part].both ? g->parts[part].by & BIT(k) : bound(f, run, k))
				all = all && graph_row_matches(g, part, row, k, bound(f, run, k));
		if (all)
			return true;
	}
	return false;
}

static void answer(struct fetch *f)
{
	const struct graph *g = serving.graph;
	struct rows *rows = arena_new_of(f->mem, struct rows);
	struct str *cells = arena_array_of(f->mem, struct str, (size_t)(ROWS + 1) * f->n_columns);
	int key = index_of(strstr(f->sql.p, "WHERE ") + 6, key_names, N_KEYS), part = 0, lie;

	while (strcmp(g->parts[part].name, f->part) != 0)
		part++;
	if (g->fails[part]) {
		err_set(&f->err, ERR_SOURCE, f->part, "no answer");
		return;
	}
	*rows = (struct rows){ .n_cols = f->n_columns, .cells = cells };
	lie = graph_lie(g, part, key, bound(f, 0, key));
	for (int r = 0; r < g->n_rows[part]; r++) {
		if (!found(g, f, part, r) && r != lie)
			continue;
		if (rows->n_rows == f->max_rows) {
			rows->flags |= ROWS_TRUNCATED;
			break;
		}
		put_row(g, f, part, r, &cells[(size_t)rows->n_rows++ * f->n_columns]);
	}
	f->rows = rows;
}

/* One of the waiting fetches, whichever comes, ends in each turn of the loop. */
static bool end_one(struct loop_turn *t)
{
	(void)t;
	if (serving.n > 0) {
		int i = graph_random(serving.n);
		struct fetch *f = serving.pending[i];

		serving.pending[i] = serving.pending[--serving.n];
		answer(f);
		f->ended_us = clock_mono_us();
		f->done(f);
	}
	return serving.n > 0;
}

bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err);
bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err)
{
	(void)ad;
	(void)err;
	assert_true(serving.n < PENDING);
	serving.pending[serving.n++] = f;
	return true;
}

void graph_serve(const struct graph *g, struct bed *bed)
{
	serving.graph = g;
	serving.n = 0;
	serving.turn = (struct loop_turn){ .turn = end_one };
	loop_add_turn(bed_lane(bed)->loop, &serving.turn);
}
