#include "tests/scenarios/house.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/admin/admin.h"
#include "federator/admin/tenants.h"
#include "federator/http/handlers.h"
#include "federator/http/server.h"
#include "tests/scenarios/metric.h"
#include "tests/scenarios/scripted.h"

enum { ADMIN_CONNECTIONS = 16, LATE_MS = 1000 };

struct house_state {
	const char *base;
	struct tenants *tenants; /* one */
	struct server *server, *admin;
	struct listener at, admin_at;
	pthread_t drainer;
	bool draining;
	int log_fd, stderr_fd;
};

/* ---- the lane of the public listener, whose cache is the one of requests ---- */

static struct lane *first_lane;

void __real_lane_open(struct lane *lane, struct service *svc, struct loop *loop);
void __wrap_lane_open(struct lane *lane, struct service *svc, struct loop *loop);

void __wrap_lane_open(struct lane *lane, struct service *svc, struct loop *loop)
{
	if (!first_lane)
		first_lane = lane;
	__real_lane_open(lane, svc, loop);
}

/* ---- files ---- */

static const char *in_dir(struct house *h, const char *name)
{
	return arena_printf(h->mem, "%s/%s", h->dir, name).p;
}

bool house_set_mapping(struct house *h, const char *dir, struct err *err)
{
	const char *target = arena_printf(h->mem, "%s/%s", h->state->base, dir).p,
		   *link = in_dir(h, "mapping");

	if (access(target, R_OK) != 0)
		return err_set(err, ERR_CONFIG, dir, "there is no such mapping directory below %s",
			       h->state->base);
	unlink(link);
	return symlink(target, link) == 0 || err_set(err, ERR_SYSTEM, link, "cannot be made");
}

static void write_secret(struct house *h, const char *secret, const char *source, const char *password)
{
	const char *path = arena_printf(h->mem, "%s/secrets/%s", h->dir, secret).p;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *text = scripted_secret(source, password, h->mem);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort(); /* our own directory */
	close(fd);
}

void house_set_password(struct house *h, const char *source, const char *password)
{
	const struct world *w = service_world(h->service);

	for (size_t i = 0; i < w->cat->n_sources; i++)
		if (strcmp(w->cat->sources[i].name, source) == 0)
			write_secret(h, w->cat->sources[i].secret, source, password);
	world_unref(&w);
}

/* What is wrong with a mapping, beside *err. */
static void tell_findings(struct diags *ds, const char *mapping, struct err *err)
{
	SCOPED(buf_free) struct buf out = {0};

	diags_print_human(ds, &out);
	if (out.len)
		err_set(err, ERR_MAPPING, mapping, "%.*s", STR_ARG(buf_str(&out)));
}

/* Every source has a secret and a file, so that what a story does not mention is there, without rows. */
static bool begin_sources(struct house *h, const char *mapping, struct err *err)
{
	const char *dir = arena_printf(h->mem, "%s/%s", h->state->base, mapping).p;
	struct diags *ds = diags_new(h->mem);
	const struct catalog *cat = catalog_load(dir, ds);
	bool good = true;

	if (!cat) {
		tell_findings(ds, mapping, err);
		return false;
	}
	for (size_t i = 0; i < cat->n_sources && good; i++) {
		write_secret(h, cat->sources[i].secret, cat->sources[i].name, "first");
		good = scripted_meet(cat->sources[i].name, err);
	}
	catalog_unref(&cat);
	return good;
}

static bool begin_files(struct house *h, const struct story *story, struct err *err)
{
	strcpy(h->dir, "/tmp/federator-story-XXXXXX");
	if (!mkdtemp(h->dir) || mkdir(in_dir(h, "secrets"), 0700) < 0 ||
	    mkdir(in_dir(h, "sources"), 0700) < 0)
		return err_set(err, ERR_SYSTEM, h->dir, "cannot be made");
	scripted_begin(in_dir(h, "sources"), h->state->base);
	h->public_path = in_dir(h, "http");
	h->admin_path = in_dir(h, "admin");
	return house_set_mapping(h, story->mapping, err) && begin_sources(h, story->mapping, err);
}

