/* story.h - a scenario file (*.scn) as it is read: tests/README.md tells the language. What is wrong with a
 * file is found before it is played, with file and line. */
#ifndef TESTS_SCENARIOS_STORY_H
#define TESTS_SCENARIOS_STORY_H

#include "base/arena.h"
#include "base/err.h"

/* A word of a line: a bare one, a text in quotes, or a JSON value from its first bracket to the last. */
struct word {
	struct str text; /* NUL-terminated; of a quoted one what it stands for */
	bool quoted;
};

/* Words of a line, or the rest of them. */
struct words {
	const struct word *of;
	size_t n;
	unsigned line;
};

enum deed_kind {
	DEED_ASK, /* a client sends a request on a connection of its own */
	DEED_SEND, /* a client sends bytes as they are */
	DEED_HANG_UP, /* a client closes its connection */
	DEED_SOURCE, /* a source changes its ways */
	DEED_CACHE, /* so does the cache */
	DEED_SECRET, /* the secret of a source changes */
	DEED_RELOAD, /* another mapping takes the place of the running one */
	DEED_DRAIN, /* as SIGTERM does */
	DEED_WALL, /* the wall clock jumps */
	DEED_LOOK, /* an expectation about counters is looked at */
	DEED_NOTHING, /* only so that the story goes on until then */
};

/* Something that happens at a time. */
struct deed {
	enum deed_kind kind;
	uint64_t at_us; /* since the beginning */
	struct words words; /* what the doer reads, and the line */
	const char *client; /* of a request: its name, or "" */
	bool admin; /* to the admin listener */
	uint32_t times; /* so many clients send it */
	const char *method, *target, *headers; /* headers: lines with CRLF */
	struct str body;
	int64_t wall_ms;
	struct wish *wish; /* DEED_LOOK */
	void *clients; /* the player's: of a request */
	struct deed *next;
};

enum wish_kind {
	WISH_STATUS,
	WISH_NO_ANSWER,
	WISH_CLOSED,
	WISH_PATH,
	WISH_HEADER,
	WISH_BODY,
	WISH_LOG,
	WISH_COUNTER,
	WISH_STOPPED,
};

enum wish_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_EXISTS, OP_ABSENT, OP_ITEMS, OP_CONTAINS, OP_NEVER };

/* Something that must be so. */
struct wish {
	enum wish_kind kind;
	unsigned line;
	struct deed *of; /* whose answer; NULL: nobody's */
	enum wish_op op;
	const char *name; /* of a path, a header or a counter */
	struct word value;
	struct word reason; /* of a part's state: beside it */
	int64_t number;
	struct words fields; /* of a log line: name=value */
	bool timed, exactly; /* by or at: */
	uint64_t time_us; /* since the request, or since the beginning when there is none */
	struct wish *next;
};

struct story {
	struct arena *mem;
	const char *path, *title, *mapping;
	const char *fails; /* NULL, or what the complaint must hold: it is there to show that mistakes are found */
	const char *cache; /* of the service: "memory", "off", "redis" */
	bool also_cache_off; /* played a second time without cache, the answers are to be the same */
	struct words *options;
	size_t n_options;
	struct deed *deeds; /* in order of time; at the same time of the file */
	struct wish *wishes; /* in the order of the file */
};

/* Read a file into `mem`; *out is filled as far as it got, also on failure. ERR_CONFIG: what is wrong, err->where is
 * "file:line". */
bool story_read(const char *path, struct arena *mem, struct story *out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4);

/* The first word, taken off; its text is NULL when there is none. */
struct word words_take(struct words *w) NONNULL(1);
/* Take the first word off when it is this bare one. */
bool words_take_if(struct words *w, const char *text) NONNULL(1, 2);
/* Fail with ERR_CONFIG and the line of the words. */
bool words_wrong(const struct words *w, struct err *err, const char *what) NONNULL(1, 2, 3);
/* "40ms", "2s", "10m", "1h" or "1h30m" as microseconds. */
bool words_duration(struct str text, uint64_t *us_out) MUST_CHECK NONNULL(2);
/* Take a duration off; fails as words_wrong(). */
bool words_take_duration(struct words *w, uint64_t *us_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

/* Cut a line into words. ERR_CONFIG: a quote or bracket that does not end. */
bool words_cut(struct str line, unsigned number, struct arena *mem, struct words *out, struct err *err)
	MUST_CHECK NONNULL(3, 4, 5);
/* Read what stands behind `expect`; `asked` are the requests so far, by ->next. The wish is put into *out. */
bool wish_read(struct words w, struct deed *asked, struct arena *mem, struct wish *out, struct err *err)
	MUST_CHECK NONNULL(3, 4, 5);
/* The last request of that name among `asked`; "" is any. NULL: none. */
struct deed *deed_named(struct deed *asked, const char *name) NONNULL(2);

#endif
