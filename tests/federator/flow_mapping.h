/* flow_mapping.h - the mapping and the rows that the tests of the flow share: a call center (s0), a warehouse (s1)
 * and a web site (s2). */
#ifndef TESTS_FEDERATOR_FLOW_MAPPING_H
#define TESTS_FEDERATOR_FLOW_MAPPING_H

#define IN(key) "SELECT * FROM t WHERE k IN (:" key "...)"
#define COL(name, more) "<column name=\"" name "\" type=\"text\" " more "/>"

#define FLOW_SOURCES                                                                                           \
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"Asia/Seoul\" pool=\"2\"/>"        \
	"<source name=\"s1\" connect=\"secret:s1\" dialect=\"sqlite\" zone=\"Asia/Seoul\" pool=\"2\"/>"        \
	"<source name=\"s2\" connect=\"secret:s2\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"

#define FLOW_KEYS                                                                                              \
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"                                            \
	"<key name=\"phone\" role=\"shared\" type=\"phone-kr\" values=\"5\" block=\"^\\+82100000\"/>"          \
	"<key name=\"email\" role=\"shared\" type=\"email\"/>"                                                 \
	"<key name=\"order\" role=\"unique\" type=\"text\" values=\"20\"/>"                                    \
	"<key name=\"visitor\" role=\"shared\" type=\"text\" values=\"10\"/>"                                  \
	"<key name=\"product\" role=\"item\" type=\"text\" values=\"50\"/>"                                    \
	"<class name=\"open\"/><class name=\"name\" mask=\"name\"/><class name=\"phone\" mask=\"phone\"/>"     \
	"<class name=\"secret\"/>"                                                                             \
	"<codes name=\"tier\"><code is=\"VIP\" from=\"1\"><label xml:lang=\"en\">Very important</label></code>" \
	"<code is=\"BASE\" from=\"9\"/></codes>"

#define FLOW_PARTS                                                                                             \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"30s\" stale=\"10m\">"         \
	"<query by=\"member\">" IN("member") "</query><query by=\"phone\">" IN("phone") "</query>"             \
	"<query by=\"email\">" IN("email") "</query>"                                                          \
	COL("member", "gives=\"member\" proves=\"member\"") COL("phone", "proves=\"phone\" as=\"digits\"")     \
	COL("email", "proves=\"email\"") COL("name", "") COL("grade", "") COL("rrn", "")                       \
	"<column name=\"upd\" type=\"timestamp\" as-of=\"true\"/></part>"                                      \
	"<part name=\"owner\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\" "         \
	"find-only=\"true\"><query by=\"order\">" IN("order") "</query>"                                       \
	COL("no", "proves=\"order\"") COL("member", "gives=\"member\"") "</part>"                              \
	"<part name=\"value\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"10m\">"        \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("tier", "")     \
	"<column name=\"spent\" type=\"decimal\"/><column name=\"n\" type=\"integer\"/>"                       \
	"<column name=\"at\" type=\"timestamp\" as-of=\"true\"/></part>"                                       \
	"<part name=\"orders\" source=\"s1\" rows=\"0..20\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"       \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                     \
	COL("no", "gives=\"order\"") "<column name=\"at\" type=\"timestamp\"/></part>"                         \
	"<part name=\"items\" source=\"s1\" rows=\"0..9\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"         \
	"<query by=\"order\">" IN("order") "</query>" COL("no", "proves=\"order\"")                            \
	COL("product", "gives=\"product\"") "<column name=\"qty\" type=\"integer\"/></part>"                   \
	"<part name=\"products\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"      \
	"<query by=\"product\">" IN("product") "</query>" COL("product", "proves=\"product\"")                 \
	COL("title", "") "</part>"                                                                             \
	"<part name=\"link\" source=\"s2\" rows=\"0..9\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"          \
	"<query by=\"member\">" IN("member") "</query><query by=\"visitor\">" IN("visitor") "</query>"         \
	COL("member", "gives=\"member\" proves=\"member\"")                                                    \
	COL("visitor", "gives=\"visitor\" proves=\"visitor\"") "</part>"                                       \
	"<part name=\"pages\" source=\"s2\" rows=\"0..9\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"         \
	"<query by=\"visitor\">" IN("visitor") "</query>" COL("visitor", "proves=\"visitor\"")                 \
	COL("url", "") "<column name=\"at\" type=\"timestamp\"/></part>"

