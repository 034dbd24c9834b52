#include "metadata/sqlwords.h"

#include <ctype.h>
#include <strings.h>

/* Words that leave rows out, or make one of several. */
static const char *const fewer[] = {
	"fetch", "limit", "offset", "over", "qualify", "rownum", "sample", "tablesample", "top",
	"distinct", "except", "group", "having", "intersect", "minus", "pivot", "union", "within",
};
static const char *const aggregates[] = {
	"any_value", "approx_count_distinct", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or",
	"checksum_agg", "corr", "count", "count_big", "covar_pop", "covar_samp", "every", "first", "group_concat",
	"json_agg", "json_arrayagg", "json_group_array", "json_group_object", "json_object_agg", "json_objectagg",
	"jsonb_agg", "jsonb_group_array", "jsonb_group_object", "jsonb_object_agg", "last", "listagg", "max", "median",
	"min", "mode", "percentile_cont", "percentile_disc", "range_agg", "regr_count", "regr_slope", "std", "stddev",
	"stddev_pop", "stddev_samp", "stdev", "stdevp", "string_agg", "sum", "total", "var", "var_pop", "var_samp",
	"variance", "varp", "wm_concat", "xmlagg",
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
	return !has_any(sql, fewer, ARRAY_LEN(fewer)) && !has_any(sql, aggregates, ARRAY_LEN(aggregates));
}

bool sqlwords_is_aggregate(struct str word)
{
	return has_any(word, aggregates, ARRAY_LEN(aggregates));
}

bool sqlwords_names_collation(struct str sql)
{
	static const char *const words[] = { "binary", "collate" };

	return has_any(sql, words, ARRAY_LEN(words));
}
