/* blunt.h - an answer written to a socket past libmicrohttpd, where that cannot give one. */
#ifndef FEDERATOR_HTTP_BLUNT_H
#define FEDERATOR_HTTP_BLUNT_H

/* Write a problem document and end the connection's sending half. The caller closes it, or has it closed. Any thread;
 * never blocks. */
void blunt_answer(int fd, int status, const char *type, const char *detail) __attribute__((nonnull(3, 4)));

#endif
