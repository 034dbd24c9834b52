/* A book comes from Redis. Only who has a key can forge one, and still it must not harm: neither it nor what it
 * unpacks. The input is the length of the book, two bytes, the book, and what was packed with it. */
#include "cache/pack.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf plain = { 0 };
	struct words *words = words_new(0);
	struct packer *p = packer_new(words);
	struct book *book;
	size_t n;

	if (size >= 2) {
		n = (size_t)data[0] << 8 | data[1];
		n = n < size - 2 ? n : size - 2;
		book = book_read((struct str){ (const char *)data + 2, n });
		if (book)
			words_add(words, book);
		if (unpack(p, (struct str){ (const char *)data + 2 + n, size - 2 - n }, &plain) ?
			    plain.len < PACK_LEAST || plain.len > PACK_MOST :
			    plain.len != 0)
			abort();
	}
	packer_free(&p);
	words_free(&words);
	return 0;
}
