/* caller.h - who asks: a program, perhaps for a person, and what they may do. Plain values; no state. */
#ifndef FEDERATOR_ACCESS_CALLER_H
#define FEDERATOR_ACCESS_CALLER_H

#include "federator/options.h"

enum { CALLER_NAME_BYTES = 65, CALLER_ADDRESS_BYTES = 46 };

/* What a caller may use; each route says what it needs. Bits. */
enum may {
	MAY_ASK_OPENLY = 0,   /* everybody: health */
	MAY_VIEW = 1 << 0,    /* views of customers, their time lines, explanations and streams */
	MAY_ROUTE = 1 << 1,   /* flat views and caller names, for call distributors */
	MAY_POP = 1 << 2,     /* ring and listen to screen pops */
	MAY_WARM = 1 << 3,    /* copies ahead of calls */
	MAY_WEB = 1 << 4,     /* the web team's questions */
	MAY_MAP = 1 << 5,     /* mapping files, and what answers look like by them */
	MAY_PURGE = 1 << 6,   /* copies are void */
	MAY_ERASE = 1 << 7,   /* all copies of one customer are gone */
	MAY_EXPORT = 1 << 8,  /* all that is known of one customer */
	MAY_UNMASK = 1 << 9,  /* see for a reason what is masked */
	MAY_CONTACT = 1 << 10, /* tell which calls and chats go on */
	MAY_ALL = (1 << 11) - 1,
};

/* How it is known who asks. */
enum proof {
	PROOF_NONE, /* authentication is not configured: everybody is the caller of the options */
	PROOF_KEY,
	PROOF_TOKEN,
	PROOF_CERTIFICATE, /* of the TLS client */
};

/* Texts end with NUL; an empty one: not known. Their length is at most that of a token of headers.h. */
struct caller {
	enum proof proof;
	uint32_t tenant;                /* its place in the tenancy: 0 where there is only one */
	unsigned may;                   /* enum may */
	char client[CALLER_NAME_BYTES]; /* the program that speaks */
	char agent[CALLER_NAME_BYTES];  /* the person it speaks for */
	bool agent_proven;              /* by a token; else it is the program's word */
	char role[CALLER_NAME_BYTES];   /* as policies name it */
	char purpose[CALLER_NAME_BYTES]; /* of this request */
	char address[CALLER_ADDRESS_BYTES]; /* of a stream's client, where a record is kept */
};

/* Everybody, where authentication is not configured: the role of the options, for their purpose. */
void caller_everybody(const struct options *opt, struct caller *out) NONNULL(1, 2);
/* One that is too long becomes the empty name. */
void caller_name_set(char name[CALLER_NAME_BYTES], struct str text) NONNULL(1);
/* Can it be a tenant, client, agent or role: 1 to 64 bytes of UTF-8 without blanks, control characters, quotation marks
 * and backslashes? Such a name can be written anywhere as it is. */
bool caller_is_name(struct str name) MUST_CHECK;

/* The bit of a word of key files and tokens, such as `view`; 0: there is no such word. */
unsigned may_of(struct str word) MUST_CHECK;
/* The word of one bit; "" for anything else. */
const char *may_word(unsigned may) __attribute__((returns_nonnull));
/* The words of all bits that are set, with `between` between them. */
void may_put(unsigned may, const char *between, struct buf *out) NONNULL(2, 3);

/* Do policies show both the same? They do to callers of one role and purpose. */
bool caller_sees_alike(const struct caller *a, const struct caller *b) NONNULL(1, 2);

#endif
