/* test_flow_agree.c - random questions to random data: the answer does not depend on the order in which the sources
 * answer, and JSON and XML say the same. */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/graph.h"

enum { QUESTIONS = 4000, PER_SHAPE = 200 };

static struct ask random_ask(const struct graph *g)
{
	static const int keys[] = { MEMBER, PHONE, ACCOUNT, VISITOR, ORDER };
	int key = keys[graph_random((int)ARRAY_LEN(keys))];
	struct ask ask = bed_by(graph_key(key), graph_text(key, 1 + graph_random(3)), "pop");

	(void)g;
	ask.no_cache = true;
	ask.canonical = true;
	return ask;
}

/* Every leaf that is not empty, one a line, in document order. */
static void json_leaves(json_t *node, struct buf *out)
{
	const char *name;
	json_t *child;
	size_t i;

	if (json_is_string(node) && json_string_length(node))
		buf_printf(out, "%s\n", json_string_value(node));
	else if (json_is_integer(node))
		buf_printf(out, "%lld\n", (long long)json_integer_value(node));
	else if (json_is_boolean(node))
		buf_printf(out, "%s\n", json_is_true(node) ? "true" : "false");
	json_object_foreach(node, name, child)
		json_leaves(child, out);
	json_array_foreach(node, i, child)
		json_leaves(child, out);
}

static void xml_leaves(const xmlNode *node, struct buf *out)
{
	for (const xmlNode *n = node; n; n = n->next) {
		if (n->type == XML_TEXT_NODE)
			buf_printf(out, "%s\n", (const char *)n->content);
		xml_leaves(n->children, out);
	}
}

static void compare(struct bed *bed, struct ask *ask)
{
	struct buf json = { 0 }, xml = { 0 };
	int status;
	json_t *tree = bed_ask(bed, ask, &status);
	const struct reply *reply;
	xmlDoc *doc;
	char *first;
	size_t len;

	json_leaves(tree, &json);
	reply = bed_reply(bed, ask);
	first = strndup(reply->body, reply->len);
	len = reply->len;
	reply = bed_reply(bed, ask);
	assert_int_equal(reply->len, len);
	assert_memory_equal(reply->body, first, len);
	free(first);
	ask->format = FORMAT_XML;
	reply = bed_reply(bed, ask);
	doc = xmlReadMemory(reply->body, (int)reply->len, "answer", NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	xml_leaves(xmlDocGetRootElement(doc), &xml);
	xmlFreeDoc(doc);
	assert_int_equal(json.len, xml.len);
	assert_memory_equal(json.data, xml.data, json.len);
	buf_free(&json);
	buf_free(&xml);
}

static void order_of_arrival_and_format_change_nothing(void **state)
{
	struct graph g = { 0 };
	struct bed *bed;

	(void)state;
	graph_seed(7);
	bed = bed_new(graph_mapping(&g));
	graph_serve(&g, bed);
	for (unsigned i = 1; i <= QUESTIONS; i++) {
		struct ask ask;

		graph_seed(i);
		if (i % PER_SHAPE == 0)
			assert_true(bed_reload(bed, graph_mapping(&g)));
		graph_rows(&g);
		if (graph_random(2))
			graph_fail(&g);
		ask = random_ask(&g);
		compare(bed, &ask);
	}
	bed_free(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_arrival_and_format_change_nothing),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
