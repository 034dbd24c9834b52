/* Questions of all forms to a service on fixture sources, from the mapping to the last byte; what they leave in the
 * cache; reloads. */
#include "tests/failnth/files.h"
#include "tests/failnth/site.h"

struct question {
	const char *key, *value, *view;
	struct ask also; /* what else is asked for */
	const char *cache;
	int times;
};

static struct ask ask_of(const struct question *q)
{
	struct ask ask = q->also;

	ask.tenant = STR("t");
	ask.role = ask.role.p ? ask.role : STR("agent");
	ask.purpose = STR("service");
	ask.lang = STR("en");
	ask.view = str_of(q->view);
	ask.canonical = !ask.flat && !ask.explain;
	if (q->key) {
		ask.n_by = 1;
		ask.by[0].name = str_of(q->key);
		ask.by[0].value = str_of(q->value);
	}
	return ask;
}

static enum outcome asked(const void *arg)
{
	const struct question *q = arg;
	struct ask ask = ask_of(q);
	struct site s;
	enum outcome o = site_open(&s, q->cache ? q->cache : "off");

	for (int i = 0; o != WRONG && s.lane_open && i < (q->times ? q->times : 1); i++) {
		site_ask(&s, &ask);
		o = failnth_worse(o, site_judge(&s.reply));
	}
	site_close(&s);
	return o;
}

/* An explanation has times in it: only its status is compared. */
static enum outcome explained(const void *arg)
{
	struct ask ask = ask_of(arg);
	struct site s;
	enum outcome o = site_open(&s, "off");

	if (s.lane_open) {
		site_ask(&s, &ask);
		o = s.reply.status >= 500 ? failnth_refused("a problem of ours")
		    : s.reply.status == 200 ? failnth_same(STR("explained"))
					    : failnth_wrong("status %d: %.200s", s.reply.status, s.reply.body);
	}
	site_close(&s);
	return o;
}

static enum outcome reloaded(const void *arg)
{
	static const struct question q = { .key = "member", .value = "1", .view = "pop" };
	struct ask ask = ask_of(&q);
	struct site s;
	enum outcome o = site_open(&s, "memory");
	struct err err = { 0 };

	(void)arg;
	if (s.lane_open) {
		if (!service_reload(s.svc, diags_new(s.mem), &err))
			o = failnth_refused(err.text);
		site_ask(&s, &ask);
		o = failnth_worse(o, site_judge(&s.reply));
	}
	site_close(&s);
	return o;
}

/* An id that is given out is that customer's, or none. */
static enum outcome sealed(const void *arg)
{
	struct site s;
	enum outcome o = site_open(&s, "off");
	struct str id, member = STR("");

	(void)arg;
	if (s.svc) {
		id = seal_id(s.svc, STR("t"), STR("1"), s.mem);
		if (!unseal_id(s.svc, STR("t"), id, s.mem, &member))
			o = failnth_refused("not opened");
		else
			o = failnth_worse(o, failnth_same(member));
	}
	site_close(&s);
	return o;
}

#define ASKED(name, ...) { name, asked, &(const struct question){ __VA_ARGS__ } }

static const struct scenario all[] = {
	ASKED("by-member", .key = "member", .value = "1", .view = "pop"),
	ASKED("by-member-xml", .key = "member", .value = "1", .view = "pop", .also = { .format = FORMAT_XML }),
	ASKED("by-member-pretty", .key = "member", .value = "1", .view = "pop", .also = { .pretty = true }),
	ASKED("with-provenance", .key = "member", .value = "1", .view = "pop", .also = { .provenance = true }),
	ASKED("as-boss", .key = "member", .value = "1", .view = "full", .also = { .role = { "boss", 4 } }),
	ASKED("by-phone", .key = "phone", .value = "010-1111-2222", .view = "pop"),
	ASKED("by-phone-of-two", .key = "phone", .value = "010-3333-4444", .view = "pop"),
	ASKED("by-phone-of-two-strict", .key = "phone", .value = "010-3333-4444", .view = "pop",
	      .also = { .strict = true }),
	ASKED("by-phone-of-nobody", .key = "phone", .value = "010-9999-9999", .view = "pop"),
	ASKED("by-blocked-phone", .key = "phone", .value = "02-1000-0000", .view = "pop"),
	ASKED("by-email", .key = "email", .value = "KIM@x.kr", .view = "pop"),
	ASKED("by-order", .key = "order", .value = "B1", .view = "pop"),
	ASKED("by-visitor", .key = "visitor", .value = "v1", .view = "pop"),
	ASKED("by-unknown-key", .key = "shoe", .value = "42", .view = "pop"),
	ASKED("unknown-view", .key = "member", .value = "1", .view = "poq"),
	ASKED("some-fields", .key = "member", .value = "1", .view = "pop",
	      .also = { .fields = { "name,orders.no", 14 } }),
	ASKED("some-parts", .key = "member", .value = "1", .view = "pop", .also = { .parts = { "crm", 3 } }),
	ASKED("time-line", .key = "member", .value = "1", .view = "full"),
	ASKED("twice-from-memory", .key = "member", .value = "1", .view = "pop", .cache = "memory", .times = 2),
	ASKED("twice-past-memory", .key = "member", .value = "1", .view = "pop", .cache = "memory", .times = 2,
	      .also = { .no_cache = true }),
	ASKED("routing-json", .key = "phone", .value = "01011112222", .view = "routing", .also = { .flat = true }),
	ASKED("routing-form", .key = "phone", .value = "01011112222", .view = "routing",
	      .also = { .flat = true, .format = FORMAT_FORM }),
	ASKED("routing-text", .key = "phone", .value = "01011112222", .view = "routing",
	      .also = { .flat = true, .format = FORMAT_TEXT }),
	ASKED("routing-line", .key = "phone", .value = "01011112222", .view = "routing",
	      .also = { .flat = true, .format = FORMAT_LINE }),
	ASKED("routing-xml", .key = "phone", .value = "01033334444", .view = "routing",
	      .also = { .flat = true, .format = FORMAT_XML }),
	{ "explain", explained,
	  &(const struct question){ .key = "member", .value = "1", .view = "pop", .also = { .explain = true } } },
	{ "explain-a-field", explained,
	  &(const struct question){ .key = "member", .value = "1", .view = "pop",
				    .also = { .explain = true, .field = { "tier", 4 } } } },
	{ "reload", reloaded, NULL },
	{ "sealed-id", sealed, NULL },
};

int main(int argc, char **argv)
{
	int code = site_begin() ? failnth_main(all, ARRAY_LEN(all), argc, argv) : 1;

	files_remove();
	return code;
}
