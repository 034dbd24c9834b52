#include "base/nonce.h"

#include <assert.h>
#include <sodium.h>

static _Thread_local struct {
	unsigned char bytes[16 * NONCE_BYTES_MOST];
	size_t left; /* of them, at the beginning */
} pool;

void nonce_draw(unsigned char *out, size_t n)
{
	assert(n <= NONCE_BYTES_MOST);
	if (pool.left < n) {
		randombytes_buf(pool.bytes, sizeof(pool.bytes));
		pool.left = sizeof(pool.bytes);
	}
	pool.left -= n;
	memcpy(out, pool.bytes + pool.left, n);
}
