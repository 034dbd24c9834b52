/* face.h - what the `live` view of a web log says of the visitor of a session, asked through a flow as anybody would
 * ask it, and so from the cache as a rule. On one lane's loop. */
#ifndef FEDERATOR_WEB_FACE_H
#define FEDERATOR_WEB_FACE_H

#include "federator/web/session.h"

/* One that asks; texts live until web_face_ask() returns. */
struct web_face_ask {
	struct lane *lane;
	const struct world *world;
	const struct weblog *log; /* of the world; with `live` */
	struct str tenant, role, purpose;
	const struct web_session *session;
};

/* Names and values of the flat view, in one block of the heap. */
struct web_face {
	size_t n;
	struct {
		struct str name, value;
	} of[];
};

/* Gets the face, which is the owner's to free(), or NULL: the view was refused. On the lane's loop. */
typedef void web_face_done(void *owner, struct web_face *face);

/* Ask for the customer that the session is linked with, else for the visitor. done() is called once, perhaps before
 * this returns. */
void web_face_ask(const struct web_face_ask *ask, web_face_done *done, void *owner) NONNULL(1, 2);
/* The value of that name is this one? */
bool web_face_says(const struct web_face *face, struct str name, struct str value);
/* A copy of the face as a member `live` of an object. */
void web_face_put(const struct web_face *face, struct arena *mem, struct node *parent) NONNULL(1, 2, 3);

#endif
