#include "federator/limits/news.h"

enum { FLAG_PROVEN = 1, FLAG_FOUND = 2, FLAGS = FLAG_PROVEN | FLAG_FOUND, NAME_MOST = 64, SUBJECT_BYTES = 8 };

static void put_name(struct str name, struct buf *out)
{
	buf_putc(out, (char)name.n);
	buf_put_str(out, name);
}

void limits_news_write(const struct limits_news *news, struct buf *out)
{
	buf_putc(out, (char)((news->who.agent_proven ? FLAG_PROVEN : 0) | (news->found ? FLAG_FOUND : 0)));
	put_name(news->who.agent, out);
	put_name(news->who.client, out);
	for (int i = 0; i < SUBJECT_BYTES; i++)
		buf_putc(out, (char)(news->subject >> (8 * i) & 0xff));
}

static bool get_name(struct str *bytes, struct str *out)
{
	size_t n = bytes->n ? (unsigned char)bytes->p[0] : SIZE_MAX;

	if (n > NAME_MOST || n >= bytes->n)
		return false;
	*out = (struct str){ bytes->p + 1, n };
	*bytes = (struct str){ bytes->p + 1 + n, bytes->n - 1 - n };
	return true;
}

bool limits_news_read(struct str *bytes, struct limits_news *out)
{
	struct limits_news news = { 0 };
	struct str rest = *bytes;

	if (!rest.n || (rest.p[0] & ~FLAGS))
		return false;
	news.who.agent_proven = rest.p[0] & FLAG_PROVEN;
	news.found = rest.p[0] & FLAG_FOUND;
	rest = (struct str){ rest.p + 1, rest.n - 1 };
	if (!get_name(&rest, &news.who.agent) || !get_name(&rest, &news.who.client) || rest.n < SUBJECT_BYTES)
		return false;
	for (int i = SUBJECT_BYTES - 1; i >= 0; i--)
		news.subject = news.subject << 8 | (unsigned char)rest.p[i];
	*out = news;
	*bytes = (struct str){ rest.p + SUBJECT_BYTES, rest.n - SUBJECT_BYTES };
	return true;
}
