#include "federator/audit/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

enum { ROOM = 4 * AUDIT_LINE_MOST };

bool audit_reader_open(struct audit_reader *r, int dir_fd, const char *name, struct err *err)
{
	*r = (struct audit_reader){ .fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) };
	if (r->fd < 0)
		return err_set(err, ERR_SYSTEM, "audit", "%s: cannot be opened: %s", name, strerrordesc_np(errno));
	r->bytes = memory_raw(ROOM);
	return true;
}

void audit_reader_close(struct audit_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	free(r->bytes);
	r->fd = -1;
	r->bytes = NULL;
}

/* Read on behind what is there. False: it cannot be. */
static bool fill(struct audit_reader *r)
{
	ssize_t n;

	memmove(r->bytes, r->bytes + r->from, r->n);
	r->from = 0;
	do
		n = read(r->fd, r->bytes + r->n, ROOM - r->n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	r->n += (size_t)n;
	r->ended = n == 0;
	return true;
}

static enum audit_got give(struct audit_reader *r, size_t n, size_t taken, enum audit_got got, struct str *out)
{
	*out = (struct str){ r->bytes + r->from, n };
	r->from += taken;
	r->n -= taken;
	return got;
}

enum audit_got audit_reader_next(struct audit_reader *r, struct str *out)
{
	for (;;) {
		const char *from = r->bytes + r->from, *end = r->n ? memchr(from, '\n', r->n) : NULL;
		size_t n = end ? (size_t)(end - from) : r->n;

		if (n >= AUDIT_LINE_MOST)
			return AUDIT_GOT_TOO_LONG;
		if (end) {
			r->number++;
			r->at += n + 1;
			return give(r, n, n + 1, AUDIT_GOT_LINE, out);
		}
		if (r->ended)
			return n ? give(r, n, n, AUDIT_GOT_TORN, out) : AUDIT_GOT_END;
		if (!fill(r))
			return AUDIT_GOT_NOTHING;
	}
}
