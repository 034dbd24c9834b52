/* live_c.c - the live reference: a program that knows its questions and asks them one after the other through
 * ODBC, prepared, and writes the rows as JSON. No mapping, no merging, no deadlines; one thread per
 * connection. Usage: live_c PORT QUESTIONS CONNECTION ... - QUESTIONS has a line for each, separated by tabs:
 * name, number of the connection, parameters, "column=slot" of keys in the rows or "-", SQL. A parameter is a
 * slot and the index of its value: "member.crm/0"; indexes beyond the values that are known take the last
 * one. With a phone number instead of PORT ("phone=010...") it asks for that one and prints the questions that were
 * asked, with the values of their parameters: name, connection, SQL, values, separated by tabs. */
#include <microhttpd.h>
#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "federator/render/render.h"

enum {
	QUESTIONS_MAX = 40,
	BINDS_MAX = 40,
	GIVES_MAX = 4,
	COLUMNS_MAX = 20,
	CELL_BYTES = 1024,
	CONNECTIONS_MAX = 4
};
enum { KEY_BYTES = 64, VALUES_MAX = 32, BODY_BYTES_MAX = 512 };

enum slot { PHONE_DASHED, PHONE_DIGITS, MEMBER_CRM, MEMBER_SHOP, VISITOR, ORDER, INVOICE, PRODUCT, SLOTS };
static const char *const slot_names[SLOTS] = {"phone.dashed", "phone.digits", "member.crm", "member.shop",
					      "visitor",      "order",        "invoice",    "product"};

/* The values of the keys of one request. */
struct keys {
	struct {
		char value[VALUES_MAX][KEY_BYTES];
		size_t n;
	} of[SLOTS];
};

struct pair {
	enum slot slot;
	size_t index; /* of a value, or of a column */
};

struct question {
	char *name, *sql;
	size_t connection;
	struct pair binds[BINDS_MAX], gives[GIVES_MAX];
	size_t n_binds, n_gives;
};

/* A question prepared on a connection. */
struct prepared {
	SQLHSTMT stmt;
	SQLSMALLINT columns;
	char names[COLUMNS_MAX][KEY_BYTES];
	char cells[COLUMNS_MAX][CELL_BYTES];
	SQLLEN lengths[COLUMNS_MAX];
	char params[BINDS_MAX][KEY_BYTES];
	SQLLEN param_lengths[BINDS_MAX];
};

/* Connections to all databases, used by one request at a time. */
struct session {
	struct session *next;
	SQLHDBC db[CONNECTIONS_MAX];
	struct prepared of[QUESTIONS_MAX];
};

static struct question questions[QUESTIONS_MAX];
static size_t n_questions, n_connections;
static char *connections[CONNECTIONS_MAX];
static SQLHENV env;
static struct session *idle;
static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;

static _Noreturn void die(const char *what, SQLSMALLINT kind, SQLHANDLE handle)
{
	SQLCHAR state[6] = "", text[512] = "";
	SQLINTEGER native;
	SQLSMALLINT n;

	if (handle)
		SQLGetDiagRec(kind, handle, 1, state, &native, text, sizeof(text), &n);
	fprintf(stderr, "live_c: %s: %s %s\n", what, (char *)state, (char *)text);
	_exit(1);
}

static enum slot slot_of(const char *name)
{
	for (enum slot s = 0; s < SLOTS; s++)
		if (strcmp(slot_names[s], name) == 0)
			return s;
	die(name, 0, NULL);
}

