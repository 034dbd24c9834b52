/* identify.h - who sent a request, and may they use its route? On the loop of the exchange. */
#ifndef FEDERATOR_HTTP_IDENTIFY_H
#define FEDERATOR_HTTP_IDENTIFY_H

#include "federator/http/exchange.h"

/* Find out who asks (x->caller, x->pass), and whether they may use x->route. False: they may not, and it is answered
 * with 401, 403, or 400 when the credential cannot be made out. A route that is open to everybody takes whom it cannot
 * make out for somebody who may nothing. */
bool identify(struct exchange *x) MUST_CHECK NONNULL(1);
/* Answer that a credential is needed. */
void identify_refuse(struct exchange *x) NONNULL(1);

#endif
