/* What is written can be verified, and whatever is done to it is found. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cmocka_all.h"
#include "tests/federator/audit_bed.h"

static void put_some(struct audit_bed *b, int n)
{
	char what[32];

	for (int i = 0; i < n; i++) {
		snprintf(what, sizeof(what), "record %d", i);
		audit_bed_put(b, what);
	}
}

static void assert_sound(struct audit_bed *b, uint64_t records)
{
	struct audit_verdict verdict;
	char first[512];

	if (audit_bed_verify(b, first, &verdict))
		fail_msg("%s", first);
	assert_int_equal(verdict.records, records);
}

static void assert_found(struct audit_bed *b, const char *what)
{
	char first[512];

	assert_true(audit_bed_verify(b, first, NULL) > 0);
	if (!strstr(first, what))
		fail_msg("'%s' does not say '%s'", first, what);
}

static void what_is_written_is_sound_and_goes_on_after_a_restart(void **state)
{
	struct audit_bed b;
	struct stat st;
	char path[160];

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 5);
	assert_sound(&b, 6);
	audit_bed_restart(&b);
	put_some(&b, 5);
	assert_sound(&b, 11);
	assert_null(audit_bed_name(&b, 2));
	snprintf(path, sizeof(path), "%s/%s", b.dir, audit_bed_name(&b, 1));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	audit_bed_end(&b);
}

static void each_byte_that_is_flipped_is_found(void **state)
{
	struct audit_bed b;
	char name[AUDIT_NAME_BYTES], *bytes, first[512];
	size_t n;

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 6);
	audit_store_close(&b.store);
	strcpy(name, audit_bed_name(&b, 1));
	bytes = audit_bed_read(&b, name, &n);
	for (size_t i = 0; i < n; i++) {
		char was = bytes[i];

		bytes[i] = (char)(was ^ 1);
		audit_bed_write(&b, name, bytes, n);
		if (!audit_bed_verify(&b, first, NULL))
			fail_msg("byte %zu", i);
		bytes[i] = was;
	}
	audit_bed_write(&b, name, bytes, n);
	assert_sound(&b, 7);
	free(bytes);
	audit_bed_end(&b);
}

enum { LINES = 8 };

/* The file anew, with the lines of `order`, which ends with -1. */
static void reorder(struct audit_bed *b, const char *name, const char *bytes, const int *order)
{
	SCOPED(buf_free) struct buf out = { 0 };
	const char *lines[LINES + 1] = { bytes };

	for (int i = 1; i <= LINES; i++)
		lines[i] = strchr(lines[i - 1], '\n') + 1;
	for (int i = 0; order[i] >= 0; i++)
		buf_put(&out, lines[order[i]], (size_t)(lines[order[i] + 1] - lines[order[i]]));
	audit_bed_write(b, name, out.data ? out.data : "", out.len);
}

/* A file of LINES lines, its name and bytes, which the caller frees. */
static char *some_lines(struct audit_bed *b, char name[AUDIT_NAME_BYTES], size_t *n_out)
{
	audit_bed_begin(b);
	put_some(b, LINES - 1);
	audit_store_close(&b->store);
	strcpy(name, audit_bed_name(b, 1));
	return audit_bed_read(b, name, n_out);
}

static void each_record_that_is_dropped_moved_or_doubled_is_found(void **state)
{
	struct audit_bed b;
	char name[AUDIT_NAME_BYTES], *bytes, first[512];
	size_t n;

	(void)state;
	bytes = some_lines(&b, name, &n);
	for (int i = 0; i < LINES; i++) {
		for (int j = 0; j < LINES; j++) {
			int dropped[LINES + 2], doubled[LINES + 2], swapped[LINES + 2], d = 0, e = 0;

			for (int k = 0; k < LINES; k++) {
				if (k != i)
					dropped[d++] = k;
				doubled[e++] = k;
				if (k == i)
					doubled[e++] = j;
				swapped[k] = k == i ? j : k == j ? i : k;
			}
			dropped[d] = doubled[e] = swapped[LINES] = -1;
			reorder(&b, name, bytes, dropped);
			assert_true(audit_bed_verify(&b, first, NULL) > 0);
			reorder(&b, name, bytes, doubled);
			assert_true(audit_bed_verify(&b, first, NULL) > 0);
			reorder(&b, name, bytes, swapped);
			assert_int_equal(audit_bed_verify(&b, first, NULL) > 0, i != j);
		}
	}
	free(bytes);
	audit_bed_end(&b);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	struct audit_bed b;
	char name[AUDIT_NAME_BYTES], *bytes, said[128];
	size_t n;

	(void)state;
	bytes = some_lines(&b, name, &n);
	reorder(&b, name, bytes, (int[]){ 0, 1, 3, 4, 5, 6, 7, -1 });
	snprintf(said, sizeof(said), "%s:3: records 3 to 3 are missing", name);
	assert_found(&b, said);
	reorder(&b, name, bytes, (int[]){ 0, 1, 1, 2, 3, 4, 5, 6, 7, -1 });
	snprintf(said, sizeof(said), "%s:3: record 2 stands where 3 belongs", name);
	assert_found(&b, said);
	reorder(&b, name, bytes, (int[]){ 0, 1, 2, 3, -1 });
	snprintf(said, sizeof(said), "%s:0: records 5 to 8 are missing: the end was cut off", name);
	assert_found(&b, said);
	reorder(&b, name, bytes, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7, -1 });
	assert_sound(&b, LINES);
	*strstr(bytes, "record 3") = 'x';
	audit_bed_write(&b, name, bytes, n);
	snprintf(said, sizeof(said), "%s:5: it was changed", name);
	assert_found(&b, said);
	free(bytes);
	audit_bed_end(&b);
}

