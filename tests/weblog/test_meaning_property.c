/* Whatever parameters, paths, referrers and cookies hold, nothing personal of it is in an event; and every text of an
 * event is one that a database takes. */
#include "tests/cmocka_all.h"
#include "base/text.h"
#include "tests/weblog/shop.h"

#include <stdio.h>

static struct shop shop;
static struct weblog_meaning *meaning;
static uint64_t seed = 20260202;

static int begin(void **state)
{
	struct err err;

	(void)state;
	if (!shop_open(&shop, &err))
		fail_msg("%s: %s", err.where, err.text);
	meaning = weblog_meaning_new(shop.conf, shop.rules, SHOP_SALT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	weblog_meaning_free(&meaning);
	shop_close(&shop);
	return 0;
}

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static const char *one_of(const char *const *texts, size_t n)
{
	return texts[below((unsigned)n)];
}
#define ONE_OF(texts) one_of(texts, ARRAY_LEN(texts))

/* ---- what nobody shall find ---- */

struct secret {
	char text[64]; /* as a person writes it */
	char core[32]; /* what must not be found in any event, whatever stands between its characters */
	bool is_number; /* as a product may have one, too */
};

static void digits_put(char *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = (char)('0' + below(10));
	out[n] = '\0';
}

static void phone_make(struct secret *to)
{
	static const char *const joints[] = { "", "-", ".", " ", ") ", " - ", "---" };
	static const char *const fronts[] = { "010", "010", "+8210", "0082-10" };
	const char *joint = ONE_OF(joints);
	char middle[5], last[5];

	digits_put(middle, 4);
	digits_put(last, 4);
	snprintf(to->text, sizeof(to->text), "%s%s%s%s%s", ONE_OF(fronts), joint, middle,
		 strcmp(joint, ") ") == 0 ? "-" : joint, last);
	snprintf(to->core, sizeof(to->core), "%s%s", middle, last);
}

static void email_make(struct secret *to)
{
	static const char *const hosts[] = { "example.com", "mail.example.co.kr", "한글.example" };

	snprintf(to->core, sizeof(to->core), "hong.gd%u", 1000 + below(9000));
	snprintf(to->text, sizeof(to->text), "%s@%s", to->core, ONE_OF(hosts));
}

static void card_make(struct secret *to)
{
	char digits[17] = "4";
	unsigned sum = 0;

	digits_put(digits + 1, 14);
	for (unsigned i = 0; i < 15; i++) {
		unsigned digit = (unsigned)(digits[i] - '0') << (i % 2 == 0);

		sum += digit > 9 ? digit - 9 : digit;
	}
	digits[15] = (char)('0' + (10 - sum % 10) % 10);
	digits[16] = '\0';
	to->is_number = below(2);
	if (!to->is_number)
		snprintf(to->text, sizeof(to->text), "%.4s-%.4s-%.4s-%s", digits, digits + 4, digits + 8,
			 digits + 12);
	else
		snprintf(to->text, sizeof(to->text), "%s", digits);
	snprintf(to->core, sizeof(to->core), "%s", digits);
}

static void rrn_make(struct secret *to)
{
	static const unsigned weights[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	char digits[14];
	unsigned sum = 0, year = below(100);
	unsigned sex = 1 + below(year < 50 ? 4 : 2); /* of those born since 2000: 3, 4 */

	snprintf(digits, sizeof(digits), "%02u%02u%02u%u", year, 1 + below(12), 1 + below(28), sex);
	digits_put(digits + 7, 5);
	for (size_t i = 0; i < ARRAY_LEN(weights); i++)
		sum += weights[i] * (unsigned)(digits[i] - '0');
	snprintf(digits + 12, 2, "%u", (11 - sum % 11) % 10);
	snprintf(to->text, sizeof(to->text), "%.6s%s%s", digits, below(2) ? "-" : "", digits + 6);
	snprintf(to->core, sizeof(to->core), "%s", digits + 6);
}

static void token_make(struct secret *to)
{
	digits_put(to->core, 12);
	snprintf(to->text, sizeof(to->text), "eyJhbGciOiJIUzI1NiJ9.eyJ%s.abc", to->core);
}

/* ---- where it stands ---- */

static const char *const harmless[] = { "q", "page", "x", "sort", "no", "id", "goods", "keyword", "utm_source", "검색" };
static const char *const hidden[] = { "token", "userPassword", "mb_hp", "order[email]", "access-token", "SessionID",
				      "receiverNm", "authCode", "card_no2", "jumin1" };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* Encoded once or several times, fully or as far as it must be. */
static void encoded_put(const char *text, bool form, unsigned times, struct buf *out)
{
	SCOPED(buf_free) struct buf once = { 0 };
	bool all = below(2);

	for (const char *c = text; *c; c++) {
		if (*c == ' ' && form && below(2))
			buf_putc(&once, '+');
		else if (all || *c == ' ' || *c == '+' || *c == '%' || *c == '#' || *c == '?' || (*c & 0x80))
			buf_printf(&once, "%%%02X", (unsigned char)*c);
		else
			buf_putc(&once, *c);
	}
	if (times > 1)
		encoded_put(once.data, false, times - 1, out);
	else
		buf_put_str(out, buf_str(&once));
}

static void word_put(struct buf *out)
{
	for (unsigned i = 0, n = 1 + below(8); i < n; i++)
		buf_putc(out, letters[below(26)]);
}

static void query_put(const struct secret *secret, struct buf *out)
{
	for (unsigned i = 0, n = 1 + below(4), at = below(n); i < n; i++) {
		buf_puts(out, i ? "&" : "?");
		encoded_put(ONE_OF(harmless), true, 1, out);
		buf_putc(out, '=');
		if (below(2))
			word_put(out);
		if (i == at && below(4))
			encoded_put(secret->text, true, 1 + below(3), out);
		else if (i == at) {
			buf_puts(out, "%2Fback%3F");
			buf_puts(out, "token%3D");
			buf_puts(out, secret->core);
		}
	}
	if (below(2)) {
		buf_putc(out, '&');
		encoded_put(ONE_OF(hidden), true, 1, out);
		buf_printf(out, "=%s", secret->core);
	}
}

static void path_put(const struct secret *secret, struct buf *out)
{
	static const char *const fronts[] = { "/", "/srch/", "/a/", "/cart/add/", "/goods/", "/list/" };

	buf_puts(out, fronts[below(secret->is_number ? 4 : 6)]);
	if (below(2)) {
		if (below(3) == 0)
			buf_puts(out, "n-");
		encoded_put(secret->text, false, 1, out);
		buf_puts(out, below(2) ? "/" : "");
	}
	if (below(4) == 0)
		buf_printf(out, ";jsessionid=%s", secret->core);
}

static struct str anything(bool made, const struct secret *secret)
{
	SCOPED(buf_free) struct buf out = { 0 };

	if (!made)
		return (struct str){ NULL, 0 };
	buf_puts(&out, below(2) ? "https://search.naver.com" : "https://hong:pw@elsewhere.example");
	path_put(secret, &out);
	buf_printf(&out, "?query=");
	encoded_put(secret->text, true, 1, &out);
	return arena_str(shop.mem, buf_str(&out));
}

/* ---- the check ---- */

static void core_is_not_in(struct str text, void *arg)
{
	const struct secret *secret = arg;
	SCOPED(buf_free) struct buf joined = { 0 };

	assert_true(text_is_utf8(text));
	for (size_t i = 0; i < text.n; i++) {
		assert_false((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f);
		if (!strchr("-. ()+", text.p[i]) || strchr(secret->core, '.'))
			buf_putc(&joined, text.p[i]);
	}
	if (joined.len && strstr(joined.data, secret->core))
		fail_msg("%s in %.*s", secret->text, STR_ARG(text));
}

static void nothing_personal_is_kept(void **state)
{
	static void (*const makers[])(struct secret *) = { phone_make, email_make, card_make, rrn_make, token_make };
	unsigned events = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct weblog_record record = { .time_us = 1, .has_offset = true, .status = 200 };
		SCOPED(buf_free) struct buf target = { 0 };
		SCOPED(arena_wipe_free) struct arena *some = arena_new();
		struct weblog_event event;
		struct secret secret = { .is_number = false };

		makers[below(ARRAY_LEN(makers))](&secret);
		path_put(&secret, &target);
		query_put(&secret, &target);
		record.text[WEBLOG_METHOD] = STR("GET");
		record.text[WEBLOG_TARGET] = buf_str(&target);
		record.text[WEBLOG_REFERRER] = anything(below(2), &secret);
		record.text[WEBLOG_COOKIE] = below(4) || secret.is_number ? (struct str){ NULL, 0 } :
							arena_printf(shop.mem, "vid=%s", secret.text);
		record.text[WEBLOG_AGENT] = arena_printf(shop.mem, "Browser %u", below(10));
		if (weblog_meaning_of(meaning, &record, some, &event) != WEBLOG_EVENT)
			continue;
		events++;
		shop_texts(&event, core_is_not_in, &secret);
	}
	assert_true(events > 19500);
}

static void noise_put(struct buf *out)
{
	static const char alphabet[] = "%%%&=;?#/+@{}:\"'u.0a1eF\xec\x96\x91\xbf\xee\xc2\x9b\\x";

	for (unsigned i = 0, n = below(80); i < n; i++)
		buf_putc(out, below(20) ? alphabet[below(sizeof(alphabet) - 1)] : (char)(1 + below(255)));
}

static void ignore_secret(struct str text, void *arg)
{
	(void)arg;
	assert_true(text_is_utf8(text) && text.n <= 1024);
	for (size_t i = 0; i < text.n; i++)
		assert_false((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f);
}

static void texts_are_fit_for_a_database_whatever_the_log_holds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct weblog_record record = { .time_us = 1, .has_offset = true, .status = 200 };
		SCOPED(arena_wipe_free) struct arena *some = arena_new();
		struct buf noise[WEBLOG_TEXTS] = { 0 };
		struct weblog_event event;

		record.escape = below(2) ? WEBLOG_BACKSLASH : WEBLOG_JSON;
		record.escaped = below(1u << WEBLOG_TEXTS);
		for (unsigned t = 0; t < WEBLOG_TEXTS; t++) {
			if (t == WEBLOG_TARGET)
				buf_putc(&noise[t], '/');
			if (t == WEBLOG_REFERRER)
				buf_puts(&noise[t], "http://a");
			noise_put(&noise[t]);
			record.text[t] = t == WEBLOG_METHOD ? STR("GET") : buf_str(&noise[t]);
		}
		if (weblog_meaning_of(meaning, &record, some, &event) == WEBLOG_EVENT)
			shop_texts(&event, ignore_secret, NULL);
		for (unsigned t = 0; t < WEBLOG_TEXTS; t++)
			buf_free(&noise[t]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_personal_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(texts_are_fit_for_a_database_whatever_the_log_holds, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
