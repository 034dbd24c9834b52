#include "tests/scenarios/scripted.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/odbc.h"
#include "adapters/registry.h"
#include "tests/scenarios/ways.h"

struct source {
	const char *name, *path; /* of the file that fixture_driver reads */
	struct ways ways;        /* of all its parts */
	struct part_ways *parts; /* that differ */
	int64_t asked, connects, logins, under_way, most_under_way;
	struct source *next;
};

struct part_ways {
	const char *part;
	struct ways ways;
	struct part_ways *next;
};

struct connection {
	struct source *source;
	void *inner;           /* fixture_driver's */
	unsigned drops;        /* of the source when it was made: more means that it is lost */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct arena *mem;
	const char *dir, *base;
	struct source *sources;
	bool released;
	struct buf values;
} scene = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

void scripted_begin(const char *dir, const char *base)
{
	scene.mem = arena_new();
	scene.dir = arena_cstr(scene.mem, str_of(dir));
	scene.base = arena_cstr(scene.mem, str_of(base));
	scene.released = false;
}

void scripted_end(void)
{
	scene.sources = NULL;
	arena_wipe_free(&scene.mem);
	buf_free(&scene.values);
}

/* ---- telling ---- */

static struct source *find(const char *name, size_t n)
{
	struct source *s = scene.sources;

	while (s && (strlen(s->name) != n || memcmp(s->name, name, n) != 0))
		s = s->next;
	return s;
}

static struct source *find_or_make(const char *name)
{
	struct source *s = find(name, strlen(name));

	if (s)
		return s;
	s = arena_new_of(scene.mem, struct source);
	s->name = arena_cstr(scene.mem, str_of(name));
	s->path = arena_printf(scene.mem, "%s/%s.txt", scene.dir, name).p;
	s->ways = ways_good();
	s->next = scene.sources;
	scene.sources = s;
	return s;
}

static struct ways *ways_of(struct source *s, const char *part)
{
	struct part_ways *p = s->parts;

	while (p && strcmp(p->part, part) != 0)
		p = p->next;
	return p ? &p->ways : &s->ways;
}

static struct ways *ways_made(struct source *s, const char *part)
{
	struct part_ways *p;

	if (!*part || ways_of(s, part) != &s->ways)
		return ways_of(s, part);
	p = arena_new_of(scene.mem, struct part_ways);
	*p = (struct part_ways){arena_cstr(scene.mem, str_of(part)), ways_good(), s->parts};
	s->parts = p;
	return &p->ways;
}

/* NAME [part PART] */
static bool read_who(struct words *w, struct arena *mem, const char **name_out, const char **part_out,
		     struct err *err)
{
	struct word name = words_take(w);

	*part_out = "";
	if (!name.text.p)
		return words_wrong(w, err, "`source` is followed by its name and what it does");
	*name_out = arena_cstr(mem, name.text);
	if (words_take_if(w, "part"))
		*part_out = arena_cstr(mem, words_take(w).text);
	return w->n > 0 ||
	       words_wrong(w, err, "what does the source do? such as `rows FILE`, `after 40ms`, `silent`");
}

bool scripted_check(struct words w, struct arena *mem, struct err *err)
{
	struct ways scratch = ways_good();
	const char *name, *part;

	return read_who(&w, mem, &name, &part, err) && ways_read(w, mem, &scratch, err);
}

/* Write what the source answers now. */
static bool publish(struct source *s, struct err *err)
{
	SCOPED(buf_free) struct buf out = {0};
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct fixture_part *given = NULL;
	FILE *file;

	if (s->ways.rows) {
		const char *path = arena_printf(mem, "%s/%s", scene.base, s->ways.rows).p;

		given = fixture_file_read(mem, path, s->name, err);
		if (!given)
			return false;
		given = given->next;
	}
	for (; given; given = given->next)
		ways_write(ways_of(s, given->name), given, &out, &scene.values);
	file = fopen(s->path, "we");
	if (!file || (out.len && fwrite(out.data, out.len, 1, file) != 1))
		return err_set(err, ERR_SYSTEM, s->path, "cannot be written");
	return fclose(file) == 0 || err_set(err, ERR_SYSTEM, s->path, "cannot be written");
}