static void a_torn_line_is_told_of_and_stays(void **state)
{
	struct audit_bed b;
	char name[AUDIT_NAME_BYTES], *bytes, *again;
	size_t n, whole, now;

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 4);
	audit_store_close(&b.store);
	strcpy(name, audit_bed_name(&b, 1));
	bytes = audit_bed_read(&b, name, &n);
	for (whole = n - 1; bytes[whole - 1] != '\n'; whole--)
		;
	audit_bed_end(&b);
	for (size_t cut = whole; cut < n; cut += cut == whole ? 1 : 13) {
		struct audit_verdict verdict;
		char first[512];

		/* The last line was on its way when the process was killed: no head names it. */
		audit_bed_begin(&b);
		put_some(&b, 3);
		audit_store_close(&b.store);
		strcpy(name, audit_bed_name(&b, 1));
		audit_bed_write(&b, name, bytes, cut);
		assert_sound(&b, 4);
		audit_bed_restart(&b);
		audit_bed_put(&b, "after the kill");
		if (audit_bed_verify(&b, first, &verdict))
			fail_msg("cut at %zu: %s", cut, first);
		assert_int_equal(verdict.torn, cut > whole);
		assert_int_equal(verdict.records, cut > whole ? 6 : 5);
		again = audit_bed_read(&b, name, &now);
		if (cut > whole)
			assert_int_equal(now, cut);
		assert_memory_equal(again, bytes, cut);
		free(again);
		audit_bed_end(&b);
	}
	free(bytes);
}

static void records_that_were_cut_off_before_a_start_are_told_of_for_ever(void **state)
{
	struct audit_bed b;
	char name[AUDIT_NAME_BYTES], *bytes;
	size_t n;

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, LINES - 1);
	strcpy(name, audit_bed_name(&b, 1));
	audit_bed_restart(&b);
	bytes = audit_bed_read(&b, name, &n);
	reorder(&b, name, bytes, (int[]){ 0, 1, 2, 3, -1 });
	put_some(&b, 2);
	assert_int_equal(b.store.found.lost_from, 5);
	assert_int_equal(b.store.found.lost_to, 8);
	assert_found(&b, "records 5 to 8 were gone already when the service began this file");
	audit_bed_restart(&b);
	put_some(&b, 2);
	assert_found(&b, "records 5 to 8 were gone already");
	free(bytes);
	audit_bed_end(&b);
}

static void a_missing_or_changed_head_is_told_of(void **state)
{
	struct audit_bed b;
	char path[160];

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 3);
	audit_bed_restart(&b);
	snprintf(path, sizeof(path), "%s/head", b.dir);
	unlink(path);
	assert_found(&b, "head:0: it is missing");
	put_some(&b, 1);
	assert_found(&b, "the head was missing when the service began this file");
	audit_bed_restart(&b);
	audit_bed_write(&b, "head", "nothing", 7);
	assert_found(&b, "the head was missing");
	put_some(&b, 1);
	assert_int_equal(b.store.found.head, AUDIT_HEAD_DAMAGED);
	audit_bed_end(&b);
}

static void files_are_begun_by_size_and_day_and_hold_each_other(void **state)
{
	struct audit_bed b;
	char path[160];

	(void)state;
	audit_bed_begin(&b);
	b.store.file_bytes = 1500;
	put_some(&b, 20);
	assert_non_null(audit_bed_name(&b, 4));
	b.store.file_bytes = 1 << 20;
	put_some(&b, 1);
	uint32_t last = b.store.number;
	b.now_ms += 86400000;
	put_some(&b, 1);
	assert_int_equal(b.store.number, last + 1);
	assert_sound(&b, 22 + last + 1);
	snprintf(path, sizeof(path), "%s/%s", b.dir, audit_bed_name(&b, 2));
	unlink(path);
	assert_found(&b, "it was begun behind audit-");
	audit_bed_end(&b);
}

