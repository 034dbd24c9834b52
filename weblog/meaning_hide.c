#include <strings.h>

#include "base/text.h"
#include "weblog/meaning_state.h"
#include "weblog/personal.h"

enum {
	NAME_MOST = 64, /* a longer one is no name */
	WORDS_MOST = 16,
	QUERY_MOST = 1024,
	ENCODED_MOST = 4, /* how often */
};

/* The letters and digits of a name, and where its words end. */
struct spelt {
	char text[NAME_MOST * 3]; /* CP949 becomes longer */
	size_t n;
	size_t ends[WORDS_MOST], n_words;
};

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static void word_end(struct spelt *to)
{
	if (to->n > (to->n_words ? to->ends[to->n_words - 1] : 0) && to->n_words < WORDS_MOST)
		to->ends[to->n_words++] = to->n;
}

static bool is_wide(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return true;
	return false;
}

/* Words end at what is neither letter nor digit, and where capitals say so: orderHp, HPNo. */
static void spell(struct str name, struct spelt *to)
{
	char ascii[NAME_MOST * 3];
	size_t n;

	if (is_wide(name) && weblog_fold(text_cut(name, sizeof(ascii)), ascii, &n))
		name = (struct str){ ascii, n };
	to->n = to->n_words = 0;
	for (size_t i = 0; i < name.n && to->n < sizeof(to->text); i++) {
		char c = name.p[i], before = i ? name.p[i - 1] : 0, behind = i + 1 < name.n ? name.p[i + 1] : 0;

		if (!is_upper(c) && !is_lower(c) && !text_is_digit(c) && (unsigned char)c < 0x80) {
			word_end(to);
			continue;
		}
		if (is_upper(c) &&
		    (is_lower(before) || text_is_digit(before) || (is_upper(before) && is_lower(behind))))
			word_end(to);
		to->text[to->n++] = text_lower(c);
	}
	word_end(to);
}

static struct str without_number(struct str s)
{
	while (s.n > 1 && text_is_digit(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool has_word(const struct spelt *name, struct str word)
{
	for (size_t i = 0, begin = 0; i < name->n_words; begin = name->ends[i++]) {
		struct str it = { name->text + begin, name->ends[i] - begin };

		if (str_eq(it, word) || str_eq(without_number(it), word))
			return true;
	}
	return false;
}

static bool hides(const struct weblog_hidden *hidden, const struct spelt *name)
{
	struct str whole = { name->text, name->n };

	switch (hidden->how) {
	case WEBLOG_HIDES_WHOLE:
		break;
	case WEBLOG_HIDES_WORD:
		if (has_word(name, hidden->name))
			return true;
		break;
	case WEBLOG_HIDES_PART:
		return memmem(whole.p, whole.n, hidden->name.p, hidden->name.n) != NULL;
	case WEBLOG_HIDES_BEHIND:
		return false;
	}
	return str_eq(whole, hidden->name) || str_eq(without_number(whole), hidden->name);
}

/* Is a text free of what `is_wrong` finds, also when it is decoded again? One that is still encoded then is not. */
static bool is_free(struct weblog_meaning *m, struct str text,
		    bool (*is_wrong)(struct weblog_meaning *m, struct str text))
{
	for (unsigned i = 0; i < ENCODED_MOST; i++) {
		struct str decoded;

		if (is_wrong(m, text))
			return false;
		if (!text.n || !memchr(text.p, '%', text.n))
			return true;
		decoded = weblog_clean(m, text, false, 0, text.n * 3);
		if (str_eq(decoded, text))
			return true;
		text = decoded;
	}
	return false;
}

static bool is_hidden(struct weblog_meaning *m, struct str name)
{
	struct spelt spelt, other;

	if (name.n > NAME_MOST || weblog_is_personal_or_card(name))
		return true;
	spell(name, &spelt);
	for (size_t i = 0; i < m->rules->n_hidden; i++)
		if (hides(&m->rules->hidden[i], &spelt))
			return true;
	for (size_t i = 0; i < m->conf->n_hide; i++) {
		spell(m->conf->hide[i], &other);
		if (str_eq((struct str){ other.text, other.n }, (struct str){ spelt.text, spelt.n }))
			return true;
	}
	return false;
}

static bool is_one_of(struct str name, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].n == name.n && strncasecmp(names[i].p, name.p, name.n) == 0)
			return true;
	return false;
}

static void name_read(struct weblog_meaning *m, struct str raw, struct weblog_name *to)
{
	static const struct str utm[] = { STR("utm_source"), STR("utm_medium"), STR("utm_campaign") };
	const struct weblog_rules *rules = m->rules;
	struct str name = weblog_clean(m, raw, true, '_', NAME_MOST + 1);

	*to = (struct weblog_name){ .use = WEBLOG_OF_NO_USE };
	for (unsigned i = 0; i < ARRAY_LEN(utm); i++)
		if (is_one_of(name, &utm[i], 1))
			to->use = WEBLOG_UTM_SOURCE + i;
	if (to->use != WEBLOG_OF_NO_USE)
		return;
	if (is_one_of(name, m->conf->searches, m->conf->n_searches) ||
	    is_one_of(name, rules->parameters, rules->n_parameters))
		to->use = WEBLOG_SEARCH;
	for (size_t i = 0; i < rules->n_marks; i++)
		if (is_one_of(name, &rules->marks[i].parameter, 1)) {
			to->use = WEBLOG_MARK;
			to->mark = &rules->marks[i];
		}
	to->is_hidden = to->mark || !is_free(m, name, is_hidden);
}

struct weblog_name weblog_name_of(struct weblog_meaning *m, struct str name)
{
	bool is_new;
	struct weblog_name *known = weblog_memo_at(m->names, name, &is_new);

