#include "adapters/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"

enum { COLUMNS_MOST = 256 };

struct reader {
	struct arena *mem;
	const char *path, *source;
	struct err *err;
	unsigned line;
	struct fixture_part *part; /* the section being read */
	struct fixture_row **last_row;
	bool in_rows;
};

static bool wrong(const struct reader *r, const char *what)
{
	return err_set(r->err, ERR_CONFIG, r->source, "%s:%u: %s", r->path, r->line, what);
}

/* Cut the first word off. */
static struct str next_word(struct str *rest)
{
	size_t begin = 0, end;

	while (begin < rest->n && (rest->p[begin] == ' ' || rest->p[begin] == '\t'))
		begin++;
	end = begin;
	while (end < rest->n && rest->p[end] != ' ' && rest->p[end] != '\t')
		end++;
	struct str word = { rest->p + begin, end - begin };
	*rest = (struct str){ rest->p + end, rest->n - end };
	return word;
}

static bool word_is(struct str word, const char *text)
{
	return str_eq(word, str_of(text));
}

static bool read_delay(struct reader *r, struct str rest)
{
	struct str word = next_word(&rest);
	uint64_t ms;

	if (word.n < 3 || memcmp(word.p + word.n - 2, "ms", 2) != 0 ||
	    !text_to_u64((struct str){ word.p, word.n - 2 }, &ms) || ms > UINT32_MAX)
		return wrong(r, "a delay is written like 40ms");
	r->part->delay_ms = (uint32_t)ms;
	return true;
}

static bool read_fail(struct reader *r, struct str rest)
{
	static const struct {
		const char *word;
		enum err_class cls;
	} kinds[] = { { "refused", ERR_REFUSED },
		      { "error", ERR_SOURCE },
		      { "auth", ERR_AUTH },
		      { "late", ERR_LATE },
		      { "busy", ERR_BUSY } };
	struct str word = next_word(&rest);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!word_is(word, kinds[i].word))
			continue;
		r->part->fail = kinds[i].cls;
		return true;
	}
	return wrong(r, "fail is followed by refused, error, auth, late or busy");
}

/* The rest of a line as names. */
static bool read_names(struct reader *r, struct str rest, const char ***names_out, size_t *n_out)
{
	const char **names = arena_array_of(r->mem, const char *, COLUMNS_MOST);
	size_t n = 0;

	for (struct str word; (word = next_word(&rest)).n > 0;) {
		if (n == COLUMNS_MOST)
			return wrong(r, "there are more than 256 columns");
		names[n++] = arena_cstr(r->mem, word);
	}
	*names_out = names;
	*n_out = n;
	return n > 0 || wrong(r, "columns and key are followed by names of columns");
}

static bool read_columns(struct reader *r, struct str rest)
{
	r->in_rows = true;
	return read_names(r, rest, &r->part->columns, &r->part->n_columns);
}

static bool read_part(struct reader *r, struct str rest)
{
	struct str name = next_word(&rest);
	struct fixture_part *part = arena_new_of(r->mem, struct fixture_part);

	if (name.n == 0)
		return wrong(r, "part is followed by its name");
	part->name = arena_cstr(r->mem, name);
	r->part->next = part;
	r->part = part;
	r->last_row = &part->rows;
	r->in_rows = false;
	return true;
}

static bool read_word(struct reader *r, struct str line)
{
	struct str rest = line, word = next_word(&rest);

	if (word_is(word, "part"))
		return read_part(r, rest);
	if (word_is(word, "delay"))
		return read_delay(r, rest);
	if (word_is(word, "fail"))
		return read_fail(r, rest);
	if (word_is(word, "columns") && r->part->name[0])
		return read_columns(r, rest);
	if (word_is(word, "key") && r->part->name[0])
		return read_names(r, rest, &r->part->keys, &r->part->n_keys);
	if (word_is(word, "hang"))
		return r->part->hang = true;
	if (word_is(word, "frozen"))
		return r->part->frozen = true;
	return wrong(r, r->part->name[0] ? "expected part, delay, fail, hang, frozen, key or columns"
					 : "expected part, delay, fail, hang or frozen");
}

static struct str read_cell(struct reader *r, struct str text)
{
	char *out = arena_alloc(r->mem, text.n + 1);
	size_t n = 0;

	if (str_eq(text, STR("\\N")))
		return (struct str){ NULL, 0 };
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '\\' && i + 1 < text.n) {
			c = text.p[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		out[n++] = c;
	}
	return (struct str){ out, n };
}

static bool read_row(struct reader *r, struct str line)
{
	struct fixture_row *row = arena_new_of(r->mem, struct fixture_row);
	size_t c = 0;

	row->cells = arena_array_of(r->mem, struct str, r->part->n_columns);
	for (size_t begin = 0, i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] != '\t')
			continue;
		if (c == r->part->n_columns)
			return wrong(r, "the row has more cells than there are columns");
		row->cells[c++] = read_cell(r, (struct str){ line.p + begin, i - begin });
		begin = i + 1;
	}
	if (c < r->part->n_columns)
		return wrong(r, "the row has fewer cells than there are columns (one TAB between two cells)");
	*r->last_row = row;
	r->last_row = &row->next;
	return true;
}

static bool read_line(struct reader *r, struct str line)
{
	if (line.n > 0 && line.p[0] == '#')
		return true;
	if (line.n == 0) {
		r->in_rows = false;
		return true;
	}
	if (r->in_rows && !(line.n > 5 && memcmp(line.p, "part ", 5) == 0))
		return read_row(r, line);
	return read_word(r, line);
}

static bool read_lines(struct reader *r, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool ok = true;

	while (ok && (n = getline(&line, &room, file)) >= 0) {
		r->line++;
		if (n > 0 && line[n - 1] == '\n')
			n--;
		ok = read_line(r, (struct str){ line, (size_t)n });
	}
	if (ok && !feof(file)) /* getline() says -1 then, too; without memory ferror() does not know of it */
		ok = err_set(r->err, ERR_SOURCE, r->source, "%s: %s", r->path, strerror(errno));
	free(line);
	return ok;
}

const struct fixture_part *fixture_file_read(struct arena *mem, const char *path, const char *source,
					     struct err *err)
{
	struct fixture_part *connecting = arena_new_of(mem, struct fixture_part);
	struct reader r = { .mem = mem, .path = path, .source = source, .err = err, .part = connecting };
	FILE *file = fopen(path, "re");
	bool ok;

	if (file == NULL) {
		err_set(err, ERR_REFUSED, source, "%s: %s", path, strerror(errno));
		return NULL;
	}
	connecting->name = "";
	ok = read_lines(&r, file);
	fclose(file);
	return ok ? connecting : NULL;
}
