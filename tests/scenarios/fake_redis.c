#include "tests/scenarios/fake_redis.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"

/* Of the server, and what begins with it. */
#define RUN "01234567"
#define ERA RUN "00000001"

enum { WORDS_MOST = 1024, VALUES_MOST = 256 };

struct ways {
	uint64_t after_us; /* answers are so late */
	bool refuses, silent;
	bool corrupts;                     /* a byte of each value it gives is another */
	bool confuses;                     /* it gives the value of another key */
	const char *get_error, *set_error; /* instead of an answer */
};

struct value {
	char *key;
	struct buf bytes;
	uint64_t expires_us;
};

struct peer {
	struct loop_fd watch;
	struct loop_timer answer; /* sends `out` */
	struct fake_redis *redis;
	struct buf in, out;
	struct peer *next;
};

struct fake_redis {
	struct loop *loop;
	pthread_t thread;
	struct sockaddr_un at;
	struct loop_fd listening; /* fd -1: refuses */
	struct ways ways;
	struct peer *peers;
	struct value values[VALUES_MOST];
	size_t n_values;
	int64_t connects, gets, sets, ticks;
	struct loop_post post;
	struct words told;
};

/* ---- what it keeps ---- */

static struct value *value_of(struct fake_redis *r, struct str key)
{
	for (size_t i = 0; i < r->n_values; i++)
		if (str_eq(str_of(r->values[i].key), key))
			return &r->values[i];
	return NULL;
}

static void value_drop(struct fake_redis *r, struct value *v)
{
	free(v->key);
	buf_free(&v->bytes);
	*v = r->values[--r->n_values];
	r->values[r->n_values] = (struct value){0};
}

static void value_put(struct fake_redis *r, struct str key, struct str bytes, uint64_t ttl_ms)
{
	struct value *v = value_of(r, key);

	if (v)
		value_drop(r, v);
	if (r->n_values == VALUES_MOST)
		abort();
	v = &r->values[r->n_values++];
	v->key = strndup(key.p, key.n);
	buf_put_str(&v->bytes, bytes);
	v->expires_us = clock_mono_us() + ttl_ms * 1000u;
}

static const struct value *value_live(struct fake_redis *r, struct str key)
{
	struct value *v = value_of(r, key);

	if (v && v->expires_us <= clock_mono_us()) {
		value_drop(r, v);
		v = NULL;
	}
	if (v && r->ways.confuses)
		v = &r->values[(size_t)(v - r->values + 1) % r->n_values];
	return v;
}

/* ---- commands ---- */

static void put_value(struct fake_redis *r, const struct value *v, struct buf *out)
{
	size_t from;

	if (!v) {
		buf_puts(out, "$-1\r\n");
		return;
	}
	buf_printf(out, "$%zu\r\n", v->bytes.len);
	from = out->len;
	buf_put_str(out, buf_str(&v->bytes));
	if (r->ways.corrupts)
		out->data[from + v->bytes.len / 2] ^= 1;
	buf_puts(out, "\r\n");
}

/* Copies, and what was voided as a whole: nothing ever is. */
static void look_up(struct fake_redis *r, const struct str *words, size_t n, struct buf *out)
{
	bool greets = n == 2;

	r->gets += (int64_t)n - 2;
	if (r->ways.get_error) {
		buf_printf(out, "-%s\r\n", r->ways.get_error);
		return;
	}
	buf_printf(out, "*%zu\r\n", n - 1);
	for (size_t i = 1; i + 1 < n || (greets && i < n); i++)
		put_value(r, value_live(r, words[i]), out);
	if (!greets)
		buf_puts(out, "$16\r\n" ERA "\r\n");
}

