/* Against a real Redis: everything that changes there is told, and silence is not taken for peace. */
#include <stdio.h>

#include "tests/cache/channel_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cmocka_all.h"

static struct redis_conf conf(void)
{
	return (struct redis_conf){ .address = server.address };
}

static void listen_up(struct hearing *h)
{
	struct redis_conf where = conf();

	hearing_begin(h, &where);
	assert_false(channel_trusted(h->channel, clock_mono_us()));
	hearing_run_until_trusted(h, true);
	assert_true(channel_state(h->channel).up);
	assert_null(channel_state(h->channel).why);
}

static void every_change_is_told(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	redis_server_do(&server, "SET fed2:c:a 1");
	hearing_run_until_told(&h, "fed2:c:a");
	redis_server_do(&server, "MSET fed2:c:b 1 fed2:c:c 2");
	hearing_run_until_told(&h, "fed2:c:b");
	hearing_run_until_told(&h, "fed2:c:c");
	hearing_forget(&h);
	redis_server_do(&server, "UNLINK fed2:c:b");
	hearing_run_until_told(&h, "fed2:c:b");
	redis_server_do(&server, "EVAL %s 1 fed2:c:d", "return redis.call('SET', KEYS[1], 'x')");
	hearing_run_until_told(&h, "fed2:c:d");
	hearing_forget(&h);
	redis_server_do(&server, "SET fed2:c:a 1"); /* the same again */
	hearing_run_until_told(&h, "fed2:c:a");
	redis_server_do(&server, "PEXPIRE fed2:c:c 1");
	hearing_run_until_told(&h, "fed2:c:c");
	hearing_forget(&h);
	hearing_run_until_told(&h, "fed2:c:c"); /* once more: it has expired */
	assert_int_equal(h.everything, 0);
	hearing_end(&h);
}

static void only_our_keys_are_told(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	redis_server_do(&server, "MSET other 1 fed2:x:a 1");
	redis_server_do(&server, "SET fed2:c:h:somebody:1 1");
	hearing_run_until_proven(&h);
	assert_int_equal(h.keys.len, 0);
	assert_int_equal(channel_state(h.channel).told, 0);
	hearing_end(&h);
}

static bool has_everything(struct hearing *h, void *times)
{
	return h->everything == *(unsigned *)times;
}

static void run_until_everything(struct hearing *h, unsigned times)
{
	hearing_run_until(h, has_everything, &times);
}

static void a_flush_concerns_everything(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	redis_server_do(&server, "FLUSHALL");
	run_until_everything(&h, 1);
	redis_server_do(&server, "PUBLISH __redis__:invalidate nonsense");
	run_until_everything(&h, 2);
	assert_true(h.trusted_then);
	hearing_run_until_proven(&h);
	assert_int_equal(channel_state(h.channel).losses, 0);
	hearing_end(&h);
}

/* Whichever of the two connections ends. */
static void a_lost_connection_is_noticed_at_once(void **state)
{
	static const char *const types[] = { "pubsub", "normal" };
	struct hearing h;

	(void)state;
	listen_up(&h);
	for (unsigned i = 0; i < ARRAY_LEN(types); i++) {
		h.trusted_then = true;
		redis_server_do(&server, "CLIENT KILL TYPE %s SKIPME yes", types[i]);
		run_until_everything(&h, i + 1);
		assert_false(h.trusted_then);
		assert_non_null(channel_state(h.channel).why);
		hearing_run_until_trusted(&h, true);
		assert_int_equal(channel_state(h.channel).losses, i + 1);
	}
	redis_server_do(&server, "SET fed2:c:a 2");
	hearing_run_until_told(&h, "fed2:c:a");
	hearing_end(&h);
}

static void a_killed_server_is_noticed_and_found_again(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	redis_server_kill(&server);
	run_until_everything(&h, 1);
	assert_false(h.trusted_then);
	redis_server_restart(&server);
	hearing_run_until_trusted(&h, true);
	redis_server_do(&server, "SET fed2:c:a 3");
	hearing_run_until_told(&h, "fed2:c:a");
	hearing_end(&h);
}

