/* keyfile.h - the file of --keys: who may speak to the service, and as what. JSON, with hashes in place of secrets:
 * {"version": 1, "keys": [{"id", "client", "tenant", "role", "scopes": [...], "hash" or "certificate", "created",
 * "expires", "revoked"}]}. Pure: no file is touched here. Safe from any thread. */
#ifndef FEDERATOR_ACCESS_KEYFILE_H
#define FEDERATOR_ACCESS_KEYFILE_H

#include "base/digest.h"
#include "base/map.h"
#include "federator/access/caller.h"

enum {
	KEYFILE_BYTES_MOST = 8 * 1024 * 1024,
	KEYFILE_KEYS_MOST = 10000,
	KEY_ID_CHARS = 12,	/* hexadecimal digits */
	KEY_SECRET_BYTES = 32,
	KEY_SECRET_CHARS = 43,	/* in base64url */
	KEY_CHARS = KEY_ID_CHARS + 1 + KEY_SECRET_CHARS,
};

/* A client. Texts are whose they are. */
struct api_key {
	struct str id;
	struct str client, tenant, role;
	unsigned may;
	unsigned char hash[DIGEST_BYTES]; /* of the secret; zeros: a certificate proves it */
	struct str certificate; /* its name, or the NULL view: the secret proves it */
	int64_t created_s, expires_s, revoked_s; /* since 1970; 0: does not, is not */
};

struct keyfile {
	struct api_key *of; /* in the order of the file */
	size_t n;
	struct map *by_id; /* struct api_key */
	struct map *by_certificate; /* those that are not revoked */
};

/* Read the text of a key file; all that it becomes lives in `mem` or points into `text`. ERR_CONFIG names `where` and
 * the line, and holds nothing of the file: it is no key file, has a member that is not known (somebody meant something
 * by it), an id or the certificate of a key in force twice, or too many keys. */
bool keyfile_parse(struct str text, const char *where, struct arena *mem, struct keyfile *out, struct err *err)
	MUST_CHECK NONNULL(2, 3, 4, 5);
/* The text of a key file, as keyfile_parse() reads it. */
void keyfile_print(const struct keyfile *file, struct buf *out) NONNULL(1, 2);

/* Is it in force at that moment? */
bool api_key_is_valid(const struct api_key *key, int64_t now_s) MUST_CHECK NONNULL(1);
/* Make the id and the secret of a key: `text` is what a client sends, id.secret, and a NUL; it is to be wiped. */
void api_key_draw(char text[KEY_CHARS + 1], unsigned char hash[DIGEST_BYTES]) NONNULL(1, 2);
/* The key whose id.secret that is, be it in force or not; NULL: none. Takes as long for an id that is not there. */
const struct api_key *api_key_find(const struct keyfile *file, struct str text) MUST_CHECK NONNULL(1);

#endif
