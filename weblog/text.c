/* text.c - formats of literals and fields, as nginx and Apache write them. A field reaches to the literal behind it, so
 * a line is read in one pass of memchr(). */
#include "weblog/program.h"

/* A format string while it is taken apart. */
struct source {
	struct str text;
	size_t at;
	struct buf literal; /* bytes since the last field */
	struct arena *mem;
	struct weblog_format *format;
	struct err *err;
};

static bool wrong(struct source *s, const char *what)
{
	return err_set(s->err, ERR_CONFIG, "format", "at byte %zu: %s", s->at, what);
}

/* The literal belongs to the field in front of it. */
static void literal_end(struct source *s)
{
	struct str literal = arena_str(s->mem, s->literal.len ? buf_str(&s->literal) : STR(""));

	if (s->format->n == 0)
		s->format->first = literal;
	else
		s->format->steps[s->format->n - 1].until = literal;
	s->literal.len = 0;
}

static bool is_target(const struct weblog_slot *slot)
{
	return slot->kind == WEBLOG_TEXT && slot->argument == WEBLOG_TARGET;
}

static bool field_add(struct source *s, struct weblog_slot slot)
{
	struct weblog_format *format = s->format;
	bool is_query = slot.kind == WEBLOG_TEXT && slot.argument == WEBLOG_QUERY;

	if (format->n > 0 && s->literal.len == 0) {
		if (is_query && is_target(&format->steps[format->n - 1].slot))
			return true; /* Apache's %U%q is the whole target */
		return wrong(s, "two fields need something between them");
	}
	if (format->n == WEBLOG_STEPS_MAX)
		return wrong(s, "too many fields");
	literal_end(s);
	format->steps[format->n++] = (struct weblog_step){ .slot = slot };
	return true;
}

static bool nginx_take(struct source *s)
{
	struct str rest = { s->text.p + s->at + 1, s->text.n - s->at - 1 };
	bool braced = rest.n && rest.p[0] == '{';
	size_t n;

	rest.p += braced;
	rest.n -= braced;
	n = weblog_word(rest);
	if (n == 0 || (braced && (n == rest.n || rest.p[n] != '}')))
		return wrong(s, "a name must follow $");
	if (!field_add(s, weblog_variable((struct str){ rest.p, n })))
		return false;
	s->at += 1 + n + 2 * (size_t)braced;
	return true;
}

