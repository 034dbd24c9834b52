#include "tests/federator/rights/made.h"

#include <stdio.h>
#include <stdlib.h>

/* crm: one row of a customer; more: another one, whose columns are candidates of the same fields; visits: some. */
static const char *const part_names[PARTS] = { "crm", "more", "visits" };

unsigned made_below(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) / 7 % n;
}

static unsigned digits(unsigned *seed, unsigned n)
{
	unsigned all = 0;

	for (unsigned i = 0; i < n; i++)
		all = 10 * all + made_below(seed, 10);
	return all;
}

/* A syllable of Hangul that names seldom have. */
static struct str syllable(struct made *made)
{
	unsigned cp = 0xAC00 + made_below(&made->seed, 11172);

	return arena_printf(made->mem, "%c%c%c", (int)(0xe0 | cp >> 12), (int)(0x80 | (cp >> 6 & 0x3f)),
			    (int)(0x80 | (cp & 0x3f)));
}

static struct str text_of(struct made *made, enum looks looks)
{
	static const char *const towns[] = { "서울특별시 강남구", "경기도 성남시 분당구", "부산광역시 기장군" };
	struct str one = syllable(made), two = syllable(made);
	unsigned *seed = &made->seed;
	struct arena *mem = made->mem;

	switch (looks) {
	case LOOKS_NAME:
		return arena_printf(mem, "김%.*s%.*s", STR_ARG(one), STR_ARG(two));
	case LOOKS_PHONE:
		return arena_printf(mem, "010%08u", digits(seed, 8));
	case LOOKS_EMAIL:
		return arena_printf(mem, "q%07uw@mail%u.example", digits(seed, 7), made_below(seed, 3));
	case LOOKS_RRN:
		return arena_printf(mem, "%02u1%u0%u-%07u", digits(seed, 2), made_below(seed, 3),
				    1 + made_below(seed, 9), digits(seed, 7));
	case LOOKS_CARD:
		return arena_printf(mem, "%08u%08u", digits(seed, 8), digits(seed, 8));
	case LOOKS_ACCOUNT:
		return arena_printf(mem, "%03u-%03u-%06u", digits(seed, 3), digits(seed, 3), digits(seed, 6));
	case LOOKS_ADDRESS:
		return arena_printf(mem, "%s %.*s%.*s로 %u", towns[made_below(seed, 3)], STR_ARG(one), STR_ARG(two),
				    digits(seed, 4));
	case LOOKS_GENERIC:
		return arena_printf(mem, "K%09uz", digits(seed, 9));
	}
	abort();
}

static enum looks looks_of(int column)
{
	return (enum looks)(column % 8);
}

static void put_row(struct made *made, struct buf *out, int customer, const char *part)
{
	buf_printf(out, "%s", made->members[customer].p);
	if (strcmp(part, "crm") == 0)
		buf_printf(out, "\t%s", made->phones[customer].p);
	for (int c = 0; c < COLUMNS; c++) {
		struct made_value *v = &made->values[made->n_values++];

		*v = (struct made_value){ .customer = customer, .looks = looks_of(c) };
		snprintf(v->part, sizeof(v->part), "%s", part);
		snprintf(v->column, sizeof(v->column), "c%d", c);
		v->text = text_of(made, v->looks);
		buf_printf(out, "\t%.*s", STR_ARG(v->text));
	}
	if (strcmp(part, "visits") == 0)
		buf_printf(out, "\t2026-11-%02u 0%u:00:00", 1 + made_below(&made->seed, 20),
			   made_below(&made->seed, 10));
	buf_puts(out, "\n");
}

static const char *source_text(struct made *made, const char *part)
{
	SCOPED(buf_free) struct buf out = { 0 };
	bool crm = strcmp(part, "crm") == 0, visits = strcmp(part, "visits") == 0;

	buf_printf(&out, "part %s\nkey member%s\ncolumns member%s", part, crm ? " phone" : "", crm ? " phone" : "");
	for (int c = 0; c < COLUMNS; c++)
		buf_printf(&out, " c%d", c);
	buf_printf(&out, "%s\n", visits ? " at" : "");
	for (int customer = 0; customer < CUSTOMERS; customer++)
		for (unsigned row = visits ? made_below(&made->seed, 4) : 1; row > 0; row--)
			put_row(made, &out, customer, part);
	buf_puts(&out, "\n");
	return arena_cstr(made->mem, buf_str(&out));
}

void made_customers(struct made *made, struct arena *mem, unsigned seed)
{
	*made = (struct made){ .mem = mem, .seed = seed };
	made->values = arena_array_of(mem, struct made_value, (size_t)CUSTOMERS * (1 + COLUMNS * (2 + 3)));
	for (int i = 0; i < CUSTOMERS; i++) {
		struct made_value *v = &made->values[made->n_values++];

		made->members[i] = arena_printf(mem, "%d", i + 1);
		made->phones[i] = i % 4 == 3 ? made->phones[i - 1] : text_of(made, LOOKS_PHONE); /* some share one */
		*v = (struct made_value){ i, "crm", "phone", LOOKS_PHONE, made->phones[i] };
	}
	for (int p = 0; p < PARTS; p++)
		made->sources[p] = source_text(made, part_names[p]);
}

/* ---- the mapping ---- */

static const char *const masks[] = { "",        "name",    "phone",   "email",   "rrn", "card",
				     "account", "address", "generic", "all" };

static void put_sources(struct buf *out)
{
	for (int i = 0; i < 3; i++)
		buf_printf(out, "<source name='s%d' connect='secret:s%d' dialect='sqlite' zone='Asia/Seoul' pool='2'/>",
			   i, i);
	buf_puts(out, "<key name='member' role='identity' type='integer'/>"
		      "<key name='phone' role='shared' type='phone-kr' values='5'/>");
}