/* Its name stands in a comment, and goes for its hash. */
static void put_script_name(struct str text, struct buf *out)
{
	static const char mark[] = "-- name: ";
	const char *name = memmem(text.p, text.n, mark, sizeof(mark) - 1), *end;

	if (!name)
		abort(); /* the cache has no other scripts */
	name += sizeof(mark) - 1;
	end = memchr(name, '\n', text.n - (size_t)(name - text.p));
	buf_printf(out, "$%td\r\n%.*s\r\n", end - name, (int)(end - name), name);
}

/* As cache/sheaf.h says. */
static struct str version_of(const struct value *v)
{
	return v && v->bytes.len >= 20 ? (struct str){v->bytes.data + 12, 8} : STR("");
}

/* In the place of the version that it was made from. The keys come first, the leases of all copies among them. */
static void fill(struct fake_redis *r, const struct str *words, size_t n, struct buf *out)
{
	const struct str *argv = words + 3 + strtoul(words[2].p, NULL, 10);
	const struct value *present = value_live(r, words[3]);

	if (!str_eq(version_of(present), argv[1])) {
		buf_puts(out, "*2\r\n:2\r\n");
		put_value(r, present, out);
		return;
	}
	r->sets += strtol(argv[6].p, NULL, 10);
	value_put(r, words[3], words[n - 1], strtoull(argv[2].p, NULL, 10));
	buf_puts(out, ":1\r\n");
}

/* Nobody else asks its sources: whoever begins may, and what comes is kept. */
static void run_script(struct fake_redis *r, const struct str *words, size_t n, struct buf *out)
{
	bool begins = str_eq(words[1], STR("begin"));

	if (r->ways.set_error) {
		r->sets += str_eq(words[1], STR("fill"));
		buf_printf(out, "-%s\r\n", r->ways.set_error);
	} else if (begins) {
		buf_printf(out, "*3\r\n:1\r\n:%" PRId64 "\r\n$16\r\n" ERA "\r\n", ++r->ticks);
	} else if (str_eq(words[1], STR("fill"))) {
		fill(r, words, n, out);
	} else {
		buf_puts(out, ":0\r\n");
	}
}

static void obey(struct fake_redis *r, const struct str *words, size_t n, struct buf *out)
{
	struct value *v;

	if (str_eq(words[0], STR("MGET"))) {
		look_up(r, words, n, out);
	} else if (str_eq(words[0], STR("INFO"))) {
		buf_puts(out, "$15\r\nrun_id:" RUN "\r\n");
	} else if (str_eq(words[0], STR("SCRIPT")) && n == 3) {
		put_script_name(words[2], out);
	} else if (str_eq(words[0], STR("EVALSHA"))) {
		run_script(r, words, n, out);
	} else if (str_eq(words[0], STR("UNLINK")) && n == 2) {
		v = value_of(r, words[1]);
		buf_printf(out, ":%d\r\n", v != NULL);
		if (v)
			value_drop(r, v);
	} else {
		buf_puts(out, "-ERR unknown command\r\n");
	}
}

/* "*2\r\n" or "$3\r\n": the number, behind its line. -1: not whole yet. */
static long take_count(struct str *rest, char mark)
{
	const char *end = memmem(rest->p, rest->n, "\r\n", 2);
	long count;

	if (!end)
		return -1;
	if (rest->p[0] != mark)
		abort(); /* the cache speaks no other way */
	count = strtol(rest->p + 1, NULL, 10);
	rest->n -= (size_t)(end + 2 - rest->p);
	rest->p = end + 2;
	return count;
}

/* Take one whole command off; false: it is not whole yet. */
static bool take_command(struct str *rest, struct str words[WORDS_MOST], size_t *n_out)
{
	struct str at = *rest;
	long n = take_count(&at, '*');

	if (n < 1 || n > WORDS_MOST)
		return false;
	for (long i = 0; i < n; i++) {
		long bytes = at.n ? take_count(&at, '$') : -1;

		if (bytes < 0 || at.n < (size_t)bytes + 2)
			return false;
		words[i] = (struct str){at.p, (size_t)bytes};
		at = (struct str){at.p + bytes + 2, at.n - (size_t)bytes - 2};
	}
	*rest = at;
	*n_out = (size_t)n;
	return true;
}

