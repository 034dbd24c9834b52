#include "federator/demo/place.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "federator/demo/files.h"
#include "federator/demo/write_sqlite.h"

#define MARKER ".federator-demo"

enum { ROWS_REVISION = 1 }; /* raise it when the same seed gives other rows */

/* The example's files, and what the marker says when a directory is whole. */
struct place {
	const char *dir, *mapping, *example;
	const char *const *names;
	size_t n_names;
	struct arena *mem;
	struct str rows_line, mapping_line;
	struct buf marker; /* as found */
};

static const char *join(struct arena *mem, const char *dir, const char *name)
{
	return arena_printf(mem, "%s/%s", dir, name).p;
}

const char *place_default(struct arena *mem)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const struct passwd *me;

	if (cache && *cache == '/')
		return join(mem, cache, "federator/demo");
	if (!home || *home != '/') {
		me = getpwuid(getuid());
		home = me ? me->pw_dir : "/var/tmp";
	}
	return join(mem, home, ".cache/federator/demo");
}

bool place_example(struct arena *mem, const char **dir_out, struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir = DEMO_SOURCE_EXAMPLE;

	if (n > 0) {
		const char *installed;

		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		installed = join(mem, self, DEMO_INSTALLED_EXAMPLE);
		if (access(installed, R_OK) == 0)
			dir = installed;
	}
	if (access(dir, R_OK) != 0)
		return err_set(err, ERR_CONFIG, "demo",
			       "the example mapping is missing: install federator's data files");
	*dir_out = dir;
	return true;
}

/* A new or empty directory, or one with our marker. */
static bool claim(struct place *p, struct err *err)
{
	const char *marker = join(p->mem, p->dir, MARKER);
	const char *const *names;
	size_t n;

	if (!files_make_directory(p->dir, err) || !files_names(p->dir, "", p->mem, &names, &n, err))
		return false;
	if (access(marker, F_OK) == 0)
		return files_read(marker, &p->marker, err);
	if (n > 0)
		return err_set(err, ERR_CONFIG, "demo",
			       "%s is not empty and not made by this command: give an empty --dir", p->dir);
	return files_write(marker, STR(""), 0600, err);
}

static bool is_marked(const struct place *p, struct str line)
{
	return p->marker.len > 0 && memmem(p->marker.data, p->marker.len, line.p, line.n) != NULL;
}

static bool make_databases(const struct place *p, const struct generate_conf *conf, struct err *err)
{
	for (int i = 0; i < DATABASES; i++) {
		const char *name = schema_database_name((enum database)i);

		if (!write_sqlite(conf, (enum database)i, arena_printf(p->mem, "%s/%s.db", p->dir, name).p,
				  err))
			return false;
	}
	return true;
}

static bool make_secrets(const struct place *p, struct err *err)
{
	const char *secrets = join(p->mem, p->mapping, "secrets");

	if (!files_make_directory(secrets, err))
		return false;
	for (int i = 0; i < DATABASES; i++) {
		const char *name = schema_database_name((enum database)i);
		struct str connect =
			arena_printf(p->mem,
				     "Driver={SQLite3};Database=file:%s/%s.db?mode=ro;Timeout=200;"
				     "NoTXN=1;NoCreat=1\n",
				     p->dir, name);

		if (!files_write(join(p->mem, secrets, name), connect, 0600, err))
			return false;
	}
	return true;
}

/* A file that the example no longer has would still count. */
static bool remove_mapping(const struct place *p, struct err *err)
{
	const char *const *names;
	size_t n;

	if (!files_names(p->mapping, ".xml", p->mem, &names, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		unlink(join(p->mem, p->mapping, names[i]));
	return true;
}

static bool copy_mapping(const struct place *p, struct err *err)
{
	if (!remove_mapping(p, err))
		return false;
	for (size_t i = 0; i < p->n_names; i++) {
		SCOPED(buf_free) struct buf text = {0};

		if (!files_read(join(p->mem, p->example, p->names[i]), &text, err) ||
		    !files_write(join(p->mem, p->mapping, p->names[i]), buf_str(&text), 0644, err))
			return false;
	}
	return true;
}

/* "mapping <digest>\n" of the example's files: a changed example is copied again, one that the user edited
 * here is left alone. */
static bool digest_example(struct place *p, struct err *err)
{
	unsigned char digest[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];
	struct digest d;

	digest_begin(&d, (struct str){0});
	for (size_t i = 0; i < p->n_names; i++) {
		SCOPED(buf_free) struct buf text = {0};

		if (!files_read(join(p->mem, p->example, p->names[i]), &text, err))
			return false;
		digest_add_str(&d, str_of(p->names[i]));
		digest_add_str(&d, buf_str(&text));
	}
	digest_end(&d, digest);
	digest_hex(digest, DIGEST_BYTES, hex);
	p->mapping_line = arena_printf(p->mem, "mapping %s\n", hex);
	return true;
}

/* The marker says nothing while something is half made. */
static bool complete(const struct place *p, const struct generate_conf *conf, struct err *err)
{
	const char *path = join(p->mem, p->dir, MARKER);
	struct str marker = arena_printf(p->mem, "%s%s", p->rows_line.p, p->mapping_line.p);
	bool same_rows = is_marked(p, p->rows_line), same_mapping = is_marked(p, p->mapping_line);

	if (same_rows && same_mapping)
		return make_secrets(p, err);
	return files_write(path, STR(""), 0600, err) && (same_rows || make_databases(p, conf, err)) &&
	       (same_mapping || copy_mapping(p, err)) && make_secrets(p, err) &&
	       files_write(path, marker, 0600, err);
}

/* The driver is told absolute names: a service may run elsewhere. They stand in a file: name in a connection
 * string, where some characters mean something. */
static bool absolute(const char *dir, struct arena *mem, const char **out, struct err *err)
{
	char here[PATH_MAX];

	if (*dir != '/' && !getcwd(here, sizeof(here)))
		return err_set(err, ERR_SYSTEM, "demo", "the current directory is gone");
	*out = *dir == '/' ? dir : join(mem, here, dir);
	if (strpbrk(*out, "?#%{};"))
		return err_set(err, ERR_CONFIG, "demo",
			       "?#%%{}; cannot stand in the name: give another --dir");
	return true;
}

bool place_make(const char *dir, const char *example, const struct generate_conf *conf, struct arena *mem,
		const char **mapping_out, struct err *err)
{
	struct place p = {.example = example, .mem = mem};
	bool ok;

	if (!absolute(dir, mem, &p.dir, err))
		return false;
	p.mapping = join(mem, p.dir, "mapping");
	p.rows_line = arena_printf(mem, "rows %d customers %u seed %llu\n", ROWS_REVISION, conf->customers,
				   (unsigned long long)conf->seed);
	ok = files_names(example, ".xml", mem, &p.names, &p.n_names, err) && digest_example(&p, err) &&
	     claim(&p, err) && files_make_directory(p.mapping, err) && complete(&p, conf, err);
	buf_free(&p.marker);
	if (ok)
		*mapping_out = p.mapping;
	return ok;
}
