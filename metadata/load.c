#include "metadata/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "metadata/build.h"
#include "metadata/catalog_private.h"
#include "metadata/xmltree.h"

/* A file, and which of several directories it is of. */
struct found {
	struct mapping_file file;
	const char *shown; /* in findings */
	uint32_t layer;
};

/* ---- from texts ---- */

static int by_layer_and_name(const void *va, const void *vb)
{
	const struct found *a = va, *b = vb;

	if (a->layer != b->layer)
		return a->layer < b->layer ? -1 : 1;
	return strcmp(a->file.name, b->file.name);
}

/* Copies that live with the catalog. */
static void keep_files(struct catalog *cat, const struct found *files, size_t n, struct arena *mem)
{
	struct mapping_file *kept = arena_array_of(mem, struct mapping_file, n + 1);

	for (size_t i = 0; i < n; i++)
		kept[i] = (struct mapping_file){ arena_cstr(mem, str_of(files[i].file.name)),
						 arena_str(mem, files[i].file.text) };
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

/* Read all files into trees; returns how many are mappings. */
static size_t read_trees(struct build *b, const struct found *files, const struct elem **roots, uint32_t *layers)
{
	struct schema *schema SCOPED(schema_free) = schema_new();
	size_t n = 0;

	for (size_t i = 0; i < b->cat->n_files; i++) {
		const char *shown = arena_cstr(b->mem, str_of(files[i].shown));
		struct str text = without_bom(b->cat->files[i].text);

		diags_file(b->ds, shown, text);
		layers[n] = files[i].layer;
		roots[n] = xmltree_read(text, shown, b->cat->files[i].name, schema, b->scratch, b->ds);
		n += roots[n] != NULL;
	}
	return n;
}

/* `unread` files of the directories are findings already. Sorts `files`: directories as given, then byte order of the
 * names. */
static const struct catalog *load(struct found *files, size_t n_files, size_t unread, struct diags *ds)
{
	struct arena *scratch SCOPED(arena_wipe_free) = arena_new();
	struct build b = { .scratch = scratch, .ds = ds };
	size_t errors = diags_count(ds, DIAG_ERROR), n_roots;
	const struct elem **roots = arena_array_of(scratch, const struct elem *, n_files + 1);
	uint32_t *layers = arena_array_of(scratch, uint32_t, n_files + 1);
	const struct catalog *cat;

	qsort(files, n_files, sizeof(files[0]), by_layer_and_name);
	b.cat = catalog_new(&b.mem);
	b.layers = layers;
	cat = b.cat;
	keep_files(b.cat, files, n_files, b.mem);
	set_revision(b.cat);
	n_roots = read_trees(&b, files, roots, layers);
	build_catalog(&b, roots, n_roots, unread > 0 || n_roots < n_files);
	if (diags_count(ds, DIAG_ERROR) > errors || unread)
		catalog_unref(&cat);
	return cat;
}

const struct catalog *catalog_nothing(void)
{
	struct arena *mem;
	struct catalog *cat = catalog_new(&mem);

	strcpy(cat->revision, "none");
	return cat;
}

static struct span whole(const char *file)
{
	return (struct span){ .file = file };
}

const struct catalog *catalog_load_texts(const struct mapping_file *files, size_t n_files, struct diags *ds)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct found *found = arena_array_of(mem, struct found, n_files + 1);

	if (n_files == 0) {
		diag_add(ds, "M0001", whole(""), NULL, "there is no mapping file");
		return NULL;
	}
	for (size_t i = 0; i < n_files; i++)
		found[i] = (struct found){ .file = files[i], .shown = files[i].name };
	return load(found, n_files, 0, ds);
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
	struct found *files;
	size_t n;
	size_t cap;
	size_t unread;
	const char *dir; /* that is read */
	const char *prefix; /* of the names of its files: "tenant:", or "" when there is one directory */
	uint32_t layer;
	struct diags *ds;
};

static void add_file(struct listing *l, struct found found)
{
	if (l->n == l->cap) {
		struct found *more = arena_array_of(l->mem, struct found, 2 * l->cap + 16);

		if (l->n)
			memcpy(more, l->files, l->n * sizeof(*more));
		l->files = more;
		l->cap = 2 * l->cap + 16;
	}
	l->files[l->n++] = found;
}

