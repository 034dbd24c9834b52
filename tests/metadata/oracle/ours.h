/* ours.h - normalize_key() for phones, callable from C++. One thread only. */
#ifndef TESTS_METADATA_ORACLE_OURS_H
#define TESTS_METADATA_ORACLE_OURS_H

#ifdef __cplusplus
extern "C" {
#endif

enum ours_home { OURS_KR, OURS_US };

/* `text` -> E.164, valid until the next call; NULL when it is no number. */
const char *ours_e164(enum ours_home home, const char *text);
/* E.164 -> the built-in spelling `form` ("digits", "dashed"), valid until the next call; NULL when the number
 * cannot be written so. */
const char *ours_spelled(enum ours_home home, const char *form, const char *e164);
/* Free what the calls above keep. */
void ours_end(void);

#ifdef __cplusplus
}
#endif

#endif
