#include "federator/contacts.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"

enum { BUCKETS = 4096, ENTRIES_MOST = 100000, NAME = sizeof(struct cache_name) - 1 };

/* ---- as text ---- */

static struct str text_of(const struct contact *contact, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };

	buf_printf(&out, "%.*s %lld ", STR_ARG(contact->agent), (long long)contact->until_ms);
	for (size_t i = 0; i < contact->n_names; i++)
		buf_put(&out, contact->names[i].text, NAME);
	return arena_str(mem, buf_str(&out));
}

static bool word_read(struct str *rest, struct str *out)
{
	const char *end = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;

	if (!end)
		return false;
	*out = (struct str){ rest->p, (size_t)(end - rest->p) };
	*rest = (struct str){ end + 1, rest->n - out->n - 1 };
	return true;
}

static bool text_read(struct str text, struct arena *mem, struct contact *out)
{
	struct cache_name *names;
	struct str until;
	uint64_t ms;

	if (!word_read(&text, &out->agent) || !word_read(&text, &until) || !text_to_u64(until, &ms) || ms > INT64_MAX ||
	    text.n % NAME != 0 || text.n / NAME > CONTACT_NAMES_MOST)
		return false;
	out->until_ms = (int64_t)ms;
	out->n_names = text.n / NAME;
	out->names = names = arena_array_of(mem, struct cache_name, out->n_names);
	for (size_t i = 0; i < out->n_names; i++)
		memcpy(names[i].text, text.p + i * NAME, NAME);
	return true;
}

/* No text: it is not known. */
static void tell(struct contact_errand *e, struct str text)
{
	e->found = text.p && text_read(text, e->mem, &e->contact) && e->contact.until_ms > lane_wall_ms(e->lane);
	e->done(e);
}

/* Floors and tombs of their own: what voids all copies ends no contact, and the other way round. A tenant who is
 * called so shares these, and no contact. */
static struct str own_tenant(const struct contact_errand *e)
{
	return arena_printf(e->mem, "%.*s contacts", STR_ARG(e->tenant));
}

/* A contact is named like a value of a key, which no mapping can have: names of keys have no blank. */
static struct cache_name name_of(const struct contact_errand *e)
{
	struct cache_name name;

	cache_name_make(&name, e->tenant, service_salt(e->lane->service), STR("a contact"), e->id);
	return name;
}

/* ---- in the process ---- */

struct entry {
	struct entry *next;
	struct cache_name name;
	int64_t until_ms;
	size_t n;
	char text[];
};

struct contacts {
	pthread_mutex_t lock;
	size_t n;
	struct entry *buckets[BUCKETS];
};

struct contacts *contacts_new(void)
{
	struct contacts *c = memory_new(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void entry_free(struct entry *entry)
{
	explicit_bzero(entry->text, entry->n);
	free(entry);
}

void contacts_free(struct contacts **cp)
{
	struct contacts *c = *cp;

	if (!c)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry *entry = c->buckets[i], *next; entry; entry = next) {
			next = entry->next;
			entry_free(entry);
		}
	pthread_mutex_destroy(&c->lock);
	free(c);
	*cp = NULL;
}

static struct entry **bucket_of(struct contacts *c, const struct cache_name *name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < NAME; i++)
		hash = 31 * hash + (unsigned char)name->text[i];
	return &c->buckets[hash % BUCKETS];
}

/* At the end of a bucket there is none. */
static void entry_drop(struct contacts *c, struct entry **at)
{
	struct entry *entry = *at;

	if (!entry)
		return;
	*at = entry->next;
	entry_free(entry);
	c->n--;
}

/* Where the contact stands, or the end of its bucket; what is over is dropped on the way. */
static struct entry **entry_find(struct contacts *c, const struct cache_name *name, int64_t now_ms)
{
	struct entry **at = bucket_of(c, name);

	while (*at && strcmp((*at)->name.text, name->text) != 0) {
		if ((*at)->until_ms <= now_ms)
			entry_drop(c, at);
		else
			at = &(*at)->next;
	}
	return at;
}

static void drop_all_over(struct contacts *c, int64_t now_ms)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry **at = &c->buckets[i]; *at;) {
			if ((*at)->until_ms <= now_ms)
				entry_drop(c, at);
			else
				at = &(*at)->next;
		}
}

static void find_here(struct contacts *c, struct contact_errand *e)
{
	struct cache_name name = name_of(e);
	struct str text = { 0 };
	struct entry *entry;

	pthread_mutex_lock(&c->lock);
	entry = *entry_find(c, &name, lane_wall_ms(e->lane));
	if (entry)
		text = arena_str(e->mem, (struct str){ entry->text, entry->n });
	pthread_mutex_unlock(&c->lock);
	tell(e, text);
}