/* "slot/index,..." or "column=slot,..." */
static size_t read_pairs(char *text, char between, struct pair *out, size_t most)
{
	size_t n = 0;
	char *rest;

	if (strcmp(text, "-") == 0)
		return 0;
	for (char *item = strtok_r(text, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
		char *cut = strchr(item, between);

		if (!cut || n == most)
			die("too many or malformed pairs", 0, NULL);
		*cut = '\0';
		out[n++] = between == '=' ? (struct pair){slot_of(cut + 1), strtoul(item, NULL, 10)}
					  : (struct pair){slot_of(item), strtoul(cut + 1, NULL, 10)};
	}
	return n;
}

static void read_questions(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		die(path, 0, NULL);
	while (getline(&line, &cap, f) > 0) {
		struct question *q = &questions[n_questions++];
		char *rest = strdup(line), *binds, *gives;

		if (!rest || n_questions == QUESTIONS_MAX)
			die("too many questions", 0, NULL);
		q->name = strsep(&rest, "\t");
		q->connection = strtoul(strsep(&rest, "\t"), NULL, 10);
		binds = strsep(&rest, "\t");
		gives = strsep(&rest, "\t");
		q->sql = strsep(&rest, "\n");
		q->n_binds = read_pairs(binds, '/', q->binds, BINDS_MAX);
		q->n_gives = read_pairs(gives, '=', q->gives, GIVES_MAX);
	}
	free(line);
	fclose(f);
}

static void prepare(struct prepared *p, const struct question *q, SQLHDBC db)
{
	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, db, &p->stmt)) ||
	    !SQL_SUCCEEDED(SQLPrepare(p->stmt, (SQLCHAR *)q->sql, SQL_NTS)))
		die(q->name, SQL_HANDLE_STMT, p->stmt);
	for (size_t i = 0; i < q->n_binds; i++)
		if (!SQL_SUCCEEDED(SQLBindParameter(p->stmt, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT,
						    SQL_C_CHAR, SQL_VARCHAR, KEY_BYTES, 0, p->params[i],
						    KEY_BYTES, &p->param_lengths[i])))
			die(q->name, SQL_HANDLE_STMT, p->stmt);
	SQLNumResultCols(p->stmt, &p->columns);
	if (p->columns < 1 || p->columns > COLUMNS_MAX)
		die("no or too many columns", SQL_HANDLE_STMT, p->stmt);
	for (SQLUSMALLINT c = 0; c < p->columns; c++) {
		SQLDescribeCol(p->stmt, (SQLUSMALLINT)(c + 1), (SQLCHAR *)p->names[c], KEY_BYTES, NULL, NULL,
			       NULL, NULL, NULL);
		SQLBindCol(p->stmt, (SQLUSMALLINT)(c + 1), SQL_C_CHAR, p->cells[c], CELL_BYTES,
			   &p->lengths[c]);
	}
}

static struct session *session_new(void)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		die("no memory", 0, NULL);
	for (size_t i = 0; i < n_connections; i++)
		if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, env, &s->db[i])) ||
		    !SQL_SUCCEEDED(SQLDriverConnect(s->db[i], NULL, (SQLCHAR *)connections[i], SQL_NTS, NULL,
						    0, NULL, SQL_DRIVER_NOPROMPT)))
			die("connect", SQL_HANDLE_DBC, s->db[i]);
	for (size_t i = 0; i < n_questions; i++)
		prepare(&s->of[i], &questions[i], s->db[questions[i].connection]);
	return s;
}

static struct session *session_take(void)
{
	struct session *s;

	pthread_mutex_lock(&idle_lock);
	s = idle;
	if (s)
		idle = s->next;
	pthread_mutex_unlock(&idle_lock);
	return s ? s : session_new();
}

static void session_give(struct session *s)
{
	pthread_mutex_lock(&idle_lock);
	s->next = idle;
	idle = s;
	pthread_mutex_unlock(&idle_lock);
}

/* Remember a value once. A member number as the call center writes it, M########, also stands for the plain
 * one. */
static void keys_add(struct keys *keys, enum slot slot, const char *value)
{
	for (size_t i = 0; i < keys->of[slot].n; i++)
		if (strcmp(keys->of[slot].value[i], value) == 0)
			return;
	if (keys->of[slot].n == VALUES_MAX)
		return;
	snprintf(keys->of[slot].value[keys->of[slot].n++], KEY_BYTES, "%s", value);
	if (slot == MEMBER_CRM) {
		char plain[KEY_BYTES];

		snprintf(plain, sizeof(plain), "%lu", strtoul(value + 1, NULL, 10));
		keys_add(keys, MEMBER_SHOP, plain);
	}
}

/* False: a key of the question is not known. */
static bool bind_keys(struct prepared *p, const struct question *q, const struct keys *keys)
{
	for (size_t i = 0; i < q->n_binds; i++) {
		size_t n = keys->of[q->binds[i].slot].n;
		size_t index = q->binds[i].index < n ? q->binds[i].index : n - 1;

		if (n == 0)
			return false;
		memcpy(p->params[i], keys->of[q->binds[i].slot].value[index], KEY_BYTES);
		p->param_lengths[i] = SQL_NTS;
	}
	return true;
}

static void write_row(const struct prepared *p, struct buf *out)
{
	buf_putc(out, '{');
	for (SQLSMALLINT c = 0; c < p->columns; c++) {
		if (c > 0)
			buf_putc(out, ',');
		render_json_string(str_of(p->names[c]), out);
		buf_putc(out, ':');
		if (p->lengths[c] == SQL_NULL_DATA)
			buf_puts(out, "null");
		else
			render_json_string(str_of(p->cells[c]), out);
	}
	buf_putc(out, '}');
}