bool scripted_meet(const char *name, struct err *err)
{
	return publish(find_or_make(name), err);
}

bool scripted_tell(struct words w, struct arena *mem, struct err *err)
{
	const char *name, *part;
	struct source *s;
	bool good;

	if (!read_who(&w, mem, &name, &part, err))
		return false;
	pthread_mutex_lock(&scene.lock);
	s = find_or_make(name);
	good = ways_read(w, scene.mem, ways_made(s, part), err);
	for (struct part_ways *p = s->parts; p && !*part && w.n && strcmp(w.of[0].text.p, "heals") == 0;
	     p = p->next)
		p->ways = ways_good();
	good = good && publish(s, err);
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
	return good;
}

/* Without the directory, which has another name each time: the string goes into the keys of the cache. */
const char *scripted_secret(const char *source, const char *password, struct arena *mem)
{
	return arena_printf(mem, "Driver=scripted;Server=%s;PWD=%s", source, password).p;
}

void scripted_release(void)
{
	pthread_mutex_lock(&scene.lock);
	scene.released = true;
	pthread_cond_broadcast(&scene.changed);
	pthread_mutex_unlock(&scene.lock);
}

bool scripted_counter(const char *name, int64_t *out)
{
	const char *dot = strchr(name, '.');
	const struct source *s = dot ? find(name, (size_t)(dot - name)) : NULL;

	if (!s)
		return false;
	const struct {
		const char *name;
		int64_t value;
	} known[] = {{"asked", s->asked},
		     {"connects", s->connects},
		     {"logins", s->logins},
		     {"under_way", s->under_way},
		     {"most_under_way", s->most_under_way}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(dot + 1, known[i].name) == 0) {
			*out = known[i].value;
			return true;
		}
	return false;
}

void scripted_values(struct buf *out)
{
	buf_put(out, scene.values.data ? scene.values.data : "", scene.values.len);
}

/* ---- the driver; waits let go of scene.lock ---- */

/* Wait for `due` or a change, whichever is first. */
static void wait_for(struct deadline due)
{
	const struct timespec at = {(time_t)(due.at_us / 1000000), (long)(due.at_us % 1000000) * 1000};

	if (due.at_us)
		pthread_cond_timedwait(&scene.changed, &scene.lock, &at);
	else
		pthread_cond_wait(&scene.changed, &scene.lock);
}

/* Is it the password the source wants? */
static bool knows_password(const struct source *s, const char *connect)
{
	const char *given = strstr(connect, ";PWD=");

	return !s->ways.wants || (given && strcmp(given + 5, s->ways.wants) == 0);
}

/* Take as long as connecting takes; then does it fail? */
static bool connect_act(struct source *s, const char *connect, struct err *err)
{
	struct deadline begun = {clock_mono_us()};

	for (;;) {
		const struct ways *ways = &s->ways;
		struct deadline due = {begun.at_us + ways->connect_after_us};

		if (scene.released)
			return err_set(err, ERR_REFUSED, s->name, "the story is over");
		if (ways->refuses)
			return err_set(err, ERR_REFUSED, s->name, "connection refused");
		if (!ways->frozen && deadline_left_us(due) == 0)
			break;
		wait_for(ways->frozen ? (struct deadline){0} : due);
	}
	s->logins++;
	if (s->ways.rejects || !knows_password(s, connect))
		return err_set(err, ERR_AUTH, s->name, "the login is not accepted");
	return true;
}

static struct source *source_of(const char *connect)
{
	const char *name = strstr(connect, "Server=");

	return name ? find(name + 7, strcspn(name + 7, ";")) : NULL;
}

