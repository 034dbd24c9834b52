#include "cache/redis_pipe.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT_KEPT = 256 << 10 }; /* a larger buffer is given back once it is empty */

bool redis_pipe_begin(struct redis_pipe *p)
{
	assert(!p->reader && p->n_pending == 0 && p->out.len == 0);
	p->reader = redis_reply_reader();
	return p->reader != NULL;
}

static void empty_out(struct redis_pipe *p)
{
	if (p->out.cap > OUT_KEPT)
		buf_free(&p->out);
	else if (p->out.data)
		explicit_bzero(p->out.data, p->out.len);
	p->out.len = 0;
	p->sent = 0;
}

static enum redis_command next_pending(struct redis_pipe *p)
{
	assert(p->n_pending > 0);
	p->n_pending--;
	return (enum redis_command)p->pending[p->first++ % REDIS_PENDING_MOST];
}

size_t redis_pipe_end(struct redis_pipe *p)
{
	size_t lost = 0;

	if (p->reader)
		redisReaderFree(p->reader);
	p->reader = NULL;
	while (p->n_pending > 0)
		lost += next_pending(p) == REDIS_FILL;
	buf_free(&p->out);
	p->sent = 0;
	return lost;
}

bool redis_pipe_room(const struct redis_pipe *p, size_t commands, size_t bytes)
{
	return p->n_pending + commands <= REDIS_PENDING_MOST && p->out.len + bytes < REDIS_OUT_MOST;
}

/* As "%c%zu\r\n", of which formatting costs more than all else that is done for a word. */
static void put_count(struct buf *out, char mark, size_t n)
{
	char text[24], *at = text + sizeof(text);

	*--at = '\n';
	*--at = '\r';
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	*--at = mark;
	buf_put(out, at, (size_t)(text + sizeof(text) - at));
}

void redis_pipe_add(struct redis_pipe *p, enum redis_command what, const struct str *words, size_t n)
{
	assert(p->reader && p->n_pending < REDIS_PENDING_MOST);
	put_count(&p->out, '*', n);
	for (size_t i = 0; i < n; i++) {
		put_count(&p->out, '$', words[i].n);
		buf_put_str(&p->out, words[i]);
		buf_puts(&p->out, "\r\n");
	}
	p->pending[(p->first + p->n_pending++) % REDIS_PENDING_MOST] = (unsigned char)what;
}

bool redis_pipe_flush(struct redis_pipe *p, int fd, bool *rest_out)
{
	*rest_out = false;
	while (p->sent < p->out.len) {
		ssize_t n = send(fd, p->out.data + p->sent, p->out.len - p->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			*rest_out = true;
			return true;
		}
		if (n < 0 && errno != EINTR)
			return false;
		p->sent += n > 0 ? (size_t)n : 0;
	}
	empty_out(p);
	return true;
}

typedef bool take_fn(void *arg, enum redis_command what, const struct redis_reply *reply);

static bool take_replies(struct redis_pipe *p, take_fn *take, void *arg)
{
	for (;;) {
		SCOPED(redis_reply_free) struct redis_reply *reply = NULL;

		if (!redis_reply_next(p->reader, &reply))
			return false;
		if (!reply)
			return true;
		if (!take(arg, p->n_pending > 0 ? next_pending(p) : REDIS_UNASKED, reply))
			return false;
	}
}

bool redis_pipe_receive(struct redis_pipe *p, int fd, take_fn *take, void *arg)
{
	for (;;) {
		ssize_t n = read(fd, p->chunk, REDIS_CHUNK);
		bool fed;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		fed = redis_reply_feed(p->reader, p->chunk, (size_t)n);
		explicit_bzero(p->chunk, (size_t)n);
		if (!fed || !take_replies(p, take, arg))
			return false;
		if (n < REDIS_CHUNK)
			return true;
	}
}
