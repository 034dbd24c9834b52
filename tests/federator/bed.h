/* bed.h - a service on fixture sources for tests of the flow: a mapping, a text file per source, no network, and the
 * answers as parsed JSON. One bed at a time; one thread. */
#ifndef TESTS_FEDERATOR_BED_H
#define TESTS_FEDERATOR_BED_H

#include <jansson.h>

#include "federator/flow/flow.h"

struct bed; /* opaque */

/* A test whose state is a bed on FLOW_MAPPING with all sources answering. */
#define BED_STORY(f) cmocka_unit_test_setup_teardown(f, bed_start, bed_stop)
/* Once, in main(): the libraries and a quiet log. */
bool bed_begin(void);
/* Set-up of BED_STORY(). */
int bed_start(void **state);
/* Teardown of BED_STORY(). */
int bed_stop(void **state);
/* Ask; the status must be 200. */
json_t *bed_ok(struct bed *bed, struct ask ask);
/* Ask; the status must be `wanted`. */
json_t *bed_refused(struct bed *bed, struct ask ask, int wanted);

/* A service on `mapping` (one XML text) in a temporary directory. Fails the test when it cannot be made. */
struct bed *bed_new(const char *mapping);
/* Before the first question: agents and clients ask as much as they like. */
void bed_unlimit(struct bed *bed);
/* What the source of this name answers from now on (text as in adapters/fixture.h). */
void bed_source(struct bed *bed, const char *name, const char *text);
/* Replace the mapping and reload. */
bool bed_reload(struct bed *bed, const char *mapping);
/* A question by one key, role "agent", purpose "service", tenant "t". */
struct ask bed_by(const char *key, const char *value, const char *view);
/* Ask; the answer parsed, owned by the bed until the next ask. Its HTTP status goes to *status_out. */
json_t *bed_ask(struct bed *bed, const struct ask *ask, int *status_out);
/* The same as bytes (any format); owned by the bed until the next ask. */
const struct reply *bed_reply(struct bed *bed, const struct ask *ask);
/* The value at a path of member names and array indexes, "customer.orders.0.no"; fails the test when it is not
 * there. */
json_t *bed_at(json_t *root, const char *path);
/* The same; NULL when it is not there. */
json_t *bed_find(json_t *root, const char *path);
/* Assert the text at a path. */
void assert_at(json_t *root, const char *path, const char *text);
/* The lane its questions run on. */
struct lane *bed_lane(struct bed *bed);
/* End the service and remove the directory. */
void bed_free(struct bed **bed);

#endif
