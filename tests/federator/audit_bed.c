#include "tests/federator/audit_bed.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/cmocka_all.h"

void audit_bed_begin(struct audit_bed *b)
{
	*b = (struct audit_bed){ .now_ms = INT64_C(1795780800000) };
	strcpy(b->dir, "audit-bed-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	audit_key_make(STR("a secret of the tests"), &b->key);
	audit_bed_restart(b);
}

void audit_bed_restart(struct audit_bed *b)
{
	if (b->store.dir)
		audit_store_close(&b->store);
	b->store = (struct audit_store){
		.dir = b->dir, .key = &b->key, .file_bytes = 1 << 20, .keep_ms = INT64_C(730) * 86400 * 1000
	};
	audit_store_begin(&b->store);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void audit_bed_end(struct audit_bed *b)
{
	audit_store_close(&b->store);
	nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void audit_bed_put(struct audit_bed *b, const char *what)
{
	struct err err = { 0 };
	char text[256];

	snprintf(text, sizeof(text), "\"kind\":\"view\",\"what\":\"%s\"", what);
	b->now_ms += 7;
	if (!audit_store_ready(&b->store, b->now_ms, &err) ||
	    !audit_store_put(&b->store, b->now_ms, str_of(text), &err))
		fail_msg("%s", err.text);
}


static void on_finding(void *owner, const struct audit_finding *f)
{
	char *first = owner;

	if (!first[0])
		snprintf(first, 512, "%s:%llu: %s", f->file, (unsigned long long)f->line, f->text);
}

uint64_t audit_bed_verify(struct audit_bed *b, char first_out[512], struct audit_verdict *verdict_out)
{
	struct audit_checking what = { .dir = b->dir, .key = &b->key, .tell = on_finding, .owner = first_out };
	struct audit_verdict verdict;
	struct err err = { 0 };

	first_out[0] = '\0';
	if (!audit_verify(&what, &verdict, &err)) {
		snprintf(first_out, 512, "%s", err.text);
		return 1;
	}
	if (verdict_out)
		*verdict_out = verdict;
	return verdict.findings;
}

const char *audit_bed_name(struct audit_bed *b, uint32_t number)
{
	static char name[AUDIT_NAME_BYTES];
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	int fd = open(b->dir, O_RDONLY | O_DIRECTORY);
	struct audit_files files;
	struct err err;

	assert_true(audit_files_list(fd, b->dir, mem, &files, &err));
	close(fd);
	for (size_t i = 0; i < files.n; i++)
		if (files.of[i].number == number)
			return memcpy(name, files.of[i].name, sizeof(name));
	return NULL;
}

char *audit_bed_read(struct audit_bed *b, const char *name, size_t *n_out)
{
	char path[160], *bytes;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	bytes = memory_raw((size_t)st.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	bytes[st.st_size] = '\0';
	*n_out = (size_t)st.st_size;
	return bytes;
}

void audit_bed_write(struct audit_bed *b, const char *name, const char *bytes, size_t n)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}
