#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "base/text.h"
#include "federator/audit/folder.h"

enum { SEQ_DIGITS = 20 };

static const char seq_mark[] = "{\"seq\":", mac_mark[] = ",\"mac\":\"", seal_mark[] = "\",\"seal\":\"",
		  end_mark[] = "\"}\n";

static_assert(AUDIT_HEAD_BYTES == sizeof(seq_mark) + sizeof(mac_mark) + sizeof(seal_mark) + sizeof(end_mark) - 4 +
					  SEQ_DIGITS + 2 * AUDIT_MAC_DIGITS,
	      "it is written in place: always as long");

/* Unlike any record, so that none can stand for it. */
static void seal(const struct audit_key *key, const char *bytes, size_t n, unsigned char out[AUDIT_MAC_BYTES])
{
	char all[AUDIT_HEAD_BYTES + 5] = "head:";

	memcpy(all + 5, bytes, n);
	audit_mac(key, (struct str){ all, n + 5 }, out);
}

void audit_head_put(const struct audit_key *key, const struct audit_end *end, char out[AUDIT_HEAD_BYTES])
{
	SCOPED(buf_free) struct buf b = { 0 };
	unsigned char mac[AUDIT_MAC_BYTES];

	buf_printf(&b, "%s%*llu%s", seq_mark, SEQ_DIGITS, (unsigned long long)end->seq, mac_mark);
	audit_digits_put(end->mac, &b);
	seal(key, b.data, b.len, mac);
	buf_puts(&b, seal_mark);
	audit_digits_put(mac, &b);
	buf_puts(&b, end_mark);
	memcpy(out, b.data, AUDIT_HEAD_BYTES);
}

static bool head_take(const struct audit_key *key, const char *bytes, struct audit_end *out)
{
	const char *seq = bytes + sizeof(seq_mark) - 1, *mac = seq + SEQ_DIGITS + sizeof(mac_mark) - 1;
	const char *sealed = mac + AUDIT_MAC_DIGITS + sizeof(seal_mark) - 1;
	unsigned char want[AUDIT_MAC_BYTES], have[AUDIT_MAC_BYTES];
	struct audit_end end;
	size_t blanks = 0;

	seal(key, bytes, (size_t)(mac + AUDIT_MAC_DIGITS - bytes), want);
	while (blanks < SEQ_DIGITS && seq[blanks] == ' ')
		blanks++;
	if (!audit_digits_read((struct str){ sealed, AUDIT_MAC_DIGITS }, have) ||
	    sodium_memcmp(want, have, sizeof(want)) != 0 ||
	    !text_to_u64((struct str){ seq + blanks, SEQ_DIGITS - blanks }, &end.seq) ||
	    !audit_digits_read((struct str){ mac, AUDIT_MAC_DIGITS }, end.mac))
		return false;
	*out = end;
	return true;
}

enum audit_head audit_head_read(int dir_fd, const struct audit_key *key, struct audit_end *out)
{
	int fd = openat(dir_fd, "head", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char bytes[AUDIT_HEAD_BYTES + 1];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? AUDIT_HEAD_MISSING : AUDIT_HEAD_DAMAGED;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	return n == AUDIT_HEAD_BYTES && head_take(key, bytes, out) ? AUDIT_HEAD_GOOD : AUDIT_HEAD_DAMAGED;
}
