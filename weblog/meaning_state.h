/* meaning_state.h - inside of meaning.h: what its files share. One thread. */
#ifndef WEBLOG_MEANING_STATE_H
#define WEBLOG_MEANING_STATE_H

#include "base/arena.h"
#include "weblog/decode.h"
#include "weblog/meaning.h"
#include "weblog/memo.h"

enum {
	WEBLOG_PAIRS_MAX = 64, /* parameters of one query; further ones are not looked at */
	WEBLOG_OWN_HOST_MAX = 128,
	WEBLOG_SALT_BYTES = 16,
};

/* An agent string, looked up in the lists once. */
struct weblog_agent {
	unsigned char digest[16]; /* under the salt */
	const char *device;
	bool is_bot;
	bool is_plain; /* may be kept as it stands in the line */
};

/* A visitor without a name of its own has a hash; and what any visitor did says whether it is a bot. */
struct weblog_visit {
	char hash[24]; /* "~", 20 digits, NUL; "" when it has a name */
	bool is_bot;
	bool has_referrer; /* in the minute */
	uint16_t pages; /* in the minute */
	int32_t minute; /* since 1970 */
};

/* What the name of a parameter means. */
struct weblog_name {
	enum weblog_use {
		WEBLOG_OF_NO_USE,
		WEBLOG_SEARCH,
		WEBLOG_UTM_SOURCE,
		WEBLOG_UTM_MEDIUM,
		WEBLOG_UTM_CAMPAIGN,
		WEBLOG_MARK,
	} use;
	bool is_hidden;
	const struct weblog_mark *mark; /* WEBLOG_MARK */
};

struct weblog_pair {
	struct str name, value; /* as written; value NULL: there is no = */
	struct weblog_name means;
};

/* The record in hand. */
struct weblog_line {
	const struct weblog_record *record;
	struct arena *mem;
	struct str target; /* as written, escapes undone */
	struct str path; /* decoded, as rules see it: nothing is masked */
	struct str host; /* of the target or of the record; may be NULL */
	struct str cookie; /* escapes undone, once it was asked for */
	struct weblog_pair pairs[WEBLOG_PAIRS_MAX];
	size_t n_pairs;
	const struct weblog_page *page; /* the first that fits; NULL: none, or it was not looked for */
	struct weblog_captures captures; /* of its path */
};

struct weblog_meaning {
	const struct weblog *conf;
	const struct weblog_rules *rules;
	unsigned char salt[WEBLOG_SALT_BYTES];
	struct weblog_decoder *decoder;
	struct weblog_memo *agents, *visits, *names;
	struct buf scratch, again;
	struct weblog_line line;
	int64_t last_us, horizon_us;
	bool has_referrers; /* the log has some, so that none says something */
	char own_host[WEBLOG_OWN_HOST_MAX]; /* that most referrers name, for logs that do not say the host */
	size_t own_host_n, own_host_votes;
};

/* meaning_url.c */
/* A text of the record with its escapes undone; NULL: it has none. */
struct str weblog_line_text(struct weblog_meaning *m, enum weblog_text which) NONNULL(1);
/* A piece of a URL as UTF-8, at most `most` bytes of it, with `filler` for control characters (0: they stay). `form`: +
 * is a blank. A view when there is nothing to do. */
struct str weblog_clean(struct weblog_meaning *m, struct str raw, bool form, char filler, size_t most) NONNULL(1);
/* A text that is no URL as UTF-8, in the same way. */
struct str weblog_plain(struct weblog_meaning *m, struct str text, char filler) NONNULL(1);
/* Are there control characters in a text? */
bool weblog_has_controls(struct str s);
/* The path of a URL or target, decoded, without parameters behind `;`. */
struct str weblog_path_of(struct weblog_meaning *m, struct str target) NONNULL(1);
/* line->target and path. False: it is no path. */
bool weblog_target_read(struct weblog_meaning *m) MUST_CHECK NONNULL(1);
/* The line's host and pairs. */
void weblog_query_read(struct weblog_meaning *m) NONNULL(1);

