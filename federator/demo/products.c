#include "federator/demo/products.h"

#include <stdio.h>

struct thing {
	const char *name, *category;
	unsigned price_won;
};

static const struct thing things[] = {
	{"스테인리스 냄비 세트", "주방", 89000}, {"무선 청소기", "가전", 259000},
	{"극세사 이불", "침구", 79000},          {"기능성 패딩", "의류", 129000},
	{"홍삼정 30포", "건강식품", 98000},      {"포기김치 10kg", "식품", 59900},
	{"안마의자", "가전", 1490000},           {"여행용 캐리어", "잡화", 119000},
	{"LED 마스크", "미용", 349000},          {"에어프라이어", "가전", 139000},
	{"제주 감귤 5kg", "식품", 29900},        {"캐시미어 니트", "의류", 69000},
	{"유산균 3개월분", "건강식품", 54000},   {"도마 칼 세트", "주방", 45900},
	{"메모리폼 베개", "침구", 39900},        {"실내 자전거", "운동", 219000},
};
static const char *const makers[] = {"한빛", "새봄", "가람", "다온", "라온",
				     "미르", "바른", "누리", "아름", "자연채"};

void product_name(unsigned product, char name[96])
{
	snprintf(name, 96, "%s %s %u호", makers[product / ARRAY_LEN(things) % ARRAY_LEN(makers)],
		 product_thing(product), 1 + product / (unsigned)(ARRAY_LEN(things) * ARRAY_LEN(makers)));
}

const char *product_thing(unsigned product)
{
	return things[product % ARRAY_LEN(things)].name;
}

const char *product_category(unsigned product)
{
	return things[product % ARRAY_LEN(things)].category;
}

unsigned product_price_won(unsigned product)
{
	return things[product % ARRAY_LEN(things)].price_won + product / (unsigned)ARRAY_LEN(things) * 500;
}
