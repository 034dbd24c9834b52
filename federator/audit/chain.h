/* chain.h - records as lines of JSON that hold each other: a line ends with the MAC of the line before and with its
 * own, HMAC-SHA256 over all bytes that stand before it. Who lacks the key changes, drops, adds or moves none unseen.
 *
 *   {"seq":7,"time":"2026-11-27T12:00:00.123Z",TEXT,"prev":"64 digits","mac":"64 digits"}
 *
 * No state but what is handed in; a key may be used by any thread. */
#ifndef FEDERATOR_AUDIT_CHAIN_H
#define FEDERATOR_AUDIT_CHAIN_H

#include "base/buf.h"

enum {
	AUDIT_MAC_BYTES = 32,
	AUDIT_MAC_DIGITS = 2 * AUDIT_MAC_BYTES,
	AUDIT_TEXT_MOST = 32 * 1024,
	AUDIT_LINE_MOST = AUDIT_TEXT_MOST + 512, /* with its newline */
	AUDIT_TIME_DIGITS = 24, /* 2026-11-27T12:00:00.123Z */
};

/* A secret, ready for use. Wipe it with explicit_bzero(). */
struct audit_key {
	_Alignas(64) unsigned char state[384];
};

/* Where a chain ends. Zeroed: it has no record. */
struct audit_end {
	uint64_t seq; /* of the last record; the first one is 1 */
	unsigned char mac[AUDIT_MAC_BYTES];
};

/* A line taken apart; its texts point into it. */
struct audit_line {
	uint64_t seq;
	struct str time, text;
	struct str sealed; /* what its MAC is of */
	unsigned char prev[AUDIT_MAC_BYTES], mac[AUDIT_MAC_BYTES];
};

/* Make a key of a secret of any length. */
void audit_key_make(struct str secret, struct audit_key *out) NONNULL(2);
/* The MAC of `bytes`. */
void audit_mac(const struct audit_key *key, struct str bytes, unsigned char out[AUDIT_MAC_BYTES]) NONNULL(1, 3);
/* Append a record as a line with its newline, and move *end on to it. `text` is members of a JSON object, without
 * braces, of at most AUDIT_TEXT_MOST bytes. */
void audit_chain_put(const struct audit_key *key, struct audit_end *end, int64_t wall_ms, struct str text,
		     struct buf *out) NONNULL(1, 2, 5);
/* Take a line, without its newline, apart. False: it does not have the shape of a record. */
bool audit_line_read(struct str line, struct audit_line *out) MUST_CHECK NONNULL(2);
/* Is its MAC the one that the key makes? */
bool audit_line_is_true(const struct audit_key *key, const struct audit_line *line) MUST_CHECK NONNULL(1, 2);
/* The time of a record: UTC, of 1970 to 9999. */
void audit_time_put(int64_t wall_ms, char out[AUDIT_TIME_DIGITS]) NONNULL(2);
/* The way back; false: it is no such time. */
bool audit_time_read(struct str text, int64_t *wall_ms_out) MUST_CHECK NONNULL(2);
/* Read 64 hexadecimal digits; false: they are none. */
bool audit_digits_read(struct str digits, unsigned char out[AUDIT_MAC_BYTES]) MUST_CHECK NONNULL(2);
/* Write 64 hexadecimal digits. */
void audit_digits_put(const unsigned char mac[AUDIT_MAC_BYTES], struct buf *out) NONNULL(1, 2);

#endif
