#include "federator/purge/purge.h"

#include "base/log.h"
#include "base/text.h"
#include "federator/flow/flow.h"
#include "metadata/normalize.h"

void purge_begin(struct purge *purge, struct lane *lane, struct arena *mem)
{
	*purge = (struct purge){ .lane = lane, .mem = mem, .world = service_world(lane->service) };
}

void purge_drop(struct purge *purge)
{
	world_unref(&purge->world);
}

static bool refuse(struct purge *purge, enum purge_refusal why, const char *detail, const char *advice)
{
	purge->refusal = why;
	purge->detail = detail;
	purge->advice = advice;
	return false;
}

/* Names of the kind, for a did-you-mean. */
static const char **names_of(const struct purge *purge, enum purge_what what, size_t *n_out)
{
	const struct catalog *cat = purge->world->cat;
	size_t n = what == PURGE_SOURCE ? cat->n_sources : what == PURGE_PART ? cat->n_parts : cat->n_keys;
	const char **names = arena_array_of(purge->mem, const char *, n);

	for (size_t i = 0; i < n; i++)
		names[i] = what == PURGE_SOURCE ? cat->sources[i].name
			   : what == PURGE_PART ? cat->parts[i].name
						: cat->keys[i].name;
	*n_out = n;
	return names;
}

static bool refuse_name(struct purge *purge, enum purge_what what, struct str name)
{
	const char *word = what == PURGE_SOURCE ? "source" : what == PURGE_PART ? "part" : "key";
	const char **names, *near;
	size_t n;

	names = names_of(purge, what, &n);
	near = text_nearest(name, names, n);
	return refuse(purge, PURGE_UNKNOWN,
		      arena_printf(purge->mem, "the running mapping has no such %s", word).p,
		      near ? arena_printf(purge->mem, "did you mean `%s`?", near).p
			   : arena_printf(purge->mem, "%ss are named by the mapping", word).p);
}

