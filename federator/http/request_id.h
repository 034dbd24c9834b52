/* request_id.h - names for requests whose callers gave none. */
#ifndef FEDERATOR_HTTP_REQUEST_ID_H
#define FEDERATOR_HTTP_REQUEST_ID_H

/* Unique in all processes with near certainty: random bytes of the process, then a count. NUL-terminated; shorter than
 * the room, which is that of a given one. Safe from any thread. */
void request_id_make(char out[65]);

#endif
