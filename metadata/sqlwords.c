#include "metadata/sqlwords.h"

#include <ctype.h>
#include <strings.h>

static const char *const fewer[] = {
	/* leave rows out */
	"fetch", "limit", "offset", "over", "qualify", "rownum", "sample", "tablesample", "top",
	/* make one of several */
	"distinct", "except", "group", "having", "intersect", "minus", "pivot", "union",
	/* aggregates */
	"any_value", "array_agg", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "count", "every", "first",
	"group_concat", "json_agg", "json_arrayagg", "json_group_array", "json_group_object", "json_object_agg",
	"json_objectagg", "jsonb_agg", "jsonb_object_agg", "last", "listagg", "max", "min", "string_agg", "sum",
	"total", "xmlagg",
};

static bool is_word(char c)
{
	return c == '_' || isalnum((unsigned char)c);
}

static bool has_any(struct str sql, const char *const *words, size_t n_words)
{
	for (size_t at = 0, end; at < sql.n; at = end) {
		end = at;
		while (end < sql.n && is_word(sql.p[end]))
			end++;
		for (size_t w = 0; w < n_words; w++)
			if (strlen(words[w]) == end - at && strncasecmp(sql.p + at, words[w], end - at) == 0)
				return true;
		end += end == at;
	}
	return false;
}

bool sqlwords_gives_every_row(struct str sql)
{
	return !has_any(sql, fewer, ARRAY_LEN(fewer));
}

bool sqlwords_names_collation(struct str sql)
{
	static const char *const words[] = { "binary", "collate" };

	return has_any(sql, words, ARRAY_LEN(words));
}