static void read_one(struct listing *l, int dir, const char *name)
{
	struct buf bytes SCOPED(buf_free) = { 0 };
	const char *path = arena_printf(l->mem, "%s/%s", l->dir, name).p;

	if (read_file(dir, name, &bytes)) {
		struct str text = bytes.len ? buf_str(&bytes) : STR("");

		add_file(l, (struct found){ .file = { arena_printf(l->mem, "%s%s", l->prefix, name).p,
						      arena_str(l->mem, text) },
					    .shown = path,
					    .layer = l->layer });
		return;
	}
	l->unread++;
	diag_add(l->ds, "M0001", whole(path), NULL, "cannot be read: %s", strerrordesc_np(errno));
}

static void drop_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* Has the directory `name` in `dir` a mapping file? */
static bool holds_mappings(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NONBLOCK);
	DIR *d SCOPED(drop_dir) = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry = NULL;

	if (fd >= 0 && !d)
		(void)close(fd);
	while (d && (entry = readdir(d)) != NULL && !is_mapping_name(entry->d_name))
		;
	return entry != NULL;
}

/* There is no mapping file: the directory in it that was perhaps meant, the first one by name; or NULL. */
static const char *meant_below(struct listing *l, DIR *d)
{
	const struct dirent *entry;
	const char *first = NULL;

	rewinddir(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && (!first || strcmp(entry->d_name, first) < 0) &&
		    holds_mappings(dirfd(d), entry->d_name))
			first = arena_cstr(l->mem, str_of(entry->d_name));
	if (!first)
		return NULL;
	return arena_printf(l->mem, "did you mean %s%s%s?", l->dir, l->dir[strlen(l->dir) - 1] == '/' ? "" : "/",
			    first)
		.p;
}

static void dir_unread(struct listing *l)
{
	diag_add(l->ds, "M0001", whole(l->dir), "give the directory that holds the mapping files", "cannot be read: %s",
		 strerrordesc_np(errno));
	l->unread++;
}

/* The next one, or NULL: at the end, or when the rest cannot be read. A part of the files is another mapping. */
static const struct dirent *next_entry(struct listing *l, DIR *d)
{
	const struct dirent *entry;

	errno = 0;
	entry = readdir(d);
	if (!entry && errno)
		dir_unread(l);
	return entry;
}

static void read_dir(struct listing *l)
{
	DIR *d SCOPED(drop_dir) = opendir(l->dir);
	size_t before = l->n + l->unread;
	const struct dirent *entry;

	if (!d) {
		dir_unread(l);
		return;
	}
	while ((entry = next_entry(l, d)) != NULL)
		if (is_mapping_name(entry->d_name))
			read_one(l, dirfd(d), entry->d_name);
	if (l->n + l->unread > before)
		return;
	diag_add(l->ds, "M0001", whole(l->dir), meant_below(l, d), "there is no *.xml file in this directory");
	l->unread++;
}

/* The last name of a path, before slashes at its end. */
static struct str base_of(struct str path)
{
	size_t from;

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (from = path.n; from > 0 && path.p[from - 1] != '/'; from--)
		;
	return (struct str){ path.p + from, path.n - from };
}

/* Two directories whose files would be called the same. */
static void refuse_same_base(struct listing *l, struct map *bases, struct str base)
{
	if (!map_set(bases, base, l))
		return;
	l->unread++;
	diag_add(l->ds, "M0001", whole(l->dir), "give the directories different names",
		 "two directories are called `%.*s`", STR_ARG(base));
}

const struct catalog *catalog_load(const char *dirs, struct diags *ds)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	struct listing l = { .mem = mem, .ds = ds, .prefix = "" };
	struct map *bases = map_new(mem);
	bool several = strchr(dirs, ':') != NULL;

	for (const char *at = dirs, *end; at; at = *end ? end + 1 : NULL, l.layer++) {
		end = strchrnul(at, ':');
		l.dir = arena_cstr(mem, (struct str){ at, (size_t)(end - at) });
		if (several) {
			struct str base = base_of(str_of(l.dir));

			refuse_same_base(&l, bases, base);
			l.prefix = arena_printf(mem, "%.*s:", STR_ARG(base)).p;
		}
		read_dir(&l);
	}
	return l.n ? load(l.files, l.n, l.unread, ds) : NULL;
}