/* meaning_hide.c */
/* What the name of a parameter means. */
struct weblog_name weblog_name_of(struct weblog_meaning *m, struct str name) NONNULL(1);
/* Is there nothing in a decoded text that is not to be kept, also when it is decoded again? */
bool weblog_may_keep(struct weblog_meaning *m, struct str text) NONNULL(1);
/* The same of a text that the mapping says is the number of a thing. */
bool weblog_may_keep_thing(struct weblog_meaning *m, struct str text) NONNULL(1);
/* Is there nothing personal in one that is no URL, likewise? A card's number may be one of anything. */
bool weblog_is_impersonal(struct weblog_meaning *m, struct str text) NONNULL(1);
/* Does this segment of a path say that a token may stand behind it: reset, verifyEmail? */
bool weblog_hides_behind(const struct weblog_meaning *m, struct str segment) NONNULL(1);
/* What may be kept of the query; NULL: nothing. */
struct str weblog_query_kept(struct weblog_meaning *m) NONNULL(1);

/* meaning_path.c */
/* *** for each segment that may not be kept. */
struct str weblog_path_masked(struct weblog_meaning *m, struct str path) NONNULL(1);
/* Is there what opens a door in a path or URL, behind a word that says so: /reset/3kX9...? */
bool weblog_holds_token(const struct weblog_meaning *m, struct str text) NONNULL(1);

/* meaning_page.c */
/* Is there a page or evidence in the mapping for this path? */
bool weblog_is_page(const struct weblog_meaning *m) NONNULL(1);
/* line->page and captures. */
void weblog_page_find(struct weblog_meaning *m) NONNULL(1);
/* Does the page have its product or category in this segment of line->path, or in the parameter of that name? */
bool weblog_is_thing_segment(const struct weblog_meaning *m, struct str segment) NONNULL(1);
/* See above. */
bool weblog_is_thing_parameter(const struct weblog_meaning *m, struct str name) NONNULL(1);
/* A value of the line, decoded; control characters are kept; NULL: it has none. */
struct str weblog_value_of(struct weblog_meaning *m, const struct weblog_value *value,
			   const struct weblog_captures *captures) NONNULL(1, 2, 3);
/* Kind, product, category, order, terms and hits, of line->page. */
void weblog_page_read(struct weblog_meaning *m, struct weblog_event *event) NONNULL(1, 2);
/* Links. */
void weblog_evidence_read(struct weblog_meaning *m, struct weblog_event *event) NONNULL(1, 2);

/* meaning_from.c */
/* Referrer, engine and its terms, campaign. */
void weblog_from_read(struct weblog_meaning *m, struct weblog_event *event) NONNULL(1, 2);
/* A text that somebody typed, tidied, at most 256 bytes, *** when it is personal; NULL: nothing is left. */
struct str weblog_typed(struct weblog_meaning *m, struct str text) NONNULL(1);
/* The same of a parameter's value as written. */
struct str weblog_terms_of(struct weblog_meaning *m, struct str raw) NONNULL(1);

/* meaning_client.c */
/* The agent of the line; valid until the next line. */
struct weblog_agent *weblog_agent_of(struct weblog_meaning *m) NONNULL(1) __attribute__((returns_nonnull));
/* The visitor's name in event->visitor, and what is known of it; valid until the next line. */
struct weblog_visit *weblog_visit_of(struct weblog_meaning *m, const struct weblog_agent *agent,
				     struct weblog_event *event) NONNULL(1, 2, 3) __attribute__((returns_nonnull));
/* One more page: is the visitor a bot now? */
bool weblog_visit_is_bot(struct weblog_meaning *m, struct weblog_visit *visit, int64_t at_us) NONNULL(1, 2);
/* Client, agent and device. */
void weblog_client_read(struct weblog_meaning *m, const struct weblog_agent *agent, struct weblog_event *event)
	NONNULL(1, 2, 3);

#endif
