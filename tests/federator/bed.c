/* bed.c - a service on fixture sources for tests of the flow. */
#include "tests/federator/bed.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/adapter.h"
#include "base/log.h"
#include "tests/cmocka_all.h"
#include "tests/federator/flow_mapping.h"

struct bed {
	char dir[64];
	struct arena *mem;
	struct options opt;
	struct service *svc;
	struct loop *loop;
	struct lane lane;
	struct reply reply;
	bool answered, waiting;
	json_t *json;
};

static void write_file(const struct bed *bed, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", bed->dir, name);
	unlink(path);
	f = fdopen(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void fail_with(struct diags *ds, const struct err *err)
{
	struct buf out = { 0 };

	diags_print_human(ds, &out);
	fprintf(stderr, "%s: %s\n%.*s\n", err->where, err->text, (int)out.len, out.data ? out.data : "");
	buf_free(&out);
	fail();
}

static void open_service(struct bed *bed)
{
	struct diags *ds = diags_new(bed->mem);
	struct err err = { 0 };

	bed->svc = service_open(&bed->opt, ds, &err);
	if (!bed->svc)
		fail_with(ds, &err);
	bed->loop = loop_new(&err);
	assert_non_null(bed->loop);
	lane_open(&bed->lane, bed->svc, bed->loop);
}

struct bed *bed_new(const char *mapping)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct err err = { 0 };
	char path[128];

	assert_non_null(bed);
	strcpy(bed->dir, "/tmp/federator-bed-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	bed->mem = arena_new();
	snprintf(path, sizeof(path), "%s/secrets", bed->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(bed, "mapping.xml", mapping);
	assert_true(options_read(&bed->opt, NULL, 0, NULL, bed->mem, &err));
	bed->opt.map = bed->dir;
	bed->opt.secrets = arena_cstr(bed->mem, str_of(path));
	bed->opt.tenant = "t";
	for (int i = 0; i < 3; i++) {
		char name[32], text[128];

		snprintf(name, sizeof(name), "secrets/s%d", i);
		snprintf(text, sizeof(text), "fixture:%s/s%d.txt", bed->dir, i);
		write_file(bed, name, text);
		snprintf(name, sizeof(name), "s%d.txt", i);
		write_file(bed, name, "");
	}
	return bed;
}

void bed_unlimit(struct bed *bed)
{
	assert_null(bed->svc);
	bed->opt.agent_requests = bed->opt.agent_customers = 0;
}

void bed_source(struct bed *bed, const char *name, const char *text)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.txt", name);
	write_file(bed, file, text);
}

bool bed_reload(struct bed *bed, const char *mapping)
{
	struct diags *ds = diags_new(bed->mem);
	struct err err = { 0 };

	write_file(bed, "mapping.xml", mapping);
	return service_reload(bed->svc, ds, &err);
}

struct ask bed_by(const char *key, const char *value, const char *view)
{
	struct ask ask = { .n_by = 1,
			   .tenant = STR("t"),
			   .role = STR("agent"),
			   .purpose = STR("service"),
			   .lang = STR("en"),
			   .view = str_of(view) };

	ask.by[0].name = str_of(key);
	ask.by[0].value = str_of(value);
	return ask;
}

struct lane *bed_lane(struct bed *bed)
{
	if (!bed->svc)
		open_service(bed);
	return &bed->lane;
}

static void forget_answer(struct bed *bed)
{
	reply_free(&bed->reply);
	bed->reply = (struct reply){ 0 };
	json_decref(bed->json);
	bed->json = NULL;
}

static void on_reply(void *owner, struct reply *reply)
{
	struct bed *bed = owner;

	bed->reply = *reply;
	bed->answered = true;
	if (bed->waiting)
		loop_stop(bed->loop);
}

const struct reply *bed_reply(struct bed *bed, const struct ask *ask)
{
	if (!bed->svc)
		open_service(bed);
	forget_answer(bed);
	bed->answered = false;
	flow_start(&bed->lane, ask, on_reply, bed);
	bed->waiting = !bed->answered;
	if (bed->waiting)
		loop_run(bed->loop);
	bed->waiting = false;
	assert_true(bed->answered);
	return &bed->reply;
}

json_t *bed_ask(struct bed *bed, const struct ask *ask, int *status_out)
{
	json_error_t error;

	*status_out = bed_reply(bed, ask)->status;
	bed->json = json_loadb(bed->reply.body, bed->reply.len, JSON_REJECT_DUPLICATES, &error);
	if (!bed->json)
		fail_msg("%s in %.*s", error.text, (int)bed->reply.len, bed->reply.body);
	return bed->json;
}

json_t *bed_find(json_t *root, const char *path)
{
	char name[128];

	while (root && *path) {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		root = json_is_array(root) ? json_array_get(root, (size_t)atoi(name)) : json_object_get(root, name);
		path += n + (path[n] == '.');
	}
	return root;
}

json_t *bed_at(json_t *root, const char *path)
{
	json_t *value = bed_find(root, path);

	if (!value) {
		char *text = json_dumps(root, JSON_INDENT(1));

		print_error("no `%s` in %s\n", path, text);
		free(text);
		fail();
	}
	return value;
}

void assert_at(json_t *root, const char *path, const char *text)
{
	json_t *value = bed_at(root, path);

	if (!json_is_string(value) || strcmp(json_string_value(value), text) != 0) {
		char *dump = json_dumps(root, JSON_INDENT(1));

		print_error("`%s` is not \"%s\" in %s\n", path, text, dump);
		free(dump);
		fail();
	}
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

struct idle_turn {
	struct loop_turn turn;
	struct bed *bed;
};

/* Late fetches still land on the loop: turn it until nothing is left. */
static bool turn_until_idle(struct loop_turn *t)
{
	struct idle_turn *it = (struct idle_turn *)t;

	if (service_is_idle(it->bed->svc))
		loop_stop(it->bed->loop);
	return true;
}

void bed_free(struct bed **bedp)
{
	struct bed *bed = *bedp;
	struct idle_turn idle = { .turn = { .turn = turn_until_idle }, .bed = bed };

	forget_answer(bed);
	if (bed->svc) {
		loop_add_turn(bed->loop, &idle.turn);
		loop_run(bed->loop);
		lane_close(&bed->lane);
		service_close(&bed->svc);
		loop_free(&bed->loop);
	}
	arena_wipe_free(&bed->mem);
	nftw(bed->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(bed);
	*bedp = NULL;
}

bool bed_begin(void)
{
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	return digest_init(&err) && adapters_init(NULL, &err);
}

int bed_start(void **state)
{
	struct bed *bed = bed_new(FLOW_MAPPING);

	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", WAREHOUSE);
	bed_source(bed, "s2", WEB);
	*state = bed;
	return 0;
}

int bed_stop(void **state)
{
	bed_free((struct bed **)state);
	return 0;
}

json_t *bed_refused(struct bed *bed, struct ask ask, int wanted)
{
	int status;
	json_t *json = bed_ask(bed, &ask, &status);

	if (status != wanted)
		print_error("status %d: %s\n", status, bed->reply.body);
	assert_int_equal(status, wanted);
	return json;
}

json_t *bed_ok(struct bed *bed, struct ask ask)
{
	return bed_refused(bed, ask, 200);
}