static bool scripted_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct adapter_conf plain = *conf;
	bool good;

	if (!c)
		abort();
	pthread_mutex_lock(&scene.lock);
	c->source = source_of(conf->connect);
	assert(c->source);
	plain.connect = c->source->path;
	c->source->connects++;
	good = connect_act(c->source, conf->connect, err);
	c->drops = c->source->ways.drops;
	pthread_mutex_unlock(&scene.lock);
	if (good && fixture_driver.connect(&plain, &c->inner, err)) {
		*conn_out = c;
		return true;
	}
	free(c);
	return false;
}

static void scripted_disconnect(void **conn)
{
	struct connection *c = *conn;

	*conn = NULL;
	if (!c)
		return;
	fixture_driver.disconnect(&c->inner);
	free(c);
}

/* Fail as the database would with this SQLSTATE. */
static bool fail_with_state(const struct ways *ways, const struct source *s, bool *lost_out, struct err *err)
{
	struct odbc_diag d = {0};

	snprintf(d.state, sizeof(d.state), "%s", ways->sqlstate);
	odbc_diag_classify(&d, "");
	*lost_out = d.lost;
	return err_set(err, d.cls, s->name, "the database says %s", ways->sqlstate);
}

/* Take as long as the answer takes; then does it fail? */
static bool fetch_act(struct connection *c, const struct fetch *f, bool *lost_out, struct err *err)
{
	struct source *s = c->source;
	struct deadline begun = {clock_mono_us()};

	for (;;) {
		const struct ways *ways = ways_of(s, f->part);
		struct deadline due = {begun.at_us + ways->after_us};

		if (scene.released || ways->refuses || c->drops != s->ways.drops) {
			*lost_out = true;
			return err_set(err, ERR_REFUSED, s->name, "the connection was closed by the source");
		}
		if (ways->frozen) {
			wait_for((struct deadline){0});
			continue;
		}
		if (deadline_left_us(f->cap) == 0)
			return err_set(err, ERR_LATE, s->name, "the query was ended at its limit");
		if (!ways->silent && deadline_left_us(due) == 0)
			return !*ways->sqlstate || fail_with_state(ways, s, lost_out, err);
		wait_for(ways->silent ? f->cap : deadline_min(due, f->cap));
	}
}

static bool is_reset(const struct source *s, struct fetch *f, const struct ways *ways, bool *lost_out,
		     struct err *err)
{
	if (ways->resets_after < 0 || f->rows->n_rows <= (uint32_t)ways->resets_after)
		return false;
	f->rows = NULL;
	*lost_out = true;
	err_set(err, ERR_REFUSED, s->name, "the connection was reset in the middle of the rows");
	return true;
}

static bool scripted_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	struct connection *c = conn;
	struct source *s = c->source;
	struct ways ways;
	bool good;

	pthread_mutex_lock(&scene.lock);
	s->asked++;
	s->under_way++;
	if (s->under_way > s->most_under_way)
		s->most_under_way = s->under_way;
	good = fetch_act(c, f, lost_out, err);
	s->under_way--;
	ways = *ways_of(s, f->part);
	pthread_mutex_unlock(&scene.lock);
	return good && fixture_driver.fetch(c->inner, f, lost_out, err) &&
	       !is_reset(s, f, &ways, lost_out, err);
}

static bool scripted_conf_check(const struct adapter_conf *conf, struct err *err)
{
	(void)conf, (void)err;
	return true;
}

static const struct adapter_driver scripted_driver = {
	.name = "odbc",
	.check = scripted_conf_check,
	.connect = scripted_connect,
	.fetch = scripted_fetch,
	.disconnect = scripted_disconnect,
};

const struct adapter_driver *__real_registry_find(const char *name, const char *source, struct err *err);
const struct adapter_driver *__wrap_registry_find(const char *name, const char *source, struct err *err);

const struct adapter_driver *__wrap_registry_find(const char *name, const char *source, struct err *err)
{
	return strcmp(name, "odbc") == 0 ? &scripted_driver : __real_registry_find(name, source, err);
}