/* ---- the log ---- */

static void begin_log(struct house *h)
{
	h->state->log_fd = memfd_create("log", MFD_CLOEXEC);
	h->state->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (h->state->log_fd < 0 || h->state->stderr_fd < 0 || dup2(h->state->log_fd, STDERR_FILENO) < 0)
		abort();
}

void house_log(const struct house *h, struct buf *out)
{
	off_t n = lseek(h->state->log_fd, 0, SEEK_END);
	char *to = buf_reserve(out, (size_t)n);

	if (pread(h->state->log_fd, to, (size_t)n, 0) != n)
		abort();
	out->len += (size_t)n;
	out->data[out->len] = '\0';
}

/* What others say on stderr, such as a sanitizer, is said there now. */
static void end_log(struct house *h)
{
	dup2(h->state->stderr_fd, STDERR_FILENO);
	close(h->state->stderr_fd);
	close(h->state->log_fd);
}

/* ---- the service ---- */

static bool begin_options(struct house *h, const struct story *story, const char *cache, struct err *err)
{
	char **argv = arena_array_of(h->mem, char *, 2 * story->n_options + 1);
	int argc = 0;

	for (size_t i = 0; i < story->n_options; i++) {
		struct words w = story->options[i];

		argv[argc++] = (char *)(uintptr_t)arena_printf(h->mem, "--%s", words_take(&w).text.p).p;
		argv[argc++] = (char *)(uintptr_t)words_take(&w).text.p;
	}
	if (!options_read(&h->opt, NULL, argc, argv, h->mem, err))
		return false;
	h->opt.map = in_dir(h, "mapping");
	h->opt.secrets = in_dir(h, "secrets");
	h->opt.cache = cache;
	h->opt.near_bytes = 0; /* it lives on a thread of its own, and on the real clock */
	if (strcmp(cache, "redis") != 0)
		return true;
	h->redis = fake_redis_new(in_dir(h, "redis"), err);
	h->opt.cache = arena_printf(h->mem, "unix:%s", in_dir(h, "redis")).p;
	return h->redis != NULL;
}

static bool begin_servers(struct house *h, struct err *err)
{
	const struct server_conf public = { .service = h->service,
					    .routes = &public_routes,
					    .name = "http",
					    .loops = 1,
					    .connections = (uint32_t)h->opt.connections,
					    .requests = (uint32_t)h->opt.requests };
	const struct server_conf admin = { .service = h->service,
					   .context = h->state->tenants,
					   .routes = &admin_routes,
					   .name = "admin",
					   .entrance = ENTRANCE_ADMIN,
					   .loops = 1,
					   .connections = ADMIN_CONNECTIONS};
	struct house_state *s = h->state;

	if (!listen_open(arena_printf(h->mem, "unix:%s", h->public_path).p, LISTEN_BARE, &s->at, err) ||
	    !listen_open(arena_printf(h->mem, "unix:%s", h->admin_path).p, LISTEN_BARE, &s->admin_at, err))
		return false;
	first_lane = NULL;
	s->server = server_start(&public, &s->at, err);
	s->admin = s->server ? server_start(&admin, &s->admin_at, err) : NULL;
	h->lane = first_lane;
	return s->admin != NULL;
}

static bool begin_service(struct house *h, const char *mapping, struct err *err)
{
	const struct tenancy *tenancy = tenancy_read(&h->opt, h->mem, err);
	struct diags *ds = diags_new(h->mem);

	if (!tenancy)
		return false;
	h->state->tenants = tenants_open(tenancy, ds, err);
	if (h->state->tenants)
		h->service = tenants_service(h->state->tenants, 0);
	else
		tell_findings(ds, mapping, err);
	return h->service != NULL;
}

