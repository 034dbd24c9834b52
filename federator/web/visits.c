#include "federator/web/visits.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"

enum { LOOKS_US = 60 * 1000000 }; /* who stays and goes on is looked at anew that often */

/* ---- copies of sessions ---- */

static const size_t texts[] = {
	offsetof(struct web_session, session),	     offsetof(struct web_session, visitor),
	offsetof(struct web_session, entry_path),    offsetof(struct web_session, last_path),
	offsetof(struct web_session, referrer),	     offsetof(struct web_session, campaign),
	offsetof(struct web_session, engine_terms),  offsetof(struct web_session, client),
	offsetof(struct web_session, agent),	     offsetof(struct web_session, device),
	offsetof(struct web_session, customer),
};

static struct str *text_of(struct web_session *s, size_t i)
{
	return (struct str *)(void *)((char *)s + texts[i]);
}

/* In one block of the heap. */
static struct web_session *session_copy(const struct web_session *from)
{
	struct web_session same = *from, *copy;
	size_t bytes = sizeof(same);
	char *p;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		bytes += text_of(&same, i)->n;
	copy = memory_new(bytes);
	*copy = same;
	p = (char *)(copy + 1);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str *text = text_of(copy, i);

		if (!text->p)
			continue;
		memcpy(p, text->p, text->n);
		text->p = p;
		p += text->n;
	}
	return copy;
}

static bool session_same(const struct web_session *a, const struct web_session *b)
{
	struct web_session x = *a, y = *b;
	bool same = a->last_us == b->last_us && a->events == b->events && a->searches == b->searches &&
		    a->failures == b->failures;

	for (size_t i = 0; i < ARRAY_LEN(texts) && same; i++)
		same = str_eq(*text_of(&x, i), *text_of(&y, i));
	return same;
}

/* ---- what is to be asked ---- */

static void want(struct visits *visits, struct looks *looks)
{
	if (looks->wanted_at || looks->asking)
		return;
	looks->wanted_next = NULL;
	looks->wanted_at = visits->wanted_end;
	*visits->wanted_end = looks;
	visits->wanted_end = &looks->wanted_next;
}

static void unwant(struct visits *visits, struct looks *looks)
{
	if (!looks->wanted_at)
		return;
	*looks->wanted_at = looks->wanted_next;
	if (looks->wanted_next)
		looks->wanted_next->wanted_at = looks->wanted_at;
	else
		visits->wanted_end = looks->wanted_at;
	looks->wanted_at = NULL;
}

struct looks *visits_wanted(struct visits *visits)
{
	struct looks *looks = visits->wanted;

	if (looks)
		unwant(visits, looks);
	return looks;
}

void visits_want_again(struct visits *visits, struct looks *looks)
{
	looks->wanted_next = visits->wanted;
	looks->wanted_at = &visits->wanted;
	if (looks->wanted_next)
		looks->wanted_next->wanted_at = &looks->wanted_next;
	else
		visits->wanted_end = &looks->wanted_next;
	visits->wanted = looks;
}

static bool face_same(const struct web_face *a, const struct web_face *b)
{
	bool same = a && b && a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->of[i].name, b->of[i].name) && str_eq(a->of[i].value, b->of[i].value);
	return same || (!a && !b);
}

void looks_take(struct looks *looks, struct web_face *face)
{
	bool was = looks->known, same = was && face_same(looks->now, face);

	looks->known = true;
	looks->asking = NULL;
	if (same) {
		free(face);
		return;
	}
	if (looks->now != looks->told)
		free(looks->now);
	looks->now = face;
}

static void looks_add(struct visits *visits, struct visit *visit, const struct audience *audience)
{
	struct looks *looks = memory_new(sizeof(*looks));

	looks->visit = visit;
	looks->audience = audience;
	looks->next = visit->looks;
	visit->looks = looks;
	want(visits, looks);
}

static void looks_free(struct visits *visits, struct looks *looks)
{
	unwant(visits, looks);
	if (looks->asking)
		looks->asking->looks = NULL;
	if (looks->now != looks->told)
		free(looks->now);
	free(looks->told);
	free(looks);
}