static void put_part(struct made *made, struct buf *out, int p)
{
	const char *name = part_names[p];
	bool crm = p == 0;

	buf_printf(out, "<part name='%s' source='s%d' rows='0..%d' deadline='400ms' ttl='%s' stale='10m'>", name, p,
		   crm ? 5 : p == 1 ? 1 : 9, made_below(&made->seed, 8) ? "30s" : "0s");
	buf_puts(out, "<query by='member'>SELECT * FROM t WHERE k IN (:member...)</query>");
	if (crm)
		buf_puts(out, "<query by='phone'>SELECT * FROM t WHERE k IN (:phone...)</query>");
	buf_printf(out, "<column name='member' type='text' %sproves='member'/>", crm ? "gives='member' " : "");
	if (crm)
		buf_puts(out, "<column name='phone' type='text' proves='phone' as='digits'/>");
	for (int c = 0; c < COLUMNS; c++)
		buf_printf(out, "<column name='c%d' type='text'/>", c);
	if (p == 2)
		buf_puts(out, "<column name='at' type='timestamp'/>");
	buf_puts(out, "</part>");
}

static unsigned any_class(struct made *made)
{
	return made_below(&made->seed, CLASSES);
}

static void put_fields(struct made *made, struct buf *out)
{
	for (int c = 0; c < COLUMNS; c++) {
		bool swapped = made_below(&made->seed, 2);

		buf_printf(out, "<field path='f%d' class='k%u'><from part='%s' column='c%d'/>", c, any_class(made),
			   swapped ? "more" : "crm", c);
		if (made_below(&made->seed, 2))
			buf_printf(out, "<from part='%s' column='c%d'/>", swapped ? "crm" : "more", c);
		buf_puts(out, "</field>");
	}
	buf_printf(out, "<field path='tel' class='k%u'><from part='crm' column='phone'/></field>", any_class(made));
	buf_printf(out, "<list path='visits' parts='visits' class='k%u' order='at desc' limit='9'>"
			"<field path='at' class='k%u'/>", any_class(made), any_class(made));
	for (int c = 0; c < COLUMNS; c++)
		buf_printf(out, "<field path='c%d' class='k%u'/>", c, any_class(made));
	buf_puts(out, "</list><timeline path='journey' limit='9'><of list='visits' at='at'/></timeline>");
}

static void put_views(struct made *made, struct buf *out)
{
	buf_puts(out, "<view name='candidate' by='phone' budget='2s'>");
	for (int c = 0; c < COLUMNS; c++)
		if (made_below(&made->seed, 2))
			buf_printf(out, "<use path='f%d'/>", c);
	buf_puts(out, "<use path='tel'/></view><view name='pop' by='member phone' budget='2s'><use path='tel'/>");
	for (int c = 0; c < COLUMNS; c++)
		buf_printf(out, "<use path='f%d'/>", c);
	buf_puts(out, "<use path='visits'/></view><view name='full' by='member phone' budget='2s'><use view='pop'/>"
		      "<use path='journey'/></view>");
	for (int i = 0; i < 2; i++) {
		buf_printf(out, "<view name='%s' by='phone' budget='2s' shape='flat'>", i ? "cnam" : "routing");
		for (int c = i; c < COLUMNS; c += 2)
			buf_printf(out, "<use path='f%d' as='F%d' default='-'/>", c, c);
		buf_puts(out, "</view>");
	}
}

/* Those of a set, by bits; without any, none of the element. */
static void put_rights(struct buf *out, const char *element, unsigned set, const char *more)
{
	if (!set)
		return;
	buf_printf(out, "<%s class='", element);
	for (unsigned k = 0; k < CLASSES; k++)
		if (set >> k & 1)
			buf_printf(out, "k%u ", k);
	buf_printf(out, "'%s/>", more);
}

static void put_policies(struct made *made, struct buf *out, unsigned masked)
{
	for (unsigned n = 2 + made_below(&made->seed, 6); n > 0; n--) {
		unsigned show = made_below(&made->seed, 1 << CLASSES) & made_below(&made->seed, 1 << CLASSES);
		unsigned mask = made_below(&made->seed, 1 << CLASSES) & masked & ~show;
		unsigned unmask = made_below(&made->seed, 1 << CLASSES) & ~show;

		buf_printf(out, "<policy role='r%u r%u' purpose='p%u p%u'>", made_below(&made->seed, ROLES),
			   made_below(&made->seed, ROLES), made_below(&made->seed, PURPOSES),
			   made_below(&made->seed, PURPOSES));
		put_rights(out, "show", show | !(show | mask | unmask), "");
		put_rights(out, "mask", mask, "");
		put_rights(out, "unmask", unmask, " minutes='5'");
		buf_puts(out, "</policy>");
	}
}

void made_mapping(struct made *made, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	unsigned masked = 0;

	buf_puts(&out, "<mapping xmlns='urn:federator:mapping:1'>");
	put_sources(&out);
	for (unsigned k = 0; k < CLASSES; k++) {
		const char *mask = masks[made_below(&made->seed, ARRAY_LEN(masks))];

		masked |= *mask ? 1u << k : 0;
		buf_printf(&out, *mask ? "<class name='k%u' mask='%s'/>" : "<class name='k%u'/>%s", k, mask);
	}
	for (int p = 0; p < PARTS; p++)
		put_part(made, &out, p);
	put_fields(made, &out);
	put_views(made, &out);
	put_policies(made, &out, masked);
	buf_puts(&out, "</mapping>");
	made->mapping = arena_cstr(mem, buf_str(&out));
}
