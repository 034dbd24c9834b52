#include "weblog/rules.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"

enum { FILE_MAX = 1 << 20, PER_FILE_MAX = 4096, AGENT_MAX = 1024 };

static const char built_in_formats[] = {
#include "weblog/formats.conf.inc"
};
static const char built_in_bots[] = {
#include "weblog/bots.conf.inc"
};
static const char built_in_searches[] = {
#include "weblog/searches.conf.inc"
};
static const char built_in_hidden[] = {
#include "weblog/hidden.conf.inc"
};
static const char built_in_assets[] = {
#include "weblog/assets.conf.inc"
};
static const char built_in_devices[] = {
#include "weblog/devices.conf.inc"
};
static const char built_in_campaigns[] = {
#include "weblog/campaigns.conf.inc"
};

/* Takes one line; false: *err says what is wrong. */
typedef bool line_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err);

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct str trimmed(struct str s)
{
	while (s.n && is_blank(s.p[0]))
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* `name = value` */
static bool pair_read(struct str line, struct str *name, struct str *value)
{
	const char *equals = memchr(line.p, '=', line.n);

	if (!equals)
		return false;
	*name = trimmed((struct str){ line.p, (size_t)(equals - line.p) });
	*value = trimmed((struct str){ equals + 1, line.n - (size_t)(equals - line.p) - 1 });
	return name->n && value->n;
}

static bool format_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	struct str name, value;
	const struct weblog_format *format;

	if (!pair_read(line, &name, &value))
		return err_set(err, ERR_CONFIG, "", "not name = format");
	format = weblog_format_new(value, mem, err);
	if (!format)
		return false;
	rules->formats[rules->n_formats++] = (struct weblog_named){ name, format };
	return true;
}

static bool bot_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	bool people = line.p[0] == '!';

	(void)mem;
	if (people)
		line = trimmed((struct str){ line.p + 1, line.n - 1 });
	if (line.n == 0)
		return err_set(err, ERR_CONFIG, "", "nothing behind !");
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] >= 'A' && line.p[i] <= 'Z')
			return err_set(err, ERR_CONFIG, "", "only lower-case letters: agents are compared in any case");
	if (people)
		rules->people[rules->n_people++] = line;
	else
		rules->bots[rules->n_bots++] = line;
	return true;
}

static bool search_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	struct str what, value;
	const char *blank;

	(void)mem;
	if (!pair_read(line, &what, &value))
		return err_set(err, ERR_CONFIG, "", "not parameter = NAME or engine = HOST PARAMETER");
	blank = memchr(value.p, ' ', value.n);
	if (str_eq(what, STR("parameter")) && !blank) {
		rules->parameters[rules->n_parameters++] = value;
		return true;
	}
	if (!str_eq(what, STR("engine")) || !blank)
		return err_set(err, ERR_CONFIG, "", "not parameter = NAME or engine = HOST PARAMETER");
	rules->engines[rules->n_engines++] = (struct weblog_engine){
		.host = { value.p, (size_t)(blank - value.p) },
		.parameter = trimmed((struct str){ blank, value.n - (size_t)(blank - value.p) }),
	};
	return true;
}

/* Neither upper-case letters nor what stands between the words of a name. */
static bool is_squashed(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
		      (unsigned char)name.p[i] >= 0x80))
			return false;
	return true;
}

static bool hidden_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	static const struct str ways[] = {
		[WEBLOG_HIDES_WHOLE] = STR("whole"),
		[WEBLOG_HIDES_WORD] = STR("word"),
		[WEBLOG_HIDES_PART] = STR("part"),
		[WEBLOG_HIDES_BEHIND] = STR("behind"),
	};
	struct str how, name;

	(void)mem;
	if (!pair_read(line, &how, &name) || !is_squashed(name))
		return err_set(err, ERR_CONFIG, "",
			       "not whole, word, part or behind = NAME of lower-case letters and digits");
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (str_eq(how, ways[i])) {
			rules->hidden[rules->n_hidden++] = (struct weblog_hidden){ (enum weblog_hiding)i, name };
			return true;
		}
	return err_set(err, ERR_CONFIG, "", "not whole, word, part or behind = NAME");
}

static bool asset_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	struct str what, value;

	(void)mem;
	if (!pair_read(line, &what, &value))
		return err_set(err, ERR_CONFIG, "", "not suffix = NAME or path = PATH");
	if (str_eq(what, STR("suffix")) && value.n <= WEBLOG_SUFFIX_MAX && is_squashed(value))
		rules->suffixes[rules->n_suffixes++] = value;
	else if (str_eq(what, STR("path")) && value.p[0] == '/')
		rules->asset_paths[rules->n_asset_paths++] = value;
	else
		return err_set(err, ERR_CONFIG, "", "not suffix = NAME (12 bytes at most) or path = PATH");
	return true;
}

static bool device_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	static const char *const devices[] = { "mobile", "tablet", "desktop", "other" };
	struct str device, piece;

	(void)mem;
	if (!pair_read(line, &device, &piece))
		return err_set(err, ERR_CONFIG, "", "not DEVICE = piece");
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (str_eq(device, str_of(devices[i]))) {
			rules->devices[rules->n_devices++] = (struct weblog_device){ devices[i], piece };
			return true;
		}
	return err_set(err, ERR_CONFIG, "", "a device is mobile, tablet, desktop or other");
}

static bool mark_take(struct weblog_rules *rules, struct str line, struct arena *mem, struct err *err)
{
	struct weblog_mark *mark = &rules->marks[rules->n_marks];

	(void)mem;
	if (!pair_read(line, &mark->parameter, &mark->campaign) || !memchr(mark->campaign.p, '/', mark->campaign.n))
		return err_set(err, ERR_CONFIG, "", "not PARAMETER = source/medium");
	rules->n_marks++;
	return true;
}

