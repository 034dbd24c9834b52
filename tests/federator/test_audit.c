/* Records from a loop to the disk and word of them back, while the disk works, fails and hangs. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "federator/audit/audit.h"
#include "tests/cmocka_all.h"
#include "tests/federator/audit_bed.h"
#include "tests/federator/disk.h"

enum { MOST = 8, AMPLE_MS = 60000, SHORT_MS = 50 };

struct asker {
	struct audit_ticket ticket;
	struct desk *desk;
	int told; /* times */
	bool durable;
};

struct desk {
	struct audit_bed bed;
	struct counters *counters;
	struct audit *audit;
	struct loop *loop;
	struct audit_port port;
	struct asker askers[MOST];
	int awaited;
	struct loop_post begin;
	int n; /* records that are handed in by the next run */
	int taken;
};

static void on_told(struct audit_ticket *t, bool durable)
{
	struct asker *asker = CONTAINER_OF(t, struct asker, ticket);

	asker->told++;
	asker->durable = durable;
	if (--asker->desk->awaited == 0)
		loop_stop(asker->desk->loop);
}

static void hand_in(struct desk *d)
{
	for (int i = 0; i < d->n; i++) {
		char text[64];

		d->askers[i] = (struct asker){ .ticket.told = on_told, .desk = d };
		snprintf(text, sizeof(text), "\"kind\":\"view\",\"n\":%d", i);
		if (!audit_hand_in(&d->port, str_of(text), clock_wall_ms(), &d->askers[i].ticket))
			continue;
		d->taken++;
		d->awaited++;
	}
	if (!d->awaited)
		loop_stop(d->loop);
}

static void on_begin(struct loop_post *p)
{
	hand_in(CONTAINER_OF(p, struct desk, begin));
}

/* Hand in `n` records in one turn and wait until all are told of; how many were taken. */
static int ask(struct desk *d, int n)
{
	d->n = n;
	d->taken = 0;
	d->begin.run = on_begin;
	loop_post(d->loop, &d->begin);
	loop_run(d->loop);
	return d->taken;
}

static uint64_t counted(const struct desk *d, enum audit_count which)
{
	return counters_sum(d->counters, which);
}

static int start_with(void **state, uint32_t patience_ms)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct audit_conf conf = { .secret = STR("a secret of the tests"),
				   .file_bytes = 1 << 20,
				   .keep_s = 86400,
				   .patience_ms = patience_ms,
				   .queued_most = MOST - 2 };
	struct err err = { 0 };

	assert_non_null(d);
	log_set_level(LOG_ERROR + 1);
	disk_is(false, false);
	audit_bed_begin(&d->bed);
	d->counters = counters_new(AUDIT_COUNTS);
	conf.dir = d->bed.dir;
	conf.counters = d->counters;
	d->audit = audit_open(&conf, &err);
	if (!d->audit)
		fail_msg("%s", err.text);
	d->loop = loop_new(&err);
	assert_non_null(d->loop);
	audit_port_open(&d->port, d->audit, d->loop);
	*state = d;
	return 0;
}

static int start(void **state)
{
	return start_with(state, AMPLE_MS);
}

static int start_impatient(void **state)
{
	return start_with(state, SHORT_MS);
}

static int stop(void **state)
{
	struct desk *d = *state;

	disk_is(false, false);
	audit_port_close(&d->port);
	audit_close(&d->audit);
	loop_free(&d->loop);
	counters_free(&d->counters);
	audit_bed_end(&d->bed);
	free(d);
	return 0;
}

static uint64_t sound_records(struct desk *d)
{
	struct audit_verdict verdict;
	char first[512];

	if (audit_bed_verify(&d->bed, first, &verdict))
		fail_msg("%s", first);
	return verdict.records;
}

static void records_of_one_turn_are_durable_by_one_commit(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	assert_int_equal(ask(d, 5), 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(d->askers[i].told, 1);
		assert_true(d->askers[i].durable);
	}
	assert_int_equal(counted(d, AUDIT_SYNCS), 1);
	assert_int_equal(counted(d, AUDIT_WRITTEN), 5);
	assert_int_equal(sound_records(d), before + 5);
}

/* Taken again only when the disk was let alone for a while. */
static void ask_until_taken(struct desk *d)
{
	while (!audit_accepts(d->audit))
		;
	assert_int_equal(ask(d, 1), 1);
}

