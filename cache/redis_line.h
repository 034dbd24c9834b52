/* redis_line.h - one connection to Redis on a loop: connect, log in, send commands in batches, hand out the replies.
 * After whatever goes wrong it is closed and empty; when to try again is its owner's. The loop's thread only. */
#ifndef CACHE_REDIS_LINE_H
#define CACHE_REDIS_LINE_H

#include "base/loop.h"
#include "cache/cache.h"
#include "cache/redis_pipe.h"
#include "cache/redis_socket.h"

struct redis_line;

/* Who uses a line. Only lost() may open it again; none of them may close it. */
struct redis_line_user {
	/* Connected, and the login is on its way: commands may be sent. */
	void (*connected)(struct redis_line *line);
	/* A reply. False: it cannot be the answer to that command, or says that we cannot work here; say why in
	 * line->why. */
	bool (*take)(struct redis_line *line, enum redis_command what, const struct redis_reply *reply);
	/* Closed, for the reason in line->why. */
	void (*lost)(struct redis_line *line);
	/* What was queued is about to be sent: the last moment to queue more. NULL: nothing to do. */
	void (*flushing)(struct redis_line *line);
};

/* Where Redis is and how to log in there; shared by lines, which it must outlive. */
struct redis_account {
	struct redis_address address;
	char *user, *password; /* or NULL */
};

struct redis_line {
	struct loop *loop;
	const struct redis_account *account;
	const struct redis_line_user *user;
	const char *why; /* a constant: why it was lost; NULL: it was not */
	size_t unanswered; /* fills that had no answer when it was lost */
	bool connected; /* and commands may be sent */
	bool waits_to_write;
	struct loop_fd watch; /* fd -1: closed */
	struct loop_timer flush; /* due at once: all commands of a turn go together */
	struct redis_pipe pipe;
};

/* Copy what conf says. Fails with ERR_CONFIG when the address cannot be read. */
bool redis_account_make(struct redis_account *account, const struct redis_conf *conf, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Wipe and free what is inside. */
void redis_account_end(struct redis_account *account) NONNULL(1);

/* A closed line. */
void redis_line_init(struct redis_line *line, struct loop *loop, const struct redis_account *account,
		     const struct redis_line_user *user) NONNULL(1, 2, 3, 4);
/* Begin to connect a closed line. False: refused at once; it stays closed. */
bool redis_line_open(struct redis_line *line) MUST_CHECK NONNULL(1);
/* Close without a word; harmless when closed. Returns how many fills were left without an answer. */
size_t redis_line_close(struct redis_line *line) NONNULL(1);
/* Send a command of `n` words with this turn's others; connected, and redis_pipe_room() was asked. */
void redis_line_send(struct redis_line *line, enum redis_command what, const struct str *words, size_t n) NONNULL(1, 3);
/* The same, with the words as arguments. */
#define REDIS_LINE_SEND(line, what, ...)                                     \
	redis_line_send((line), (what), (const struct str[]){ __VA_ARGS__ }, \
			sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
/* Send what is queued, and what flushing() adds, at the end of this turn of the loop. */
void redis_line_flush_soon(struct redis_line *line) NONNULL(1);
/* Take what has arrived, before anything is called late. Afterwards the line may be closed. */
void redis_line_receive(struct redis_line *line) NONNULL(1);

#endif