static void keep_here(struct contacts *c, struct contact_errand *e, int64_t until_ms)
{
	struct entry *entry = memory_try(sizeof(*entry) + e->text.n), **at;
	struct cache_name name = name_of(e);

	pthread_mutex_lock(&c->lock);
	if (c->n >= ENTRIES_MOST)
		drop_all_over(c, lane_wall_ms(e->lane));
	at = entry_find(c, &name, lane_wall_ms(e->lane));
	entry_drop(c, at);
	e->failed = !entry || c->n >= ENTRIES_MOST;
	if (!e->failed) {
		*entry = (struct entry){ .next = *at, .name = name, .until_ms = until_ms, .n = e->text.n };
		memcpy(entry->text, e->text.p, e->text.n);
		*at = entry;
		c->n++;
		entry = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	free(entry);
	e->done(e);
}

static void end_here(struct contacts *c, struct contact_errand *e)
{
	struct cache_name name = name_of(e);

	pthread_mutex_lock(&c->lock);
	entry_drop(c, entry_find(c, &name, lane_wall_ms(e->lane)));
	pthread_mutex_unlock(&c->lock);
	e->done(e);
}

/* ---- in Redis, as a copy with one cell ---- */

static void ask_make(struct contact_errand *e, void (*found)(struct cache_ask *ask, struct cache_hit hit))
{
	static const unsigned char definition[DIGEST_BYTES] = "contact";
	struct cache_name name = name_of(e);
	struct cache_asked asked = { .tenant = own_tenant(e),
				     .salt = service_salt(e->lane->service),
				     .definition = definition,
				     .tag = &name };

	e->ask = (struct cache_ask){ .mem = e->mem, .found = found, .how = CACHE_PAST };
	cache_key_make(&e->ask.key, &asked);
	cache_whole_make(&e->ask.wholes.source, CACHE_SOURCE, STR("a contact"));
	cache_whole_make(&e->ask.wholes.part, CACHE_PART, STR("a contact"));
}

static void on_copy(struct cache_ask *ask, struct cache_hit hit)
{
	struct contact_errand *e = CONTAINER_OF(ask, struct contact_errand, ask);
	bool one = hit.rows && hit.rows->n_rows == 1 && hit.rows->n_cols == 1;

	e->failed = !one && !cache_state(e->lane->cache).up;
	tell(e, one ? rows_cell(hit.rows, 0, 0) : (struct str){ 0 });
}

/* Kept only when it can be found again. */
static void on_kept(struct cache_ask *ask, struct cache_hit hit)
{
	struct contact_errand *e = CONTAINER_OF(ask, struct contact_errand, ask);

	e->failed = !hit.rows;
	e->done(e);
}

static void on_ticket(struct cache_ask *ask, struct cache_hit hit)
{
	struct contact_errand *e = CONTAINER_OF(ask, struct contact_errand, ask);
	struct rows rows = { .n_rows = 1, .n_cols = 1, .cells = &e->text };
	struct cache_name name = name_of(e);

	(void)hit;
	e->failed = !ask->ticket.era;
	if (e->failed) {
		e->done(e);
		return;
	}
	cache_put(e->lane->cache, &(const struct cache_fill){ .key = &ask->key,
							      .wholes = &ask->wholes,
							      .rows = &rows,
							      .stored_ms = lane_wall_ms(e->lane),
							      .ttl_ms = e->ttl_ms,
							      .ticket = ask->ticket,
							      .names = &name,
							      .n_names = 1,
							      .n_asked = 1 });
	ask_make(e, on_kept);
	cache_get(e->lane->cache, &e->ask);
}

static void on_ended(struct cache_change *change, const struct err *err)
{
	struct contact_errand *e = CONTAINER_OF(change, struct contact_errand, change);

	e->failed = err->cls != ERR_NONE;
	e->done(e);
}

/* ---- wherever they are ---- */

void contact_find(struct contact_errand *e)
{
	struct contacts *here = service_contacts(e->lane->service);

	e->failed = e->found = false;
	if (here) {
		find_here(here, e);
		return;
	}
	ask_make(e, on_copy);
	cache_get(e->lane->cache, &e->ask);
}

void contact_keep(struct contact_errand *e, const struct contact *contact)
{
	struct contacts *here = service_contacts(e->lane->service);
	int64_t now_ms = lane_wall_ms(e->lane);

	e->failed = e->found = false;
	e->text = text_of(contact, e->mem);
	if (here) {
		keep_here(here, e, contact->until_ms);
		return;
	}
	e->ttl_ms = contact->until_ms > now_ms ? (uint64_t)(contact->until_ms - now_ms) : 1;
	ask_make(e, on_ticket);
	cache_begin(e->lane->cache, &e->ask);
}

void contact_end(struct contact_errand *e)
{
	struct contacts *here = service_contacts(e->lane->service);

	e->failed = e->found = false;
	if (here) {
		end_here(here, e);
		return;
	}
	e->change =
		(struct cache_change){ .tenant = own_tenant(e), .bare = true, .name = name_of(e), .done = on_ended };
	cache_invalidate(e->lane->cache, &e->change);
}
