#include "federator/demo/emit.h"

#include <stdio.h>

enum { CAMPAIGNS = 12, CONTACTS_MAX = 24 };

static const char *const surnames[] = {"김", "김", "김", "김", "이", "이", "이",   "박",
				       "박", "최", "정", "강", "조", "윤", "장",   "임",
				       "한", "오", "서", "신", "권", "황", "남궁", "선우"};
static const char *const syllables[] = {"민", "서", "지", "현", "우", "준", "영", "수",
					"은", "하", "윤", "정", "혜", "진", "도", "연",
					"성", "경", "미", "호", "슬", "별", "찬", "래"};
/* Names that break careless programs. */
static const char *const odd_names[] = {"O'Brien Seán", "응우옌 티 흐엉", "김철수😀", "李 明",
					"박  사랑이",   "Müller, Jörg",   "정",      "황보하늘빛나래"};
static const char *const roman[] = {"kim",  "lee", "park", "choi", "jung",
				    "kang", "cho", "yoon", "jang", "lim"};
static const char *const cities[] = {"서울특별시", "부산광역시", "대구광역시", "인천광역시",
				     "광주광역시", "대전광역시", "경기도",     "강원도",
				     "충청북도",   "전라남도",   "경상남도",   "제주도"};
static const char *const streets[] = {"세종대로", "한강대로",   "해운대로", "중앙로",
				      "가람길",   "은행나무길", "새터말길", "올림픽로"};
static const char *const channels[] = {"CALL", "CALL", "CALL", "MAIL", "CHAT", "CHAT"};
static const char *const topics[] = {"배송 문의", "반품 접수", "교환 요청", "주문 취소",
				     "상품 문의", "결제 오류", "쿠폰 문의", "방송 상품 재고"};
static const char *const notes[] = {"배송 지연 안내함",
				    "회수 기사 방문 예약",
				    "색상 교환 희망",
				    "카드사 확인 필요",
				    "고객이 홈페이지에서 해결하지 못함",
				    NULL,
				    NULL};
static const char *const claims[] = {"배송 지연 불만", "상품 불량", "상담원 불친절", "환불 지연", "오배송"};
static const char *const messages[] = {"주문한 거 언제 와요?", "방송에서 본 냄비 아직 있나요",
				       "쿠폰이 안 먹어요 ㅠㅠ", "빠른 배송 감사합니다 👍"};
static const char *const campaign_names[] = {"가을 침구 특집", "김장 준비전", "VIP 감사제", "휴면 고객 안내"};
static const char *const outbound_channels[] = {"CALL", "MAIL", "SMS"};

static void common_name(struct random *r, char *name, size_t size)
{
	const char *surname = RANDOM_WORD(r, surnames);
	const char *first = RANDOM_WORD(r, syllables);

	snprintf(name, size, "%s%s%s", surname, first, RANDOM_WORD(r, syllables));
}

static void street_address(struct random *r, char *text, size_t size)
{
	const char *street = RANDOM_WORD(r, streets);
	unsigned house = 1 + random_below(r, 300), block = 101 + random_below(r, 20);

	snprintf(text, size, "%s %u, %u동 %u호", street, house, block, 101 + random_below(r, 1500));
}

static void person_name(const struct person *p, struct random *r, char *name, size_t size)
{
	if (p->guide)
		snprintf(name, size, "한별");
	else if (p->number % 100 == 0)
		snprintf(name, size, "%s", odd_names[(p->number / 100 - 1) % ARRAY_LEN(odd_names)]);
	else
		common_name(r, name, size);
}

/* As typed (now and then in capitals) and in lower case; some have none. */
static bool person_email(const struct person *p, struct random *r, char *typed, char *lower, size_t size)
{
	const char *family = p->guide ? "hanbyul" : RANDOM_WORD(r, roman);

	if (!p->guide && random_chance(r, 8))
		return false;
	snprintf(lower, size, "%s%u@example.com", family, p->number);
	snprintf(typed, size, "%s", lower);
	if (random_chance(r, 5) && typed[0] >= 'a' && typed[0] <= 'z')
		typed[0] = (char)(typed[0] - 'a' + 'A');
	return true;
}

/* A line at home that neighbours in number share, digits only; "no number" is written the clerks' way. */
static const char *home_phone(const struct person *p, struct random *r, char *text, size_t size)
{
	unsigned n = random_below(r, 100);

	if (n < 60)
		return NULL;
	if (n < 62)
		return "010-0000-0000";
	snprintf(text, size, "020%03u%04u", p->number / 4 / 10000 % 1000, p->number / 4 % 10000);
	return text;
}