static bool is_named(const struct purge *purge, enum purge_what what, struct str name)
{
	const char **names;
	size_t n;

	names = names_of(purge, what, &n);
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

static void name_make(const struct purge *purge, struct str key, struct str value, struct cache_name *out)
{
	const struct service *svc = purge->lane->service;

	cache_name_make(out, str_of(service_options(svc)->tenant), service_salt(svc), key, value);
}

static bool customer_make(struct purge *purge, struct str id, struct cache_name *out)
{
	const struct service *svc = purge->lane->service;
	struct str subject;

	if (!unseal_id(svc, str_of(service_options(svc)->tenant), id, purge->mem, &subject))
		return refuse(purge, PURGE_EXPIRED, "the id is not one of ours, or it has expired",
			      "name the customer by a key");
	name_make(purge, str_of(purge->world->cat->identity->name), subject, out);
	return true;
}

/* Asked for what is void; of the identity it is known already. */
static void key_note(struct purge *purge, const struct key *key, struct str canonical)
{
	if (key != purge->world->cat->identity)
		purge->keys[purge->n_keys++] = (struct purge_key){ arena_str(purge->mem, str_of(key->name)),
								   arena_str(purge->mem, canonical) };
}

static bool key_make(struct purge *purge, struct str name, struct str value, struct cache_name *out)
{
	const struct key *key = catalog_key(purge->world->cat, name);
	struct str canonical;

	if (!key)
		return refuse_name(purge, PURGE_KEY, name);
	switch (normalize_key(key, value, purge->mem, &canonical)) {
	case KEY_OK:
		break;
	case KEY_BLOCKED:
		return refuse(purge, PURGE_MALFORMED,
			      arena_printf(purge->mem, "the value given for `%s` stands for nobody", key->name).p,
			      "no copy is kept by a blocked value");
	case KEY_MALFORMED:
		return refuse(purge, PURGE_MALFORMED,
			      arena_printf(purge->mem, "the value given for `%s` cannot be read as %s", key->name,
					   normalize_expects(key->type))
				      .p,
			      NULL);
	}
	name_make(purge, str_of(key->name), canonical, out);
	key_note(purge, key, canonical);
	return true;
}

static bool whole_make(struct purge *purge, enum purge_what what, struct str name, struct cache_name *out)
{
	enum cache_whole whole = what == PURGE_SOURCE ? CACHE_SOURCE : what == PURGE_PART ? CACHE_PART : CACHE_ALL;

	if (what != PURGE_ALL && !is_named(purge, what, name))
		return refuse_name(purge, what, name);
	cache_whole_make(out, whole, name);
	return true;
}

static void what_note(struct purge *purge, enum purge_what what, struct str name)
{
	static const char *const words[] = { "all", "source ", "part ", "customer", "key " };
	struct str none = STR(""), shown = what == PURGE_ALL || what == PURGE_CUSTOMER ? none : name;

	purge->what = arena_printf(purge->mem, "%.*s%s%s%.*s", STR_ARG(purge->what), purge->what.n ? ", " : "",
				   words[what], STR_ARG(shown));
}

bool purge_add(struct purge *purge, enum purge_what what, struct str name, struct str value)
{
	struct purge_one *one = &purge->of[purge->n];
	struct cache_change change = { .tenant = str_of(service_options(purge->lane->service)->tenant) };
	bool good = false;

	if (purge->n == PURGE_MOST)
		return refuse(purge, PURGE_TOO_MANY,
			      arena_printf(purge->mem, "at most %d things can be purged at once", PURGE_MOST).p, NULL);
	switch (what) {
	case PURGE_ALL:
	case PURGE_SOURCE:
	case PURGE_PART:
		change.whole = true;
		good = whole_make(purge, what, name, &change.name);
		break;
	case PURGE_CUSTOMER:
		good = customer_make(purge, value, &change.name);
		break;
	case PURGE_KEY:
		good = key_make(purge, name, value, &change.name);
	}
	if (!good)
		return false;
	what_note(purge, what, name);
	*one = (struct purge_one){ .change = change, .purge = purge };
	purge->n++;
	return true;
}

static void finish(struct purge *purge)
{
	bool good = purge->err.cls == ERR_NONE, often = purge->often;

	purge->committed_ms = clock_wall_ms();
	counters_add(service_meters(purge->lane->service), good ? METER_PURGES : METER_PURGES_FAILED, 1);
	if (good)
		log_event(often ? LOG_DEBUG : LOG_INFO, "purged", LOG_STR("what", purge->what),
			  LOG_CSTR("request_id", purge->request_id ? purge->request_id : ""),
			  LOG_NUM("customers", purge->n_found), LOG_NUM("copies", purge->dropped),
			  LOG_NUM("unresolved", purge->unresolved));
	else
		log_event(often ? LOG_DEBUG : LOG_WARN, "purge_failed", LOG_STR("what", purge->what),
			  LOG_CSTR("request_id", purge->request_id ? purge->request_id : ""),
			  LOG_CSTR("text", purge->err.text));
	world_unref(&purge->world);
	purge->done(purge);
}

static void on_changed(struct cache_change *change, const struct err *err)
{
	struct purge *purge = CONTAINER_OF(change, struct purge_one, change)->purge;

	if (err->cls != ERR_NONE)
		purge->err = *err;
	purge->dropped += change->removed;
	purge->whole = purge->whole || change->whole;
	if (--purge->left == 0)
		finish(purge);
}

static void void_one(struct purge *purge, struct purge_one *one)
{
	one->change.done = on_changed;
	cache_invalidate(purge->lane->cache, &one->change);
}

static void void_all(struct purge *purge)
{
	size_t n = purge->n;

	purge->left = n + purge->n_found + 1; /* the last one may finish it before the loops end */
	for (size_t i = 0; i < n; i++)
		void_one(purge, &purge->of[i]);
	for (struct purge_one *one = purge->found; one; one = one->next)
		void_one(purge, one);
	if (--purge->left == 0)
		finish(purge);
}

/* ---- whom the keys name ---- */

/* One question for some of the keys. */
struct tracing {
	struct tracer tracer;
	struct purge *purge;
};

static bool is_found(const struct purge *purge, const struct cache_name *name)
{
	const struct purge_one *one = purge->found;

	while (one && strcmp(one->change.name.text, name->text) != 0)
		one = one->next;
	return one != NULL;
}

static void on_found(struct tracer *tracer, struct str subject)
{
	struct purge *purge = CONTAINER_OF(tracer, struct tracing, tracer)->purge;
	struct cache_name name;
	struct purge_one *one;

	name_make(purge, str_of(purge->world->cat->identity->name), subject, &name);
	if (is_found(purge, &name))
		return;
	if (purge->n_found == PURGE_FOUND_MOST) {
		purge->unresolved = true;
		return;
	}
	one = arena_new_of(purge->mem, struct purge_one);
	*one = (struct purge_one){ .change = { .tenant = purge->of[0].change.tenant, .name = name },
				   .purge = purge,
				   .next = purge->found };
	purge->found = one;
	purge->n_found++;
}

static void on_traced(void *owner, struct reply *reply)
{
	struct purge *purge = ((struct tracing *)owner)->purge;

	purge->unresolved = purge->unresolved || reply->status != 200 || !reply->complete;
	reply_free(reply);
	if (--purge->left == 0)
		void_all(purge);
}

/* Put keys from `at` on into a question, none of them twice; returns the place of the first that is left. */
static size_t put_keys(const struct purge *purge, size_t at, struct ask *ask)
{
	for (; at < purge->n_keys && ask->n_by < ASK_KEYS_MAX; at++) {
		const struct purge_key *key = &purge->keys[at];

		for (size_t i = 0; i < ask->n_by; i++)
			if (str_eq(ask->by[i].name, key->name))
				return at;
		ask->by[ask->n_by].name = key->name;
		ask->by[ask->n_by++].value = key->value;
	}
	return at;
}

/* Past the cache, which may be what is wrong. */
static void trace_all(struct purge *purge)
{
	size_t at = 0, n = purge->n_keys;

	purge->left = 1;
	while (at < n) {
		struct tracing *t = arena_new_of(purge->mem, struct tracing);
		struct ask ask = { .tenant = purge->of[0].change.tenant,
				   .no_cache = true,
				   .no_store = true,
				   .tracer = &t->tracer };

		*t = (struct tracing){ { on_found }, purge };
		at = put_keys(purge, at, &ask);
		purge->left++;
		flow_start(purge->lane, &ask, on_traced, t);
	}
	if (--purge->left == 0)
		void_all(purge);
}

void purge_run(struct purge *purge, void (*done)(struct purge *purge))
{
	purge->done = done;
	if (purge->n_keys && cache_keeps(purge->lane->cache))
		trace_all(purge);
	else
		void_all(purge);
}
