/* test_keystore.c - the key file on disk: for its user only, whole, and one writer at a time. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "federator/access/keystore.h"

static struct arena *mem;
static struct err err;
static char dir[64], path[128], link_path[128];

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	strcpy(dir, "/tmp/fed-keys-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/keys.json", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	return digest_init(&err) ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	unlink(link_path);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left in it */
	arena_wipe_free(&mem);
	return 0;
}

static bool add(const char *at)
{
	char text[KEY_CHARS + 1];
	struct keystore store;
	struct api_key *key;
	bool good;

	if (!keystore_open(at, true, mem, &store, &err))
		return false;
	key = keystore_add(&store, &err);
	assert_non_null(key);
	*key = (struct api_key){ .client = STR("pbx"), .tenant = STR("mall"), .role = STR("agent"), .created_s = 1 };
	api_key_draw(text, key->hash);
	key->id = arena_str(mem, (struct str){ text, KEY_ID_CHARS });
	good = keystore_write(&store, &err);
	keystore_close(&store);
	keystore_close(&store);
	return good;
}

static size_t count(void)
{
	struct keyfile file;

	assert_true(keystore_read(path, mem, &file, &err));
	return file.n;
}

static void what_was_added_is_read_by_its_user_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_true(add(path));
	assert_true(add(path));
	assert_int_equal(count(), 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
	struct keyfile file;

	(void)state;
	assert_true(add(path));
	assert_int_equal(chmod(path, 0640), 0);
	assert_false(keystore_read(path, mem, &file, &err));
	assert_non_null(strstr(err.text, "chmod 600"));
	assert_false(add(path));
}

static void what_is_no_key_file_stays_as_it_is(void **state)
{
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fputs("{\"version\": 1, \"keys\": [], \"mine\": 1}", f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
	assert_false(add(path));
	assert_int_equal(chmod(path, 0600), 0);
	f = fopen(path, "r");
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftell(f), strlen("{\"version\": 1, \"keys\": [], \"mine\": 1}"));
	fclose(f);
}

static void what_could_not_be_read_again_is_not_written(void **state)
{
	struct keystore store;
	struct api_key *key;

	(void)state;
	assert_true(add(path));
	assert_true(keystore_open(path, false, mem, &store, &err));
	key = keystore_add(&store, &err);
	*key = store.file.of[0]; /* the same id twice */
	assert_false(keystore_write(&store, &err));
	keystore_close(&store);
	assert_int_equal(count(), 1);
}

static void a_link_is_followed(void **state)
{
	struct stat st;

	(void)state;
	assert_true(add(path));
	assert_int_equal(symlink(path, link_path), 0);
	assert_true(add(link_path));
	assert_int_equal(count(), 2);
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void a_missing_file_is_made_only_to_add(void **state)
{
	struct keystore store;

	(void)state;
	assert_false(keystore_open(path, false, mem, &store, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_false(keystore_open("/nowhere/at/all/keys", true, mem, &store, &err));
	assert_int_equal(chmod(dir, 0777), 0);
	assert_false(add(path));
	assert_non_null(strstr(err.text, "chmod go-w"));
}

/* Root looks after it for the service; the service believes nobody else. */
static void root_leaves_it_to_its_owner(void **state)
{
	struct keyfile file;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_true(add(path));
	assert_true(add(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(keystore_read(path, mem, &file, &err));
	assert_non_null(strstr(err.text, "belongs to another user"));
}

/* None of them writes over what another one wrote. */
static void many_writers_lose_nothing(void **state)
{
	enum { WRITERS = 4, EACH = 8 };

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		for (int n = 0; pid == 0 && n < EACH; n++)
			if (!add(path))
				_exit(1);
		if (pid == 0)
			_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(count(), WRITERS * EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_added_is_read_by_its_user_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_others_can_read_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_key_file_stays_as_it_is, begin, end),
		cmocka_unit_test_setup_teardown(what_could_not_be_read_again_is_not_written, begin, end),
		cmocka_unit_test_setup_teardown(a_link_is_followed, begin, end),
		cmocka_unit_test_setup_teardown(a_missing_file_is_made_only_to_add, begin, end),
		cmocka_unit_test_setup_teardown(root_leaves_it_to_its_owner, begin, end),
		cmocka_unit_test_setup_teardown(many_writers_lose_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
