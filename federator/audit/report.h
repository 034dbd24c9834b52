/* report.h - a month of a record: who saw how many customers, what was denied, why masks were lifted. Streams through
 * all files in bounded memory: what is beyond a bound is counted under `others`, or as "at least". One thread. */
#ifndef FEDERATOR_AUDIT_REPORT_H
#define FEDERATOR_AUDIT_REPORT_H

#include "base/zone.h"
#include "federator/audit/folder.h"

/* A program, and the person it spoke for. */
struct audit_actor {
	struct str tenant, client, agent, role;
	uint64_t views, denials, acts, listens; /* records by kind; denials with those that are left out */
	uint64_t nobody;    /* views that found nobody */
	uint64_t shown;     /* customers shown, each time */
	uint64_t subjects;  /* different ones */
	uint64_t off_hours; /* views outside working hours */
	uint64_t unmasked;  /* records with a reason for which masks were lifted */
};

/* A word and how often it came. */
struct audit_tally {
	const struct audit_actor *actor; /* of a reason; else NULL */
	struct str word;
	uint64_t n;
};

struct audit_month {
	/* set before audit_report() */
	const char *month; /* "2026-11", in the zone */
	const struct zone *zone;
	uint32_t from_hour, to_hour; /* working hours of Monday to Friday: 8 and 20 */
	/* found */
	struct audit_actor *actors; /* by views, most first */
	size_t n_actors;
	struct audit_tally *rules; /* of denials */
	size_t n_rules;
	struct audit_tally *reasons; /* for which masks were lifted */
	size_t n_reasons;
	uint64_t records, unreadable; /* of the month; lines that are no records, of any month */
	bool at_least; /* there were too many different customers to tell them all apart */
};

/* Read all; what is found lives in `mem`. ERR_SYSTEM: the directory cannot be read. */
bool audit_report(const char *dir, struct audit_month *month, struct arena *mem, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3, 4);

/* Gets each record that is about somebody. */
typedef void audit_show(void *owner, const char *file, uint64_t line, struct str record);
/* Find the records that name a hash of audit_subject(). */
bool audit_find(const char *dir, const char *hash, audit_show *show, void *owner, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3, 5);

#endif
