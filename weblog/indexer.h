/* indexer.h - a log as it is written, into the event store: reads, understands and writes until it is told to end. One
 * batch is read while the one before is written, and no more; so the database holds up the reading, and memory is two
 * batches, and the sessions of some more that are written in one transaction. */
#ifndef WEBLOG_INDEXER_H
#define WEBLOG_INDEXER_H

#include "weblog/reading.h"
#include "weblog/store.h"

enum weblog_news {
	WEBLOG_NEWS_BEGUN, /* the store is open and the files are followed, again after a failure */
	WEBLOG_NEWS_STORE_DOWN, /* err: once for each row of failures */
	WEBLOG_NEWS_TROUBLE, /* err: a file */
	WEBLOG_NEWS_BAD_LINE, /* bad: one now and then */
	WEBLOG_NEWS_PROGRESS, /* once a minute */
};

struct weblog_indexer_state {
	struct weblog_read_counts read;
	struct weblog_tail_counts files;
	uint64_t batches, events; /* written */
	uint64_t failures; /* of the store */
	int64_t last_us; /* time of the newest event written; 0: none */
};

struct weblog_indexer_conf {
	const struct weblog *conf;
	const struct weblog_rules *rules;
	const struct weblog_format *format; /* NULL: guessed */
	unsigned char salt[16];
	bool once; /* end when all that is there has been read, instead of waiting for more */
	int stop_fd; /* readable: write what is read and end; -1: never */
	/* The connection string of who may write, in `mem`, which is wiped; asked before each connect. */
	bool (*connect_text)(void *owner, struct arena *mem, const char **out, struct err *err);
	void (*news)(void *owner, enum weblog_news news, const struct weblog_indexer_state *state,
		     const struct err *err, const struct weblog_bad_line *bad);
	void *owner;
};

/* Index until the end. True: it was told to end, or with `once` all is done. False: *err says why it cannot go on:
 * ERR_BUSY another one writes this log now, ERR_MAPPING no known format reads the log, ERR_CONFIG, ERR_SYSTEM. A
 * database that is away is waited for, and what was not written is read again. */
bool weblog_index(const struct weblog_indexer_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);

#endif
