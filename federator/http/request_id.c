#include "federator/http/request_id.h"

#include <stdatomic.h>

#include <sodium.h>

#include "base/text.h"

void request_id_make(char out[65])
{
	static _Atomic uint64_t count;
	uint64_t n = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
	static _Atomic uint64_t process;
	uint64_t mine = atomic_load_explicit(&process, memory_order_relaxed), none = 0;

	if (mine == 0) {
		randombytes_buf(&mine, sizeof(mine));
		mine |= 1;
		if (!atomic_compare_exchange_strong(&process, &none, mine))
			mine = none;
	}
	text_from_hex(n, 8, text_from_hex(mine, 16, out));
}
