/* sheaf.h - all copies that Redis keeps for one customer, or for one value that is asked by on the way to a customer,
 * as one value: a clear head that scripts read, then the copies, sealed (sealer.h). No state; safe from any thread.
 *
 *   0  magic, with the version of the format
 *   4  the era of all its tickets, 8 bytes   12  its version, 8 random bytes   (as the processor has them)
 *  20  how many copies   21  is it a customer's?   22  how many given names   23  how many of them are customers
 *  24  the given names, NAME_BYTES each, customers last
 * Behind that each copy, its numbers those of varint.h and the first two the distance from the copy before:
 *      place, 8 bytes; began; when it was stored, in ms; how much later it ends; how many given names; the place of
 *      each in the head, one byte; bytes of rows; rows (entry.h)
 * A copy whose place is 0 is none: what it gave is followed until it would have ended. */
#ifndef CACHE_SHEAF_H
#define CACHE_SHEAF_H

#include "base/buf.h"
#include "base/rows.h"
#include "cache/name.h"

enum {
	SHEAF_VERSION_AT = 12,
	SHEAF_HEAD = 24,
	SHEAF_COPIES_MOST = 64,
	SHEAF_GIVEN_MOST = 255,
	SHEAF_BYTES_MOST = 1 << 20, /* of rows, unless it is one copy */
	SHEAF_MERGED_MOST = 2 * SHEAF_COPIES_MOST + 64, /* copies to choose from */
};

struct sheaf_copy {
	uint64_t place; /* name_key_place() */
	uint64_t began;
	int64_t stored_ms, ends_ms; /* wall clock */
	struct str rows;
	const unsigned char *names; /* NAME_BYTES each, customers from n_keys on */
	size_t n_keys;
	const unsigned char *given; /* places in `names` */
	size_t n_given;
};

struct sheaf {
	uint64_t era, version;
	bool of_customer;
	size_t n;
	struct sheaf_copy copies[SHEAF_MERGED_MOST];
};

/* How many bytes are in the clear, of an opened or a sealed sheaf. 0: it is none. */
size_t sheaf_clear(struct str bytes) MUST_CHECK;
/* The version of what lies in Redis, also when it is no sheaf, for scripts to compare; 0: they take it for nothing. */
uint64_t sheaf_version(struct str bytes) MUST_CHECK;
/* The era of what has a clear head. */
uint64_t sheaf_era(struct str bytes) MUST_CHECK;
/* Find one copy. False: it is not there, or what stands in front of it cannot be read. */
bool sheaf_find(struct str opened, uint64_t place, struct sheaf_copy *out) MUST_CHECK NONNULL(3);
/* Read all, into views of `opened`, without believing any length. False: not ours; *out is then spoilt. */
bool sheaf_decode(struct str opened, struct sheaf *out) MUST_CHECK NONNULL(2);
/* Append what stands behind `began` of a copy that was answered with the one before it, and gives nothing. */
void sheaf_usual_times(uint64_t ttl_ms, const struct rows *rows, struct buf *out) NONNULL(2, 3);
/* Leave out what a sheaf has no room for: what ends first. */
void sheaf_bound(struct sheaf *s) NONNULL(1);
/* Append a bounded sheaf. */
void sheaf_encode(const struct sheaf *s, struct buf *out) NONNULL(1, 2);

#endif
