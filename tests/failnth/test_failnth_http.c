/* Every route through the real servers, from a listening socket to the drained end; the client is no part of it. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "federator/http/handlers.h"
#include "federator/http/server.h"
#include "tests/failnth/files.h"
#include "tests/failnth/site.h"

enum { ANSWER_MOST = 512 * 1024, PATIENCE_S = 100 };

static char answer[ANSWER_MOST];

/* ---- the client ---- */

static int dial(const char *path)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		abort();
	return fd;
}

/* All that comes until the server closes. False: it never does. */
static bool exchange(const char *path, struct str request)
{
	int fd = dial(path);
	size_t n = 0;
	ssize_t got;

	(void)send(fd, request.p, request.n, MSG_NOSIGNAL);
	while ((got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return got == 0 || errno == ECONNRESET;
}

/* ---- what it got ---- */

static bool of_customer(json_t *root, const char *key)
{
	json_t *now = json_object_get(root, key), *then;
	json_error_t at;
	json_t *whole = json_loadb(failnth_expected().p, failnth_expected().n, 0, &at);
	bool same;

	then = json_object_get(whole, key);
	same = (!now && !then) || json_equal(now, then);
	json_decref(whole);
	return same;
}

/* Ids and times differ from run to run; what is known of the customer does not. */
static enum outcome judge_view(struct str body)
{
	json_t *root = json_loadb(body.p, body.n, 0, NULL);
	json_t *match = json_object_get(root, "match");
	enum outcome o = RIGHT;

	if (!root)
		o = failnth_wrong("not JSON: %.200s", body.p);
	else if (!failnth_expected().n)
		o = failnth_same(body);
	else if (json_is_false(json_object_get(root, "complete")) || json_is_false(json_object_get(match, "complete")))
		o = failnth_refused("incomplete");
	else if (!of_customer(root, "customer") || !of_customer(root, "timeline"))
		o = failnth_wrong("another customer: %.300s", body.p);
	json_decref(root);
	return o;
}

struct request {
	const char *text; /* with %s for a sealed id */
	int status;
	enum { WHOLE, VIEW, ONLY_STATUS } compared;
};

static enum outcome judge(const struct request *r)
{
	const char *head_end = strstr(answer, "\r\n\r\n"), *length = strstr(answer, "Content-Length: ");
	int status = strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
	struct str body;

	if (!head_end || !length)
		return failnth_refused("closed without an answer");
	body = str_of(head_end + 4);
	if (body.n < strtoul(length + 16, NULL, 10))
		return failnth_refused("cut, and the length says so");
	if (status >= 500 && status != r->status)
		return failnth_refused("a problem of ours");
	if (status != r->status)
		return failnth_wrong("status %d: %.300s", status, body.p);
	if (!strstr(answer, "Cache-Control: private, no-store\r\n") || !strstr(answer, "Content-Type: "))
		return failnth_wrong("without its header fields: %.300s", answer);
	if (r->compared == VIEW)
		return judge_view(body);
	return failnth_same(r->compared == WHOLE ? body : STR("answered"));
}

/* ---- the server ---- */

static struct str request_of(const struct request *r, struct site *s)
{
	const char *at = strstr(r->text, "{id}");
	struct str id = seal_id(s->svc, STR("t"), STR("1"), s->mem);

	if (!at)
		return str_of(r->text);
	return arena_printf(s->mem, "%.*s%.*s%s", (int)(at - r->text), r->text, STR_ARG(id), at + 4);
}

static void end(struct site *s, struct server **server, struct listener *at)
{
	if (*server)
		server_drain(*server, 0);
	listen_close(at);
	if (s->svc && !service_wait_idle(s->svc, deadline_after_ms(30000)))
		abort();
	if (*server)
		server_stop(*server);
	site_close(s);
	server_free(server);
}

static enum outcome served(const void *arg)
{
	const struct request *r = arg;
	const char *path = files_path("socket");
	struct listener at = { .fd = -1 };
	struct server *server = NULL;
	struct err err = { 0 };
	struct site s;
	enum outcome o = site_open(&s, "memory");
	const struct server_conf conf = { .service = s.svc,
					  .routes = &public_routes,
					  .name = "http",
					  .loops = 2,
					  .connections = 8 };

	if (o == RIGHT &&
	    (!listen_open(arena_printf(s.mem, "unix:%s", path).p, LISTEN_BARE, &at, &err) ||
	     !(server = server_start(&conf, &at, &err))))
		o = failnth_refused(err.text);
	if (server) {
		struct str request = request_of(r, &s);
		bool over;

		failnth_pause();
		over = exchange(path, request);
		o = over ? judge(r) : failnth_wrong("no answer and no end in %d s", PATIENCE_S);
		failnth_resume();
	}
	end(&s, &server, &at);
	return o;
}

static enum outcome listened(const void *address)
{
	struct listener at = { .fd = -1 };
	struct err err = { 0 };

	if (!listen_open(address, LISTEN_BARE, &at, &err))
		return err.cls == ERR_SYSTEM ? failnth_refused(err.text) : failnth_same(str_of(err.text));
	if (!*at.address || (strncmp(address, "unix:", 5) != 0 && at.port == 0))
		return failnth_wrong("listens at \"%s\"", at.address);
	listen_close(&at);
	return failnth_same(STR("listened"));
}

static enum outcome listened_beside(const void *arg)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const char *address = arena_printf(mem, "unix:%s", files_path("beside")).p;
	struct listener first = { .fd = -1 }, second = { .fd = -1 };
	struct err err = { 0 };
	enum outcome o = RIGHT;

	(void)arg;
	if (!listen_open(address, LISTEN_BARE, &first, &err))
		return failnth_refused(err.text);
	if (listen_open(address, LISTEN_BARE, &second, &err))
		o = failnth_wrong("took the socket of one that lives");
	listen_close(&second);
	listen_close(&first);
	return o == RIGHT ? failnth_same(STR("")) : o;
}

#define CLOSE " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
#define GET(name, path, ...) { name, served, &(const struct request){ .text = "GET " path CLOSE "\r\n", __VA_ARGS__ } }
#define BODY(name, what, type, n, body, ...)                                                                      \
	{ name, served,                                                                                           \
	  &(const struct request){ .text = what CLOSE "Content-Type: " type "\r\nContent-Length: " n "\r\n\r\n" body, \
				   __VA_ARGS__ } }

static const struct scenario all[] = {
	GET("find", "/v1/customers?member=1", .status = 200, .compared = VIEW),
	GET("find-by-phone", "/v1/customers?phone=01011112222&view=full", .status = 200, .compared = VIEW),
	GET("find-some-fields", "/v1/customers?member=1&fields=name,orders.no", .status = 200, .compared = VIEW),
	GET("get", "/v1/customers/{id}", .status = 200, .compared = VIEW),
	GET("time-line", "/v1/customers/{id}/timeline?limit=3&view=full", .status = 200, .compared = VIEW),
	GET("explain", "/v1/customers/{id}/explain", .status = 200, .compared = ONLY_STATUS),
	GET("bad-id", "/v1/customers/c.nonsense", .status = 404, .compared = ONLY_STATUS),
	BODY("query-json", "QUERY /v1/customers", "application/json", "22", "{\"by\":{\"member\":\"1\" }}",
	     .status = 200, .compared = VIEW),
	BODY("lookup-json", "POST /v1/customers/lookup", "application/json", "22", "{\"by\":{\"member\":\"1\" }}",
	     .status = 200, .compared = VIEW),
	BODY("query-xml", "QUERY /v1/customers", "application/xml", "63",
	     "<ask xmlns=\"urn:federator:ask:1\"><by key=\"member\">1</by></ask>\n", .status = 200, .compared = VIEW),
	BODY("bad-json", "QUERY /v1/customers", "application/json", "5", "{\"by\"", .status = 400,
	     .compared = ONLY_STATUS),
	BODY("bad-xml", "QUERY /v1/customers", "application/xml", "5", "<ask ", .status = 400, .compared = ONLY_STATUS),
	GET("routing", "/v1/routing?phone=01011112222", .status = 200, .compared = ONLY_STATUS),
	GET("routing-form", "/v1/routing?phone=01011112222&format=form", .status = 200, .compared = ONLY_STATUS),
	GET("no-cnam", "/v1/cnam/01011112222", .status = 404, .compared = ONLY_STATUS),
	GET("mappings", "/v1/mappings", .status = 200, .compared = WHOLE),
	GET("schema-of-mappings", "/schema/mapping-1.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-views-xsd", "/schema/view.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-views-json", "/schema/view.schema.json", .status = 200, .compared = WHOLE),
	GET("schema-of-routing-xsd", "/schema/routing.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-routing-json", "/schema/routing.schema.json", .status = 200, .compared = WHOLE),
	GET("schema-of-events", "/schema/events.schema.json", .status = 200, .compared = WHOLE),
	GET("schema-of-provenance", "/schema/provenance.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-problems", "/schema/problem.schema.json", .status = 200, .compared = WHOLE),
	GET("schema-of-explain-xsd", "/schema/explain.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-explain-json", "/schema/explain.schema.json", .status = 200, .compared = WHOLE),
	GET("schema-of-exports-xsd", "/schema/export.xsd", .status = 200, .compared = WHOLE),
	GET("schema-of-exports-json", "/schema/export.schema.json", .status = 200, .compared = WHOLE),
	GET("livez", "/livez", .status = 200, .compared = WHOLE),
	GET("readyz", "/readyz", .status = 200, .compared = WHOLE),
	GET("readyz-verbose", "/readyz?verbose", .status = 200, .compared = ONLY_STATUS),
	GET("no-route", "/v2", .status = 404, .compared = ONLY_STATUS),
	BODY("no-method", "DELETE /livez", "text/plain", "0", "", .status = 405, .compared = ONLY_STATUS),
	{ "listen", listened, "127.0.0.1:0" },
	{ "listen-v6", listened, "[::1]:0" },
	{ "listen-everywhere", listened, "0.0.0.0:0" },
	{ "listen-nowhere", listened, "nowhere" },
	{ "listen-beside-one-that-lives", listened_beside, NULL },
};

int main(int argc, char **argv)
{
	int code = site_begin() ? failnth_main(all, ARRAY_LEN(all), argc, argv) : 1;

	files_remove();
	return code;
}
