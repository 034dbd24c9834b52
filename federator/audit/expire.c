/* expire.c - files whose time is over. */
#include <unistd.h>

#include "federator/audit/store.h"
#include "federator/audit/text.h"

enum { AT_ONCE = 8 };

/* Should the process end in between, the file is removed the next time, with a record of its own. */
static bool remove_one(struct audit_store *s, const struct audit_file *file, const struct audit_tail *tail,
		       int64_t wall_ms, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };

	buf_puts(&text, "\"kind\":\"removed\"");
	audit_put("file", str_of(file->name), &text);
	audit_put_number("last", (int64_t)tail->end.seq, &text);
	buf_puts(&text, ",\"last_mac\":\"");
	audit_digits_put(tail->end.mac, &text);
	buf_putc(&text, '"');
	if (!audit_store_put(s, wall_ms, buf_str(&text), err))
		return false;
	unlinkat(s->dir_fd, file->name, 0); /* one that stays is tried again */
	return true;
}

bool audit_store_expire(struct audit_store *s, int64_t wall_ms, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct audit_files files;
	struct err ignored;

	s->tidied = true;
	if (!audit_files_list(s->dir_fd, s->dir, mem, &files, &ignored))
		return true;
	for (size_t i = 0; i + 1 < files.n && i < AT_ONCE; i++) {
		struct audit_tail tail;

		/* The oldest first, and none behind one that stays: what is left has no gap. */
		if (!audit_tail_read(s->dir_fd, files.of[i].name, s->key, &tail, &ignored))
			return true;
		if (!tail.end.seq)
			continue; /* no record is in it */
		if (wall_ms - tail.wall_ms <= s->keep_ms)
			return true;
		if (!remove_one(s, &files.of[i], &tail, wall_ms, err))
			return false;
	}
	return true;
}