static void only_what_is_older_than_has_to_be_kept_is_removed(void **state)
{
	struct audit_bed b;
	struct audit_verdict verdict;
	char first[512], path[160];

	(void)state;
	audit_bed_begin(&b);
	b.store.keep_ms = INT64_C(10) * 86400000;
	for (int day = 0; day < 10; day++) {
		put_some(&b, 2);
		b.now_ms += 86400000;
	}
	b.now_ms -= 200;
	put_some(&b, 1); /* the last record of the first day is a little younger than ten days */
	assert_non_null(audit_bed_name(&b, 1));
	b.now_ms += 2 * 86400000;
	put_some(&b, 1);
	assert_null(audit_bed_name(&b, 1));
	assert_null(audit_bed_name(&b, 2));
	assert_non_null(audit_bed_name(&b, 3));
	if (audit_bed_verify(&b, first, &verdict))
		fail_msg("%s", first);
	assert_int_equal(verdict.first, 7);
	snprintf(path, sizeof(path), "%s/%s", b.dir, audit_bed_name(&b, 3));
	unlink(path); /* somebody is in a hurry */
	assert_found(&b, "it is missing, and no record tells that it was removed");
	audit_bed_end(&b);
}

static void a_full_disk_refuses_and_recovers(void **state)
{
	struct rlimit was, small;
	struct audit_bed b;
	struct err err;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	audit_bed_begin(&b);
	put_some(&b, 3);
	getrlimit(RLIMIT_FSIZE, &was);
	small = (struct rlimit){ b.store.size + 40, was.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	assert_true(audit_store_ready(&b.store, b.now_ms, &err));
	assert_false(audit_store_put(&b.store, b.now_ms, STR("\"kind\":\"view\""), &err));
	assert_int_equal(err.cls, ERR_SYSTEM);
	assert_true(audit_store_ready(&b.store, b.now_ms, &err));
	assert_false(audit_store_put(&b.store, b.now_ms, STR("\"kind\":\"view\""), &err));
	setrlimit(RLIMIT_FSIZE, &was);
	put_some(&b, 3);
	assert_sound(&b, 7);
	assert_null(audit_bed_name(&b, 2));
	audit_bed_end(&b);
}

static void a_directory_that_is_gone_refuses_and_is_not_made_anew(void **state)
{
	char aside[80];
	struct audit_bed b;
	struct err err;

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 3);
	snprintf(aside, sizeof(aside), "%s.aside", b.dir);
	assert_int_equal(rename(b.dir, aside), 0);
	put_some(&b, 1); /* it is still the same */
	audit_store_close(&b.store);
	assert_false(audit_store_ready(&b.store, b.now_ms, &err));
	assert_int_equal(rename(aside, b.dir), 0);
	put_some(&b, 1);
	assert_sound(&b, 6);
	snprintf(aside, sizeof(aside), "%s/%s", b.dir, audit_bed_name(&b, 1));
	unlink(aside);
	assert_true(audit_store_ready(&b.store, b.now_ms, &err));
	assert_false(audit_store_put(&b.store, b.now_ms, STR("\"kind\":\"view\""), &err));
	put_some(&b, 1);
	assert_found(&b, "records 1 to 6 were gone already");
	audit_bed_end(&b);
}

static void one_writes_and_only_with_its_key(void **state)
{
	struct audit_bed b, other;
	struct audit_store same;
	struct err err;

	(void)state;
	audit_bed_begin(&b);
	put_some(&b, 1);
	same = b.store;
	audit_store_begin(&same);
	assert_false(audit_store_ready(&same, b.now_ms, &err));
	assert_non_null(strstr(err.text, "another process writes here"));
	audit_store_close(&same);
	other = b;
	audit_bed_restart(&b);
	audit_key_make(STR("another secret, as long"), &b.key);
	assert_false(audit_store_ready(&b.store, b.now_ms, &err));
	assert_non_null(strstr(err.text, "not of this key"));
	b.key = other.key;
	put_some(&b, 1);
	audit_bed_restart(&b);
	chmod(b.dir, 0770);
	assert_false(audit_store_ready(&b.store, b.now_ms, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	audit_bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_sound_and_goes_on_after_a_restart),
		cmocka_unit_test(each_byte_that_is_flipped_is_found),
		cmocka_unit_test(each_record_that_is_dropped_moved_or_doubled_is_found),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(a_torn_line_is_told_of_and_stays),
		cmocka_unit_test(records_that_were_cut_off_before_a_start_are_told_of_for_ever),
		cmocka_unit_test(a_missing_or_changed_head_is_told_of),
		cmocka_unit_test(files_are_begun_by_size_and_day_and_hold_each_other),
		cmocka_unit_test(only_what_is_older_than_has_to_be_kept_is_removed),
		cmocka_unit_test(a_full_disk_refuses_and_recovers),
		cmocka_unit_test(a_directory_that_is_gone_refuses_and_is_not_made_anew),
		cmocka_unit_test(one_writes_and_only_with_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
