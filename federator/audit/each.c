#include "federator/audit/each.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool each_of(int dir_fd, const char *name, audit_each_line *take, void *owner, struct err *err)
{
	struct audit_reader r;
	struct str line;
	enum audit_got got;

	if (!audit_reader_open(&r, dir_fd, name, err))
		return false;
	while ((got = audit_reader_next(&r, &line)) == AUDIT_GOT_LINE)
		take(owner, name, r.number, line);
	audit_reader_close(&r);
	return got != AUDIT_GOT_NOTHING || err_set(err, ERR_SYSTEM, "audit", "%s: cannot be read", name);
}

bool audit_each(const char *dir, audit_each_line *take, void *owner, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct audit_files files;
	bool good;

	if (dir_fd < 0)
		return err_set(err, ERR_SYSTEM, "audit", "%s: cannot be opened: %s", dir, strerrordesc_np(errno));
	good = audit_files_list(dir_fd, dir, mem, &files, err);
	for (size_t i = 0; good && i < files.n; i++)
		good = each_of(dir_fd, files.of[i].name, take, owner, err);
	close(dir_fd);
	return good;
}
