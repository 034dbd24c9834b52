/* render_cost - what merging, masking and writing a view costs, beside jansson's dump of the same tree.
 *
 *   render_cost MAPPING ROUNDS TIMES KEY VALUE...
 *
 * Asks for the default view by each value of the key, from the sources that the secrets beside the mapping name; then,
 * while the answer's rows are still there, runs the last three steps again, TIMES a round, and dumps the same answer
 * as often with jansson, which has its tree ready. One line for each value and round, "value bytes own_ns jansson_ns":
 * CPU of one answer. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "federator/flow/steps.h"

static struct {
	unsigned long rounds, times;
	const char *value;
	struct loop *loop;
	bool answered, running, failed;
} bench;

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The answer once more, in memory of its own, as every request has. False: it is another one. */
static bool answer_again(const struct flow *flow, const struct reply *wanted)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct flow again = *flow;
	bool same;

	again.mem = mem;
	again.root = NULL;
	again.varying = NULL;
	again.n_varying = 0;
	if (step_merge(&again) != STEP_DONE || step_mask(&again) != STEP_DONE || step_render(&again) != STEP_DONE)
		return false;
	same = again.reply.len == wanted->len; /* a sealed id and its link are new each time, but as long */
	free(again.reply.body);
	return same;
}

static uint64_t own_ns(const struct flow *flow, const struct reply *wanted)
{
	uint64_t begin = cpu_ns();

	for (unsigned long i = 0; i < bench.times; i++)
		bench.failed |= !answer_again(flow, wanted);
	return (cpu_ns() - begin) / bench.times;
}

static uint64_t jansson_ns(const json_t *tree)
{
	uint64_t begin = cpu_ns();

	for (unsigned long i = 0; i < bench.times; i++) {
		char *text = json_dumps(tree, JSON_COMPACT);

		bench.failed |= !text;
		free(text);
	}
	return (cpu_ns() - begin) / bench.times;
}

/* The reply is that of a flow which has not ended yet. */
static void on_reply(void *owner, struct reply *reply)
{
	const struct flow *flow = CONTAINER_OF(reply, struct flow, reply);
	json_t *tree = json_loadb(reply->body, reply->len, 0, NULL);

	(void)owner;
	bench.failed |= reply->status != 200 || !reply->complete || !tree;
	for (unsigned long round = 0; round < bench.rounds && !bench.failed; round++) {
		uint64_t own = own_ns(flow, reply), other = jansson_ns(tree);

		printf("%s %zu %llu %llu\n", bench.value, reply->len, (unsigned long long)own,
		       (unsigned long long)other);
	}
	if (bench.failed)
		fprintf(stderr, "render_cost: %s: %.*s\n", bench.value, (int)reply->len, reply->body);
	json_decref(tree);
	bench.answered = true;
	if (bench.running)
		loop_stop(bench.loop);
}

static void ask(struct lane *lane, const char *key, const char *value)
{
	struct ask ask = {
		.n_by = 1, .tenant = STR("t"), .role = STR("agent"), .purpose = STR("service"), .lang = STR("en")
	};

	ask.by[0].name = str_of(key);
	ask.by[0].value = str_of(value);
	bench.value = value;
	bench.answered = false;
	flow_start(lane, &ask, on_reply, NULL);
	bench.running = !bench.answered;
	if (bench.running)
		loop_run(bench.loop);
	bench.running = false;
}

static bool open_all(const char *mapping, struct lane *lane, struct arena *mem, struct err *err)
{
	struct options opt;
	struct diags *ds = diags_new(mem);
	struct service *service;

	log_set_level(LOG_ERROR);
	if (!digest_init(err) || !adapters_init(NULL, err) || !options_read(&opt, NULL, 0, NULL, mem, err))
		return false;
	opt.map = mapping;
	opt.secrets = arena_printf(mem, "%s/secrets", mapping).p;
	opt.cache = "off";
	service = service_open(&opt, ds, err);
	bench.loop = service ? loop_new(err) : NULL;
	if (!bench.loop)
		return false;
	lane_open(lane, service, bench.loop);
	return true;
}

int main(int argc, char **argv)
{
	struct arena *mem = arena_new();
	struct lane lane = { 0 };
	struct err err = { 0 };

	bench.rounds = argc > 5 ? strtoul(argv[2], NULL, 10) : 0;
	bench.times = argc > 5 ? strtoul(argv[3], NULL, 10) : 0;
	if (!bench.rounds || !bench.times) {
		fprintf(stderr, "usage: render_cost MAPPING ROUNDS TIMES KEY VALUE...\n");
		return 2;
	}
	if (!open_all(argv[1], &lane, mem, &err)) {
		fprintf(stderr, "render_cost: %s: %s\n", err.where, err.text);
		return 1;
	}
	for (int i = 5; i < argc && !bench.failed; i++)
		ask(&lane, argv[4], argv[i]);
	return fflush(stdout) == 0 && !bench.failed ? 0 : 1; /* the process ends with all of it */
}
