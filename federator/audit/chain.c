#include "federator/audit/chain.h"

#include <assert.h>

#include <nettle/hmac.h>
#include <sodium.h>

#include "base/civil.h"
#include "base/digest.h"
#include "base/text.h"

static const char time_mark[] = ",\"time\":\"", prev_mark[] = ",\"prev\":\"", mac_mark[] = "\",\"mac\":\"",
		  end_mark[] = "\"}";

static_assert(sizeof(struct hmac_sha256_ctx) <= sizeof(((struct audit_key *)0)->state), "a state has room");
static_assert(AUDIT_MAC_BYTES == SHA256_DIGEST_SIZE, "a MAC is whole");

void audit_key_make(struct str secret, struct audit_key *out)
{
	memset(out, 0, sizeof(*out));
	hmac_sha256_set_key((struct hmac_sha256_ctx *)(void *)out->state, secret.n, (const unsigned char *)secret.p);
}

/* The key's own two blocks are hashed once, in audit_key_make(). By nettle, which has SHA-256 of the processor where
 * there is one: a quarter of what libsodium takes. */
void audit_mac(const struct audit_key *key, struct str bytes, unsigned char out[AUDIT_MAC_BYTES])
{
	struct hmac_sha256_ctx state;

	memcpy(&state, key->state, sizeof(state));
	hmac_sha256_update(&state, bytes.n, (const unsigned char *)bytes.p);
	hmac_sha256_digest(&state, AUDIT_MAC_BYTES, out);
}

void audit_digits_put(const unsigned char mac[AUDIT_MAC_BYTES], struct buf *out)
{
	digest_hex(mac, AUDIT_MAC_BYTES, buf_reserve(out, AUDIT_MAC_DIGITS));
	buf_add(out, AUDIT_MAC_DIGITS);
}

bool audit_digits_read(struct str digits, unsigned char out[AUDIT_MAC_BYTES])
{
	unsigned char bytes[AUDIT_MAC_BYTES];

	if (digits.n != AUDIT_MAC_DIGITS)
		return false;
	for (size_t i = 0; i < AUDIT_MAC_BYTES; i++) {
		int byte = text_hex_byte(digits.p + 2 * i);

		if (byte < 0 || (digits.p[2 * i] >= 'A' && digits.p[2 * i] <= 'F') ||
		    (digits.p[2 * i + 1] >= 'A' && digits.p[2 * i + 1] <= 'F'))
			return false;
		bytes[i] = (unsigned char)byte;
	}
	memcpy(out, bytes, sizeof(bytes));
	return true;
}

static char *put_digits(char *at, int64_t n, int digits)
{
	for (int i = digits - 1; i >= 0; i--, n /= 10)
		at[i] = (char)('0' + n % 10);
	return at + digits;
}

void audit_time_put(int64_t wall_ms, char out[AUDIT_TIME_DIGITS])
{
	int64_t days = civil_floor_div(wall_ms, CIVIL_DAY_S * 1000), ms = wall_ms - days * CIVIL_DAY_S * 1000;
	struct civil_date date = civil_date_of(days);
	char *at = put_digits(out, date.year, 4);

	*at++ = '-';
	at = put_digits(at, date.month, 2);
	*at++ = '-';
	at = put_digits(at, date.day, 2);
	*at++ = 'T';
	at = put_digits(at, ms / 3600000, 2);
	*at++ = ':';
	at = put_digits(at, ms / 60000 % 60, 2);
	*at++ = ':';
	at = put_digits(at, ms / 1000 % 60, 2);
	*at++ = '.';
	at = put_digits(at, ms % 1000, 3);
	*at = 'Z';
}

bool audit_time_read(struct str text, int64_t *wall_ms_out)
{
	char again[AUDIT_TIME_DIGITS];
	struct civil c;
	int64_t ms;

	if (text.n != AUDIT_TIME_DIGITS || !civil_parse(text, &c))
		return false;
	ms = civil_floor_div(c.us, 1000);
	audit_time_put(ms, again); /* the one way it is written */
	if (memcmp(again, text.p, sizeof(again)) != 0)
		return false;
	*wall_ms_out = ms;
	return true;
}

