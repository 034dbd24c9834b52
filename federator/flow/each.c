#include "federator/flow/each.h"

#include "federator/flow/job.h"

struct each_look {
	struct cache_ask ask;
	struct run *run;
	struct cache_hit hit;
};

/* ---- what is kept so ---- */

/* Does one column say of which thing each row is? */
static bool tells_apart(const struct part *part, const struct key *key)
{
	size_t proving = 0;

	for (size_t c = 0; c < part->n_columns; c++)
		proving += part->columns[c].proves == key;
	return proving == 1;
}

/* Where no time passes (tests of mappings), whole runs are asked for. */
bool each_suits(const struct run *run)
{
	return run->part->common && run->query->separable && tells_apart(run->part, run->keys[0].key) &&
	       !proof_alike(&run->keys[0], run->flow->mem) && !run->flow->lane->still_ms;
}

struct thing {
	struct str tenant, salt, value;
	const struct key *key;
};

static struct cache_key key_of(const struct world *world, const struct part *part, struct thing thing,
			       struct cache_name *name_out)
{
	struct cache_key key;

	cache_name_make(name_out, thing.tenant, thing.salt, str_of(thing.key->name), thing.value);
	cache_key_make(&key, &(const struct cache_asked){ .tenant = thing.tenant,
							  .salt = thing.salt,
							  .definition = world->part_ids[part->index],
							  .tag = name_out });
	return key;
}

/* ---- looking ---- */

static uint32_t count_rows(const struct each *each)
{
	uint32_t n = 0;

	for (size_t i = 0; i < each->n; i++)
		n += each->of[i].hit.rows->n_rows;
	return n;
}

/* Copies of another shape are of no use. */
static bool is_whole(const struct run *run)
{
	for (size_t i = 0; i < run->each->n; i++) {
		const struct rows *rows = run->each->of[i].hit.rows;

		if (!rows || rows->n_cols != run->part->n_columns)
			return false;
	}
	return true;
}

static struct cache_hit all_of(const struct run *run)
{
	const struct each *each = run->each;
	struct cache_hit all = each->of[0].hit;
	uint32_t n_rows = count_rows(each), n_cols = (uint32_t)run->part->n_columns;
	struct str *cells = arena_array_of(run->flow->mem, struct str, (size_t)n_rows * n_cols), *to = cells;
	struct rows *rows = arena_new_of(run->flow->mem, struct rows);

	for (size_t i = 0; i < each->n; i++) {
		const struct cache_hit *hit = &each->of[i].hit;
		size_t n = (size_t)hit->rows->n_rows * n_cols;

		if (n)
			to = mempcpy(to, hit->rows->cells, n * sizeof(*to));
		all.stored_ms = hit->stored_ms < all.stored_ms ? hit->stored_ms : all.stored_ms;
		all.ends_ms = hit->ends_ms < all.ends_ms ? hit->ends_ms : all.ends_ms;
		all.began = hit->began < all.began ? hit->began : all.began;
	}
	*rows = (struct rows){ .n_rows = n_rows, .n_cols = n_cols, .cells = cells };
	all.rows = rows;
	all.pin = (struct cache_pin){ 0 };
	return all;
}

static enum freshness freshness_in(const struct run *run, const struct cache_hit *hit)
{
	return hit->rows ? freshness_of(run, hit->rows, freshness_age_ms(run, hit->stored_ms)) : COPY_NOT;
}

static void judge(struct run *run)
{
	struct each *each = run->each;

	each->least = COPY_FRESH;
	each->until_ms = INT64_MAX;
	for (size_t i = 0; i < each->n; i++) {
		const struct cache_hit *hit = &each->of[i].hit;
		enum freshness freshness = freshness_in(run, hit);
		int64_t until_ms = hit->rows ? hit->stored_ms + (int64_t)freshness_ttl_ms(run->part, hit->rows) : 0;

		each->least = freshness < each->least ? freshness : each->least;
		each->until_ms = until_ms < each->until_ms ? until_ms : each->until_ms;
	}
}

static void on_found(struct cache_ask *ask, struct cache_hit hit)
{
	struct each_look *look = CONTAINER_OF(ask, struct each_look, ask);
	struct run *run = look->run;
	struct each *each = run->each;

	look->hit = hit;
	if (--each->left > 0)
		return;
	judge(run);
	each->found(run, is_whole(run) ? all_of(run) : (struct cache_hit){ 0 });
}

