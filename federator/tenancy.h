/* tenancy.h - the tenants of the installation and the options of each. Immutable once read. */
#ifndef FEDERATOR_TENANCY_H
#define FEDERATOR_TENANCY_H

#include "base/map.h"
#include "federator/options.h"

enum { TENANTS_MOST = 64 };

/* In all of the process a tenant is known by its place here. */
struct tenancy {
	struct options of[TENANTS_MOST]; /* `tenant` is its name */
	size_t n;
	struct map *by_name; /* struct options */
	bool many; /* they are those of --tenants; else one, that of --tenant */
};

/* Without --tenants the one tenant of the options, with all of them. Else one for each directory in it, by name:
 * NAME/map behind what --map says, NAME/secrets, and the options, with what the file NAME/options says of those that a
 * tenant may have of its own. ERR_CONFIG: that file is no good, a name is none, or there are none or too many of them.
 * Lives in `mem`. */
const struct tenancy *tenancy_read(const struct options *opt, struct arena *mem, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3);
/* The place of the tenant of that name; TENANTS_MOST: there is none. */
size_t tenancy_place(const struct tenancy *t, struct str name) MUST_CHECK NONNULL(1);

#endif
