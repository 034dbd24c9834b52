/* check --live asks a source that takes long to let it in, on virtual time. */
#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/registry.h"
#include "federator/live/live.h"
#include "metadata/load.h"
#include "tests/scenarios/vtime.h"

#define MAPPING                                                                                           \
	"<mapping xmlns='urn:federator:mapping:1'>"                                                       \
	"<source name='crm' connect='secret:crm' dialect='other' zone='UTC' pool='1'/>"                   \
	"<key name='member' role='identity' type='integer'/><class name='open'/>"                         \
	"<part name='crm' source='crm' rows='0..1' deadline='100ms' cap='200ms' ttl='1s' stale='0s'>"     \
	"<query by='member'>SELECT id, name FROM crm WHERE id IN (:member...)</query>"                    \
	"<column name='id' type='integer' gives='member' proves='member'/>"                               \
	"<column name='name' type='text'/></part><field path='name' class='open'>"                        \
	"<from part='crm' column='name'/></field><view name='pop' by='member' budget='1s'>"               \
	"<use path='name'/></view><policy role='agent' purpose='service'><show class='open'/></policy>"   \
	"</mapping>"

/* The fixture driver behind a server that takes its time over a connection. */
static struct {
	int listener;
	struct sockaddr_un address;
	uint32_t connect_ms;
} slow;

static void wait_ms(uint32_t ms)
{
	struct timespec due = clock_timespec(deadline_after_ms(ms).at_us);
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;

	pthread_mutex_lock(&lock);
	while (pthread_cond_timedwait(&never, &lock, &due) == 0)
		continue;
	pthread_mutex_unlock(&lock);
}

static bool slow_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&slow.address, sizeof(slow.address)) != 0)
		abort();
	wait_ms(slow.connect_ms);
	close(fd);
	return fixture_driver.connect(conf, conn_out, err);
}

const struct adapter_driver *__wrap_registry_find(const char *name, const char *source, struct err *err);
const struct adapter_driver *__wrap_registry_find(const char *name, const char *source, struct err *err)
{
	static struct adapter_driver slow_driver;

	(void)name;
	(void)source;
	(void)err;
	slow_driver = fixture_driver;
	slow_driver.connect = slow_connect;
	return &slow_driver;
}

static const char *const names[] = { "mapping.xml", "crm", "crm.txt", "server" };
static char dir[] = "/tmp/federator-live-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int begin(void **state)
{
	char secret[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(secret, sizeof(secret), "fixture:%s/crm.txt", dir);
	put("mapping.xml", MAPPING);
	put("crm", secret);
	put("crm.txt", "part crm\ncolumns id name\n1\tHan\n");
	slow.address.sun_family = AF_UNIX;
	snprintf(slow.address.sun_path, sizeof(slow.address.sun_path), "%s/server", dir);
	slow.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(slow.listener, (const struct sockaddr *)&slow.address, sizeof(slow.address)) != 0)
		return -1;
	return listen(slow.listener, 64);
}

static int end(void **state)
{
	(void)state;
	close(slow.listener);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

/* What is found when connecting takes so long. */
static struct live checked(uint32_t connect_ms, struct arena *mem, struct buf *found)
{
	struct diags *ds = diags_new(mem);
	SCOPED(catalog_unref) const struct catalog *cat = catalog_load(dir, ds);
	struct options opt;
	struct live live;
	struct err err;

	assert_non_null(cat);
	assert_true(options_read(&opt, NULL, 0, NULL, mem, &err));
	opt.map = opt.secrets = dir;
	slow.connect_ms = connect_ms;
	vtime_begin(INT64_C(1763888400000));
	live = live_check(&opt, cat, ds);
	vtime_end();
	diags_print_gcc(ds, found);
	buf_putc(found, '\0');
	return live;
}

static void a_source_that_lets_us_in_late_is_asked(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf found = { 0 };
	struct live live = checked(9000, mem, &found);

	(void)state;
	assert_null(strstr(found.data, "M0801"));
	assert_int_equal(live.reached, 1);
	assert_int_equal(live.queries, 1);
	assert_int_equal(live.hung, 0);
}

static void one_that_does_not_is_told_of(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf found = { 0 };
	struct live live = checked(11000, mem, &found);

	(void)state;
	assert_non_null(strstr(found.data, "source `crm` cannot be reached (refused): connecting: no answer"));
	assert_non_null(strstr(found.data, "M0801"));
	assert_int_equal(live.reached, 0);
	assert_int_equal(live.hung, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_that_lets_us_in_late_is_asked),
		cmocka_unit_test(one_that_does_not_is_told_of),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
