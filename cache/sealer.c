#include "cache/sealer.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/nonce.h"
#include "cache/pack.h"

/*   0  magic, with the version of the format
 *   4  the clear bytes of the entry behind its magic
 *      u32 number of the key, little-endian
 *      codec
 *      random nonce
 *      sealed: the entry's magic and all behind its clear bytes, as the codec says; then the tag
 * What is in front of the nonce, and the key of the store, is sealed as associated data. */
static const char magic[SEALER_MAGIC] = { 'F', 'S', '1', '\n' };

enum codec { CODEC_PLAIN, CODEC_ZSTD };

enum {
	/* behind the clear bytes */
	CODEC_AT = 4,
	NONCE_AT = CODEC_AT + 1,
	SEALED_AT = NONCE_AT + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD_MOST = SEALER_CLEAR_MOST + NONCE_AT + 512, /* with the key of the store */
};

static_assert(KEYRING_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key of the ring fits");

struct sealer {
	const struct keyring *ring;
	struct packer *packer;
	uint32_t lacks;
};

struct sealer *sealer_new(const struct keyring *ring, struct words *words)
{
	struct sealer *s = memory_new(sizeof(*s));

	*s = (struct sealer){ .ring = ring, .packer = packer_new(words) };
	return s;
}

void sealer_free(struct sealer **s)
{
	if (!*s)
		return;
	packer_free(&(*s)->packer);
	free(*s);
	*s = NULL;
}

/* The associated data; its length. */
static size_t bind_to(struct str head, struct str key, unsigned char out[HEAD_MOST])
{
	assert(head.n + key.n <= HEAD_MOST);
	memcpy(out, head.p, head.n);
	memcpy(out + head.n, key.p, key.n);
	return head.n + key.n;
}

static void put_head(struct str clear, uint32_t number, enum codec codec, struct buf *out)
{
	buf_put(out, magic, sizeof(magic));
	buf_put(out, clear.p + SEALER_MAGIC, clear.n - SEALER_MAGIC);
	for (unsigned i = 0; i < 4; i++)
		buf_putc(out, (char)(unsigned char)(number >> (8 * i)));
	buf_putc(out, (char)codec);
}

/* The nonce and the sealed body, behind the head of so many bytes. */
static void put_sealed(struct str body, const unsigned char *secret, struct str key, size_t head_n, struct buf *out)
{
	unsigned char bound[HEAD_MOST];
	size_t bound_n = bind_to((struct str){ out->data + out->len - head_n, head_n }, key, bound);
	unsigned char *nonce = (unsigned char *)buf_reserve(out, SEALED_AT - NONCE_AT + body.n + TAG);

	nonce_draw(nonce, SEALED_AT - NONCE_AT);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + (SEALED_AT - NONCE_AT), NULL, (const unsigned char *)body.p,
						   body.n, bound, bound_n, NULL, nonce, secret);
	out->len += SEALED_AT - NONCE_AT + body.n + TAG;
}

void sealer_seal(struct sealer *s, struct str key, struct str entry, size_t clear, int64_t ends_ms, struct buf *out)
{
	SCOPED(buf_free) struct buf plain = { 0 }, packed = { 0 };
	const unsigned char *secret;
	uint32_t number;
	bool pays;

	assert(entry.n >= clear && clear >= SEALER_MAGIC && clear <= SEALER_CLEAR_MOST);
	buf_put(&plain, entry.p, SEALER_MAGIC);
	buf_put(&plain, entry.p + clear, entry.n - clear);
	pays = pack(s->packer, buf_str(&plain), ends_ms, &packed);
	secret = keyring_first(s->ring, &number);
	put_head((struct str){ entry.p, clear }, number, pays ? CODEC_ZSTD : CODEC_PLAIN, out);
	put_sealed(buf_str(pays ? &packed : &plain), secret, key, clear + NONCE_AT, out);
}

static uint32_t number_of(const char *bytes)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < 4; i++)
		number |= (uint32_t)(unsigned char)bytes[i] << (8 * i);
	return number;
}

/* What was packed or not, when it was sealed for this key. */
static bool open_body(const struct sealer *s, struct str key, struct str sealed, size_t clear, struct buf *out)
{
	const unsigned char *bytes = (const unsigned char *)sealed.p, *secret;
	unsigned char bound[HEAD_MOST];
	size_t n, bound_n;

	secret = keyring_find(s->ring, number_of(sealed.p + clear));
	n = sealed.n - clear - SEALED_AT;
	bound_n = bind_to((struct str){ sealed.p, clear + NONCE_AT }, key, bound);
	if (!secret || crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)buf_reserve(out, n), NULL, NULL,
								  bytes + clear + SEALED_AT, n, bound, bound_n,
								  bytes + clear + NONCE_AT, secret) != 0)
		return false;
	out->len += n - TAG;
	return true;
}

/* Append what was sealed, without its clear bytes. */
static bool open_plain(struct sealer *s, struct str key, struct str sealed, size_t clear, struct buf *out)
{
	SCOPED(buf_free) struct buf packed = { 0 };

	if (sealed.p[clear + CODEC_AT] != CODEC_ZSTD)
		return open_body(s, key, sealed, clear, out);
	if (!open_body(s, key, sealed, clear, &packed))
		return false;
	if (unpack(s->packer, buf_str(&packed), out))
		return true;
	s->lacks = pack_lacks(s->packer);
	return false;
}

uint32_t sealer_lacks(const struct sealer *s)
{
	return s->lacks;
}

/* The plain text goes where it ends up; only its magic has to move, in front of the clear bytes. */
bool sealer_open(struct sealer *s, struct str key, struct str sealed, size_t clear, struct buf *out)
{
	size_t from = out->len, gap = clear - SEALER_MAGIC;
	char *entry;

	assert(clear >= SEALER_MAGIC && clear <= SEALER_CLEAR_MOST);
	s->lacks = 0;
	if (!sealed.p || sealed.n < clear + SEALED_AT + TAG || memcmp(sealed.p, magic, sizeof(magic)) != 0)
		return false;
	entry = buf_reserve(out, gap + 1);
	memset(entry, 0, gap);
	out->len += gap;
	if (!open_plain(s, key, sealed, clear, out) || out->len - from < clear) {
		out->len = from;
		return false;
	}
	entry = out->data + from;
	memcpy(entry, entry + gap, SEALER_MAGIC);
	memcpy(entry + SEALER_MAGIC, sealed.p + SEALER_MAGIC, gap);
	return true;
}
