#include "federator/flow/job.h"
#include "federator/view/fact.h"

struct making {
	const struct job *job;
	struct fact fact; /* of its rows */
	struct job_names *names;
	bool full;
};

/* Behind those that are there, so the given ones come last; not if it stands at `from` or after. */
static void add_name(struct making *m, const struct cache_name *name, size_t from, size_t *count)
{
	struct job_names *names = m->names;

	for (size_t i = from; i < names->n + names->n_given; i++)
		if (strcmp(names->of[i].text, name->text) == 0)
			return;
	if (names->n + names->n_given == CACHE_NAMES_MOST) {
		m->full = true;
		return;
	}
	names->of[names->n + names->n_given] = *name;
	++*count;
}

static void add(struct making *m, const struct key *key, struct str value, size_t *count)
{
	struct cache_name name;

	if (!value.p)
		return;
	cache_name_make(&name, m->job->tenant, service_salt(m->job->lane->service), str_of(key->name), value);
	add_name(m, &name, 0, count);
}

static void add_asked(struct making *m)
{
	const struct job *job = m->job;

	for (size_t k = 0; k < job->query->n_by; k++)
		for (size_t v = 0; v < job->keys[k].n; v++)
			add(m, job->keys[k].key, job->keys[k].values[v], &m->names->n);
}

static void add_column(struct making *m, uint32_t column, const struct key *key, size_t *count)
{
	for (uint32_t r = 0; r < fact_rows(&m->fact) && !m->full; r++)
		add(m, key, fact_key(&m->fact, r, column, m->job->fetch->mem), count);
}

static bool is_asked_by(const struct job *job, const struct key *key)
{
	for (size_t k = 0; k < job->query->n_by; k++)
		if (job->keys[k].key == key)
			return true;
	return false;
}

/* Customers in its rows, names `from` to `to`: what was asked by another key leads to them, so that what is kept of
 * them by their identity goes with that key. */
static void add_customers(struct making *m, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		add_name(m, &m->names->of[i], m->names->n, &m->names->n_given);
}

static bool make_names(const struct job *job, struct job_names *out)
{
	const struct key *identity = job->world->cat->identity;
	const bool *walked = job->world->walked;
	struct making m = { .job = job,
			    .fact = { .part = job->part, .state = FACT_LIVE, .rows = job->fetch->rows },
			    .names = out };
	size_t asked, in_rows, keys;

	*out = (struct job_names){ .of_customer = job->subject.p || is_asked_by(job, identity) };
	add_asked(&m);
	asked = out->n_asked = out->n;
	for (uint32_t c = 0; c < job->part->n_columns; c++)
		if (job->part->columns[c].gives == identity || job->part->columns[c].proves == identity)
			add_column(&m, c, identity, &out->n);
	in_rows = out->n;
	add(&m, identity, job->subject, &out->n);
	for (uint32_t c = 0; c < job->part->n_columns; c++) {
		const struct key *key = job->part->columns[c].gives;

		if (key && key != identity && walked[key->index])
			add_column(&m, c, key, &out->n_given);
	}
	keys = out->n_given;
	if (!is_asked_by(job, identity))
		add_customers(&m, asked, in_rows);
	out->n_leads = out->n_given - keys;
	return !m.full;
}

void job_note_overtaken(struct job *job)
{
	const struct cache *cache = job->lane->cache;
	const struct cache_wholes *wholes = &job->world->wholes[job->part->index];
	uint64_t heard_us = cache_heard_us(cache, &wholes->source), part_us = cache_heard_us(cache, &wholes->part);

	heard_us = part_us > heard_us ? part_us : heard_us;
	for (size_t i = 0; job->names && i < job->names->n; i++) {
		uint64_t name_us = cache_heard_us(cache, &job->names->of[i]);

		heard_us = name_us > heard_us ? name_us : heard_us;
	}
	job->overtaken = heard_us >= job->asked_us;
}

void job_note_names(struct job *job)
{
	struct job_names *names;

	if (!job->shared || !cache_keeps(job->lane->cache))
		return;
	names = arena_new_of(job->fetch->mem, struct job_names);
	job->names = make_names(job, names) ? names : NULL;
	job_note_overtaken(job);
}