/* %t with what stands in its braces. */
static bool apache_time(struct source *s, struct str argument)
{
	static const struct {
		struct str form;
		struct weblog_slot slot;
	} forms[] = {
		{ STR("sec"), { .kind = WEBLOG_TIME_EPOCH, .argument = 6 } },
		{ STR("msec"), { .kind = WEBLOG_TIME_EPOCH, .argument = 3 } },
		{ STR("usec"), { .kind = WEBLOG_TIME_EPOCH, .argument = 0 } },
		{ STR("%d/%b/%Y:%H:%M:%S %z"), { .kind = WEBLOG_TIME_CLF } },
		{ STR("%d/%b/%Y:%T %z"), { .kind = WEBLOG_TIME_CLF } },
		{ STR("%Y-%m-%dT%H:%M:%S%z"), { .kind = WEBLOG_TIME_ISO } },
		{ STR("%FT%T%z"), { .kind = WEBLOG_TIME_ISO } },
		{ STR("%Y-%m-%d %H:%M:%S"), { .kind = WEBLOG_TIME_ISO } },
		{ STR("%F %T"), { .kind = WEBLOG_TIME_ISO } },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (str_eq(argument, forms[i].form)) {
			struct weblog_slot slot = forms[i].slot;

			slot.name = STR("%t");
			return field_add(s, slot);
		}
	return wrong(s, "a form of time that is not known; see docs/weblog.md");
}

/* %T with a unit. */
static bool apache_taken(struct source *s, struct str unit)
{
	struct weblog_slot slot = { .kind = WEBLOG_DURATION, .name = STR("%T") };

	if (str_eq(unit, STR("us")))
		slot.argument = 0;
	else if (str_eq(unit, STR("ms")))
		slot.argument = 3;
	else if (str_eq(unit, STR("s")))
		slot.argument = 6;
	else
		return wrong(s, "%T knows us, ms and s");
	return field_add(s, slot);
}

/* %{argument}letter. */
static bool apache_argument(struct source *s, struct str argument, char letter)
{
	struct weblog_slot slot;

	switch (letter) {
	case 't':
		return apache_time(s, argument);
	case 'T':
		return apache_taken(s, argument);
	case 'i':
		return field_add(s, weblog_slot_header(argument, argument));
	case 'a': /* the client, or with {c} its next hop */
	case 'h':
		return weblog_slot_find(WEBLOG_APACHE, STR("a"), &slot) && field_add(s, slot);
	default: /* %{name}o, %{name}C, %{name}e, %{name}n, %{name}p and what modules add */
		return field_add(s, (struct weblog_slot){ .kind = WEBLOG_EXTRA, .name = argument });
	}
}

/* %t has its own brackets. */
static bool apache_clf(struct source *s)
{
	buf_putc(&s->literal, '[');
	if (!field_add(s, (struct weblog_slot){ .kind = WEBLOG_TIME_CLF, .name = STR("%t") }))
		return false;
	buf_putc(&s->literal, ']');
	return true;
}

/* How many bytes after % are conditions and redirections, such as > or !200,304. */
static size_t modifiers(struct str s)
{
	size_t n = 0;

	while (n < s.n && strchr("<>!,0123456789", s.p[n]))
		n++;
	return n;
}

static bool apache_take(struct source *s)
{
	struct str rest = { s->text.p + s->at + 1, s->text.n - s->at - 1 }, argument = { NULL, 0 };
	size_t n = modifiers(rest);
	struct weblog_slot slot;
	char letter;

	if (n < rest.n && rest.p[n] == '{') {
		const char *end = memchr(rest.p + n, '}', rest.n - n);

		if (!end)
			return wrong(s, "%{ without }");
		argument = (struct str){ rest.p + n + 1, (size_t)(end - rest.p) - n - 1 };
		n += argument.n + 2;
	}
	if (n >= rest.n)
		return wrong(s, "a letter must follow %");
	letter = rest.p[n];
	if (letter == '%' && n == 0)
		buf_putc(&s->literal, '%');
	else if (argument.p && !apache_argument(s, argument, letter))
		return false;
	else if (!argument.p && letter == 't' && !apache_clf(s))
		return false;
	else if (!argument.p && letter != 't') {
		if (!weblog_slot_find(WEBLOG_APACHE, (struct str){ rest.p + n, 1 }, &slot))
			slot.kind = WEBLOG_EXTRA;
		slot.name = (struct str){ rest.p - 1, n + 2 };
		if (!field_add(s, slot))
			return false;
	}
	s->at += 2 + n;
	return true;
}

/* A literal byte; \" \\ \t as in the configuration of servers. */
static void literal_take(struct source *s)
{
	char c = s->text.p[s->at];

	if (c == '\\' && s->at + 1 < s->text.n && strchr("\"\\t'", s->text.p[s->at + 1])) {
		c = s->text.p[++s->at];
		c = c == 't' ? '\t' : c;
	}
	buf_putc(&s->literal, c);
	s->at++;
}

static bool take_all(struct source *s)
{
	bool good = true;

	while (good && s->at < s->text.n) {
		if (s->text.p[s->at] == '$')
			good = nginx_take(s);
		else if (s->text.p[s->at] == '%')
			good = apache_take(s);
		else
			literal_take(s);
	}
	return good;
}

static void quotes_find(struct weblog_format *format)
{
	struct str before = format->first;

	for (size_t i = 0; i < format->n; i++) {
		struct str until = format->steps[i].until;

		format->steps[i].quoted = before.n && until.n && before.p[before.n - 1] == '"' && until.p[0] == '"';
		before = until;
	}
}

bool weblog_text_compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
{
	struct source s = { .text = text, .mem = mem, .format = format, .err = err };
	bool good;

	format->steps = arena_array_of(mem, struct weblog_step, WEBLOG_STEPS_MAX);
	format->first = STR("");
	good = take_all(&s);
	if (good)
		literal_end(&s);
	buf_free(&s.literal);
	quotes_find(format);
	return good;
}

/* The quote that ends a value: one that no backslash is in front of, of which two cancel out. */
static const char *quote_find(const char *p, const char *end)
{
	const char *from = p;

	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		size_t backslashes = 0;

		while (p - backslashes > from && p[-1 - (ptrdiff_t)backslashes] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return p;
		p++;
	}
	return NULL;
}

/* Where the literal behind a field begins; NULL: nowhere. */
static const char *until_find(const struct weblog_step *step, const char *p, const char *end)
{
	if (step->until.n == 0)
		return end;
	if (step->quoted)
		return quote_find(p, end);
	for (; (p = memchr(p, step->until.p[0], (size_t)(end - p))); p++)
		if ((size_t)(end - p) >= step->until.n && memcmp(p, step->until.p, step->until.n) == 0)
			return p;
	return NULL;
}

/* client:port - an IPv6 address has colons of its own: the last one in front of a blank is meant. */
static const char *port_find(const char *p, const char *end)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));

	return memrchr(p, ':', (size_t)((blank ? blank : end) - p));
}