struct looks *visit_looks(const struct visit *visit, const struct audience *audience)
{
	struct looks *looks = visit->looks;

	while (looks && looks->audience != audience)
		looks = looks->next;
	return looks;
}

void visits_audience(struct visits *visits, const struct audience *audience, bool live)
{
	for (struct visit *visit = visits->all; visit && live; visit = visit->newer)
		looks_add(visits, visit, audience);
}

void visits_forget_audience(struct visits *visits, const struct audience *audience)
{
	for (struct visit *visit = visits->all; visit; visit = visit->newer) {
		struct looks **at = &visit->looks, *looks;

		while (*at && (*at)->audience != audience)
			at = &(*at)->next;
		looks = *at;
		if (!looks)
			continue;
		*at = looks->next;
		looks_free(visits, looks);
	}
}

/* ---- visits ---- */

void visits_begin(struct visits *visits)
{
	visits->wanted_end = &visits->wanted;
	visits->all_end = &visits->all;
}

void visits_end(struct visits *visits)
{
	while (visits->all)
		visit_drop(visits, visits->all);
}

static struct visit *visit_named(struct visits *visits, struct str session, struct visit ***bucket_out)
{
	struct visit *visit;

	*bucket_out = &visits->buckets[digest_sip(session) % VISITS_BUCKETS];
	visit = **bucket_out;
	while (visit && !str_eq(visit->now->session, session))
		visit = visit->next;
	return visit;
}

static struct visit *visit_add(struct visits *visits, struct visit **bucket)
{
	struct visit *visit = memory_new(sizeof(*visit));

	visit->next = *bucket;
	visit->at = bucket;
	if (visit->next)
		visit->next->at = &visit->next;
	*bucket = visit;
	visit->all_at = visits->all_end;
	*visits->all_end = visit;
	visits->all_end = &visit->newer;
	visit->number = ++visits->number;
	visits->n++;
	return visit;
}

/* What was known is somebody else's: nobody sees it, nor what is still under way. */
static void looks_void(struct looks *looks)
{
	looks->known = false;
	if (looks->asking)
		looks->asking->looks = NULL;
	looks->asking = NULL;
}

static void look_again(struct visits *visits, struct visit *visit, bool other)
{
	uint64_t now_us = clock_mono_us();

	for (struct looks *looks = visit->looks; looks; looks = looks->next) {
		if (other)
			looks_void(looks);
		if (other || looks->asked_us + LOOKS_US <= now_us)
			want(visits, looks);
	}
}

void visits_take(struct visits *visits, const struct web_session *session, const struct audience *audiences, bool live)
{
	struct visit **bucket, *visit = visit_named(visits, session->session, &bucket);
	bool other;

	if (!visit) {
		visit = visit_add(visits, bucket);
		visit->now = session_copy(session);
		for (const struct audience *a = audiences; a && live; a = a->next)
			looks_add(visits, visit, a);
		return;
	}
	if (session_same(visit->now, session))
		return;
	other = !str_eq(visit->now->customer, session->customer);
	if (visit->now != visit->told)
		free(visit->now);
	visit->now = session_copy(session);
	look_again(visits, visit, other);
}

void visit_told(struct visit *visit)
{
	if (visit->told != visit->now)
		free(visit->told);
	visit->told = visit->now;
	for (struct looks *looks = visit->looks; looks; looks = looks->next) {
		if (looks->told != looks->now)
			free(looks->told);
		looks->told = looks->now;
		looks->told_known = looks->known;
	}
}

void visit_drop(struct visits *visits, struct visit *visit)
{
	while (visit->looks) {
		struct looks *looks = visit->looks;

		visit->looks = looks->next;
		looks_free(visits, looks);
	}
	*visit->at = visit->next;
	if (visit->next)
		visit->next->at = visit->at;
	*visit->all_at = visit->newer;
	if (visit->newer)
		visit->newer->all_at = visit->all_at;
	else
		visits->all_end = visit->all_at;
	if (visit->now != visit->told)
		free(visit->now);
	free(visit->told);
	free(visit);
	visits->n--;
}
