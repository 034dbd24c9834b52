#include "federator/spelled.h"

#include "metadata/normalize.h"

/* Each text once: asking twice would bring each row twice. */
static void spell_one(const struct key *key, const struct spelling *as, struct str value, struct arena *mem,
		      struct key_values *to)
{
	struct str *texts = (struct str *)(uintptr_t)to->values;
	size_t same = 0;

	if (!spell_key(key, as, value, mem, &texts[to->n]))
		return;
	while (!str_eq(texts[same], texts[to->n]))
		same++;
	to->n += same == to->n;
}

struct key_values spelled_key(const struct part *part, const struct key *key, const struct str *values, size_t n,
			      struct arena *mem)
{
	struct key_values found = { .key = key };
	size_t spellings = 0;

	for (size_t c = 0; c < part->n_columns; c++)
		spellings += part->columns[c].proves == key ? part->columns[c].n_as : 0;
	found.values = arena_array_of(mem, struct str, n * (spellings ? spellings : 1) + 1);
	for (size_t c = 0; c < part->n_columns; c++)
		for (size_t s = 0; part->columns[c].proves == key && s < part->columns[c].n_as; s++)
			for (size_t v = 0; v < n; v++)
				spell_one(key, part->columns[c].as[s], values[v], mem, &found);
	for (size_t v = 0; !spellings && v < n; v++)
		spell_one(key, NULL, values[v], mem, &found);
	return found;
}
