#include "tests/faultproxy/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { READ_BYTES = 65536, WAITING_MOST_BYTES = 1024 * 1024 };

void stream_begin(struct stream *s, const struct toxics *toxics, int from, int to)
{
	*s = (struct stream){ .toxics = toxics, .from = from, .to = to };
	s->last = &s->first;
}

static void first_drop(struct stream *s)
{
	struct piece *piece = s->first;

	s->first = piece->next;
	if (s->first == NULL)
		s->last = &s->first;
	s->waiting_bytes -= piece->n;
	free(piece);
}

void stream_drop(struct stream *s)
{
	while (s->first)
		first_drop(s);
}

bool stream_reads(const struct stream *s)
{
	return !s->read_end && !s->toxics->hole && s->waiting_bytes < WAITING_MOST_BYTES;
}

static void put(struct stream *s, const char *bytes, size_t n, uint64_t due_us)
{
	struct piece *piece = malloc(sizeof(*piece) + n);

	if (piece == NULL)
		abort();
	*piece = (struct piece){ .due_us = due_us, .n = n };
	if (n > 0)
		memcpy(piece->bytes, bytes, n);
	*s->last = piece;
	s->last = &piece->next;
	s->waiting_bytes += n;
	s->last_us = due_us;
}

static void put_all(struct stream *s, const char *bytes, size_t n)
{
	uint64_t now_us = clock_mono_us();

	for (size_t at = 0; at < n;) {
		size_t piece = toxics_piece(s->toxics, n - at);

		put(s, bytes + at, piece, toxics_due(s->toxics, piece, now_us, s->last_us, arc4random()));
		at += piece;
	}
}

enum stream_result stream_read(struct stream *s)
{
	static char bytes[READ_BYTES];
	ssize_t n = read(s->from, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? STREAM_GOES_ON : STREAM_BROKEN;
	if (n == 0) {
		uint64_t due_us = toxics_due(s->toxics, 0, clock_mono_us(), s->last_us, arc4random());

		s->read_end = true;
		put(s, NULL, 0, due_us + s->toxics->slow_close_us);
		return STREAM_GOES_ON;
	}
	put_all(s, bytes, (size_t)n);
	return STREAM_GOES_ON;
}

/* How many bytes of the piece may go. */
static size_t allowed(const struct stream *s, const struct piece *piece)
{
	size_t n = piece->n - piece->sent;

	if (s->toxics->limit_bytes == 0)
		return n;
	if (s->passed_bytes >= s->toxics->limit_bytes)
		return 0;
	return n < s->toxics->limit_bytes - s->passed_bytes ? n : (size_t)(s->toxics->limit_bytes - s->passed_bytes);
}

static enum stream_result piece_write(struct stream *s, struct piece *piece)
{
	size_t most = allowed(s, piece);
	ssize_t n;

	if (most == 0)
		return STREAM_LIMIT;
	n = send(s->to, piece->bytes + piece->sent, most, MSG_NOSIGNAL);
	if (n < 0) {
		s->blocked = errno == EAGAIN || errno == EINTR;
		return s->blocked ? STREAM_GOES_ON : STREAM_BROKEN;
	}
	piece->sent += (size_t)n;
	s->passed_bytes += (size_t)n;
	if (s->toxics->limit_bytes && s->passed_bytes >= s->toxics->limit_bytes)
		return STREAM_LIMIT;
	if (piece->sent == piece->n)
		first_drop(s);
	return STREAM_GOES_ON;
}

enum stream_result stream_write(struct stream *s)
{
	s->blocked = false;
	while (stream_due_us(s) <= clock_mono_us()) {
		struct piece *piece = s->first;
		enum stream_result result;

		if (piece->n == 0) {
			shutdown(s->to, SHUT_WR);
			s->write_end = true;
			first_drop(s);
			return STREAM_GOES_ON;
		}
		result = piece_write(s, piece);
		if (result != STREAM_GOES_ON)
			return result;
	}
	return STREAM_GOES_ON;
}

uint64_t stream_due_us(const struct stream *s)
{
	return s->first && !s->blocked && !s->toxics->hole ? s->first->due_us : UINT64_MAX;
}