/* One in ten mobile numbers was typed without dashes. */
static void mobile_as_typed(const struct person *p, struct random *r, char *text, size_t size)
{
	const char *m = p->mobile;

	if (!p->guide && random_chance(r, 10))
		snprintf(text, size, "%.3s%.4s%.4s", m, m + 4, m + 9);
	else
		snprintf(text, size, "%s", m);
}

static void emit_customer(struct generator *g, const struct person *p)
{
	struct random r = person_random(p, SUBJECT_ADDRESS);
	char name[64], mobile[20], home[20], typed[64], lower[64], street[96], zip[8];
	bool has_email = person_email(p, &r, typed, lower, sizeof(typed));
	int64_t born = -DAY_S * 365 * 10 + DAY_S * random_below(&r, 365 * 50);
	int64_t registered =
		DEMO_NOW - DAY_S * (400 + (int64_t)random_below(&r, 3000)) - random_below(&r, 86400);

	person_name(p, &r, name, sizeof(name));
	mobile_as_typed(p, &r, mobile, sizeof(mobile));
	street_address(&r, street, sizeof(street));
	snprintf(zip, sizeof(zip), "%05u", 1000 + random_below(&r, 62000));
	EMIT(g, tb_cust, CELL_T(p->cust_no), CELL_T(name),
	     CELL_T(random_chance(&r, 5)    ? NULL
		    : random_chance(&r, 70) ? "F"
					    : "M"),
	     CELL_T(random_chance(&r, 7) ? NULL : wall_day(born).text), CELL_T(mobile),
	     CELL_T(home_phone(p, &r, home, sizeof(home))), CELL_T(has_email ? typed : NULL),
	     CELL_T(has_email ? lower : NULL), CELL_T(zip), CELL_T(RANDOM_WORD(&r, cities)),
	     CELL_T(random_chance(&r, 3) ? NULL : street), CELL_T(((char[]){p->grade, '\0'})),
	     CELL_T(random_chance(&r, 4) ? "D" : "A"), CELL_T(wall_time(registered).text),
	     CELL_T(wall_time(DEMO_NOW - DAY_S * (2 + random_below(&r, 300))).text));
	EMIT(g, tb_grade_hist, CELL_T(p->cust_no), CELL_T(wall_time(registered).text), CELL_T(NULL),
	     CELL_T("9"));
	if (p->grade != '9')
		EMIT(g, tb_grade_hist, CELL_T(p->cust_no), CELL_T(wall_time(registered + 200 * DAY_S).text),
		     CELL_T("9"), CELL_T(((char[]){p->grade, '\0'})));
}

static void emit_contacts(struct generator *g, const struct person *p, struct random *r)
{
	unsigned n = p->guide ? 7 : random_below(r, 4) * random_below(r, 4);
	int64_t wall = DEMO_NOW - 3600 - (p->guide ? 0 : random_below(r, 86400 * 40));

	for (unsigned i = 0; i < n; i++) {
		const char *channel = RANDOM_WORD(r, channels);
		char agent[16];

		snprintf(agent, sizeof(agent), "A%05u", random_below(r, 400));
		EMIT(g, tb_contact, CELL_N((int64_t)p->number * CONTACTS_MAX + i), CELL_T(p->cust_no),
		     CELL_T(wall_time(wall).text), CELL_T(channel), CELL_T(RANDOM_WORD(r, topics)),
		     CELL_T(RANDOM_WORD(r, notes)), CELL_T(agent),
		     channel[0] == 'M' ? CELL_T(NULL) : CELL_N(20 + random_below(r, 900)));
		wall -= 600 + random_below(r, 86400 * 60);
	}
}

static void emit_escorts(struct generator *g, const struct person *p, struct random *r)
{
	if (!p->guide && !random_chance(r, 4))
		return;
	EMIT(g, tb_escort, CELL_N(p->number), CELL_T(p->cust_no),
	     CELL_T(wall_time(DEMO_NOW - 7200 - random_below(r, 86400 * 90)).text),
	     CELL_T("https://shop.example.com/help/return"), CELL_T("반품 신청 화면을 함께 봄"));
}

