#include "adapters/odbc.h"

#include <strings.h>

/* One KEY=VALUE of a connection string, as views into it. */
struct attribute {
	struct str key;
	struct str value; /* with its braces */
};

enum { CONNECT_S = 2 };

/* What we add for a family, unless the string sets the key itself. */
struct addition {
	enum odbc_family family;
	const char *key;
	enum { FIXED, WORDS, CONNECT, CAP_MS, CAP_AND_A_SECOND } kind; /* WORDS: before those that the string sets */
	const char *fixed;
};

static const struct addition additions[] = {
	/* tcp_user_timeout acts on what was sent, the keepalives on a peer that vanished while it computed */
	{ ODBC_POSTGRESQL, "pqopt", WORDS,
	  "tcp_user_timeout=2000 keepalives_idle=5 keepalives_interval=1 keepalives_count=3 connect_timeout=" },
	/* CHARSET=utf8 would turn emoji into question marks */
	{ ODBC_MARIADB, "CHARSET", FIXED, "utf8mb4" },
	{ ODBC_MARIADB, "CONN_TIMEOUT", CONNECT, NULL },
	/* above the server's own limit and the connect's, so that only a frozen server loses its connections */
	{ ODBC_MARIADB, "READ_TIMEOUT", CAP_AND_A_SECOND, NULL },
	{ ODBC_MARIADB, "WRITE_TIMEOUT", CAP_AND_A_SECOND, NULL },
	/* how long to wait for a writer; the driver's default is 100 s */
	{ ODBC_SQLITE, "Timeout", CAP_MS, NULL },
	{ ODBC_SQLITE, "NoTXN", FIXED, "1" },
	{ ODBC_SQLITE, "NoCreat", FIXED, "1" },
};

static size_t skip_space(const char *s, size_t i)
{
	while (s[i] == ' ' || s[i] == '\t')
		i++;
	return i;
}

static struct str trimmed(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return (struct str){ p, n };
}

/* The end of a {value}, behind its brace; `}}` inside is one brace. 0: it does not end. */
static size_t brace_end(const char *s, size_t i)
{
	for (i++; s[i] != '\0'; i++) {
		if (s[i] != '}')
			continue;
		if (s[i + 1] != '}')
			return i + 1;
		i++;
	}
	return 0;
}

/* Read the attribute at *at and move behind it; false at the end. *wrong: what is wrong there, or NULL. */
static bool next_attribute(const char *s, size_t *at, struct attribute *out, const char **wrong)
{
	size_t i = skip_space(s, *at), begin, end;

	*wrong = NULL;
	while (s[i] == ';')
		i = skip_space(s, i + 1);
	if (s[i] == '\0')
		return false;
	begin = i;
	i += strcspn(s + i, "=;");
	if (s[i] != '=') {
		*wrong = "a key has no =value";
		return false;
	}
	out->key = trimmed(s + begin, i - begin);
	begin = i = skip_space(s, i + 1);
	end = s[i] == '{' ? brace_end(s, i) : i + strcspn(s + i, ";");
	if (s[i] == '{' && end == 0) {
		*wrong = "a { is not closed by a }";
		return false;
	}
	out->value = trimmed(s + begin, end - begin);
	i = skip_space(s, end);
	if (s[i] != ';' && s[i] != '\0') {
		*wrong = "a ; is missing behind a }";
		return false;
	}
	*at = i;
	return true;
}

static bool key_is(struct str key, const char *name)
{
	return key.n == strlen(name) && strncasecmp(key.p, name, key.n) == 0;
}

static bool find(const char *connect, const char *key, struct str *value_out)
{
	struct attribute a;
	const char *wrong;

	for (size_t at = 0; next_attribute(connect, &at, &a, &wrong);) {
		if (!key_is(a.key, key))
			continue;
		*value_out = a.value;
		return true;
	}
	return false;
}

bool odbc_connstr_check(const char *connect, const char *source, struct err *err)
{
	struct attribute a;
	const char *wrong;
	struct str value;

	for (size_t at = 0; next_attribute(connect, &at, &a, &wrong);)
		continue;
	if (wrong)
		return err_set(err, ERR_CONFIG, source, "the connection string is malformed: %s", wrong);
	if (!find(connect, "Driver", &value) && !find(connect, "DSN", &value))
		return err_set(err, ERR_CONFIG, source,
			       "the connection string names neither Driver={...} nor DSN=...");
	return true;
}

