/* verify.h - was a record altered? Reads all files of its directory in their order, also while they are written. One
 * thread. */
#ifndef FEDERATOR_AUDIT_VERIFY_H
#define FEDERATOR_AUDIT_VERIFY_H

#include "federator/audit/folder.h"

/* Something that is not as it was written. */
struct audit_finding {
	const char *file; /* or "head" */
	uint64_t line;    /* 0: of the file as a whole */
	const char *text;
};

/* Gets each finding, in the order of the files. */
typedef void audit_tell(void *owner, const struct audit_finding *finding);

struct audit_verdict {
	uint64_t files, records, findings;
	uint64_t first;        /* seq of the oldest record that is there */
	struct audit_end last; /* of the newest */
	uint64_t torn;         /* lines that were cut off by an end of the process, and are told of by a record */
	uint64_t unfinished;   /* bytes of a line at the end of the newest file, which nobody was shown anything by */
	bool anchored;         /* the record of the anchor is there as it was */
};

struct audit_checking {
	const char *dir;
	const struct audit_key *key;
	const struct audit_end *anchor; /* what somebody wrote down of the record once; NULL: nothing */
	audit_tell *tell;
	void *owner;
};

/* Verify all. False: the directory cannot be read; findings are in *out otherwise. */
bool audit_verify(const struct audit_checking *what, struct audit_verdict *out, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3);

#endif
