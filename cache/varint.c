#include "cache/varint.h"

void varint_put(struct buf *out, uint64_t v)
{
	for (; v > 0x7F; v >>= 7)
		buf_putc(out, (char)(unsigned char)(v | 0x80));
	buf_putc(out, (char)v);
}

bool varint_take(struct str *left, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; left->n > 0 && shift < 64; shift += 7) {
		unsigned char byte = (unsigned char)*left->p++;

		left->n--;
		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80) {
			*out = v;
			return byte > 0 || shift == 0;
		}
	}
	return false;
}
