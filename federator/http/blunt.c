#include "federator/http/blunt.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "federator/http/exchange.h"

/* What was sent to us is read, else the close would be a reset and the answer might be lost. */
void blunt_answer(struct wire *wire, int status, const char *type, const char *detail)
{
	struct reply reply = { 0 };
	struct buf out = { 0 };
	char dropped[4096];

	problem_reply(&reply, FORMAT_JSON, status, type, exchange_title(status), detail, NULL);
	buf_printf(&out,
		   "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nCache-Control: private, no-store\r\n%s"
		   "Connection: close\r\nContent-Length: %zu\r\n\r\n%.*s",
		   status, exchange_title(status), reply.content_type, status == 503 ? "Retry-After: 1\r\n" : "",
		   reply.len, (int)reply.len, reply.body);
	(void)!wire_send(wire, buf_str(&out));
	wire_finish(wire);
	(void)!recv(wire->fd, dropped, sizeof(dropped), MSG_DONTWAIT);
	free(reply.body);
	buf_free(&out);
}
