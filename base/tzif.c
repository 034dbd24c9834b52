#include "base/tzif.h"

#include <endian.h>

enum {
	HEADER_BYTES = 44,
	TYPE_BYTES = 6, /* offset, is summer time, place of the name */
	LEAST_OFFSET_S = -89999, /* RFC 8536, 3.2 */
	MOST_OFFSET_S = 93599,
};

/* The counts in the order of the header. */
struct counts {
	uint32_t is_ut, is_std, leaps, times, types, name_bytes;
};

static uint32_t be32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static int64_t be64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (int64_t)be64toh(v);
}

static bool take(struct str *s, uint64_t n, struct str *out)
{
	if (n > s->n)
		return false;
	*out = (struct str){ s->p, n };
	*s = (struct str){ s->p + n, s->n - n };
	return true;
}

static bool take_header(struct str *s, char *version, struct counts *c)
{
	struct str h;

	if (!take(s, HEADER_BYTES, &h) || memcmp(h.p, "TZif", 4) != 0)
		return false;
	*version = h.p[4];
	*c = (struct counts){ be32(h.p + 20), be32(h.p + 24), be32(h.p + 28),
			      be32(h.p + 32), be32(h.p + 36), be32(h.p + 40) };
	return true;
}

/* Bytes of a data block behind its local time types, the names included. */
static uint64_t tail_bytes(const struct counts *c, unsigned time_bytes)
{
	return (uint64_t)c->name_bytes + (uint64_t)c->leaps * (time_bytes + 4u) + c->is_std + c->is_ut;
}

static bool skip_first_block(struct str *s, const struct counts *c)
{
	uint64_t bytes = (uint64_t)c->times * (4 + 1) + (uint64_t)c->types * TYPE_BYTES + tail_bytes(c, 4);
	struct str block;

	return take(s, bytes, &block);
}

static bool type_offset(struct str types, unsigned index, int32_t *out)
{
	int32_t offset_s;

	if ((index + 1) * (size_t)TYPE_BYTES > types.n)
		return false;
	offset_s = (int32_t)be32(types.p + index * (size_t)TYPE_BYTES);
	if (offset_s < LEAST_OFFSET_S || offset_s > MOST_OFFSET_S)
		return false;
	*out = offset_s;
	return true;
}

static bool copy_transitions(struct arena *mem, struct str times, struct str indexes, struct str types,
			     struct tzif *tz)
{
	int64_t *at_s = arena_array_of(mem, int64_t, indexes.n);
	int32_t *offset_s = arena_array_of(mem, int32_t, indexes.n);

	for (size_t i = 0; i < indexes.n; i++) {
		at_s[i] = be64(times.p + 8 * i);
		if (i > 0 && at_s[i] <= at_s[i - 1])
			return false;
		if (!type_offset(types, (unsigned char)indexes.p[i], &offset_s[i]))
			return false;
	}
	tz->n = indexes.n;
	tz->at_s = at_s;
	tz->offset_s = offset_s;
	return type_offset(types, 0, &tz->first_offset_s);
}

static bool take_block(struct arena *mem, struct str *s, const struct counts *c, struct tzif *tz)
{
	struct str times, indexes, types, tail;

	return take(s, (uint64_t)c->times * 8, &times) && take(s, c->times, &indexes) &&
	       take(s, (uint64_t)c->types * TYPE_BYTES, &types) && take(s, tail_bytes(c, 8), &tail) &&
	       copy_transitions(mem, times, indexes, types, tz);
}

/* "\n<TZ>\n"; an empty rule is allowed. */
static bool take_footer(struct str s, struct tzif *tz)
{
	if (s.n < 2 || s.p[0] != '\n' || s.p[s.n - 1] != '\n')
		return false;
	tz->has_rule = s.n > 2;
	return !tz->has_rule || posixtz_parse((struct str){ s.p + 1, s.n - 2 }, &tz->rule);
}

bool tzif_parse(struct arena *mem, struct str bytes, const char *name, struct tzif *out, struct err *err)
{
	struct tzif tz = { 0 };
	struct counts c;
	char version;

	if (!take_header(&bytes, &version, &c))
		return err_set(err, ERR_CONFIG, name, "not a compiled time zone file (TZif)");
	if (version < '2')
		return err_set(err, ERR_CONFIG, name, "time zone file of version 1 has no 64-bit times");
	if (!skip_first_block(&bytes, &c) || !take_header(&bytes, &version, &c))
		return err_set(err, ERR_CONFIG, name, "time zone file is damaged: its first half is cut off");
	if (c.leaps > 0)
		return err_set(err, ERR_CONFIG, name,
			       "time zone counts leap seconds: use the one without \"right/\" in its name");
	if (!take_block(mem, &bytes, &c, &tz))
		return err_set(err, ERR_CONFIG, name, "time zone file is damaged: wrong list of transitions");
	if (!take_footer(bytes, &tz))
		return err_set(err, ERR_CONFIG, name, "time zone file is damaged: wrong rule at its end");
	*out = tz;
	return true;
}

/* The number of transitions up to the instant. */
static size_t transitions(const struct tzif *tz, int64_t instant_s)
{
	size_t low = 0, high = tz->n;

	if (high && tz->at_s[high - 1] <= instant_s)
		return high; /* most times are later than all changes of a zone that has no summer time any more */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tz->at_s[mid] <= instant_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Behind so many transitions. */
static int32_t offset_behind(const struct tzif *tz, size_t n, int64_t instant_s)
{
	if (n == tz->n && tz->has_rule)
		return posixtz_offset_at(&tz->rule, instant_s);
	return n == 0 ? tz->first_offset_s : tz->offset_s[n - 1];
}

int32_t tzif_offset_at(const struct tzif *tz, int64_t instant_s)
{
	return offset_behind(tz, transitions(tz, instant_s), instant_s);
}

bool tzif_steady(const struct tzif *tz, int64_t from_s, int64_t to_s, int32_t *offset_s_out)
{
	size_t n = transitions(tz, from_s);

	if (n < tz->n ? tz->at_s[n] <= to_s : tz->has_rule && tz->rule.has_dst)
		return false;
	*offset_s_out = offset_behind(tz, n, from_s);
	return true;
}