#define FROM(part, column) "<from part=\"" part "\" column=\"" column "\"/>"
#define FLOW_FIELDS                                                                                            \
	"<field path=\"name\" class=\"name\">" FROM("crm", "name") "</field>"                                  \
	"<field path=\"contact.phone\" class=\"phone\">" FROM("crm", "phone") "</field>"                       \
	"<field path=\"rrn\" class=\"secret\">" FROM("crm", "rrn") "</field>"                                  \
	"<field path=\"tier\" class=\"open\" pick=\"newest\" codes=\"tier\" empty=\"9\">" FROM("value", "tier") \
	FROM("crm", "grade") "</field>"                                                                        \
	"<field path=\"spent\" class=\"open\" currency=\"KRW\">" FROM("value", "spent") "</field>"             \
	"<field path=\"order_count\" class=\"open\" empty=\"0\">" FROM("value", "n") "</field>"                \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" order=\"at desc\" limit=\"2\">"                 \
	"<field path=\"no\">" FROM("orders", "no") "</field><field path=\"at\"/>"                              \
	"<list path=\"items\" parts=\"items\" class=\"open\" limit=\"9\"><field path=\"qty\"/>"                \
	"<field path=\"title\">" FROM("products", "title") "</field></list></list>"                            \
	"<list path=\"pages\" parts=\"pages\" class=\"open\" order=\"at desc\" limit=\"5\"><field path=\"url\"/>" \
	"<field path=\"at\"/></list>"                                                                          \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"orders\" at=\"at\" only=\"no\"/>"                   \
	"<of list=\"pages\" at=\"at\"/></timeline>"

#define FLOW_VIEWS                                                                                             \
	"<view name=\"candidate\" by=\"phone email\" budget=\"900ms\"><use path=\"name\"/></view>"             \
	"<view name=\"pop\" by=\"member phone email order visitor\" budget=\"2s\"><use path=\"name\"/>"        \
	"<use path=\"contact.phone\"/><use path=\"rrn\"/><use path=\"tier\"/><use path=\"spent\"/>"            \
	"<use path=\"order_count\"/><use path=\"orders\"/><use path=\"pages\"/></view>"                        \
	"<view name=\"full\" by=\"member phone\" budget=\"2s\"><use view=\"pop\"/><use path=\"journey\"/></view>" \
	"<view name=\"routing\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                                 \
	"<use path=\"tier\" as=\"Tier\" default=\"BASE\"/></view>"                                             \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/><mask class=\"name phone\"/></policy>" \
	"<policy role=\"boss\" purpose=\"service\"><show class=\"open name phone secret\"/></policy>"

#define FLOW_MAPPING                                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS FLOW_PARTS FLOW_FIELDS FLOW_VIEWS \
	"</mapping>"

#define CRM_HEAD "part crm\nkey member phone email\ncolumns member phone email name grade rrn upd\n"
#define CRM_ROWS                                                                                               \
	"1\t01011112222\tkim@x.kr\t김한별\t9\t900101-1234567\t2026-11-20 10:00:00\n"                           \
	"2\t01033334444\tlee@x.kr\t이서준\t1\t\\N\t2026-11-20 10:00:00\n"                                      \
	"3\t01033334444\tmin@x.kr\t이민\t9\t\\N\t2026-11-20 10:00:00\n"
#define CRM CRM_HEAD CRM_ROWS "\n"
#define WAREHOUSE_FIND "part owner\nkey no\ncolumns no member\nA1\t1\nB1\t2\n\n"
#define WAREHOUSE_VALUE                                                                                        \
	"part value\nkey member\ncolumns member tier spent n at\n1\t1\t120.50\t3\t2026-11-21 09:00:00\n\n"
#define WAREHOUSE_ORDERS                                                                                       \
	"part orders\nkey member\ncolumns member no at\n1\tA1\t2026-11-01 09:00:00\n"                          \
	"1\tA3\t2026-11-03 09:00:00\n1\tA2\t2026-11-02 09:00:00\n\n"                                           \
	"part items\nkey no\ncolumns no product qty\nA1\tP1\t1\nA3\tP2\t2\nA3\tP1\t1\n\n"                      \
	"part products\nkey product\ncolumns product title\nP1\tRice cooker\n\n"
#define WAREHOUSE WAREHOUSE_FIND WAREHOUSE_VALUE WAREHOUSE_ORDERS
#define WEB                                                                                                    \
	"part link\nkey member visitor\ncolumns member visitor\n1\tv1\n1\tv2\n\n"                              \
	"part pages\nkey visitor\ncolumns visitor url at\nv1\t/a\t2026-11-02 01:00:00\nv2\t/b\t2026-11-22 01:00:00\n\n"

#endif
