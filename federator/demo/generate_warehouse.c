#include "federator/demo/emit.h"
#include "federator/demo/products.h"

#include <stdio.h>

enum { ITEMS_MAX = 3, SCANS = 4 };

static const char *const carriers[] = {"한빛택배", "나라택배", "새벽배송"};
static const char *const places[] = {"옥천 허브", "곤지암 허브", "군포 터미널", "대전 터미널", "부산 사상"};

/* What is known of one order while its rows are written. */
struct order {
	struct short_text no;
	int64_t wall;
	const char *status; /* 10 paid, 20 packed, 30 sent, 40 delivered, 90 cancelled */
	bool late;
};

/* Older orders have arrived; of the newest one anything may be true. The guide's is on the way and late. */
static const char *order_status(const struct person *p, unsigned seq, int64_t wall, struct random *r)
{
	static const char *const young[] = {"10", "20", "30", "30"};

	if (p->guide && seq == 0)
		return "30";
	if (random_chance(r, 4))
		return "90";
	return DEMO_NOW - wall > 6 * DAY_S ? "40" : RANDOM_WORD(r, young);
}

static int64_t emit_items(struct generator *g, const struct order *o, struct random *r)
{
	unsigned n = 1 + random_below(r, ITEMS_MAX);
	int64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned product = random_below(r, PRODUCTS), pieces = 1 + random_below(r, 2);
		int64_t amount = (int64_t)product_price_won(product) * pieces;

		EMIT(g, ord_item, CELL_T(o->no.text), CELL_N(i + 1), CELL_T(product_code(product).text),
		     CELL_N(pieces), CELL_N(amount));
		sum += amount;
	}
	return sum;
}

static void emit_scans(struct generator *g, const struct order *o, const char *waybill, struct random *r)
{
	static const char *const what[SCANS] = {"집하", "간선 상차", "간선 하차", "배송 완료"};
	unsigned n = o->status[0] == '4' ? SCANS : o->status[0] == '3' ? 1 + random_below(r, SCANS - 1) : 0;
	int64_t wall = o->wall + 3600 * (4 + (int64_t)random_below(r, 12));

	for (unsigned i = 0; i < n; i++, wall += 3600 * (3 + (int64_t)random_below(r, 14)))
		EMIT(g, dlv_event, CELL_T(waybill), CELL_N(i + 1), CELL_T(wall_time(wall).text),
		     CELL_T(RANDOM_WORD(r, places)), CELL_T(what[i]));
}

static void emit_delivery(struct generator *g, const struct person *p, const struct order *o, unsigned seq,
			  unsigned n)
{
	struct random r = random_of(p->seed, p->number, 100 + seq * 4 + n);
	const char *status = o->status[0] == '1' || o->status[0] == '2' ? "10" : o->status;
	char waybill[24];

	snprintf(waybill, sizeof(waybill), "6%011llu",
		 ((unsigned long long)p->number * (ORDERS_MAX + 1) + p->orders - seq) * 2 + n);
	EMIT(g, dlv, CELL_T(waybill), CELL_T(o->no.text), CELL_T(RANDOM_WORD(&r, carriers)), CELL_T(status),
	     CELL_T(wall_day(o->wall + DAY_S * (o->late ? 2 : 4)).text));
	emit_scans(g, o, waybill, &r);
}

static void emit_return(struct generator *g, const struct person *p, const struct order *o, struct random *r)
{
	static const char *const reasons[] = {"단순 변심", "사이즈 안 맞음", "상품 불량", NULL};
	static const char *const states[] = {"10", "20", "30", "30"};
	char ret_no[16];

	if (o->status[0] != '4' || !(p->guide || random_chance(r, 8)))
		return;
	snprintf(ret_no, sizeof(ret_no), "R%s", o->no.text + 1);
	EMIT(g, ret, CELL_T(ret_no), CELL_T(o->no.text), CELL_T(wall_time(o->wall + DAY_S * 5).text),
	     CELL_T(RANDOM_WORD(r, reasons)), CELL_T(RANDOM_WORD(r, states)));
}

static int64_t emit_order(struct generator *g, const struct person *p, unsigned seq)
{
	static const char *const channels[] = {"TV", "TV", "APP", "APP", "WEB", "CALL"};
	struct random r = random_of(p->seed, p->number, 1000 + seq);
	struct order o = {.no = person_order_no(p, seq), .wall = person_order_wall(p, seq)};
	int64_t sum;

	o.status = order_status(p, seq, o.wall, &r);
	o.late = (p->guide && seq == 0) || random_chance(&r, 10);
	sum = emit_items(g, &o, &r);
	EMIT(g, ord, CELL_T(o.no.text), CELL_N(p->number), CELL_T(wall_time(o.wall).text),
	     CELL_T(RANDOM_WORD(&r, channels)), CELL_N(sum), CELL_T(o.status));
	if (o.status[0] == '9')
		return 0;
	emit_delivery(g, p, &o, seq, 0);
	if (random_chance(&r, 5))
		emit_delivery(g, p, &o, seq, 1);
	emit_return(g, p, &o, &r);
	return sum;
}

/* The nightly run knows most members; its tier is now and then another than the call center's grade. */
static void emit_value(struct generator *g, const struct person *p, int64_t sum)
{
	struct random r = person_random(p, SUBJECT_VALUE);
	const char *tier = p->grade == '1' ? "VIP" : p->grade == '2' ? "GOLD" : "BASE";
	unsigned product = random_below(&r, PRODUCTS), favourites = p->orders < 3 ? p->orders : 3;

	if (!p->guide && random_chance(&r, 10))
		return;
	if (random_chance(&r, 3))
		tier = NULL;
	else if (!p->guide && random_chance(&r, 5))
		tier = "GOLD";
	EMIT(g, mem_value, CELL_N(p->number), CELL_T(tier), CELL_N(sum), CELL_T("2026-11-22 03:10:00"));
	for (unsigned i = 0; i < favourites; i++)
		EMIT(g, fav_cat, CELL_N(p->number), CELL_N(i + 1), CELL_T(product_category(product + i)),
		     CELL_N(p->orders - i));
}

void emit_products(struct generator *g)
{
	static const char *const storehouses[] = {"ICN1", "DJN1"};
	struct random r = random_of(0, 0, SUBJECT_PRODUCTS);

	for (unsigned i = 0; i < PRODUCTS; i++) {
		char name[96];

		product_name(i, name);
		EMIT(g, prd, CELL_T(product_code(i).text), CELL_T(name), CELL_T(product_category(i)),
		     CELL_N(product_price_won(i)));
		for (unsigned s = 0; s < ARRAY_LEN(storehouses); s++)
			if (random_chance(&r, 80))
				EMIT(g, stock, CELL_T(product_code(i).text), CELL_T(storehouses[s]),
				     CELL_N(random_below(&r, 300)));
	}
}

void emit_warehouse(struct generator *g, const struct person *p)
{
	int64_t sum = 0;

	for (unsigned seq = 0; seq < p->orders; seq++)
		sum += emit_order(g, p, seq);
	emit_value(g, p, sum);
}