static void emit_callbacks(struct generator *g, const struct person *p, struct random *r)
{
	static const char *const ends[] = {"D", "D", "D", "N", "C"};
	unsigned n = p->guide ? 2 : random_chance(r, 12) ? 1 + random_below(r, 2) : 0;

	for (unsigned i = 0; i < n; i++) {
		bool waiting = i == 0 && (p->guide || random_chance(r, 30));
		int64_t asked = DEMO_NOW - (waiting ? 1800 + random_below(r, 36000)
						    : 86400 * (2 + random_below(r, 200)));
		int64_t appointment = asked + 3600 * (12 + (int64_t)random_below(r, 36));
		const char *end = RANDOM_WORD(r, ends);

		EMIT(g, tb_callback, CELL_N((int64_t)p->number * 4 + i), CELL_T(p->cust_no),
		     CELL_T(p->mobile), CELL_T(wall_time(asked).text),
		     CELL_T(!p->guide && random_chance(r, 25) ? NULL : wall_time(appointment).text),
		     CELL_T(waiting ? "W" : end), CELL_T(RANDOM_WORD(r, topics)));
	}
}

static void emit_social(struct generator *g, const struct person *p, struct random *r)
{
	unsigned n = 1 + random_below(r, 3);
	char account[32];

	if (!p->guide && !random_chance(r, 10))
		return;
	snprintf(account, sizeof(account), "@shopper%u", p->number);
	EMIT(g, tb_sns_link, CELL_T(account), CELL_T(p->cust_no));
	for (unsigned i = 0; i < n; i++)
		EMIT(g, tb_sns_msg, CELL_N((int64_t)p->number * 4 + i), CELL_T(account),
		     CELL_T(wall_time(DEMO_NOW - 900 - random_below(r, 86400 * 120)).text),
		     CELL_T(RANDOM_WORD(r, messages)));
}

static void emit_claims(struct generator *g, const struct person *p, struct random *r)
{
	unsigned n = p->guide ? 2 : random_chance(r, 10) ? 1 + random_below(r, 2) : 0;

	for (unsigned i = 0; i < n; i++) {
		bool open = i == 0 && (p->guide || random_chance(r, 25));
		char claim_no[24];

		snprintf(claim_no, sizeof(claim_no), "C%08u%02u", p->number, n - i);
		EMIT(g, tb_claim, CELL_T(claim_no), CELL_T(p->cust_no),
		     CELL_T(wall_time(DEMO_NOW - (open ? 3600 * 30 : DAY_S * 60) - random_below(r, 86400))
				    .text),
		     CELL_T(i < p->orders ? person_order_no(p, i).text : NULL),
		     CELL_T(RANDOM_WORD(r, claims)), CELL_T(open ? "N" : "Y"));
	}
}

static void emit_outbound(struct generator *g, const struct person *p)
{
	static const char *const results[] = {"10", "10", "20", "30"};
	struct random r = person_random(p, SUBJECT_CAMPAIGNS);
	unsigned n = p->guide ? 2 : random_below(&r, 3);

	for (unsigned i = 0; i < n; i++)
		EMIT(g, tb_outbound, CELL_N((int64_t)p->number * 4 + i),
		     CELL_N(1 + random_below(&r, CAMPAIGNS)), CELL_T(p->cust_no),
		     CELL_T(wall_time(DEMO_NOW - DAY_S * 3 - random_below(&r, 86400 * 200)).text),
		     CELL_T(RANDOM_WORD(&r, outbound_channels)), CELL_T(RANDOM_WORD(&r, results)));
	for (unsigned i = 0; i < ARRAY_LEN(outbound_channels); i++)
		if (p->guide ? i == 2 : random_chance(&r, 6))
			EMIT(g, tb_dnc, CELL_T(p->cust_no), CELL_T(outbound_channels[i]),
			     CELL_T(wall_time(DEMO_NOW - DAY_S * (1 + random_below(&r, 700))).text));
}

void emit_campaigns(struct generator *g)
{
	for (int64_t i = 0; i < CAMPAIGNS; i++) {
		int64_t start = DEMO_NOW - DAY_S * 30 * i;

		EMIT(g, tb_campaign, CELL_N(i + 1),
		     CELL_T(campaign_names[(size_t)i % ARRAY_LEN(campaign_names)]),
		     CELL_T(wall_day(start).text), CELL_T(wall_day(start + 14 * DAY_S).text));
	}
}

void emit_callcenter(struct generator *g, const struct person *p)
{
	struct random r = person_random(p, SUBJECT_CONTACTS);

	emit_customer(g, p);
	emit_contacts(g, p, &r);
	emit_escorts(g, p, &r);
	emit_callbacks(g, p, &r);
	emit_social(g, p, &r);
	emit_claims(g, p, &r);
	emit_outbound(g, p);
}
