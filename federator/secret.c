#include "federator/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/guarded.h"

static bool name_is_safe(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *name && *name != '.' && name[strspn(name, allowed)] == '\0';
}

/* systemd gives credentials to the service's user with an ACL that shows as group-readable. */
static bool dir_is_systemds(const char *dir)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	return credentials && strcmp(dir, credentials) == 0;
}

bool secret_read(const char *dir, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	const char *where = arena_printf(mem, "secret:%s", name).p;
	const char *path;
	struct str text;

	if (!name_is_safe(name))
		return err_set(err, ERR_CONFIG, where, "a secret's name has only letters, digits, _ . and -");
	path = arena_printf(mem, "%s/%s", dir, name).p;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return err_set(err, ERR_CONFIG, where, "there is no file %s: write the secret into it; chmod 600 it",
			       path);
	if (!guarded_read(path, dir_is_systemds(dir) ? GUARD_ELSEWHERE : GUARD_READING, SECRET_BYTES_MAX, where, mem,
			  &text, err))
		return false;
	if (text.p[text.n - 1] == '\n')
		text = arena_str(mem, (struct str){ text.p, text.n - 1 });
	if (text.n == 0)
		return err_set(err, ERR_CONFIG, where, "%s is empty", path);
	if (memchr(text.p, '\0', text.n))
		return err_set(err, ERR_CONFIG, where, "%s holds a NUL byte", path);
	*out = text;
	return true;
}

/* Is there nothing of that name, not even a link that leads nowhere? */
static bool is_nowhere(const char *dir, const char *name, struct arena *mem)
{
	struct stat st;

	return name_is_safe(name) && lstat(arena_printf(mem, "%s/%s", dir, name).p, &st) != 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

/* In the `secrets` of the mapping directories, the last one first. */
static bool find_beside(const char *map, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	struct str left = str_of(map), tried = STR("");

	for (;;) {
		const char *colon = memrchr(left.p, ':', left.n);
		const char *from = colon ? colon + 1 : left.p;
		const char *dir = arena_printf(mem, "%.*s/secrets", (int)(left.p + left.n - from), from).p;

		if ((!colon && !tried.n) || !is_nowhere(dir, name, mem))
			return secret_read(dir, name, mem, out, err);
		tried = arena_printf(mem, "%.*s%s%s", STR_ARG(tried), tried.n ? ", " : "", dir);
		if (!colon)
			break;
		left.n = (size_t)(colon - left.p);
	}
	return err_set(err, ERR_CONFIG, arena_printf(mem, "secret:%s", name).p, "no file %s in %.*s", name,
		       STR_ARG(tried));
}

bool secret_find(const struct options *opt, const char *name, struct arena *mem, struct str *out, struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (*opt->secrets)
		return secret_read(opt->secrets, name, mem, out, err);
	if (credentials && *credentials)
		return secret_read(credentials, name, mem, out, err);
	if (!*opt->map)
		return err_set(err, ERR_CONFIG, arena_printf(mem, "secret:%s", name).p,
			       "say where secrets lie: --secrets, or --map for those beside a mapping");
	return find_beside(opt->map, name, mem, out, err);
}