	if (is_new)
		name_read(m, name, known);
	return *known;
}

/* { with a name behind it, in quotes or in front of a colon: an object of a script. */
static bool opens_object(struct str text, size_t at)
{
	size_t i = at + 1, name;

	while (i < text.n && (unsigned char)text.p[i] <= ' ')
		i++;
	if (i < text.n && strchr("\"'\\", text.p[i]))
		return true;
	for (name = i; i < text.n && (is_upper(text.p[i]) || is_lower(text.p[i]) || text_is_digit(text.p[i]) ||
				      strchr("_$-", text.p[i]) || (unsigned char)text.p[i] >= 0x80);)
		i++;
	return i > name && i < text.n && text.p[i] == ':';
}

/* The name between the quotes in front of a colon; NULL: there is none. */
static struct str quoted_name(struct str text, size_t colon)
{
	size_t end = colon, begin;

	while (end > 0 && text.p[end - 1] == ' ')
		end--;
	if (end < 2 || !strchr("\"'", text.p[end - 1]))
		return (struct str){ NULL, 0 };
	for (begin = --end; begin > 0 && end - begin <= NAME_MOST && text.p[begin - 1] != text.p[end];)
		begin--;
	return (struct str){ text.p + begin, end - begin };
}

static bool has_names(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '=' || text.p[i] == '{' || text.p[i] == ':')
			return true;
	return false;
}

/* Parameters of a URL that is the value, and objects of a script, whose names nobody knows. */
static bool holds_hidden(struct weblog_meaning *m, struct str text)
{
	size_t begin = 0;

	if (text.n && (text.p[0] == '{' || (text.n > 1 && text.p[0] == '[' && strchr("{\"", text.p[1]))))
		return true;
	if (!has_names(text))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		struct str name = text.p[i] == '=' ? (struct str){ text.p + begin, i - begin } :
				  text.p[i] == ':' ? quoted_name(text, i) :
						     (struct str){ NULL, 0 };

		if ((name.p && weblog_name_of(m, name).is_hidden) || (text.p[i] == '{' && opens_object(text, i)))
			return true;
		if (memchr("?&;#=/ ,{(|\"'", text.p[i], 13))
			begin = i + 1;
	}
	return false;
}

bool weblog_hides_behind(const struct weblog_meaning *m, struct str segment)
{
	struct spelt spelt;

	spell(text_cut(segment, NAME_MOST), &spelt);
	for (size_t i = 0; i < m->rules->n_hidden; i++) {
		const struct weblog_hidden *hidden = &m->rules->hidden[i];

		if (hidden->how == WEBLOG_HIDES_BEHIND && memmem(spelt.text, spelt.n, hidden->name.p, hidden->name.n))
			return true;
	}
	return false;
}

static bool is_not_kept(struct weblog_meaning *m, struct str text)
{
	return weblog_is_personal_or_card(text) || holds_hidden(m, text) || weblog_holds_token(m, text);
}

bool weblog_may_keep(struct weblog_meaning *m, struct str text)
{
	return is_free(m, text, is_not_kept);
}

static bool is_no_thing(struct weblog_meaning *m, struct str text)
{
	return weblog_is_personal_as_thing(text) || holds_hidden(m, text) || weblog_holds_token(m, text);
}

bool weblog_may_keep_thing(struct weblog_meaning *m, struct str text)
{
	return is_free(m, text, is_no_thing);
}

static bool is_personal(struct weblog_meaning *m, struct str text)
{
	(void)m;
	return weblog_is_personal(text);
}

bool weblog_is_impersonal(struct weblog_meaning *m, struct str text)
{
	return is_free(m, text, is_personal);
}

/* As written, but for bytes that URLs do not have. */
static void raw_put(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f)
			buf_printf(out, "%%%02X", c);
		else
			buf_putc(out, s.p[i]);
	}
}

static struct str value_kept(struct weblog_meaning *m, const struct weblog_pair *pair)
{
	struct str value = weblog_clean(m, pair->value, true, 0, pair->value.n * 3);
	bool keeps = weblog_is_thing_parameter(m, pair->name) ? weblog_may_keep_thing(m, value) :
								weblog_may_keep(m, value);

	return keeps ? pair->value : STR("***");
}

struct str weblog_query_kept(struct weblog_meaning *m)
{
	struct buf *out = &m->again;

	out->len = 0;
	for (size_t i = 0; i < m->line.n_pairs; i++) {
		const struct weblog_pair *pair = &m->line.pairs[i];
		size_t before = out->len;

		if (pair->means.is_hidden)
			continue;
		if (before)
			buf_putc(out, '&');
		raw_put(pair->name, out);
		if (pair->value.p)
			buf_putc(out, '=');
		if (pair->value.p)
			raw_put(value_kept(m, pair), out);
		if (out->len > QUERY_MOST) {
			out->len = before;
			break;
		}
	}
	return out->len ? arena_str(m->line.mem, buf_str(out)) : (struct str){ NULL, 0 };
}
