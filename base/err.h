/* err.h - why something failed: the class decides what the caller does, the text explains.
 * An err never holds a customer's value. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_class {
	ERR_NONE,
	ERR_CALLER, /* the caller's input is wrong */
	ERR_LATE, /* no answer before the deadline */
	ERR_BUSY, /* a bounded queue or pool is full */
	ERR_REFUSED, /* the source is not there: connection refused, lost, reset */
	ERR_AUTH, /* the source does not accept our login */
	ERR_SOURCE, /* the source answered with an error */
	ERR_SCHEMA, /* the source's columns are not what the mapping says */
	ERR_TOO_LARGE, /* more bytes than the limit of one fetch */
	ERR_SUBJECT, /* rows that do not carry the key they were asked for */
	ERR_MAPPING, /* the mapping files are wrong */
	ERR_CONFIG, /* an option, a secret or a file of the installation is wrong */
	ERR_SYSTEM, /* the operating system said no */
};
enum { ERR_CLASSES = ERR_SYSTEM + 1 };

struct err {
	enum err_class cls;
	char where[48]; /* source, mapping file or option at fault */
	char text[208]; /* one sentence for a person; no customer data */
};

/* Fill *err and return false, so that a failing function ends in one line:
 * `return err_set(err, ERR_LATE, name, "no time left before asking");`
 * Long texts are cut at a character boundary. */
bool err_set(struct err *err, enum err_class cls, const char *where, const char *fmt, ...)
	NONNULL(1, 3, 4) PRINTF_LIKE(4, 5);

/* The reason word of the public interface for a missing part: "deadline", "refused", "busy",
 * "auth", "error", "schema_mismatch", "too_large", "wrong_subject". */
const char *err_reason(enum err_class cls) __attribute__((returns_nonnull));

#endif
