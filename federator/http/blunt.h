/* blunt.h - an answer written past libmicrohttpd, where that cannot give one. */
#ifndef FEDERATOR_HTTP_BLUNT_H
#define FEDERATOR_HTTP_BLUNT_H

#include "federator/http/wire.h"

/* Write a problem document and end the connection's sending half. The caller closes it, or has it closed. Any thread;
 * never blocks. */
void blunt_answer(struct wire *wire, int status, const char *type, const char *detail) NONNULL(1, 3, 4);

#endif