void audit_chain_put(const struct audit_key *key, struct audit_end *end, int64_t wall_ms, struct str text,
		     struct buf *out)
{
	char number[TEXT_I64_MOST];
	struct audit_end next = { .seq = end->seq + 1 };
	size_t from = out->len;

	buf_puts(out, "{\"seq\":");
	buf_put(out, number, text_from_i64((int64_t)next.seq, number));
	buf_puts(out, time_mark);
	audit_time_put(wall_ms, buf_reserve(out, AUDIT_TIME_DIGITS));
	buf_add(out, AUDIT_TIME_DIGITS);
	buf_puts(out, "\",");
	buf_put_str(out, text);
	buf_puts(out, prev_mark);
	audit_digits_put(end->mac, out);
	audit_mac(key, (struct str){ out->data + from, out->len - from }, next.mac);
	buf_puts(out, mac_mark);
	audit_digits_put(next.mac, out);
	buf_puts(out, end_mark);
	buf_putc(out, '\n');
	*end = next;
}

/* Cut a mark off the front. */
static bool take(struct str *rest, const char *mark)
{
	size_t n = strlen(mark);

	if (rest->n < n || memcmp(rest->p, mark, n) != 0)
		return false;
	*rest = (struct str){ rest->p + n, rest->n - n };
	return true;
}

/* Cut a mark off the end. */
static bool take_end(struct str *rest, const char *mark)
{
	size_t n = strlen(mark);

	if (rest->n < n || memcmp(rest->p + rest->n - n, mark, n) != 0)
		return false;
	rest->n -= n;
	return true;
}

static bool take_end_mac(struct str *rest, unsigned char out[AUDIT_MAC_BYTES])
{
	if (rest->n < AUDIT_MAC_DIGITS ||
	    !audit_digits_read((struct str){ rest->p + rest->n - AUDIT_MAC_DIGITS, AUDIT_MAC_DIGITS }, out))
		return false;
	rest->n -= AUDIT_MAC_DIGITS;
	return true;
}

static bool take_seq(struct str *rest, uint64_t *out)
{
	size_t n = 0;

	while (n < rest->n && text_is_digit(rest->p[n]))
		n++;
	if (n == 0 || rest->p[0] == '0' || !text_to_u64((struct str){ rest->p, n }, out) || *out > INT64_MAX)
		return false;
	*rest = (struct str){ rest->p + n, rest->n - n };
	return true;
}

bool audit_line_read(struct str line, struct audit_line *out)
{
	struct audit_line got = { 0 };
	struct str rest = line;
	int64_t ms;

	if (!take_end(&rest, end_mark) || !take_end_mac(&rest, got.mac) || !take_end(&rest, mac_mark))
		return false;
	got.sealed = rest; /* the quote behind `prev` is the mark's */
	if (!take_end_mac(&rest, got.prev) || !take_end(&rest, prev_mark) || !take(&rest, "{\"seq\":") ||
	    !take_seq(&rest, &got.seq) || !take(&rest, time_mark) || rest.n < AUDIT_TIME_DIGITS)
		return false;
	got.time = (struct str){ rest.p, AUDIT_TIME_DIGITS };
	rest = (struct str){ rest.p + AUDIT_TIME_DIGITS, rest.n - AUDIT_TIME_DIGITS };
	if (!audit_time_read(got.time, &ms) || !take(&rest, "\","))
		return false;
	got.text = rest;
	*out = got;
	return true;
}

bool audit_line_is_true(const struct audit_key *key, const struct audit_line *line)
{
	unsigned char mac[AUDIT_MAC_BYTES];

	audit_mac(key, line->sealed, mac);
	return sodium_memcmp(mac, line->mac, sizeof(mac)) == 0;
}
