/* asking.h - from an exchange to a flow and back: what the handlers of customers.c and routing.c share. */
#ifndef FEDERATOR_HTTP_ASKING_H
#define FEDERATOR_HTTP_ASKING_H

#include "federator/http/exchange.h"
#include "federator/http/question.h"

/* A question as the options of the service and the header's Accept begin it; `scope` is of enum
 * question_scope. */
struct question asking_begin(const struct exchange *x, unsigned scope) NONNULL(1);
/* Read the query string; keys of the mapping are keys to ask by. False: q->fault is set. */
bool asking_query(struct exchange *x, struct question *q) MUST_CHECK NONNULL(1, 2);
/* Read the body, JSON or XML; the query string must be empty. False: q->fault is set. */
bool asking_body(struct exchange *x, struct question *q) MUST_CHECK NONNULL(1, 2);
/* Gets each of many questions; its texts live as long as the exchange. */
typedef void asking_take(void *owner, const struct ask *one);
/* Read a JSON body with 1 to `most` questions, as question_json_each(). */
bool asking_each(struct exchange *x, struct question *q, size_t most, asking_take *take, void *owner) MUST_CHECK
	NONNULL(1, 2, 4);
/* Read the header fields, all that a question may have. False: q->fault is set. */
bool asking_headers(struct exchange *x, struct question *q) MUST_CHECK NONNULL(1, 2);
/* Does the header say that the body is JSON? */
bool asking_is_json(const struct exchange *x) MUST_CHECK NONNULL(1);
/* Does a policy name the role and the purpose of the question? False: q->fault is set. */
bool asking_allowed(const struct exchange *x, struct question *q) MUST_CHECK NONNULL(1, 2);
/* Answer with q->fault. */
void asking_refuse(struct exchange *x, const struct question *q) NONNULL(1, 2);
/* Read the header fields and run the flow, which answers the exchange. By keys: without one it is refused. */
void asking_start(struct exchange *x, struct question *q) NONNULL(1, 2);
/* Run the flow of a question whose header fields are read. */
void asking_run(struct exchange *x, struct question *q) NONNULL(1, 2);
/* Answer a request whose body nobody would read. True: it has one. */
bool asking_refuse_body(struct exchange *x) MUST_CHECK NONNULL(1);

#endif
