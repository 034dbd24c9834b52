#include <arpa/inet.h>

#include "base/digest.h"
#include "base/text.h"
#include "weblog/meaning_state.h"

enum {
	AGENT_MOST = 512,
	AGENT_READ = 1024, /* of it says what it is; as weblog_is_bot() */
	VISITOR_MOST = 64,
	VISITOR_DIGEST = 10, /* bytes: 20 digits */
	CLIENT_MOST = 64,
	CLIENT_READ = 256,
	PAGES_A_MINUTE = 120, /* nobody reads so fast */
};

#define MINUTE_US INT64_C(60000000)

static const struct str nothing = { NULL, 0 };

static void salted_begin(const struct weblog_meaning *m, struct digest *to)
{
	digest_begin(to, (struct str){ (const char *)m->salt, sizeof(m->salt) });
}

/* ---- agent ---- */

static bool is_plain(struct weblog_meaning *m, struct str agent)
{
	agent = text_cut(agent, AGENT_READ);
	for (size_t i = 0; i < agent.n; i++)
		if (agent.p[i] < ' ' || agent.p[i] > '~') /* also what is no ASCII, where char is signed */
			return false;
	return weblog_is_impersonal(m, agent);
}

static void agent_read(struct weblog_meaning *m, struct str text, struct weblog_agent *to)
{
	unsigned char whole[DIGEST_BYTES];
	struct digest digest;

	salted_begin(m, &digest);
	digest_add_str(&digest, text);
	digest_end(&digest, whole);
	memcpy(to->digest, whole, sizeof(to->digest));
	to->is_bot = weblog_is_bot(m->rules, text);
	to->device = to->is_bot ? "bot" : weblog_device_of(m->rules, text);
	to->is_plain = is_plain(m, text);
}

struct weblog_agent *weblog_agent_of(struct weblog_meaning *m)
{
	struct str text = weblog_line_text(m, WEBLOG_AGENT);
	struct weblog_agent *agent;
	bool is_new;

	if (!text.p)
		text = STR("");
	agent = weblog_memo_at(m->agents, text, &is_new);
	if (is_new)
		agent_read(m, text, agent);
	return agent;
}

/* Words with an address are left out: robots have one of who runs them. */
static struct str agent_cleaned(struct weblog_meaning *m, struct str agent)
{
	struct buf *out = &m->again;
	size_t i = 0;

	out->len = 0;
	while (i < agent.n) {
		size_t begin = i;

		while (i < agent.n && agent.p[i] == ' ')
			i++;
		while (i < agent.n && agent.p[i] != ' ')
			i++;
		if (weblog_is_impersonal(m, (struct str){ agent.p + begin, i - begin }))
			buf_put(out, agent.p + begin, i - begin);
	}
	if (!out->len || !weblog_is_impersonal(m, buf_str(out)))
		return STR("***");
	return arena_str(m->line.mem, buf_str(out));
}

static struct str agent_kept(struct weblog_meaning *m, const struct weblog_agent *known)
{
	struct str text = weblog_line_text(m, WEBLOG_AGENT);

	if (!text.p || known->is_plain)
		return text_cut(text, AGENT_MOST);
	return text_cut(agent_cleaned(m, weblog_plain(m, text_cut(text, AGENT_READ), '_')), AGENT_MOST);
}

/* ---- visitor ---- */

static bool is_name(struct weblog_meaning *m, struct str value)
{
	return value.n > 0 && value.n <= VISITOR_MOST && value.p[0] != '~' && !weblog_has_controls(value) &&
	       weblog_is_impersonal(m, value);
}

static struct str name_of(struct weblog_meaning *m)
{
	static const struct weblog_captures none;

	for (size_t i = 0; i < m->conf->n_visitors; i++) {
		struct str value = weblog_value_of(m, &m->conf->visitors[i], &none);

		if (is_name(m, value))
			return value;
	}
	return nothing;
}

static void visitor_hash(const struct weblog_meaning *m, struct str who, char out[24])
{
	unsigned char whole[DIGEST_BYTES];
	struct digest digest;

	salted_begin(m, &digest);
	digest_add(&digest, who.p, who.n);
	digest_end(&digest, whole);
	out[0] = '~';
	digest_hex(whole, VISITOR_DIGEST, out + 1);
}

