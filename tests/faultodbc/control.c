#include "tests/faultodbc/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTROLS_MOST = 4, LINES_MOST = 64 };

struct line {
	char source[32];
	enum fault_kind kind;
	struct fault fault;
};

struct control {
	char path[256];
	struct stat seen; /* of the file as it was read; all zero: there was none */
	uint64_t generation;
	uint64_t seed;
	size_t n_lines;
	struct line lines[LINES_MOST];
	char why[256]; /* what is wrong with it; "": nothing */
	_Atomic uint64_t *hits;
};

#define FAULT(kind, name, phase, what) { name, FAULT_AT_##phase },
static const struct {
	const char *name;
	enum fault_phase phase;
} kinds[] = {
#include "tests/faultodbc/faults.def"
};
#undef FAULT

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct control controls[CONTROLS_MOST];
static size_t n_controls;

/* splitmix64: every call another number, the same ones for the same seed. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool kind_of(const char *name, enum fault_kind *out)
{
	for (size_t i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		*out = (enum fault_kind)i;
		return true;
	}
	return false;
}

static bool number_of(const char *text, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* One `name=value`. */
static bool setting_of(char *text, struct fault *f)
{
	char *value = strchr(text, '=');
	const struct {
		const char *name;
		uint32_t *to;
	} numbers[] = { { "percent", &f->percent },
			{ "after", &f->after },
			{ "ms", &f->ms },
			{ "rows", &f->rows },
			{ "bytes", &f->bytes } };

	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(text, "state") == 0 && strlen(value) == 5) {
		memcpy(f->state, value, 6);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(text, numbers[i].name) == 0)
			return number_of(value, numbers[i].to);
	return false;
}

/* One line without its end; false: `wrong` is the word that is. */
static bool line_read(struct control *c, char *text, const char **wrong)
{
	struct line line = { .fault = { .percent = 100, .ms = 100, .rows = 2000, .bytes = 100000, .state = "HY000" } };
	char *rest = NULL, *word;
	uint32_t seed;

	text[strcspn(text, "#")] = '\0';
	word = strtok_r(text, " \t", &rest);
	if (word == NULL)
		return true;
	*wrong = word;
	if (strcmp(word, "seed") == 0) {
		word = strtok_r(NULL, " \t", &rest);
		if (word == NULL || !number_of(word, &seed))
			return false;
		c->seed = seed;
		return true;
	}
	if (strlen(word) >= sizeof(line.source) || c->n_lines == LINES_MOST)
		return false;
	strcpy(line.source, word);
	word = strtok_r(NULL, " \t", &rest);
	*wrong = word ? word : "(no fault)";
	if (word == NULL || !kind_of(word, &line.kind))
		return false;
	while ((word = strtok_r(NULL, " \t", &rest))) {
		*wrong = word;
		if (!setting_of(word, &line.fault))
			return false;
	}
	c->lines[c->n_lines++] = line;
	return true;
}

static void control_read(struct control *c, FILE *file)
{
	char text[512];
	const char *wrong = "";

	c->n_lines = 0;
	c->seed = 1;
	c->why[0] = '\0';
	for (int number = 1; file && fgets(text, sizeof(text), file); number++) {
		text[strcspn(text, "\n")] = '\0';
		if (line_read(c, text, &wrong))
			continue;
		snprintf(c->why, sizeof(c->why), "%.150s:%d: `%.60s` is not known (see faults.def)", c->path, number,
			 wrong);
		return;
	}
}

static _Atomic uint64_t *hits_map(const char *path)
{
	static _Atomic uint64_t nowhere[FAULT_KINDS];
	char name[300];
	void *at = MAP_FAILED;
	int fd;

	snprintf(name, sizeof(name), "%s.hits", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return nowhere;
	if (ftruncate(fd, sizeof(nowhere)) == 0)
		at = mmap(NULL, sizeof(nowhere), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? nowhere : at;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct control *control_of(const char *path)
{
	struct control *c = NULL;

	for (size_t i = 0; i < n_controls; i++)
		if (strcmp(controls[i].path, path) == 0)
			return &controls[i];
	if (n_controls == CONTROLS_MOST || strlen(path) >= sizeof(c->path))
		abort(); /* a test opens a few */
	c = &controls[n_controls++];
	strcpy(c->path, path);
	c->hits = hits_map(path);
	return c;
}

/* The control of that path as its file is now. Under the lock. */
static struct control *control_fresh(const char *path)
{
	struct control *c = control_of(path);
	struct stat now = { 0 };
	FILE *file;

	if (stat(path, &now) != 0)
		now = (struct stat){ 0 };
	if (c->generation > 0 && is_same(&now, &c->seen))
		return c;
	file = fopen(path, "re");
	if (file && fstat(fileno(file), &now) != 0)
		now = (struct stat){ 0 };
	c->seen = now;
	c->generation++;
	control_read(c, file);
	if (file)
		fclose(file);
	return c;
}

static bool is_of(const struct line *line, const char *source)
{
	return strcmp(line->source, "*") == 0 || strcmp(line->source, source) == 0;
}

bool control_roll(const char *path, const char *source, enum fault_phase phase, struct plan *plan_out, char why[256])
{
	struct control *c;
	bool ok;

	plan_out->struck = 0;
	pthread_mutex_lock(&lock);
	c = control_fresh(path);
	ok = c->why[0] == '\0';
	memcpy(why, c->why, sizeof(c->why));
	for (size_t i = 0; ok && i < c->n_lines; i++) {
		const struct line *line = &c->lines[i];

		if (kinds[line->kind].phase != phase || !is_of(line, source) || plan_has(plan_out, line->kind) ||
		    draw(&c->seed) % 100 >= line->fault.percent)
			continue;
		plan_out->struck |= 1U << line->kind;
		plan_out->of[line->kind] = line->fault;
	}
	pthread_mutex_unlock(&lock);
	return ok;
}

void control_count(const char *path, enum fault_kind kind)
{
	_Atomic uint64_t *hits;

	pthread_mutex_lock(&lock);
	hits = control_of(path)->hits;
	pthread_mutex_unlock(&lock);
	atomic_fetch_add(&hits[kind], 1);
}

bool control_has(const char *path, const char *source, enum fault_kind kind)
{
	const struct control *c;
	bool has = false;

	pthread_mutex_lock(&lock);
	c = control_fresh(path);
	for (size_t i = 0; c->why[0] == '\0' && i < c->n_lines; i++)
		has |= c->lines[i].kind == kind && is_of(&c->lines[i], source);
	pthread_mutex_unlock(&lock);
	return has;
}

uint64_t control_generation(const char *path)
{
	uint64_t generation;

	pthread_mutex_lock(&lock);
	generation = control_fresh(path)->generation;
	pthread_mutex_unlock(&lock);
	return generation;
}
