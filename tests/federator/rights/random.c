/* random.c - random requests of random callers on random mappings: no answer holds eight bytes in a row of a value that
 * the oracle forbids, or of a customer that was not asked for. Through the routes of the service, with what they keep:
 * copies, whole answers, repeated responses, grants; as onlookers; and of another tenant. `requests=N seed=S`;
 * `wrong=1` judges by another role, which has to be found out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/federator/rights/state.h"

enum { MAPPING_REQUESTS = 1500, TROUBLE_REQUESTS = 400 };

/* ---- asking ---- */

static void on_finish(struct exchange *x, struct reply *reply)
{
	struct trial *t = CONTAINER_OF(x, struct trial, x);

	x->reply = *reply;
	world_unref(&x->world);
	t->s->done = true;
	loop_stop(t->s->lane->loop);
}

static enum shed admit(struct exchange *x)
{
	(void)x;
	return SHED_NOT;
}

static void trial_begin(struct state *s, struct trial *t)
{
	*t = (struct trial){ .s = s, .who = any_who(s) };
	t->x = (struct exchange){ .lane = s->lane, .mem = arena_new(), .finish = on_finish, .admit = admit };
	t->x.headers.of = t->fields;
	t->x.begun_us = clock_mono_us();
}

static void trial_end(struct trial *t)
{
	struct arena *mem = t->x.mem;

	reply_free(&t->x.reply);
	arena_wipe_free(&mem);
}

static void run(struct trial *t)
{
	struct exchange *x = &t->x;

	x->caller = (struct caller){ .proof = PROOF_KEY, .may = t->who.may };
	caller_name_set(x->caller.client, STR("desk"));
	caller_name_set(x->caller.agent, str_of(t->who.agent));
	caller_name_set(x->caller.role, str_of(t->who.role));
	caller_name_set(x->caller.purpose, str_of(t->who.purpose));
	x->acceptable = headers_format(&x->headers, &x->format);
	strcpy(x->request_id, "made");
	t->s->done = false;
	exchange_run(x, &public_routes);
	while (!t->s->done)
		loop_run(t->s->lane->loop);
}

/* ---- judging ---- */

static void judge(struct trial *t, struct str body, const char *how)
{
	struct state *s = t->s;
	struct oracle_asker asker = { t->who.role, t->who.purpose, t->unmasked, t->customers };
	const struct made_value *leak;

	if (s->wrong)
		asker.role = any_who(s).role;
	leak = oracle_leak(s->oracle, &asker, body, &s->n.seen);
	if (!leak)
		return;
	s->found_out = true;
	if (s->wrong)
		return;
	fprintf(stderr, "%s: role %s, purpose %s, unmasked %x, customers %x: %s %.*s %.*s\n", how, t->who.role,
		t->who.purpose, t->unmasked, t->customers, t->x.method, STR_ARG(t->x.path), STR_ARG(t->x.body));
	fprintf(stderr, "tells `%.*s` (%s.%s of %d):\n%.*s\n%s\n", STR_ARG(leak->text), leak->part, leak->column,
		leak->customer, STR_ARG(body), s->made.mapping);
	exit(1);
}

static void judge_status(struct trial *t)
{
	struct state *s = t->s;
	int status = t->x.reply.status;
	bool may = t->x.route && (t->who.may & t->x.route->may) == t->x.route->may;
	bool good = status < 500 || status == 503 || status == 504;

	if (!may || !oracle_knows(s->oracle, t->who.role, t->who.purpose) || t->refused)
		good = status == 403 || (status >= 400 && may);
	if (good)
		return;
	fprintf(stderr, "role %s, purpose %s, may %x: %s %.*s is answered with %d: %.*s\n", t->who.role, t->who.purpose,
		t->who.may, t->x.method, STR_ARG(t->x.path), status, (int)t->x.reply.len, t->x.reply.body);
	exit(1);
}

static void take_id(struct trial *t)
{
	struct state *s = t->s;
	const char *begin = memmem(t->x.reply.body, t->x.reply.len, "\"c.", 3), *end;

	end = begin ? memchr(begin + 1, '"', t->x.reply.len - (size_t)(begin + 1 - t->x.reply.body)) : NULL;
	if (!end || t->x.reply.status != 200)
		return;
	s->ids[s->n_ids++ % IDS] = (struct given_id){
		arena_str(s->maps, (struct str){ begin + 1, (size_t)(end - begin - 1) }), t->customers
	};
}

/* ---- the very same request again ---- */

static struct kept_body *body_of(struct state *s, const void *response)
{
	return &s->bodies[(uintptr_t)response / 16 % BODIES];
}