static bool step_run(struct weblog_parser *parser, const struct weblog_step *step, struct str *rest,
		     struct weblog_record *record, struct weblog_fault *fault)
{
	const char *end = rest->p + rest->n, *stop;
	bool client = step->slot.kind == WEBLOG_TEXT && step->slot.argument == WEBLOG_CLIENT;
	const char *bad;
	struct str value;
	size_t at;

	if (client && step->until.n == 1 && step->until.p[0] == ':')
		stop = port_find(rest->p, end);
	else
		stop = until_find(step, rest->p, end);
	if (!stop)
		return weblog_reject(fault, 0,
				     step->quoted ? "a quote that nothing ends" : "the end of this is not found",
				     step->slot.name);
	value = (struct str){ rest->p, (size_t)(stop - rest->p) };
	bad = weblog_slot_put(&step->slot, value, &parser->memo, record, &at);
	if (bad)
		return weblog_reject(fault, at, bad, step->slot.name);
	if (step->quoted && value.n > 1 && memchr(value.p, '\\', value.n))
		record->escaped |= step->slot.kind == WEBLOG_TEXT ? 1u << step->slot.argument : ~0u;
	if ((size_t)(end - stop) < step->until.n || memcmp(stop, step->until.p, step->until.n) != 0)
		return weblog_reject(fault, value.n, "something else is expected here", step->until);
	*rest = (struct str){ stop + step->until.n, (size_t)(end - stop) - step->until.n };
	return true;
}

bool weblog_text_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
		     struct weblog_fault *fault)
{
	const struct weblog_format *format = parser->format;
	struct str rest;

	record->escape = WEBLOG_BACKSLASH;
	if (line.n < format->first.n || memcmp(line.p, format->first.p, format->first.n) != 0)
		return weblog_reject(fault, 0, "something else is expected here", format->first);
	rest = (struct str){ line.p + format->first.n, line.n - format->first.n };
	for (size_t i = 0; i < format->n; i++)
		if (!step_run(parser, &format->steps[i], &rest, record, fault)) {
			fault->at += (size_t)(rest.p - line.p);
			return false;
		}
	if (rest.n)
		return weblog_reject(fault, (size_t)(rest.p - line.p), "more than the format says",
				     (struct str){ NULL, 0 });
	return true;
}
