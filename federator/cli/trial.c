#include "federator/cli/trial.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "federator/cli/expect.h"
#include "federator/flow/flow.h"
#include "federator/flow/stage.h"

struct trial {
	struct arena *mem;
	struct diags *ds;
	struct options opt;
	struct stage stage;
	struct stand_in stand_in;
	struct service *service;
	struct loop *loop;
	struct lane lane;
	struct reply reply;
	bool running, answered;
};

static void on_reply(void *owner, struct reply *reply)
{
	struct trial *t = owner;

	t->reply = *reply;
	t->answered = true;
	if (t->running)
		loop_stop(t->loop);
}

static struct ask ask_of(const struct test *test)
{
	struct ask ask = { .n_by = test->n_asks,
			   .tenant = STR("test"),
			   .role = str_of(test->role),
			   .purpose = str_of(test->purpose),
			   .view = str_of(test->view->name),
			   .lang = str_of(test->lang),
			   .provenance = true };

	for (size_t i = 0; i < test->n_asks; i++) {
		ask.by[i].name = str_of(test->asks[i].key->name);
		ask.by[i].value = test->asks[i].value;
	}
	return ask;
}

/* The answer is t->reply. */
static void ask(struct trial *t, const struct test *test)
{
	const struct ask question = ask_of(test);

	t->stage.test = test;
	t->stage.n_lacking = 0;
	t->lane.still_ms = test->now_ms ? test->now_ms : clock_wall_ms();
	t->answered = false;
	flow_start(&t->lane, &question, on_reply, t);
	t->running = !t->answered; /* what is fetched is there at once, but lands on the loop */
	if (t->running)
		loop_run(t->loop);
	t->running = false;
	assert(t->answered && service_is_idle(t->service));
}

/* `no,name`: the header that a table of the part needs. */
static const char *header_of(const struct part *part, struct arena *mem)
{
	struct str header = STR("");

	for (size_t i = 0; i < part->n_columns; i++)
		header = arena_printf(mem, "%.*s%s%s", STR_ARG(header), i ? "," : "", part->columns[i].name);
	return header.p;
}

static void tell_lacking(struct trial *t, const struct test *test, struct arena *mem)
{
	for (size_t i = 0; i < t->stage.n_lacking; i++) {
		const struct part *part = t->stage.lacking[i];

		diag_add(t->ds, "M0955", test->at,
			 arena_printf(mem, "add <given part=\"%s\"> with the header %s, or without a text for no rows",
				      part->name, header_of(part, mem))
				 .p,
			 "test `%s`: the part `%s` is asked, and the test does not say what it answers", test->name,
			 part->name);
	}
}

static bool run_one(struct trial *t, const struct test *test)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	size_t before = diags_count(t->ds, DIAG_ERROR);

	ask(t, test);
	if (t->stage.n_lacking) /* what else differs may well come from that */
		tell_lacking(t, test, mem);
	else
		expect_check(test, (struct str){ t->reply.body, t->reply.len }, t->ds, mem);
	reply_free(&t->reply);
	return diags_count(t->ds, DIAG_ERROR) == before;
}

static bool open_all(struct trial *t, const struct catalog *cat, struct err *err)
{
	t->stage.lacking = arena_array_of(t->mem, const struct part *, cat->n_parts + 1);
	t->stand_in = (struct stand_in){ .answer = stage_answer, .copy = stage_copy, .owner = &t->stage };
	if (!options_read(&t->opt, NULL, 0, NULL, t->mem, err))
		return false;
	t->service = service_open_alone(&t->opt, catalog_ref(cat), &t->stand_in, err);
	t->loop = t->service ? loop_new(err) : NULL;
	if (!t->loop)
		return false;
	lane_open(&t->lane, t->service, t->loop);
	return true;
}

static void close_all(struct trial *t)
{
	lane_close(&t->lane);
	(void)service_close(&t->service); /* there is no driver that could hang */
	loop_free(&t->loop);
	arena_wipe_free(&t->mem);
}

bool trial_run_all(const struct catalog *cat, const char *pattern, struct diags *ds, struct trial_count *count_out,
		   struct err *err)
{
	struct trial t = { .mem = arena_new(), .ds = ds };
	struct trial_count count = { 0 };
	bool opened = open_all(&t, cat, err);

	for (size_t i = 0; opened && i < cat->n_tests; i++) {
		if (fnmatch(pattern, cat->tests[i].name, 0) != 0)
			continue;
		if (run_one(&t, &cat->tests[i]))
			count.passed++;
		else
			count.failed++;
	}
	close_all(&t);
	if (opened)
		*count_out = count;
	return opened;
}