/* ---- connections ---- */

static void peer_close(struct peer *p)
{
	struct peer **link = &p->redis->peers;

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	loop_timer_cancel(p->redis->loop, &p->answer);
	loop_unwatch(p->redis->loop, &p->watch);
	close(p->watch.fd);
	buf_free(&p->in);
	buf_free(&p->out);
	free(p);
}

static void peer_answer(struct loop_timer *t)
{
	struct peer *p = CONTAINER_OF(t, struct peer, answer);

	if (send(p->watch.fd, p->out.data, p->out.len, MSG_NOSIGNAL) < 0)
		return; /* the cache hung up: the next read tells */
	p->out.len = 0;
}

static void peer_obey(struct peer *p)
{
	struct str rest = buf_str(&p->in), words[WORDS_MOST];
	SCOPED(buf_free) struct buf left = {0};
	size_t n;

	while (rest.n && take_command(&rest, words, &n))
		obey(p->redis, words, n, &p->out);
	buf_put_str(&left, rest);
	p->in.len = 0;
	buf_put_str(&p->in, buf_str(&left));
	if (p->redis->ways.silent)
		p->out.len = 0;
	else if (p->out.len)
		loop_timer_set(p->redis->loop, &p->answer,
			       (struct deadline){clock_mono_us() + p->redis->ways.after_us});
}

static void peer_ready(struct loop_fd *w, uint32_t events)
{
	struct peer *p = CONTAINER_OF(w, struct peer, watch);
	ssize_t n = recv(w->fd, buf_reserve(&p->in, 1 << 16), 1 << 16, MSG_DONTWAIT);

	(void)events;
	if (n <= 0) {
		peer_close(p);
		return;
	}
	p->in.len += (size_t)n;
	peer_obey(p);
}

static void accept_one(struct loop_fd *w, uint32_t events)
{
	struct fake_redis *r = CONTAINER_OF(w, struct fake_redis, listening);
	struct peer *p = calloc(1, sizeof(*p));
	struct err err;

	(void)events;
	if (!p)
		abort();
	p->redis = r;
	p->watch = (struct loop_fd){accept4(w->fd, NULL, NULL, SOCK_CLOEXEC), peer_ready};
	p->answer.fire = peer_answer;
	if (p->watch.fd < 0 || !loop_watch(r->loop, &p->watch, EPOLLIN, &err))
		abort();
	p->next = r->peers;
	r->peers = p;
	r->connects++;
}

static bool listen_begin(struct fake_redis *r, struct err *err)
{
	r->listening =
		(struct loop_fd){socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), accept_one};
	unlink(r->at.sun_path);
	if (r->listening.fd < 0 ||
	    bind(r->listening.fd, (const struct sockaddr *)&r->at, sizeof(r->at)) < 0 ||
	    listen(r->listening.fd, 16) < 0)
		return err_set(err, ERR_SYSTEM, r->at.sun_path, "cannot listen");
	return loop_watch(r->loop, &r->listening, EPOLLIN, err);
}

static void hang_up(struct fake_redis *r)
{
	while (r->peers)
		peer_close(r->peers);
}

static void listen_end(struct fake_redis *r)
{
	hang_up(r);
	if (r->listening.fd < 0)
		return;
	loop_unwatch(r->loop, &r->listening);
	close(r->listening.fd);
	r->listening.fd = -1;
}

/* ---- being told ---- */

