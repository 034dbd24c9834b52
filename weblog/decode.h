/* decode.h - percent-encoded text of URLs, as people typed it. A decoder is one thread's. */
#ifndef WEBLOG_DECODE_H
#define WEBLOG_DECODE_H

#include "base/buf.h"

struct weblog_decoder; /* opaque */

/* A decoder. The caller owns it: end it with weblog_decoder_free(). Without CP949 in the C library's tables such
 * texts are BROKEN. */
struct weblog_decoder *weblog_decoder_new(void) __attribute__((returns_nonnull));
/* Free; accepts NULL inside; sets *decoder to NULL. */
void weblog_decoder_free(struct weblog_decoder **decoder) NONNULL(1);

enum weblog_charset {
	WEBLOG_UTF8,
	WEBLOG_CP949, /* Korean sites and browsers of old; EUC-KR is part of it */
	WEBLOG_BROKEN, /* neither: bytes that are no UTF-8 became U+FFFD */
};

/* Append the text of a URL's piece as UTF-8: %HH undone (a % without two digits stays), %uHHHH too, as
 * escape() of JavaScript writes it; `+` a blank when `form`. */
enum weblog_charset weblog_decode(struct weblog_decoder *decoder, struct str raw, bool form, struct buf *out)
	NONNULL(1, 4);

/* The value of one of `names` among name=value&name=value, as it stands there, or the NULL view; the first one that is
 * not empty. Names are compared in any case of their ASCII letters. */
struct str weblog_parameter(struct str query, const struct str *names, size_t n_names);
/* What stands behind the `?` of a URL or path, without a fragment; NULL view: nothing. */
struct str weblog_query_of(struct str url);
/* The host of an absolute URL, without user and port; NULL view: it is none. */
struct str weblog_host_of(struct str url);
/* Does the host have these whole labels: "google" in "www.google.co.kr"? In any case. */
bool weblog_host_has(struct str host, struct str labels);

#endif
