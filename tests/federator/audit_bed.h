/* audit_bed.h - a directory for a record, and what is done to it, for tests. */
#ifndef TESTS_FEDERATOR_AUDIT_BED_H
#define TESTS_FEDERATOR_AUDIT_BED_H

#include "federator/audit/store.h"
#include "federator/audit/verify.h"

struct audit_bed {
	char dir[64];
	struct audit_key key;
	struct audit_store store;
	int64_t now_ms;
};

/* A new directory; the store writes there. */
void audit_bed_begin(struct audit_bed *b);
/* Remove it. */
void audit_bed_end(struct audit_bed *b);
/* The store as a new process has it. */
void audit_bed_restart(struct audit_bed *b);
/* Write a record; it must be taken. */
void audit_bed_put(struct audit_bed *b, const char *what);
/* How many findings there are; *first_out is the first of them, or "". */
uint64_t audit_bed_verify(struct audit_bed *b, char first_out[512], struct audit_verdict *verdict_out);
/* The number-th file (from 0), whole; the caller frees data. */
char *audit_bed_read(struct audit_bed *b, const char *name, size_t *n_out);
/* Replace its bytes. */
void audit_bed_write(struct audit_bed *b, const char *name, const char *bytes, size_t n);
/* The name of the file with that number. */
const char *audit_bed_name(struct audit_bed *b, uint32_t number);

#endif
