#include "federator/http/question.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#define ASK_NAMESPACE "urn:federator:ask:1"

static void context_free(xmlParserCtxtPtr *context)
{
	if (!*context)
		return;
	xmlFreeDoc((*context)->myDoc);
	xmlFreeParserCtxt(*context);
}

/* A DOCTYPE is the door to entities: refused before anything of it is read. */
static void doctype_refuse(void *arg, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	xmlParserCtxtPtr context = arg;

	(void)name;
	(void)public_id;
	(void)system_id;
	context->_private = context; /* tells context_fault() */
	xmlStopParser(context);
}

static bool context_fault(struct question *q, xmlParserCtxtPtr context)
{
	const xmlError *e = xmlCtxtGetLastError(context);
	struct str text;

	if (context->_private)
		return question_refuse(q, 400, "bad-xml", NULL, "a DOCTYPE is not allowed");
	if (!e || !e->message)
		return question_refuse(q, 400, "bad-xml", NULL, "the body is not well-formed XML");
	text = str_of(e->message);
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' '))
		text.n--;
	return question_refuse(q, 400, "bad-xml", NULL, "line %d, column %d: %.*s", e->line, e->int2,
			       STR_ARG(text));
}

static struct str xml_text(struct question *q, xmlChar *owned)
{
	struct str text = arena_str(q->mem, str_of(owned ? (const char *)owned : ""));

	xmlFree(owned);
	return text;
}

static bool is_blank(const xmlNode *node)
{
	return node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE ||
	       (node->type == XML_TEXT_NODE && xmlIsBlankNode(node) == 1);
}

static bool is_ours(const xmlNode *node)
{
	return node->ns && strcmp((const char *)node->ns->href, ASK_NAMESPACE) == 0;
}

static bool element_read(struct question *q, xmlNode *e)
{
	struct str name = arena_str(q->mem, str_of((const char *)e->name));
	struct str text = xml_text(q, xmlNodeGetContent(e));
	xmlChar *key;

	if (xmlFirstElementChild(e))
		return question_refuse(q, 400, "bad-xml", NULL, "line %ld: <%s> takes text only",
				       xmlGetLineNo(e), name.p);
	if (!str_eq(name, STR("by")))
		return question_member(q, name, text);
	key = xmlGetNoNsProp(e, (const xmlChar *)"key");
	if (!key)
		return question_refuse(q, 400, "bad-xml", NULL, "line %ld: <by> needs the attribute key",
				       xmlGetLineNo(e));
	return question_key(q, xml_text(q, key), text);
}

static bool root_read(struct question *q, xmlNode *root)
{
	if (!is_ours(root) || strcmp((const char *)root->name, "ask") != 0)
		return question_refuse(q, 400, "bad-xml", NULL, "the root is not <ask xmlns=\"%s\">",
				       ASK_NAMESPACE);
	for (xmlNode *e = root->children; e; e = e->next) {
		if (is_blank(e))
			continue;
		if (e->type != XML_ELEMENT_NODE || !is_ours(e))
			return question_refuse(q, 400, "bad-xml", NULL,
					       "line %ld: only elements of the namespace %s stand in <ask>",
					       xmlGetLineNo(e), ASK_NAMESPACE);
		if (!element_read(q, e))
			return false;
	}
	return true;
}

bool question_xml(struct question *q, struct str body)
{
	static const char *const also[] = { "by" };
	SCOPED(context_free) xmlParserCtxtPtr context = NULL;

	q->also = also;
	q->n_also = ARRAY_LEN(also);
	if (body.n == 0)
		return question_refuse(q, 400, "bad-xml", NULL, "the body is empty");
	context = xmlCreateMemoryParserCtxt(body.p, (int)body.n);
	if (!context)
		return question_refuse(q, 500, "no-memory", NULL, "no memory");
	xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	context->sax->internalSubset = doctype_refuse;
	if (xmlParseDocument(context) != 0 || !context->wellFormed || !xmlDocGetRootElement(context->myDoc))
		return context_fault(q, context);
	return root_read(q, xmlDocGetRootElement(context->myDoc));
}