bool house_begin(struct house *h, const struct story *story, const char *cache, const char *base,
		 struct err *err)
{
	*h = (struct house){.mem = arena_new()};
	h->state = arena_new_of(h->mem, struct house_state);
	*h->state = (struct house_state){.base = base, .at.fd = -1, .admin_at.fd = -1};
	begin_log(h);
	if (!begin_files(h, story, err) || !begin_options(h, story, cache, err))
		return false;
	for (const struct deed *d = story->deeds; d && d->at_us == 0; d = d->next) {
		if (d->kind == DEED_SOURCE && !scripted_tell(d->words, h->mem, err))
			return false;
		if (d->kind == DEED_CACHE && h->redis)
			fake_redis_tell(h->redis, d->words);
	}
	return begin_service(h, story->mapping, err) && begin_servers(h, err);
}

/* ---- counters ---- */

static bool source_counter(struct house *h, const char *source, size_t n, const char *name, int64_t *out)
{
	const struct world *w = service_world(h->service);
	bool found = false;

	for (size_t i = 0; i < w->cat->n_sources; i++) {
		struct adapter_state s;

		if (!str_eq(str_of(w->cat->sources[i].name), (struct str){source, n}))
			continue;
		s = adapter_state(w->adapters[i]);
		const struct {
			const char *name;
			int64_t value;
		} known[] = {{"connected", s.connected},    {"busy", s.busy},
			     {"queued", s.queued},          {"fetches", (int64_t)s.fetches},
			     {"joined", (int64_t)s.joined}, {"failures", (int64_t)s.failures}};
		for (size_t k = 0; k < ARRAY_LEN(known) && !found; k++)
			if (strcmp(known[k].name, name) == 0) {
				*out = known[k].value;
				found = true;
			}
	}
	world_unref(&w);
	return found;
}

static bool cache_counter(struct house *h, const char *name, int64_t *out)
{
	const struct cache_state s = cache_state(h->lane->cache);
	const struct {
		const char *name;
		uint64_t value;
	} known[] = {{"hits", s.hits},         {"misses", s.misses},
		     {"puts", s.puts},         {"put_failures", s.put_failures},
		     {"timeouts", s.timeouts}, {"bad_values", s.bad_values},
		     {"entries", s.entries},   {"up", s.up}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].name, name) == 0) {
			*out = (int64_t)known[i].value;
			return true;
		}
	return false;
}

bool house_counter(struct house *h, const char *name, int64_t *out)
{
	const char *dot = strchr(name, '.');

	if (strncmp(name, "federator_", 10) == 0)
		return metric_sample(h->service, name, out);
	if (!dot)
		return false;
	if (strncmp(name, "cache.", 6) == 0)
		return cache_counter(h, name + 6, out);
	if (strncmp(name, "redis.", 6) == 0)
		return h->redis && fake_redis_counter(h->redis, name, out);
	return scripted_counter(name, out) || source_counter(h, name, (size_t)(dot - name), dot + 1, out);
}

/* ---- the end ---- */

static void *drain(void *arg)
{
	struct house *h = arg;

	server_drain(h->state->server, (uint32_t)h->opt.drain_ms);
	h->stopped_us = clock_mono_us();
	return NULL;
}

void house_drain(struct house *h)
{
	if (h->state->draining)
		return;
	h->state->draining = true;
	if (pthread_create(&h->state->drainer, NULL, drain, h) != 0)
		abort();
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* In the order of cli/serve.c. */
static void end_service(struct house *h)
{
	struct house_state *s = h->state;

	if (s->server) {
		house_drain(h);
		pthread_join(s->drainer, NULL);
	}
	if (s->admin)
		server_drain(s->admin, 0);
	listen_close(&s->at);
	listen_close(&s->admin_at);
	scripted_release();
	if (s->tenants && !tenants_wait_idle(s->tenants, deadline_after_ms(LATE_MS)))
		abort(); /* a mapping set was never let go */
	if (s->server)
		server_stop(s->server);
	if (s->admin)
		server_stop(s->admin);
	if (s->tenants && tenants_close(s->tenants) > 0)
		abort(); /* everything was released */
	server_free(&s->server);
	server_free(&s->admin);
	tenants_free(&s->tenants);
}

void house_end(struct house *h)
{
	end_service(h);
	fake_redis_free(&h->redis);
	scripted_end();
	nftw(h->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	end_log(h);
	arena_wipe_free(&h->mem);
}