/* As call.c and again.c do it. True: it was answered with the response of a moment ago. */
static bool again(struct trial *t, struct repeats_key *key)
{
	struct state *s = t->s;
	struct str target = arena_printf(t->x.mem, "%.*s?%.*s", STR_ARG(t->x.path), STR_ARG(t->x.query));
	const struct repeated *found;

	*key = repeats_key(&t->x, target);
	found = repeats_find(&s->repeats, key, clock_mono_us(), &t->x.again);
	if (!found)
		return false;
	if (body_of(s, found->response)->response == found->response) {
		judge(t, body_of(s, found->response)->text, "again");
		s->n.repeated++;
	}
	return true;
}

static void keep(struct trial *t, const struct repeats_key *key)
{
	struct str body = arena_str(t->s->maps, (struct str){ t->x.reply.body, t->x.reply.len });
	const void *response = repeats_keep(&t->s->repeats, key, &t->x);

	if (response)
		*body_of(t->s, response) = (struct kept_body){ response, body };
}

static void ask_once(struct trial *t)
{
	struct state *s = t->s;
	struct repeats_key key;

	s->n.requests++;
	if (again(t, &key))
		return;
	run(t);
	judge(t, (struct str){ t->x.reply.body, t->x.reply.len }, "answered");
	judge_status(t);
	s->n.answers += t->x.reply.status == 200;
	s->n.refused += t->x.reply.status == 403;
	s->n.rendered += t->x.reply.rendered;
	s->n.unmasked += t->unmasked && t->x.reply.status == 200;
	take_id(t);
	keep(t, &key);
}

/* Some ask the same a few times. */
static void ask_some(struct state *s)
{
	struct trial t;
	unsigned n = below(s, 4) ? 1 : 4;

	trial_begin(s, &t);
	make_request(&t);
	for (; n > 0; n--) {
		ask_once(&t);
		reply_free(&t.x.reply);
		t.x.reply = (struct reply){ 0 };
		t.x.is_view = false;
		t.x.begun_us = clock_mono_us();
	}
	trial_end(&t);
}

/* ---- grants ---- */

static void ask_grant(struct state *s)
{
	struct trial t;
	unsigned classes = 1u << below(s, CLASSES) | 1u << below(s, CLASSES), may;
	struct str names = { 0 };
	const char *begin;

	trial_begin(s, &t);
	for (unsigned k = 0; k < CLASSES; k++)
		if (classes >> k & 1)
			names = arena_printf(t.x.mem, "%.*s%s\"k%u\"", STR_ARG(names), names.n ? "," : "", k);
	ask_line(&t, "POST", STR("/v1/unmask"), STR(""));
	header_add(&t, "Content-Type", STR("application/json"));
	header_add(&t, "X-Purpose", str_of(t.who.purpose));
	t.x.body = arena_printf(t.x.mem, "{\"classes\":[%.*s],\"reason\":\"because\"}", STR_ARG(names));
	may = t.who.agent[0] ? oracle_unmaskable(s->oracle, t.who.role, t.who.purpose) : 0;
	t.refused = (classes & ~may) != 0;
	run(&t);
	s->n.requests++;
	judge_status(&t);
	begin = t.x.reply.status == 200 ? memmem(t.x.reply.body, t.x.reply.len, "\"u.", 3) : NULL;
	if (begin) {
		struct str text = { begin + 1, strcspn(begin + 1, "\"") };

		s->grants[s->n_grants++ % GRANTS] = (struct given_grant){ t.who, arena_str(s->maps, text), classes,
									  lane_wall_ms(s->lane) + 300000 };
	}
	trial_end(&t);
}

/* ---- onlookers ---- */

struct watch {
	struct onlooker onlooker;
	struct buf told;
	int status;
	struct state *s;
};

static void on_news(struct onlooker *who, enum news what, struct str json)
{
	struct watch *w = CONTAINER_OF(who, struct watch, onlooker);

	(void)what;
	buf_put_str(&w->told, json);
}

static void on_watched(void *owner, struct reply *reply)
{
	struct watch *w = owner;

	w->status = reply->status;
	buf_put(&w->told, reply->body, reply->len);
	reply_free(reply);
	w->s->done = true;
	loop_stop(w->s->lane->loop);
}

