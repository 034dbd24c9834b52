/* Lines of a record as somebody may have made them: each that is taken for a record is, byte by byte, one that the
 * service writes for the same number, time, text and record before it, but for the MAC. */
#include "federator/audit/chain.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(const struct audit_key *key, struct str bytes, const struct audit_line *line)
{
	SCOPED(buf_free) struct buf again = { 0 };
	struct audit_end end = { .seq = line->seq - 1 };
	struct audit_line ours;
	int64_t ms;

	memcpy(end.mac, line->prev, sizeof(end.mac));
	if (!audit_time_read(line->time, &ms))
		abort();
	audit_chain_put(key, &end, ms, line->text, &again);
	again.len--;
	if (again.len != bytes.n || memcmp(again.data, bytes.p, line->sealed.n) != 0)
		abort();
	if (!audit_line_read(buf_str(&again), &ours) || !audit_line_is_true(key, &ours))
		abort();
	if (audit_line_is_true(key, line) != (memcmp(ours.mac, line->mac, sizeof(ours.mac)) == 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1); /* a sanitizer sees what is read behind it */
	struct str bytes = { exact, size };
	struct audit_line line;
	struct audit_key key;

	if (!exact)
		abort();
	memcpy(exact, data, size);
	audit_key_make(STR("a secret of the tests"), &key);
	if (audit_line_read(bytes, &line))
		check(&key, bytes, &line);
	free(exact);
	return 0;
}
