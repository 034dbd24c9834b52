#include "tests/federator/rights/oracle.h"

#include <assert.h>
#include <stdlib.h>

#include <libxml/parser.h>

/* Where a value of a column is shown. */
struct shown_at {
	const char *part, *column;
	unsigned cls;
};

enum { WINDOW = 8, SLOTS = 1 << 16, PLACES_MAX = 64, RULES_MAX = 16 };

/* Eight bytes of a value, and where in it they stand. */
struct window {
	uint64_t bytes;
	const struct made_value *value;
	size_t at;
	struct window *next;
};

/* A policy. */
struct ruled {
	const char *roles, *purposes;
	unsigned show, mask, unmask;
};

struct oracle {
	struct arena *mem;
	struct shown_at places[PLACES_MAX];
	size_t n_places;
	struct ruled rules[RULES_MAX];
	size_t n_rules;
	const char *mask_of[CLASSES];
	struct window *slots[SLOTS];
};

/* ---- reading ---- */

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static const char *attribute(const struct oracle *o, const xmlNode *node, const char *name)
{
	xmlChar *text = xmlGetNoNsProp((xmlNode *)(uintptr_t)node, (const xmlChar *)name);
	const char *copy = arena_cstr(o->mem, str_of(text ? (const char *)text : ""));

	xmlFree(text);
	return copy;
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static unsigned class_of(const char *name)
{
	return (unsigned)(name[1] - '0');
}

static void place_add(struct oracle *o, const char *part, const char *column, unsigned cls)
{
	assert(o->n_places < PLACES_MAX);
	o->places[o->n_places++] = (struct shown_at){ part, column, cls };
}

static void read_field(struct oracle *o, const xmlNode *field)
{
	for (const xmlNode *from = field->children; from; from = from->next)
		if (is(from, "from"))
			place_add(o, attribute(o, from, "part"), attribute(o, from, "column"),
				  class_of(attribute(o, field, "class")));
}

static void read_list(struct oracle *o, const xmlNode *list)
{
	for (const xmlNode *field = list->children; field; field = field->next)
		if (is(field, "field"))
			place_add(o, attribute(o, list, "parts"), attribute(o, field, "path"),
				  class_of(attribute(o, field, "class")));
}

static unsigned classes_of(const struct oracle *o, const xmlNode *policy, const char *element)
{
	unsigned set = 0;

	for (const xmlNode *c = policy->children; c; c = c->next)
		for (unsigned k = 0; is(c, element) && k < CLASSES; k++) {
			const char name[] = { 'k', (char)('0' + k), '\0' };

			set |= has_word(attribute(o, c, "class"), name) ? 1u << k : 0;
		}
	return set;
}

static void read_policy(struct oracle *o, const xmlNode *policy)
{
	assert(o->n_rules < RULES_MAX);
	o->rules[o->n_rules++] = (struct ruled){ .roles = attribute(o, policy, "role"),
						 .purposes = attribute(o, policy, "purpose"),
						 .show = classes_of(o, policy, "show"),
						 .mask = classes_of(o, policy, "mask"),
						 .unmask = classes_of(o, policy, "unmask") };
}

static unsigned hash(uint64_t bytes)
{
	return (unsigned)(bytes * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

static void windows_of(struct oracle *o, const struct made_value *value)
{
	for (size_t at = 0; at + WINDOW <= value->text.n; at++) {
		struct window *w = arena_new_of(o->mem, struct window);

		*w = (struct window){ .value = value, .at = at };
		memcpy(&w->bytes, value->text.p + at, WINDOW);
		w->next = o->slots[hash(w->bytes)];
		o->slots[hash(w->bytes)] = w;
	}
}

static void read_mapping(struct oracle *o, const xmlNode *mapping)
{
	for (const xmlNode *e = mapping->children; e; e = e->next) {
		if (is(e, "class"))
			o->mask_of[class_of(attribute(o, e, "name"))] = attribute(o, e, "mask");
		else if (is(e, "field"))
			read_field(o, e);
		else if (is(e, "list"))
			read_list(o, e);
		else if (is(e, "policy"))
			read_policy(o, e);
	}
}

struct oracle *oracle_new(const struct made *made)
{
	struct oracle *o = calloc(1, sizeof(*o));
	xmlDoc *doc = xmlReadMemory(made->mapping, (int)strlen(made->mapping), NULL, NULL, XML_PARSE_NONET);

	if (!o || !doc)
		abort();
	o->mem = arena_new();
	read_mapping(o, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	for (size_t i = 0; i < made->n_values; i++)
		windows_of(o, &made->values[i]);
	return o;
}

void oracle_free(struct oracle **o)
{
	if (!*o)
		return;
	arena_wipe_free(&(*o)->mem);
	free(*o);
	*o = NULL;
}

/* ---- what the policies say ---- */

static bool names_both(const struct ruled *r, const char *role, const char *purpose)
{
	return has_word(r->roles, role) && has_word(r->purposes, purpose);
}

bool oracle_knows(const struct oracle *o, const char *role, const char *purpose)
{
	for (size_t i = 0; i < o->n_rules; i++)
		if (names_both(&o->rules[i], role, purpose))
			return true;
	return false;
}

unsigned oracle_unmaskable(const struct oracle *o, const char *role, const char *purpose)
{
	unsigned set = 0;

	for (size_t i = 0; i < o->n_rules; i++)
		set |= names_both(&o->rules[i], role, purpose) ? o->rules[i].unmask : 0;
	return set;
}

/* ---- what may be in the bytes ---- */

static size_t found(struct str text, const char *what)
{
	const char *at = memmem(text.p, text.n, what, strlen(what));

	return at ? (size_t)(at - text.p) : text.n;
}

/* Does a mask leave the eight bytes? All but two leave less than eight bytes in a row: e-mail has the domain, an
 * address province and district. */
static bool mask_leaves(const char *mask, const struct window *w)
{
	const struct made_value *v = w->value;

	if (strcmp(mask, "email") == 0 && v->looks == LOOKS_EMAIL)
		return w->at >= found(v->text, "@");
	if (strcmp(mask, "address") == 0 && v->looks == LOOKS_ADDRESS) {
		const char *last = memrchr(v->text.p, ' ', v->text.n);
		const char *road = memrchr(v->text.p, ' ', (size_t)(last - v->text.p));

		return w->at + WINDOW <= (size_t)(road - v->text.p) + 1;
	}
	return false;
}

struct sees {
	unsigned show, mask, customers;
};

static bool may_be_seen(const struct oracle *o, const struct sees *sees, const struct window *w)
{
	if (!(sees->customers >> w->value->customer & 1))
		return false;
	for (size_t i = 0; i < o->n_places; i++) {
		const struct shown_at *p = &o->places[i];

		if (strcmp(p->part, w->value->part) != 0 || strcmp(p->column, w->value->column) != 0)
			continue;
		if ((sees->show >> p->cls & 1) || ((sees->mask >> p->cls & 1) && mask_leaves(o->mask_of[p->cls], w)))
			return true;
	}
	return false;
}

const struct made_value *oracle_leak(const struct oracle *o, const struct oracle_asker *who, struct str bytes,
				     uint64_t *seen_out)
{
	struct sees sees = { .show = oracle_knows(o, who->role, who->purpose) ? who->unmasked : 0,
			     .customers = who->customers };

	for (size_t i = 0; i < o->n_rules; i++)
		if (names_both(&o->rules[i], who->role, who->purpose)) {
			sees.show |= o->rules[i].show;
			sees.mask |= o->rules[i].mask;
		}
	for (size_t at = 0; at + WINDOW <= bytes.n; at++) {
		const struct made_value *leak = NULL;
		uint64_t here;

		memcpy(&here, bytes.p + at, WINDOW);
		for (const struct window *w = o->slots[hash(here)]; w; w = w->next) {
			if (w->bytes != here)
				continue;
			if (may_be_seen(o, &sees, w)) {
				leak = NULL;
				++*seen_out;
				break;
			}
			leak = w->value;
		}
		if (leak)
			return leak;
	}
	return NULL;
}
