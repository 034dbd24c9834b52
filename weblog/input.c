#include "weblog/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"

enum { BYTES = WEBLOG_LINE_MAX + (1 << 18), ZLIB_BYTES = 1 << 18 };

struct weblog_input {
	const char *path;
	gzFile file; /* reads what is no gzip as it is */
	size_t at, len; /* what of `bytes` is not taken yet */
	bool ended;
	bool skip; /* the rest of a line that was too long comes next */
	char bytes[BYTES];
};

struct weblog_input *weblog_input_open(const char *path, struct err *err)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct weblog_input *in;

	if (fd < 0) {
		(void)err_set(err, ERR_CONFIG, path, "%s", strerror(errno));
		return NULL;
	}
	in = memory_raw(sizeof(*in));
	in->path = path;
	in->at = in->len = 0;
	in->ended = in->skip = false;
	in->file = gzdopen(fd, "r");
	if (!in->file) {
		(void)err_set(err, ERR_CONFIG, path, "zlib cannot read it");
		close(fd);
		free(in);
		return NULL;
	}
	(void)gzbuffer(in->file, ZLIB_BYTES);
	return in;
}

void weblog_input_close(struct weblog_input **in)
{
	if (!*in)
		return;
	(void)gzclose_r((*in)->file);
	explicit_bzero((*in)->bytes, sizeof((*in)->bytes));
	free(*in);
	*in = NULL;
}

/* More bytes behind those that are there. */
static bool fill(struct weblog_input *in, struct err *err)
{
	int n;

	if (in->at > 0) {
		memmove(in->bytes, in->bytes + in->at, in->len - in->at);
		in->len -= in->at;
		in->at = 0;
	}
	n = gzread(in->file, in->bytes + in->len, (unsigned)(sizeof(in->bytes) - in->len));
	if (n < 0) {
		int number;
		const char *what = gzerror(in->file, &number);

		return err_set(err, ERR_CONFIG, in->path, "%s", number == Z_ERRNO ? strerror(errno) : what);
	}
	in->len += (size_t)n;
	in->ended = n == 0;
	if (in->ended) {
		int number;

		(void)gzerror(in->file, &number); /* a gzip file that ends too early reads as a shorter one */
		if (number != Z_OK)
			return err_set(err, ERR_CONFIG, in->path, "the compressed data ends too early");
	}
	return true;
}

/* Pass over the rest of a line that is too long. */
static bool rest_skip(struct weblog_input *in, struct err *err)
{
	for (;;) {
		const char *end = memchr(in->bytes + in->at, '\n', in->len - in->at);

		in->at = end ? (size_t)(end - in->bytes) + 1 : in->len;
		if (end || in->ended)
			return true;
		if (!fill(in, err))
			return false;
	}
}

enum weblog_line weblog_input_line(struct weblog_input *in, struct str *line, struct err *err)
{
	size_t seen = 0;

	if (in->skip && !rest_skip(in, err))
		return WEBLOG_LINES_FAILED;
	in->skip = false;
	for (;;) {
		const char *begin = in->bytes + in->at;
		const char *end = memchr(begin + seen, '\n', in->len - in->at - seen);

		seen = end ? (size_t)(end - begin) : in->len - in->at;
		if (seen > WEBLOG_LINE_MAX) {
			*line = (struct str){ begin, WEBLOG_LINE_MAX };
			in->at += WEBLOG_LINE_MAX;
			in->skip = true;
			return WEBLOG_LINE_TOO_LONG;
		}
		if (end || (in->ended && seen > 0)) {
			*line = (struct str){ begin, seen };
			in->at += seen + (end != NULL);
			return WEBLOG_LINE;
		}
		if (in->ended)
			return WEBLOG_LINES_END;
		if (!fill(in, err))
			return WEBLOG_LINES_FAILED;
	}
}

bool weblog_input_head(struct weblog_input *in, struct str *head, bool *is_all, struct err *err)
{
	while (!in->ended && in->len - in->at < WEBLOG_LINE_MAX)
		if (!fill(in, err))
			return false;
	*head = (struct str){ in->bytes + in->at, in->len - in->at };
	*is_all = in->ended;
	return true;
}