static bool lines_take(struct weblog_rules *rules, const char *file, struct str text, line_take *take, struct err *err,
		       struct arena *mem)
{
	size_t number = 0, taken = 0;

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		struct str line = trimmed((struct str){ text.p, n });
		struct err why;

		number++;
		n += end != NULL;
		text = (struct str){ text.p + n, text.n - n };
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (taken++ == PER_FILE_MAX)
			return err_set(err, ERR_CONFIG, file, "more than %d lines", PER_FILE_MAX);
		if (!take(rules, line, mem, &why))
			return err_set(err, ERR_CONFIG, file, "line %zu: %s", number, why.text);
	}
	return true;
}

/* The bytes of dir/name in `mem`. False without *err filled: there is no such file. */
static bool file_read(const char *dir, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	const char *path = arena_printf(mem, "%s/%s", dir, name).p;
	FILE *file = fopen(path, "re");
	char *bytes;
	size_t n;

	err->cls = ERR_NONE;
	if (!file)
		return errno != ENOENT && err_set(err, ERR_CONFIG, name, "%s", strerror(errno));
	bytes = arena_alloc(mem, FILE_MAX + 1);
	n = fread(bytes, 1, FILE_MAX + 1, file);
	fclose(file);
	if (n > FILE_MAX)
		return err_set(err, ERR_CONFIG, name, "larger than %d bytes", FILE_MAX);
	*out = (struct str){ bytes, n };
	return true;
}

const struct weblog_rules *weblog_rules_new(const char *dir, struct arena *mem, struct err *err)
{
	static const struct {
		const char *name;
		struct str built_in;
		line_take *take;
	} files[] = {
		{ "formats.conf", { built_in_formats, sizeof(built_in_formats) }, format_take },
		{ "bots.conf", { built_in_bots, sizeof(built_in_bots) }, bot_take },
		{ "searches.conf", { built_in_searches, sizeof(built_in_searches) }, search_take },
		{ "hidden.conf", { built_in_hidden, sizeof(built_in_hidden) }, hidden_take },
		{ "assets.conf", { built_in_assets, sizeof(built_in_assets) }, asset_take },
		{ "devices.conf", { built_in_devices, sizeof(built_in_devices) }, device_take },
		{ "campaigns.conf", { built_in_campaigns, sizeof(built_in_campaigns) }, mark_take },
	};
	struct weblog_rules *rules = arena_new_of(mem, struct weblog_rules);

	rules->formats = arena_array_of(mem, struct weblog_named, PER_FILE_MAX);
	rules->bots = arena_array_of(mem, struct str, PER_FILE_MAX);
	rules->people = arena_array_of(mem, struct str, PER_FILE_MAX);
	rules->parameters = arena_array_of(mem, struct str, PER_FILE_MAX);
	rules->engines = arena_array_of(mem, struct weblog_engine, PER_FILE_MAX);
	rules->hidden = arena_array_of(mem, struct weblog_hidden, PER_FILE_MAX);
	rules->suffixes = arena_array_of(mem, struct str, PER_FILE_MAX);
	rules->asset_paths = arena_array_of(mem, struct str, PER_FILE_MAX);
	rules->devices = arena_array_of(mem, struct weblog_device, PER_FILE_MAX);
	rules->marks = arena_array_of(mem, struct weblog_mark, PER_FILE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct str text = files[i].built_in;

		if (dir && !file_read(dir, files[i].name, mem, &text, err) && err->cls != ERR_NONE)
			return NULL;
		if (!lines_take(rules, files[i].name, text, files[i].take, err, mem))
			return NULL;
	}
	return rules;
}

const struct weblog_format *weblog_rules_format(const struct weblog_rules *rules, struct str name)
{
	for (size_t i = 0; i < rules->n_formats; i++)
		if (str_eq(rules->formats[i].name, name))
			return rules->formats[i].format;
	return NULL;
}

const struct weblog_format *weblog_rules_format_of(const struct weblog_rules *rules, struct str text, struct arena *mem,
						   struct err *err)
{
	const struct weblog_format *named = weblog_rules_format(rules, text);

	if (named)
		return named;
	if (!strpbrk(arena_cstr(mem, text), "$%{#")) {
		err_set(err, ERR_CONFIG, "format", "there is no log format of that name; see docs/weblog.md");
		return NULL;
	}
	return weblog_format_new(text, mem, err);
}

static bool holds_any(struct str text, const struct str *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(text.p, text.n, pieces[i].p, pieces[i].n))
			return true;
	return false;
}

/* As the lists are written. */
static struct str agent_lower(struct str agent, char out[AGENT_MAX])
{
	size_t n = agent.n < AGENT_MAX ? agent.n : AGENT_MAX;

	for (size_t i = 0; i < n; i++)
		out[i] = text_lower(agent.p[i]);
	return (struct str){ out, n };
}

bool weblog_is_bot(const struct weblog_rules *rules, struct str agent)
{
	char lower[AGENT_MAX];
	struct str text = agent_lower(agent, lower);

	return holds_any(text, rules->bots, rules->n_bots) && !holds_any(text, rules->people, rules->n_people);
}

const char *weblog_device_of(const struct weblog_rules *rules, struct str agent)
{
	char lower[AGENT_MAX];
	struct str text = agent_lower(agent, lower);

	for (size_t i = 0; i < rules->n_devices; i++)
		if (holds_any(text, &rules->devices[i].piece, 1))
			return rules->devices[i].device;
	return "other";
}
