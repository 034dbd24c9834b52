#include "cache/redis_line.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"

bool redis_account_make(struct redis_account *account, const struct redis_conf *conf, struct err *err)
{
	struct redis_address address;

	if (!redis_socket_address(conf->address, &address, err))
		return false;
	*account = (struct redis_account){
		.address = address,
		.user = conf->user ? memory_text(conf->user) : NULL,
		.password = conf->password ? memory_text(conf->password) : NULL,
	};
	return true;
}

void redis_account_end(struct redis_account *account)
{
	if (account->password)
		explicit_bzero(account->password, strlen(account->password));
	free(account->password);
	free(account->user);
	*account = (struct redis_account){ 0 };
}

size_t redis_line_close(struct redis_line *line)
{
	loop_timer_cancel(line->loop, &line->flush);
	if (line->watch.fd >= 0) {
		loop_unwatch(line->loop, &line->watch);
		close(line->watch.fd);
		line->watch.fd = -1;
	}
	line->connected = line->waits_to_write = false;
	return redis_pipe_end(&line->pipe);
}

static void lose(struct redis_line *line, const char *why)
{
	if (!line->why)
		line->why = why;
	line->unanswered = redis_line_close(line);
	line->user->lost(line);
}

/* ---- commands and replies ---- */

void redis_line_flush_soon(struct redis_line *line)
{
	if (line->flush.slot == 0)
		loop_timer_set(line->loop, &line->flush, (struct deadline){ 1 });
}

void redis_line_send(struct redis_line *line, enum redis_command what, const struct str *words, size_t n)
{
	assert(line->connected);
	redis_pipe_add(&line->pipe, what, words, n);
	redis_line_flush_soon(line);
}

static void flush_out(struct loop_timer *t)
{
	struct redis_line *line = CONTAINER_OF(t, struct redis_line, flush);
	bool rest;

	if (line->user->flushing)
		line->user->flushing(line);
	if (!redis_pipe_flush(&line->pipe, line->watch.fd, &rest)) {
		lose(line, "the connection broke");
		return;
	}
	if (rest != line->waits_to_write)
		loop_rewatch(line->loop, &line->watch, rest ? EPOLLIN | EPOLLOUT : EPOLLIN);
	line->waits_to_write = rest;
}

static bool take_reply(void *arg, enum redis_command what, const struct redis_reply *reply)
{
	struct redis_line *line = arg;

	if (what != REDIS_AUTH)
		return line->user->take(line, what, reply);
	if (reply->type == REDIS_REPLY_STATUS)
		return true;
	line->why = "the login was refused";
	return false;
}

void redis_line_receive(struct redis_line *line)
{
	if (!redis_pipe_receive(&line->pipe, line->watch.fd, take_reply, line))
		lose(line, "the connection broke");
}

/* ---- the beginning ---- */

static void greet(struct redis_line *line)
{
	const struct redis_account *account = line->account;

	if (!redis_socket_connected(line->watch.fd) || !redis_pipe_begin(&line->pipe)) {
		lose(line, "no connection");
		return;
	}
	line->connected = true;
	loop_rewatch(line->loop, &line->watch, EPOLLIN);
	if (account->password && account->user)
		REDIS_LINE_SEND(line, REDIS_AUTH, STR("AUTH"), str_of(account->user), str_of(account->password));
	else if (account->password)
		REDIS_LINE_SEND(line, REDIS_AUTH, STR("AUTH"), str_of(account->password));
	line->user->connected(line);
}

static void on_ready(struct loop_fd *w, uint32_t events)
{
	struct redis_line *line = CONTAINER_OF(w, struct redis_line, watch);

	if (!line->connected) {
		greet(line);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		redis_line_receive(line);
	if (line->connected && (events & EPOLLOUT))
		flush_out(&line->flush);
}

void redis_line_init(struct redis_line *line, struct loop *loop, const struct redis_account *account,
		     const struct redis_line_user *user)
{
	line->loop = loop;
	line->account = account;
	line->user = user;
	line->watch = (struct loop_fd){ .fd = -1, .ready = on_ready };
	line->flush = (struct loop_timer){ .fire = flush_out };
}

bool redis_line_open(struct redis_line *line)
{
	struct err err;

	assert(line->watch.fd < 0);
	line->why = NULL;
	line->watch.fd = redis_socket_connect(&line->account->address);
	if (line->watch.fd >= 0 && loop_watch(line->loop, &line->watch, EPOLLOUT, &err))
		return true;
	line->why = "no connection";
	redis_line_close(line);
	return false;
}
