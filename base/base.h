/* base.h - what every file may use: attributes, string views, small macros.
 * No function here allocates or fails. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define SCOPED(drop) __attribute__((cleanup(drop)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
/* The struct in which `ptr` is the member `member`: the owner of an embedded timer, watch or post. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Bytes with a length. Not NUL-terminated unless the maker says so.
 * p == NULL means "no value" (SQL NULL in a row); p != NULL with n == 0 is the empty text. */
struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* A view of a NUL-terminated text; NULL gives the NULL view. */
static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

/* Same bytes? Two NULL views are equal; NULL and empty are not. */
static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.p == NULL) == (b.p == NULL) &&
	       (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, shorter first on a tie; NULL sorts before everything. For qsort and stable output. */
static inline int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c;

	if ((a.p == NULL) != (b.p == NULL))
		return a.p == NULL ? -1 : 1;
	c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

#endif
