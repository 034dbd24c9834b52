/* nonce.h - random bytes that are no secret. To draw them from the system takes longer than to seal an id, so each
 * thread draws many at a time. From any thread after digest_init(); a process that forked would have them twice. */
#ifndef BASE_NONCE_H
#define BASE_NONCE_H

#include "base/base.h"

enum { NONCE_BYTES_MOST = 64 };

/* Fill out[n], n up to NONCE_BYTES_MOST, with bytes that no other call of the process gets. */
void nonce_draw(unsigned char *out, size_t n) NONNULL(1);

#endif
