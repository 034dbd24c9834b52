#include "federator/live/findings.h"

/* Rows: what the mapping says; columns: what the database says. */
#define F FITS
#define S FITS_SOMETIMES
#define N FITS_NEVER
static const enum fit fits[][DESCRIBED_TYPES] = {
	/*                   unknown text number boolean date timestamp time uuid bytes */
	[TYPE_TEXT]      = { F,      F,   F,     F,      F,   F,        F,   F,   S },
	[TYPE_INTEGER]   = { F,      S,   F,     F,      N,   N,        N,   N,   N },
	[TYPE_DECIMAL]   = { F,      S,   F,     F,      N,   N,        N,   N,   N },
	[TYPE_BOOLEAN]   = { F,      F,   F,     F,      N,   N,        N,   N,   S },
	[TYPE_DATE]      = { F,      S,   N,     N,      F,   S,        N,   N,   N },
	[TYPE_TIMESTAMP] = { F,      S,   N,     N,      F,   F,        N,   N,   N },
	[TYPE_TIME]      = { F,      S,   N,     N,      N,   N,        F,   N,   N },
	[TYPE_UUID]      = { F,      F,   N,     N,      N,   N,        N,   F,   S },
	[TYPE_JSON]      = { F,      F,   F,     F,      N,   N,        N,   N,   S },
	[TYPE_BYTES]     = { F,      F,   S,     S,      S,   S,        S,   S,   F },
};
#undef F
#undef S
#undef N

static const char *advice(enum value_type type, enum described_type described)
{
	if (described == DESCRIBED_BYTES)
		return "map it as bytes, or select it as text: encode(c, 'hex') in PostgreSQL, HEX(c) elsewhere";
	if (type == TYPE_BYTES)
		return "cast it to the database's type for bytes, or map it as what it is";
	if (described == DESCRIBED_TEXT)
		return "cells of another form are absent with a warning; CAST it in the SELECT, or map it as text";
	if (type == TYPE_DATE && described == DESCRIBED_TIMESTAMP)
		return "only midnights are dates; CAST it to a date in the SELECT, or map it as timestamp";
	return "map it as what it is, or CAST it in the SELECT";
}

enum fit findings_fit(enum value_type type, const struct described_column *described, bool loose,
		      const char **advice_out)
{
	enum fit fit = fits[type][described->type];

	if (loose && described->type == DESCRIBED_TEXT)
		fit = FITS; /* where dates are texts, and a column without a type is one too */
	if (loose && fit == FITS_NEVER)
		fit = FITS_SOMETIMES;
	if (fit != FITS)
		*advice_out = advice(type, described->type);
	return fit;
}
