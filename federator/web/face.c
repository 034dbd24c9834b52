#include "federator/web/face.h"

#include <stdlib.h>

#include "base/jsontext.h"
#include "base/memory.h"
#include "federator/flow/flow.h"

struct asking {
	web_face_done *done;
	void *owner;
};

/* All members are texts: it is a flat answer. */
static struct web_face *face_of(struct str json)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct jsontext_fault fault;
	const struct jsontext *object = jsontext_read(json, true, mem, &fault);
	size_t bytes = sizeof(struct web_face), n = 0;
	struct web_face *face;
	char *text;

	if (!object || object->kind != JSONTEXT_OBJECT)
		return NULL;
	for (const struct jsontext *m = object->first; m; m = m->next)
		bytes += sizeof(face->of[0]) + m->name.n + m->text.n;
	face = memory_new(bytes);
	text = (char *)&face->of[object->n_items];
	for (const struct jsontext *m = object->first; m; m = m->next, n++) {
		memcpy(text, m->name.p, m->name.n);
		face->of[n].name = (struct str){ text, m->name.n };
		text += m->name.n;
		memcpy(text, m->text.p, m->text.n);
		face->of[n].value = (struct str){ text, m->text.n };
		text += m->text.n;
	}
	face->n = n;
	return face;
}

static void on_reply(void *owner, struct reply *reply)
{
	struct asking *asking = owner;
	struct web_face *face = reply->status == 200 ? face_of((struct str){ reply->body, reply->len }) : NULL;

	reply_free(reply);
	asking->done(asking->owner, face);
	free(asking);
}

/* The key and its value; NULL: the view cannot be asked for this session. */
static const struct key *key_of(const struct web_face_ask *ask, struct str *value_out)
{
	const struct key *identity = ask->world->cat->identity, *visitor = ask->log->visitor;

	*value_out = ask->session->customer;
	if (ask->session->customer.p && view_by(ask->log->live, identity))
		return identity;
	*value_out = ask->session->visitor;
	return visitor && view_by(ask->log->live, visitor) ? visitor : NULL;
}

void web_face_ask(const struct web_face_ask *ask, web_face_done *done, void *owner)
{
	struct str value;
	const struct key *key = key_of(ask, &value);
	struct asking *asking;
	struct ask question = { .n_by = 1,
				.tenant = ask->tenant,
				.role = ask->role,
				.purpose = ask->purpose,
				.view = str_of(ask->log->live->name),
				.flat = true,
				.format = FORMAT_JSON };

	if (!key) {
		done(owner, memory_new(sizeof(struct web_face)));
		return;
	}
	asking = memory_new(sizeof(*asking));
	asking->done = done;
	asking->owner = owner;
	question.by[0].name = str_of(key->name);
	question.by[0].value = value;
	question.world = world_ref(ask->world);
	flow_start(ask->lane, &question, on_reply, asking);
}

bool web_face_says(const struct web_face *face, struct str name, struct str value)
{
	for (size_t i = 0; face && i < face->n; i++)
		if (str_eq(face->of[i].name, name))
			return str_eq(face->of[i].value, value);
	return false;
}

void web_face_put(const struct web_face *face, struct arena *mem, struct node *parent)
{
	struct node *node = tree_object(mem, parent, STR("live"));

	for (size_t i = 0; i < face->n; i++)
		tree_text(mem, node, arena_str(mem, face->of[i].name), arena_str(mem, face->of[i].value));
}
