/* weblog_index.c - the command `weblog index`: a log of the mapping into its store, until a signal comes. */
#include <signal.h>
#include <sys/signalfd.h>

#include "adapters/adapter.h"
#include "adapters/adapter.h"
#include "base/log.h"
#include "federator/cli/weblog.h"
#include "federator/salt.h"
#include "federator/secret.h"
#include "weblog/indexer.h"

struct indexing {
	const struct options *opt;
	const struct weblog *log;
};

static bool connect_text(void *owner, struct arena *mem, const char **out, struct err *err)
{
	const struct indexing *x = owner;
	struct str secret;

	if (!secret_find(x->opt, x->log->writer, mem, &secret, err))
		return false;
	*out = arena_cstr(mem, secret);
	return true;
}

static void progress_log(const char *name, const struct weblog_indexer_state *s)
{
	log_event(LOG_INFO, "weblog_indexed", LOG_CSTR("log", name), LOG_NUM("lines", s->read.lines),
		  LOG_NUM("events", s->events), LOG_NUM("rejected", s->read.rejected),
		  LOG_NUM("assets", s->read.verdicts[WEBLOG_ASSET]), LOG_NUM("bots", s->read.verdicts[WEBLOG_BOT]),
		  LOG_NUM("no_request", s->read.verdicts[WEBLOG_NO_REQUEST]), LOG_NUM("dropped", s->read.dropped),
		  LOG_NUM("files", s->files.files), LOG_NUM("rotations", s->files.rotations),
		  LOG_NUM("truncations", s->files.truncations), LOG_NUM("bytes_lost", s->files.bytes_lost),
		  LOG_NUM("failures", s->failures));
}

static void news_log(void *owner, enum weblog_news news, const struct weblog_indexer_state *state,
		     const struct err *err, const struct weblog_bad_line *bad)
{
	const struct indexing *x = owner;
	const char *name = x->log->name;

	switch (news) {
	case WEBLOG_NEWS_BEGUN:
		log_event(LOG_INFO, "weblog_followed", LOG_CSTR("log", name), LOG_CSTR("store", x->log->store->name));
		break;
	case WEBLOG_NEWS_STORE_DOWN:
		log_event(LOG_WARN, "weblog_store_down", LOG_CSTR("log", name), LOG_CSTR("reason", err->text));
		break;
	case WEBLOG_NEWS_TROUBLE:
		log_event(LOG_WARN, "weblog_file_trouble", LOG_CSTR("log", name), LOG_CSTR("file", err->where),
			  LOG_CSTR("reason", err->text));
		break;
	case WEBLOG_NEWS_BAD_LINE:
		log_event(LOG_WARN, "weblog_line_rejected", LOG_CSTR("log", name), LOG_STR("file", bad->path),
			  LOG_NUM("offset", bad->offset), LOG_NUM("byte", bad->at), LOG_CSTR("reason", bad->what),
			  LOG_NUM("rejected", state->read.rejected));
		break;
	case WEBLOG_NEWS_PROGRESS:
		progress_log(name, state);
		break;
	}
}

/* Addresses are hashed under the salt of the installation. */
static bool salt_make(const struct options *opt, struct arena *mem, struct weblog_indexer_conf *conf, struct err *err)
{
	unsigned char salt[DIGEST_BYTES] = { 0 };

	if (!salt_of_secret(opt, mem, salt, err)) {
		if (err->cls != ERR_NONE)
			return false;
		log_event(LOG_WARN, "weblog_without_salt", LOG_CSTR("log", conf->conf->name),
			  LOG_CSTR("advice", "--salt-secret: else who has the store can find addresses by trying all"));
	}
	memcpy(conf->salt, salt, sizeof(conf->salt));
	return true;
}

/* Readable when the process is to end; open until then. */
static int stop_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int index_log(struct args *args, const struct options *opt, const struct weblog *log, int stop)
{
	struct indexing indexing = { .opt = opt, .log = log };
	struct weblog_indexer_conf conf = { .conf = log,
					    .once = args_flag(args, "once") != NULL,
					    .stop_fd = stop,
					    .connect_text = connect_text,
					    .news = news_log,
					    .owner = &indexing };
	struct err err;
	bool good;

	conf.rules = weblog_rules_new(args_flag(args, "rules"), args->mem, &err);
	if (!conf.rules || !salt_make(opt, args->mem, &conf, &err))
		return message_err(&err);
	if (log->format) {
		conf.format = weblog_rules_format_of(conf.rules, str_of(log->format), args->mem, &err);
		if (!conf.format)
			return message_err(&err);
	}
	good = weblog_index(&conf, &err);
	return good ? EXIT_OK : message_err(&err);
}

int weblog_index_run(struct args *args)
{
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	const struct weblog *log;
	struct options opt;
	int stop = stop_fd(), code;

	adapters_alone();
	code = weblog_of_mapping(args, args->n_operands == 2 ? args->operands[1] : NULL, &opt, &cat, &log);

	return code == EXIT_OK ? index_log(args, &opt, log, stop) : code;
}