struct weblog_visit *weblog_visit_of(struct weblog_meaning *m, const struct weblog_agent *agent,
				     struct weblog_event *event)
{
	struct str client = m->line.record->text[WEBLOG_CLIENT], name = name_of(m);
	char who[sizeof(agent->digest) + CLIENT_READ];
	struct weblog_visit *visit;
	bool is_new;
	size_t n = client.n < CLIENT_READ ? client.n : CLIENT_READ;

	event->visitor = name;
	if (name.p)
		return weblog_memo_at(m->visits, name, &is_new);
	memcpy(who, agent->digest, sizeof(agent->digest));
	if (n)
		memcpy(who + sizeof(agent->digest), client.p, n);
	n += sizeof(agent->digest);
	visit = weblog_memo_at(m->visits, (struct str){ who, n }, &is_new);
	if (is_new)
		visitor_hash(m, (struct str){ who, n }, visit->hash);
	event->visitor = arena_str(m->line.mem, str_of(visit->hash));
	return visit;
}

bool weblog_visit_is_bot(struct weblog_meaning *m, struct weblog_visit *visit, int64_t at_us)
{
	int32_t minute = (int32_t)(at_us / MINUTE_US);
	bool referrer = m->line.record->text[WEBLOG_REFERRER].p != NULL;

	m->has_referrers |= referrer;
	if (visit->minute != minute) {
		visit->minute = minute;
		visit->pages = 0;
		visit->has_referrer = false;
	}
	visit->has_referrer |= referrer;
	if (visit->pages <= PAGES_A_MINUTE)
		visit->pages++;
	visit->is_bot |= visit->pages > PAGES_A_MINUTE && visit->hash[0] && m->has_referrers && !visit->has_referrer;
	return visit->is_bot;
}

/* ---- client ---- */

static struct str client_hash(struct weblog_meaning *m, struct str client)
{
	unsigned char whole[DIGEST_BYTES];
	struct digest digest;
	char *out = arena_alloc(m->line.mem, 2 * VISITOR_DIGEST + 1);

	salted_begin(m, &digest);
	digest_add_str(&digest, client);
	digest_end(&digest, whole);
	digest_hex(whole, VISITOR_DIGEST, out);
	return (struct str){ out, 2 * (size_t)VISITOR_DIGEST };
}

static bool is_v4(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '.')
			return false;
	return s.n > 0 && s.n <= 15;
}

/* A host name tells of its owner as much as an address: there is no network in it. */
static struct str client_network(struct weblog_meaning *m, struct str client)
{
	char text[INET6_ADDRSTRLEN], *out;
	struct in6_addr address;
	const char *end;

	if (client.n > 7 && memcmp(client.p, "::ffff:", 7) == 0 &&
	    is_v4((struct str){ client.p + 7, client.n - 7 }))
		client = (struct str){ client.p + 7, client.n - 7 };
	end = is_v4(client) ? memrchr(client.p, '.', client.n) : NULL;
	if (end) {
		size_t n = (size_t)(end - client.p) + 1;

		out = arena_alloc(m->line.mem, n + 1);
		memcpy(out, client.p, n);
		out[n] = '0';
		return (struct str){ out, n + 1 };
	}
	if (client.n >= sizeof(text))
		return nothing;
	memcpy(text, client.p, client.n);
	text[client.n] = '\0';
	if (inet_pton(AF_INET6, text, &address) != 1)
		return nothing;
	memset(address.s6_addr + 6, 0, 10);
	out = arena_alloc(m->line.mem, INET6_ADDRSTRLEN);
	return str_of(inet_ntop(AF_INET6, &address, out, INET6_ADDRSTRLEN));
}

static struct str client_of(struct weblog_meaning *m)
{
	struct str client = weblog_line_text(m, WEBLOG_CLIENT);

	if (!client.n)
		return nothing;
	switch (m->conf->client) {
	case WEBLOG_KEEP_NETWORK:
		return client_network(m, client);
	case WEBLOG_KEEP_HASH:
		return client_hash(m, client);
	case WEBLOG_KEEP_WHOLE:
		return text_cut(weblog_plain(m, client, '_'), CLIENT_MOST);
	case WEBLOG_KEEP_NOTHING:
		break;
	}
	return nothing;
}

void weblog_client_read(struct weblog_meaning *m, const struct weblog_agent *agent, struct weblog_event *event)
{
	event->client = client_of(m);
	event->agent = agent_kept(m, agent);
	event->device = event->is_bot ? "bot" : agent->device;
}