/* An onlooker asks by key, or another tenant by an id that is none of its own. */
static void look_on(struct state *s, bool foreign)
{
	struct watch w = { .onlooker = { .tell = on_news }, .s = s };
	struct trial t;
	const char *name;
	struct ask ask;

	trial_begin(s, &t);
	ask = (struct ask){ .n_by = !foreign, .tenant = STR("t"), .view = STR("full"), .onlooker = &w.onlooker };
	ask.by[0].value = any_key(&t, &name);
	ask.by[0].name = str_of(name);
	if (foreign) {
		ask.tenant = STR("u");
		ask.id = any_id(&t);
		t.customers = 0;
	}
	ask.role = str_of(t.who.role);
	ask.purpose = str_of(t.who.purpose);
	ask.provenance = below(s, 2);
	s->done = false;
	flow_start(s->lane, &ask, on_watched, &w);
	while (!s->done)
		loop_run(s->lane->loop);
	s->n.requests++;
	s->n.onlooked++;
	t.x.method = "onlooker";
	judge(&t, buf_str(&w.told), "told");
	if (foreign && w.status < 400) {
		fprintf(stderr, "the id of another tenant is answered with %d\n", w.status);
		exit(1);
	}
	buf_free(&w.told);
	trial_end(&t);
}

/* ---- from begin to end ---- */

static void next_mapping(struct state *s)
{
	struct arena *was = s->maps;

	oracle_free(&s->oracle);
	s->maps = arena_new();
	made_mapping(&s->made, s->maps);
	if (s->lane && !bed_reload(s->bed, s->made.mapping)) {
		fprintf(stderr, "a mapping that does not load:\n%s\n", s->made.mapping);
		exit(1);
	}
	s->oracle = oracle_new(&s->made);
	s->n_ids = 0;
	for (size_t i = 0; i < GRANTS; i++) /* those that were given stay */
		s->grants[i].text = arena_str(s->maps, s->grants[i].text);
	memset(s->bodies, 0, sizeof(s->bodies));
	if (was)
		arena_wipe_free(&was);
	s->n.reloads++;
}

/* A source goes, or is back; time passes. */
static void trouble(struct state *s)
{
	for (int i = 1; i < PARTS; i++) {
		const char name[] = { 's', (char)('0' + i), '\0' };

		bed_source(s->bed, name, below(s, 4) ? s->made.sources[i] : "fail refused\n");
	}
	s->lane->still_ms += 1000 * below(s, 60);
}

static void begin(struct state *s, unsigned seed)
{
	s->seed = seed;
	made_customers(&s->made, arena_new(), seed);
	next_mapping(s);
	s->bed = bed_new(s->made.mapping);
	bed_unlimit(s->bed);
	bed_source(s->bed, "s0", s->made.sources[0]);
	s->lane = bed_lane(s->bed);
	s->lane->still_ms = INT64_C(1800000000000);
	repeats_begin(&s->repeats, s->lane);
}

static void end(struct state *s)
{
	repeats_end(&s->repeats);
	bed_free(&s->bed);
	oracle_free(&s->oracle);
	arena_wipe_free(&s->maps);
	arena_wipe_free(&s->made.mem);
}

/* A run in which something never happened shows nothing. */
static bool is_telling(const struct counts *n)
{
	return n->answers && n->seen && n->repeated && n->rendered && n->unmasked && n->refused && n->onlooked;
}

static void tell(const struct counts *n)
{
	const struct {
		uint64_t n;
		const char *what;
	} of[] = {
		{ n->requests, "requests" },   { n->reloads, "mappings" },  { n->answers, "answered" },
		{ n->refused, "refused" },     { n->rendered, "kept whole" }, { n->repeated, "repeated" },
		{ n->unmasked, "unmasked" },   { n->onlooked, "onlooked" }, { n->seen, "pieces seen rightly" },
		{ 0, "leaked" },
	};

	for (size_t i = 0; i < ARRAY_LEN(of); i++)
		printf("%s%" PRIu64 " %s", i ? ", " : "", of[i].n, of[i].what);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct state s;
	uint64_t requests = 20000;
	unsigned seed = 1;

	for (int i = 1; i < argc; i++)
		if (sscanf(argv[i], "requests=%" SCNu64, &requests) != 1 && sscanf(argv[i], "seed=%u", &seed) != 1 &&
		    !(s.wrong = strcmp(argv[i], "wrong=1") == 0))
			return 2;
	if (!bed_begin())
		return 2;
	begin(&s, seed);
	for (uint64_t turn = 0; s.n.requests < requests && !s.found_out; turn++) {
		if (turn % MAPPING_REQUESTS == MAPPING_REQUESTS - 1)
			next_mapping(&s);
		if (turn % TROUBLE_REQUESTS == 0)
			trouble(&s);
		if (below(&s, 12) == 0)
			look_on(&s, below(&s, 4) == 0);
		else if (below(&s, 12) == 0)
			ask_grant(&s);
		else
			ask_some(&s);
	}
	tell(&s.n);
	end(&s);
	return (s.wrong ? s.found_out : is_telling(&s.n)) ? 0 : 1;
}