static void trust_in_a_silent_server_ends_by_itself(void **state)
{
	struct hearing h;
	uint64_t proven_us;

	(void)state;
	listen_up(&h);
	redis_server_freeze(&server);
	proven_us = channel_state(h.channel).proven_us;
	assert_true(channel_trusted(h.channel, proven_us + 1999999));
	assert_false(channel_trusted(h.channel, proven_us + 2000000));
	h.trusted_then = true;
	while (h.everything == 0) { /* first a heartbeat is due and goes nowhere, then it is late */
		hearing_put_clock_forward(2000000);
		assert_false(channel_trusted(h.channel, clock_mono_us()));
		hearing_run_until_next_beat(&h);
	}
	assert_false(h.trusted_then);
	redis_server_thaw(&server);
	hearing_run_until_trusted(&h, true);
	hearing_end(&h);
}

static void a_full_server_still_beats(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	redis_server_do(&server, "SET fed2:c:a 1");
	redis_server_do(&server, "CONFIG SET maxmemory 1");
	hearing_run_until_proven(&h);
	hearing_run_until_proven(&h);
	assert_int_equal(h.everything, 0);
	redis_server_do(&server, "CONFIG SET maxmemory 0");
	hearing_end(&h);
}

static bool has_reason(struct hearing *h, void *why)
{
	const char *now = channel_state(h->channel).why;

	return now && strcmp(now, why) == 0;
}

/* What an ACL user may not do, and what is said then. */
static void what_is_refused_is_said(void **state)
{
	static const struct {
		const char *rules, *password, *why;
	} cases[] = {
		{ "+@all allchannels", "wrong", "the login was refused" },
		{ "+@all -client|id allchannels", "pass", "CLIENT ID was refused" },
		{ "+@all -client|tracking allchannels", "pass", "CLIENT TRACKING was refused" },
		{ "+@all resetchannels", "pass", "SUBSCRIBE was refused" },
		{ "+@all -eval allchannels", "pass", "the heartbeat was refused" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct redis_conf where = conf();
		struct hearing h;
		char command[160];

		snprintf(command, sizeof(command), "ACL SETUSER fed reset on >pass ~fed2:* %s", cases[i].rules);
		redis_server_do(&server, command);
		where.user = "fed";
		where.password = cases[i].password;
		hearing_begin(&h, &where);
		hearing_run_until(&h, has_reason, (void *)(uintptr_t)cases[i].why);
		assert_false(channel_state(h.channel).up);
		assert_int_equal(h.everything, 0);
		hearing_end(&h);
	}
}

static void the_documented_rights_suffice(void **state)
{
	struct redis_conf where = conf();
	struct hearing h;

	(void)state;
	redis_server_do(&server, "ACL SETUSER fed reset on >pass ~fed2:* &__redis__:invalidate "
				 "+client|id +client|tracking +subscribe +eval +set");
	where.user = "fed";
	where.password = "pass";
	hearing_begin(&h, &where);
	hearing_run_until_trusted(&h, true);
	hearing_end(&h);
}

static void a_hurried_heartbeat_proves_what_was_before(void **state)
{
	struct hearing h;

	(void)state;
	listen_up(&h);
	for (int i = 0; i < 50; i++) {
		uint64_t now_us = clock_mono_us();

		redis_server_do(&server, "SET fed2:c:a %d", i);
		channel_hurry(h.channel);
		channel_hurry(h.channel);
		hearing_run_until_proven(&h);
		assert_true(channel_state(h.channel).proven_us > now_us);
		assert_true(hearing_was_told(&h, "fed2:c:a"));
		hearing_forget(&h);
	}
	hearing_end(&h);
}

static void an_unreadable_address_is_refused(void **state)
{
	struct channel_listener nobody = { 0 };
	struct err err = { 0 };
	struct loop *loop = loop_new(&err);

	(void)state;
	assert_null(channel_open(&(struct redis_conf){ .address = "nowhere" }, loop, &nobody, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	loop_free(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_told),
		cmocka_unit_test(only_our_keys_are_told),
		cmocka_unit_test(a_flush_concerns_everything),
		cmocka_unit_test(a_lost_connection_is_noticed_at_once),
		cmocka_unit_test(a_killed_server_is_noticed_and_found_again),
		cmocka_unit_test(trust_in_a_silent_server_ends_by_itself),
		cmocka_unit_test(a_full_server_still_beats),
		cmocka_unit_test(what_is_refused_is_said),
		cmocka_unit_test(the_documented_rights_suffice),
		cmocka_unit_test(a_hurried_heartbeat_proves_what_was_before),
		cmocka_unit_test(an_unreadable_address_is_refused),
	};

	return cmocka_run_group_tests(tests, redis_server_set_up, redis_server_tear_down);
}