static bool read_way(struct words *w, struct ways *ways, struct err *err)
{
	static const struct {
		const char *word, *get, *set;
	} errors[] = {
		{"full", NULL, "OOM command not allowed when used memory > 'maxmemory'."},
		{"readonly", NULL, "READONLY You can't write against a read only replica."},
		{"loading", "LOADING Redis is loading the dataset in memory",
		 "LOADING Redis is loading the dataset in memory"},
		{"noauth", "NOAUTH Authentication required.", "NOAUTH Authentication required."},
		{"moved", "MOVED 3999 127.0.0.1:1", "MOVED 3999 127.0.0.1:1"},
		{"clusterdown", "CLUSTERDOWN The cluster is down", "CLUSTERDOWN The cluster is down"},
	};

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (words_take_if(w, errors[i].word)) {
			ways->get_error = errors[i].get;
			ways->set_error = errors[i].set;
			return true;
		}
	if (words_take_if(w, "heals"))
		*ways = (struct ways){0};
	else if (words_take_if(w, "refuses"))
		ways->refuses = true;
	else if (words_take_if(w, "silent"))
		ways->silent = true;
	else if (words_take_if(w, "corrupts"))
		ways->corrupts = true;
	else if (words_take_if(w, "confuses"))
		ways->confuses = true;
	else if (words_take_if(w, "after"))
		return words_take_duration(w, &ways->after_us, err);
	else if (!words_take_if(w, "drops") && !words_take_if(w, "forgets"))
		return words_wrong(w, err,
				   "a cache in redis does: heals, refuses, silent, after, corrupts, "
				   "confuses, drops, forgets, "
				   "full, readonly, loading, noauth, moved, clusterdown");
	return true;
}

bool fake_redis_check(struct words w, struct err *err)
{
	struct ways scratch = {0};

	if (w.n == 0)
		return words_wrong(&w, err,
				   "what does the cache do? such as `refuses`, `after 40ms`, `heals`");
	while (w.n)
		if (!read_way(&w, &scratch, err))
			return false;
	return true;
}

static void on_told(struct loop_post *post)
{
	struct fake_redis *r = CONTAINER_OF(post, struct fake_redis, post);
	struct err err;

	for (struct words w = r->told; w.n;) {
		bool drops = strcmp(w.of[0].text.p, "drops") == 0,
		     forgets = strcmp(w.of[0].text.p, "forgets") == 0;

		if (!read_way(&w, &r->ways, &err))
			abort(); /* it was checked */
		if (drops)
			hang_up(r);
		while (forgets && r->n_values)
			value_drop(r, &r->values[0]);
	}
	if (r->ways.refuses)
		listen_end(r);
	else if (r->listening.fd < 0 && !listen_begin(r, &err))
		abort();
}

void fake_redis_tell(struct fake_redis *r, struct words w)
{
	r->told = w;
	loop_post(r->loop, &r->post);
}

/* ---- beginning and end ---- */

static void *run(void *arg)
{
	struct fake_redis *r = arg;

	loop_run(r->loop);
	return NULL;
}

struct fake_redis *fake_redis_new(const char *path, struct err *err)
{
	struct fake_redis *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->at.sun_family = AF_UNIX;
	strncpy(r->at.sun_path, path, sizeof(r->at.sun_path) - 1);
	r->post.run = on_told;
	r->listening.fd = -1;
	r->loop = loop_new(err);
	if (!r->loop || !listen_begin(r, err) || pthread_create(&r->thread, NULL, run, r) != 0)
		abort(); /* a test that cannot even begin */
	return r;
}

bool fake_redis_counter(const struct fake_redis *r, const char *name, int64_t *out)
{
	const struct {
		const char *name;
		int64_t value;
	} known[] = {{"redis.connects", r->connects},
		     {"redis.gets", r->gets},
		     {"redis.sets", r->sets},
		     {"redis.keys", (int64_t)r->n_values}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(name, known[i].name) == 0) {
			*out = known[i].value;
			return true;
		}
	return false;
}

void fake_redis_free(struct fake_redis **rp)
{
	struct fake_redis *r = *rp;

	if (!r)
		return;
	loop_stop(r->loop);
	pthread_join(r->thread, NULL);
	listen_end(r);
	while (r->n_values)
		value_drop(r, &r->values[0]);
	loop_free(&r->loop);
	free(r);
	*rp = NULL;
}
