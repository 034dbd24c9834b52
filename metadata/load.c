#include "metadata/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metadata/build.h"
#include "metadata/catalog_private.h"
#include "metadata/xmltree.h"

/* ---- from texts ---- */

static int by_name(const void *va, const void *vb)
{
	const struct mapping_file *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

/* Copies that live with the catalog, in byte order of the names. */
static void keep_files(struct catalog *cat, const struct mapping_file *files, size_t n, struct arena *mem)
{
	struct mapping_file *kept = arena_array_of(mem, struct mapping_file, n + 1);

	for (size_t i = 0; i < n; i++)
		kept[i] = (struct mapping_file){ arena_cstr(mem, str_of(files[i].name)),
						 arena_str(mem, files[i].text) };
	qsort(kept, n, sizeof(kept[0]), by_name);
	cat->files = kept;
	cat->n_files = n;
}

static void set_revision(struct catalog *cat)
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	for (size_t i = 0; i < cat->n_files; i++) {
		digest_add_str(&d, str_of(cat->files[i].name));
		digest_add_str(&d, cat->files[i].text);
	}
	digest_end(&d, hash);
	digest_hex(hash, (sizeof(cat->revision) - 1) / 2, cat->revision);
}

static struct str without_bom(struct str text)
{
	if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
		return (struct str){ text.p + 3, text.n - 3 };
	return text;
}

/* Read all files into trees; returns how many are mappings. `dir` stands before the names in findings. */
static size_t read_trees(struct build *b, const char *dir, const struct elem **roots)
{
	struct schema *schema SCOPED(schema_free) = schema_new();
	size_t n = 0;

	for (size_t i = 0; i < b->cat->n_files; i++) {
		const struct mapping_file *f = &b->cat->files[i];
		const char *shown = dir ? arena_printf(b->mem, "%s/%s", dir, f->name).p : f->name;
		struct str text = without_bom(f->text);

		diags_file(b->ds, shown, text);
		roots[n] = xmltree_read(text, shown, schema, b->scratch, b->ds);
		n += roots[n] != NULL;
	}
	return n;
}

/* `unread` files of the directory are findings already. */
static const struct catalog *load(const struct mapping_file *files, size_t n_files, size_t unread,
				  const char *dir, struct diags *ds)
{
	struct arena *scratch SCOPED(arena_wipe_free) = arena_new();
	struct build b = { .scratch = scratch, .ds = ds };
	size_t errors = diags_count(ds, DIAG_ERROR), n_roots;
	const struct elem **roots = arena_array_of(scratch, const struct elem *, n_files + 1);
	const struct catalog *cat;

	b.cat = catalog_new(&b.mem);
	cat = b.cat;
	keep_files(b.cat, files, n_files, b.mem);
	set_revision(b.cat);
	n_roots = read_trees(&b, dir, roots);
	build_catalog(&b, roots, n_roots, unread > 0 || n_roots < n_files);
	if (diags_count(ds, DIAG_ERROR) > errors || unread)
		catalog_unref(&cat);
	return cat;
}

static struct span whole(const char *file)
{
	return (struct span){ .file = file };
}

const struct catalog *catalog_load_texts(const struct mapping_file *files, size_t n_files, struct diags *ds)
{
	if (n_files == 0) {
		diag_add(ds, "M0001", whole(""), NULL, "there is no mapping file");
		return NULL;
	}
	return load(files, n_files, 0, NULL, ds);
}

/* ---- from a directory ---- */

static bool is_mapping_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".xml") == 0;
}

static void drop_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* The bytes of a file, and one more than the most that a mapping may have. False with errno. */
static bool read_file(int dir, const char *name, struct buf *out)
{
	int fd SCOPED(drop_fd) = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	while (out->len <= XMLTREE_BYTES_MAX) {
		size_t room = XMLTREE_BYTES_MAX + 1 - out->len;
		ssize_t n = read(fd, buf_reserve(out, room), room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		out->len += (size_t)n;
	}
	return true;
}

struct listing {
	struct arena *mem;
	struct mapping_file *files;
	size_t n;
	size_t cap;
	size_t unread;
};

static void add_file(struct listing *l, struct mapping_file file)
{
	if (l->n == l->cap) {
		struct mapping_file *more = arena_array_of(l->mem, struct mapping_file, 2 * l->cap + 16);

		if (l->n)
			memcpy(more, l->files, l->n * sizeof(*more));
		l->files = more;
		l->cap = 2 * l->cap + 16;
	}
	l->files[l->n++] = file;
}

static void read_one(struct listing *l, int dir, const char *path, const char *name, struct diags *ds)
{
	struct buf bytes SCOPED(buf_free) = { 0 };

	if (read_file(dir, name, &bytes)) {
		struct str text = bytes.len ? buf_str(&bytes) : STR("");

		add_file(l, (struct mapping_file){ arena_cstr(l->mem, str_of(name)), arena_str(l->mem, text) });
		return;
	}
	l->unread++;
	diag_add(ds, "M0001", whole(arena_printf(l->mem, "%s/%s", path, name).p), NULL, "cannot be read: %s",
		 strerrordesc_np(errno));
}

static void drop_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

const struct catalog *catalog_load(const char *dir, struct diags *ds)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	struct listing l = { .mem = mem };
	DIR *d SCOPED(drop_dir) = opendir(dir);
	const struct dirent *entry;

	if (!d) {
		diag_add(ds, "M0001", whole(dir), "give the directory that holds the mapping files",
			 "cannot be read: %s", strerrordesc_np(errno));
		return NULL;
	}
	while ((entry = readdir(d)) != NULL)
		if (is_mapping_name(entry->d_name))
			read_one(&l, dirfd(d), dir, entry->d_name, ds);
	if (l.n == 0 && l.unread == 0)
		diag_add(ds, "M0001", whole(dir), NULL, "there is no *.xml file in this directory");
	return l.n ? load(l.files, l.n, l.unread, dir, ds) : NULL;
}
