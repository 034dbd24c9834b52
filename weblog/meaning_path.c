#include "base/text.h"
#include "weblog/meaning_state.h"
#include "weblog/personal.h"

enum {
	PATH_MOST = 1024,
	TOKEN_LEAST = 16, /* bytes: what is shorter is typed, or a number of something */
	TOKEN_CHANGES = 4, /* of a token from letters to digits, and so on: more than any word has */
	TOKEN_PER_CHANGE = 6, /* bytes at most */
};

static struct str past(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

enum byte_class { IS_SMALL, IS_CAPITAL, IS_DIGIT, IS_JOINT, IS_OTHER };

static enum byte_class class_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return IS_SMALL;
	if (c >= 'A' && c <= 'Z')
		return IS_CAPITAL;
	if (c >= '0' && c <= '9')
		return IS_DIGIT;
	return c && strchr("-_.~=+:%", c) ? IS_JOINT : IS_OTHER;
}

/* Letters and digits in no order that words or numbers have. A capital in front of small letters is a word's. */
static bool is_random(struct str segment)
{
	enum byte_class last = IS_JOINT;
	size_t changes = 0;

	if (segment.n < TOKEN_LEAST)
		return false;
	for (size_t i = 0; i < segment.n; i++) {
		enum byte_class class = class_of(segment.p[i]);

		if (class == IS_OTHER)
			return false;
		if (class == IS_JOINT)
			continue;
		changes += last != IS_JOINT && class != last && !(last == IS_CAPITAL && class == IS_SMALL);
		last = class;
	}
	return changes >= TOKEN_CHANGES && changes * TOKEN_PER_CHANGE >= segment.n;
}

/* Bytes of the piece of a path or URL that begins there. */
static size_t piece(struct str s)
{
	size_t n = 0;

	while (n < s.n && !memchr("/?#&=;", s.p[n], 6))
		n++;
	return n;
}

/* Is there a word for it in one of the pieces of `text`? */
static bool is_behind(const struct weblog_meaning *m, struct str text)
{
	while (text.n) {
		size_t n = piece(text);

		if (weblog_hides_behind(m, (struct str){ text.p, n }))
			return true;
		text = past(text, n + (n < text.n));
	}
	return false;
}

bool weblog_holds_token(const struct weblog_meaning *m, struct str text)
{
	struct str before = text; /* that was not looked at for a word */
	bool behind = false;

	while (text.n >= TOKEN_LEAST) {
		size_t n = piece(text);

		if (is_random((struct str){ text.p, n })) {
			behind |= is_behind(m, (struct str){ before.p, (size_t)(text.p + n - before.p) });
			if (behind)
				return true;
			before = past(text, n);
		}
		text = past(text, n + (n < text.n));
	}
	return false;
}

static bool is_whole(struct str path, bool has_token)
{
	return !path.n || (!has_token && !weblog_is_personal_or_card(path) && !memchr(path.p, '=', path.n) &&
			   !memchr(path.p, '%', path.n) && !memchr(path.p, '{', path.n));
}

static bool segment_may_stay(struct weblog_meaning *m, struct str segment, size_t front)
{
	struct str text = { segment.p - front, segment.n + front };

	return weblog_is_thing_segment(m, segment) ? weblog_may_keep_thing(m, text) : weblog_may_keep(m, text);
}

struct str weblog_path_masked(struct weblog_meaning *m, struct str path)
{
	bool has_token = weblog_holds_token(m, path), behind = false;
	const char *begin = path.p;
	char *out;
	size_t n = 0;

	if (is_whole(path, has_token))
		return text_cut(path, PATH_MOST);
	out = arena_alloc(m->line.mem, path.n * 3 + 1); /* segments may be of one byte */
	while (path.n) {
		const char *slash = memchr(path.p, '/', path.n);
		struct str segment = { path.p, slash ? (size_t)(slash - path.p) : path.n };
		/* who stands in front of a host is told by the slashes */
		size_t front = path.p - begin > 1 && path.p[-1] == '/' && path.p[-2] == '/' ? 2 : 0;

		behind = behind || (has_token && weblog_hides_behind(m, segment));
		if (!segment_may_stay(m, segment, front) || (behind && is_random(segment)))
			n = (size_t)(stpcpy(out + n, "***") - out);
		else if (segment.n)
			n = (size_t)((char *)mempcpy(out + n, segment.p, segment.n) - out);
		path = past(path, segment.n);
		if (path.n) {
			out[n++] = '/';
			path = past(path, 1);
		}
	}
	return text_cut((struct str){ out, n }, PATH_MOST);
}
