#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

/* Copy as much of `text` as fits without cutting a UTF-8 character in two. */
static void copy_cut(char *to, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
	}
	memcpy(to, text, n);
	to[n] = '\0';
}

bool err_set(struct err *err, enum err_class cls, const char *where, const char *fmt, ...)
{
	/* One byte more than fits, so that copy_cut sees what the cut would split. Into a copy, since
	 * the arguments may be err's own texts. */
	char text[sizeof(err->text) + 1];
	char place[sizeof(err->where) + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(place, sizeof(place), "%s", where);
	err->cls = cls;
	copy_cut(err->where, sizeof(err->where), place);
	copy_cut(err->text, sizeof(err->text), text);
	return false;
}

const char *err_reason(enum err_class cls)
{
	switch (cls) {
	case ERR_LATE:
		return "deadline";
	case ERR_BUSY:
		return "busy";
	case ERR_REFUSED:
		return "refused";
	case ERR_AUTH:
		return "auth";
	case ERR_SCHEMA:
		return "schema_mismatch";
	case ERR_TOO_LARGE:
		return "too_large";
	case ERR_SUBJECT:
		return "wrong_subject";
	case ERR_NONE:
	case ERR_CALLER:
	case ERR_SOURCE:
	case ERR_MAPPING:
	case ERR_CONFIG:
	case ERR_SYSTEM:
		break;
	}
	return "error";
}