static void ask(struct prepared *p, const struct question *q, struct keys *keys, struct buf *out)
{
	SQLRETURN rc;
	size_t rows = 0;

	render_json_string(str_of(q->name), out);
	buf_puts(out, ":[");
	if (bind_keys(p, q, keys)) {
		rc = SQLExecute(p->stmt);
		if (!SQL_SUCCEEDED(rc))
			die(q->name, SQL_HANDLE_STMT, p->stmt);
		while (SQL_SUCCEEDED(rc = SQLFetch(p->stmt))) {
			for (size_t i = 0; i < q->n_gives; i++)
				if (p->lengths[q->gives[i].index] != SQL_NULL_DATA)
					keys_add(keys, q->gives[i].slot, p->cells[q->gives[i].index]);
			if (rows++ > 0)
				buf_putc(out, ',');
			write_row(p, out);
		}
		SQLCloseCursor(p->stmt);
	}
	buf_putc(out, ']');
}

/* The number as the sources write it. */
static struct keys *keys_of(const char *phone)
{
	struct keys *keys = calloc(1, sizeof(*keys));
	char digits[KEY_BYTES] = "";

	for (size_t n = 0; *phone && n + 1 < sizeof(digits); phone++)
		if (*phone >= '0' && *phone <= '9')
			digits[n++] = *phone;
	if (!keys)
		die("no memory", 0, NULL);
	keys_add(keys, PHONE_DIGITS, digits);
	if (strlen(digits) == 11)
		snprintf(keys->of[PHONE_DASHED].value[keys->of[PHONE_DASHED].n++], KEY_BYTES,
			 "%.3s-%.4s-%.4s", digits, digits + 3, digits + 7);
	return keys;
}

static void print_asked(const char *phone)
{
	struct session *s = session_take();
	struct keys *keys = keys_of(phone);

	for (size_t i = 0; i < n_questions; i++) {
		const struct question *q = &questions[i];
		struct buf out = {0};
		bool asked = bind_keys(&s->of[i], q, keys);

		ask(&s->of[i], q, keys, &out);
		buf_free(&out);
		if (!asked)
			continue;
		printf("%s\t%zu\t%s", q->name, q->connection, q->sql);
		for (size_t b = 0; b < q->n_binds; b++)
			printf("\t%s", s->of[i].params[b]);
		printf("\n");
	}
	free(keys);
	session_give(s);
}

static enum MHD_Result reply(struct MHD_Connection *connection, const char *phone)
{
	struct session *s = session_take();
	struct keys *keys = keys_of(phone);
	struct buf out = {0};
	struct MHD_Response *response;
	enum MHD_Result ok;
	size_t len;
	char *body;

	buf_putc(&out, '{');
	for (size_t i = 0; i < n_questions; i++) {
		if (i > 0)
			buf_putc(&out, ',');
		ask(&s->of[i], &questions[i], keys, &out);
	}
	buf_putc(&out, '}');
	session_give(s);
	free(keys);
	body = buf_take(&out, &len);
	response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	ok = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return ok;
}

/* The body of a request, of which only "phone":"..." is looked at. */
struct request {
	char body[BODY_BYTES_MAX];
	size_t n;
};

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *body, size_t *body_bytes,
			      void **seen)
{
	static const char name[] = "\"phone\":\"";
	struct request *r = *seen;
	const char *phone;

	(void)arg;
	(void)url;
	(void)method;
	(void)version;
	if (!r) {
		*seen = calloc(1, sizeof(*r));
		return *seen ? MHD_YES : MHD_NO;
	}
	if (*body_bytes > 0) {
		if (r->n + *body_bytes < sizeof(r->body)) {
			memcpy(r->body + r->n, body, *body_bytes);
			r->n += *body_bytes;
		}
		*body_bytes = 0;
		return MHD_YES;
	}
	phone = strstr(r->body, name);
	phone = phone ? phone + sizeof(name) - 1
		      : MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "phone");
	return reply(connection, phone ? phone : "");
}

static void ended(void *arg, struct MHD_Connection *connection, void **seen,
		  enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)connection;
	(void)why;
	free(*seen);
	*seen = NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	if (argc < 4 || argc - 3 > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: live_c PORT QUESTIONS CONNECTION ...\n");
		return 2;
	}
	setenv("PGCLIENTENCODING", "UTF8", 1);
	n_connections = (size_t)(argc - 3);
	for (size_t i = 0; i < n_connections; i++)
		connections[i] = argv[3 + i];
	read_questions(argv[2]);
	SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
	SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
	session_give(session_new());
	if (strncmp(argv[1], "phone=", 6) == 0) {
		print_asked(argv[1] + 6);
		return 0;
	}
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
			      answer, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
			      MHD_OPTION_NOTIFY_COMPLETED, ended, NULL, MHD_OPTION_END))
		die("cannot listen", 0, NULL);
	for (;;)
		pause();
}