bool odbc_connstr_get(const char *connect, const char *key, struct buf *out)
{
	struct str v;

	if (!find(connect, key, &v))
		return false;
	if (v.n < 2 || v.p[0] != '{') {
		buf_put_str(out, v);
		return true;
	}
	for (size_t i = 1; i < v.n - 1; i++) {
		buf_putc(out, v.p[i]);
		if (v.p[i] == '}')
			i++;
	}
	return true;
}

enum odbc_family odbc_connstr_family(const char *connect)
{
	static const struct {
		const char *part;
		enum odbc_family family;
	} known[] = {
		{ "postgres", ODBC_POSTGRESQL },
		{ "psqlodbc", ODBC_POSTGRESQL },
		{ "mariadb", ODBC_MARIADB },
		{ "maodbc", ODBC_MARIADB },
		{ "sqlite", ODBC_SQLITE },
	};
	SCOPED(buf_free) struct buf driver = { 0 };

	if (!odbc_connstr_get(connect, "Driver", &driver))
		return ODBC_OTHER;
	buf_putc(&driver, '\0');
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasestr(driver.data, known[i].part))
			return known[i].family;
	return ODBC_OTHER;
}

static void put_end(struct buf *out)
{
	if (out->len > 0 && out->data[out->len - 1] != ';')
		buf_putc(out, ';');
}

/* The string without what WORDS sets: that comes behind, once. Where it is malformed the rest stays as it is. */
static void put_given(const char *connect, enum odbc_family family, struct buf *out)
{
	struct attribute a;
	const char *wrong;
	size_t at = 0;

	while (family == ODBC_POSTGRESQL && next_attribute(connect, &at, &a, &wrong)) {
		if (key_is(a.key, "pqopt"))
			continue;
		put_end(out);
		buf_printf(out, "%.*s=%.*s", STR_ARG(a.key), STR_ARG(a.value));
	}
	if (connect[at])
		buf_puts(out, connect + at);
}

/* libpq heeds the last of several words of one name. */
static void put_words(const char *words, uint32_t connect_s, struct str set, struct buf *out)
{
	if (set.n >= 2 && set.p[0] == '{')
		set = (struct str){ set.p + 1, set.n - 2 };
	buf_printf(out, "{%s%u%s%.*s}", words, connect_s, set.n ? " " : "", STR_ARG(set));
}

static uint32_t seconds_of(uint32_t ms)
{
	return ms / 1000 + (ms % 1000 != 0);
}

uint32_t odbc_connect_s(const struct adapter_conf *conf)
{
	return conf->connect_ms ? seconds_of(conf->connect_ms) : CONNECT_S;
}

void odbc_connstr_complete(const struct adapter_conf *conf, struct buf *out)
{
	enum odbc_family family = odbc_connstr_family(conf->connect);
	uint32_t most_ms = conf->connect_ms > conf->cap_ms ? conf->connect_ms : conf->cap_ms;

	put_given(conf->connect, family, out);
	for (size_t i = 0; i < ARRAY_LEN(additions); i++) {
		const struct addition *a = &additions[i];
		struct str set = { 0 };

		if (a->family != family || (find(conf->connect, a->key, &set) && a->kind != WORDS))
			continue;
		put_end(out);
		switch (a->kind) {
		case WORDS:
			buf_printf(out, "%s=", a->key);
			put_words(a->fixed, odbc_connect_s(conf), set, out);
			break;
		case FIXED:
			buf_printf(out, "%s=%s", a->key, a->fixed);
			break;
		case CONNECT:
			buf_printf(out, "%s=%u", a->key, odbc_connect_s(conf));
			break;
		case CAP_MS:
			buf_printf(out, "%s=%u", a->key, conf->cap_ms);
			break;
		case CAP_AND_A_SECOND:
			buf_printf(out, "%s=%u", a->key, seconds_of(most_ms) + 1);
			break;
		}
	}
}