static void begin(struct run *run)
{
	struct arena *mem = run->flow->mem;
	struct each *each = arena_new_of(mem, struct each);

	each->n = run->keys[0].n;
	each->of = arena_array_of(mem, struct each_look, each->n);
	for (size_t i = 0; i < each->n; i++) {
		const struct flow *flow = run->flow;
		struct thing thing = { .tenant = flow->ask.tenant,
				       .salt = service_salt(flow->lane->service),
				       .key = run->keys[0].key,
				       .value = run->keys[0].values[i] };
		struct cache_name name;

		each->of[i] = (struct each_look){
			.run = run,
			.ask = { .key = key_of(flow->world, run->part, thing, &name),
				 .wholes = flow->world->wholes[run->part->index],
				 .mem = mem,
				 .found = on_found },
		};
	}
	run->each = each;
}

void each_look(struct run *run, void (*found)(struct run *run, struct cache_hit all))
{
	struct cache *cache = run->flow->lane->cache;
	size_t n = run->keys[0].n;

	if (!run->each)
		begin(run);
	run->each->found = found;
	run->each->left = n;
	run->flow->holds++;
	for (size_t i = 0; i < n; i++) /* with the last one all may be gone */
		cache_get(cache, &run->each->of[i].ask);
}

bool each_lost(const struct run *run)
{
	struct cache *cache = run->flow->lane->cache;

	for (size_t i = 0; run->each && i < run->each->n; i++)
		if (cache_pin_lost(cache, &run->each->of[i].hit.pin))
			return true;
	return !run->each && cache_pin_lost(cache, &run->copy.pin);
}

size_t each_pins(const struct run *run, struct cache_pin *out)
{
	if (!run->each) {
		*out = run->copy.pin;
		return 1;
	}
	for (size_t i = 0; i < run->each->n; i++)
		out[i] = run->each->of[i].hit.pin;
	return run->each->n;
}

/* ---- keeping ---- */

static struct thing asked_of(const struct job *job, size_t v)
{
	return (struct thing){ .tenant = job->tenant,
			       .salt = service_salt(job->lane->service),
			       .key = job->keys[0].key,
			       .value = job->keys[0].values[v] };
}

const bool *each_wanted(const struct run *run, struct arena *mem)
{
	bool *wanted = arena_array_of(mem, bool, run->keys[0].n);

	for (size_t v = 0; v < run->keys[0].n; v++)
		wanted[v] = !run->each || freshness_in(run, &run->each->of[v].hit) != COPY_FRESH;
	return wanted;
}

static const struct rows *rows_of(const struct job *job, struct fact *fact, struct str value)
{
	struct arena *mem = job->fetch->mem;
	bool *own = arena_array_of(mem, bool, fact->rows->n_rows);

	for (uint32_t r = 0; r < fact->rows->n_rows; r++)
		own[r] = fact_row_proves(fact, r, job->keys[0].key, value, mem);
	return rows_only(fact->rows, own, mem);
}

static bool store_one(const struct job *job, struct fact *fact, size_t v, int64_t stored_ms)
{
	const struct rows *rows = rows_of(job, fact, job->keys[0].values[v]);
	uint64_t keep_ms = freshness_keep_ms(job->world->cat, job->part, rows);
	struct cache_name name;
	struct cache_key key;

	if (!keep_ms)
		return false;
	key = key_of(job->world, job->part, asked_of(job, v), &name);
	cache_put(job->lane->cache, &(const struct cache_fill){ .key = &key,
								.wholes = &job->world->wholes[job->part->index],
								.rows = rows,
								.stored_ms = stored_ms,
								.ttl_ms = keep_ms,
								.ticket = job->ticket,
								.names = &name,
								.n_names = 1,
								.n_asked = 1 });
	return true;
}

bool each_store(const struct job *job, int64_t stored_ms)
{
	struct fact fact = { .part = job->part, .state = FACT_LIVE, .rows = job->fetch->rows };
	bool stored = false;

	for (size_t v = 0; v < job->keys[0].n; v++)
		if (job->wanted[v])
			stored = store_one(job, &fact, v, stored_ms) || stored;
	return stored;
}

void each_drop(const struct job *job)
{
	struct cache_name name;

	for (size_t v = 0; v < job->keys[0].n; v++) {
		struct cache_key key = key_of(job->world, job->part, asked_of(job, v), &name);

		cache_drop(job->lane->cache, &key);
	}
}