static void disk_that_fails_refuses_and_recovers(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	disk_is(true, false);
	assert_int_equal(ask(d, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_false(d->askers[i].durable);
	assert_int_equal(counted(d, AUDIT_DOWN), 1);
	assert_int_equal(ask(d, 1), 0);
	ask_until_taken(d);
	assert_false(d->askers[0].durable);
	disk_is(false, false);
	ask_until_taken(d);
	assert_true(d->askers[0].durable);
	assert_int_equal(counted(d, AUDIT_DOWN), 0);
	assert_int_equal(counted(d, AUDIT_REFUSED), 5);
	assert_int_equal(sound_records(d), before + 1);
}

static void disk_that_hangs_is_not_waited_for(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d), more = 0;

	disk_is(false, true);
	assert_int_equal(ask(d, MOST), MOST - 2); /* as many as may be on their way */
	for (int i = 0; i < MOST - 2; i++) {
		assert_int_equal(d->askers[i].told, 1);
		assert_false(d->askers[i].durable);
	}
	assert_int_equal(ask(d, 1), 0);
	disk_is(false, false);
	do {
		ask_until_taken(d);
		more++;
	} while (!d->askers[0].durable);
	/* Those of which nobody was told that they are durable are there. */
	assert_int_equal(sound_records(d), before + MOST - 2 + more);
}

static void forget_first(struct loop_post *p)
{
	struct desk *d = CONTAINER_OF(p, struct desk, begin);

	hand_in(d);
	audit_forget(&d->port, &d->askers[0].ticket);
	audit_forget(&d->port, &d->askers[0].ticket);
	d->awaited--;
}

static void who_waits_no_more_is_not_told(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	d->n = 2;
	d->begin.run = forget_first;
	loop_post(d->loop, &d->begin);
	loop_run(d->loop);
	assert_int_equal(d->askers[0].told, 0);
	assert_true(d->askers[1].durable);
	assert_int_equal(sound_records(d), before + 2);
}

static void a_record_that_is_too_long_is_not_taken(void **state)
{
	static char text[AUDIT_TEXT_MOST + 1];
	struct desk *d = *state;
	struct audit_ticket ticket = { .told = on_told };

	memset(text, 'x', sizeof(text));
	assert_false(audit_hand_in(&d->port, (struct str){ text, sizeof(text) }, 0, &ticket));
}

static void port_that_closes_tells_who_still_waits(void **state)
{
	struct desk *d = *state;

	disk_is(false, true);
	d->n = 2;
	hand_in(d);
	disk_is(false, false);
	audit_port_close(&d->port);
	assert_int_equal(d->askers[1].told, 1);
	assert_false(d->askers[1].durable);
	audit_port_open(&d->port, d->audit, d->loop);
	d->awaited = 0;
}

static void the_end_is_a_record_and_nothing_comes_after_it(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	assert_int_equal(ask(d, 2), 2);
	assert_true(audit_finish(d->audit, deadline_after_ms(AMPLE_MS)));
	assert_int_equal(sound_records(d), before + 3);
	assert_false(audit_accepts(d->audit));
	assert_int_equal(ask(d, 1), 0);
	assert_true(audit_finish(d->audit, deadline_after_ms(AMPLE_MS)));
	assert_int_equal(sound_records(d), before + 3);
}

static void the_end_does_not_wait_for_a_disk_that_hangs(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	disk_is(false, true);
	assert_int_equal(ask(d, 2), 2);
	assert_false(audit_finish(d->audit, deadline_after_ms(SHORT_MS)));
	assert_false(audit_accepts(d->audit));
	assert_int_equal(ask(d, 1), 0);
	disk_is(false, false);
	assert_true(audit_finish(d->audit, deadline_after_ms(AMPLE_MS)));
	assert_int_equal(sound_records(d), before + 3);
}

/* The record of the end hangs, and no other one. */
static void nor_for_its_own_record(void **state)
{
	struct desk *d = *state;
	uint64_t before = sound_records(d);

	disk_is(false, true);
	assert_false(audit_finish(d->audit, deadline_after_ms(SHORT_MS)));
	disk_is(false, false);
	assert_true(audit_finish(d->audit, deadline_after_ms(AMPLE_MS)));
	assert_int_equal(sound_records(d), before + 1);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(records_of_one_turn_are_durable_by_one_commit),
		STORY(disk_that_fails_refuses_and_recovers),
		cmocka_unit_test_setup_teardown(disk_that_hangs_is_not_waited_for, start_impatient, stop),
		STORY(who_waits_no_more_is_not_told),
		STORY(a_record_that_is_too_long_is_not_taken),
		STORY(port_that_closes_tells_who_still_waits),
		STORY(the_end_is_a_record_and_nothing_comes_after_it),
		cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_a_disk_that_hangs, start_impatient, stop),
		STORY(nor_for_its_own_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
