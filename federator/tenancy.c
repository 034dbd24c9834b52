#include "federator/tenancy.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What belongs to the process, and what its tenants share, is not among them. */
static const char *const own[] = {
	"agent-customers", "agent-requests",   "cache-bytes",	   "cache-key-secret", "cache-learn",
	"cache-secret",	   "cache-user",       "client-customers", "client-requests",  "contact",
	"id-ttl",	   "invalidations",    "max-fetch-bytes",  "max-request-bytes", "near-bytes",
	"purpose",	   "queue",	       "rendered-bytes",   "requests",	       "salt-secret",
	"streams",
};

/* It stands in names of Redis, in labels and in paths. */
static bool is_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strspn(name, allowed);

	return n && n <= 64 && name[n] == '\0';
}

static bool tenant_read(const struct options *opt, const char *name, struct arena *mem, struct options *out,
			struct err *err)
{
	const struct option_file file = { .path = arena_printf(mem, "%s/%s/options", opt->tenants, name).p,
					  .shown = arena_printf(mem, "%s/options", name).p,
					  .allowed = own,
					  .n_allowed = ARRAY_LEN(own) };

	if (access(file.path, F_OK) != 0 && errno == ENOENT)
		*out = *opt;
	else if (!options_over(opt, &file, mem, out, err))
		return false;
	out->tenant = name;
	out->map = arena_printf(mem, "%s%s%s/%s/map", opt->map, *opt->map ? ":" : "", opt->tenants, name).p;
	out->secrets = arena_printf(mem, "%s/%s/secrets", opt->tenants, name).p;
	return true;
}

static bool tenant_add(struct tenancy *t, const struct options *opt, const char *name, struct arena *mem,
		       struct err *err)
{
	if (!is_name(name))
		return err_set(err, ERR_CONFIG, opt->tenants,
			       "'%s' is no name of a tenant: up to 64 letters, digits, _ . and -", name);
	if (t->n == TENANTS_MOST)
		return err_set(err, ERR_CONFIG, opt->tenants, "there are more than %d tenants", TENANTS_MOST);
	if (!tenant_read(opt, arena_cstr(mem, str_of(name)), mem, &t->of[t->n], err))
		return false;
	t->n++;
	return true;
}

static void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static bool is_dir(DIR *dir, const char *name)
{
	struct stat st;

	return fstatat(dirfd(dir), name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static bool tenants_read(struct tenancy *t, const struct options *opt, struct arena *mem, struct err *err)
{
	SCOPED(dir_close) DIR *dir = opendir(opt->tenants);
	const struct dirent *entry;

	if (!dir)
		return err_set(err, ERR_CONFIG, opt->tenants, "cannot be read: %s", strerror(errno));
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_dir(dir, entry->d_name) &&
		    !tenant_add(t, opt, entry->d_name, mem, err))
			return false;
	return t->n || err_set(err, ERR_CONFIG, opt->tenants, "holds no directory of a tenant");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct options *)a)->tenant, ((const struct options *)b)->tenant);
}

const struct tenancy *tenancy_read(const struct options *opt, struct arena *mem, struct err *err)
{
	struct tenancy *t = arena_new_of(mem, struct tenancy);

	t->many = *opt->tenants;
	t->by_name = map_new(mem);
	if (!t->many)
		t->of[t->n++] = *opt;
	else if (!tenants_read(t, opt, mem, err))
		return NULL;
	qsort(t->of, t->n, sizeof(t->of[0]), by_name);
	for (size_t i = 0; i < t->n; i++)
		map_set(t->by_name, str_of(t->of[i].tenant), &t->of[i]);
	return t;
}

size_t tenancy_place(const struct tenancy *t, struct str name)
{
	const struct options *found = map_get(t->by_name, name);

	return found ? (size_t)(found - t->of) : TENANTS_MOST;
}
