#include "base/zone.h"

#include "base/buf.h"
#include "base/tzif.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_DIR "/usr/share/zoneinfo/"

enum {
	LONGEST_ZONE_NAME = 64,
	LARGEST_FILE_BYTES = 64 * 1024, /* the largest of Debian's is below 4 KB */
};

struct zone {
	const char *name;
	struct tzif tz;
	bool is_utc;
};

/* Names of tzdata are letters, digits and "_+-/"; so nothing outside its folder can be named. */
static bool is_zone_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	size_t n = strlen(name);

	return n > 0 && n <= LONGEST_ZONE_NAME && name[0] != '/' && strspn(name, allowed) == n;
}

static void fd_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool read_file(const char *name, struct buf *out, struct err *err)
{
	char path[sizeof(ZONE_DIR) + LONGEST_ZONE_NAME];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), ZONE_DIR "%s", name);
	SCOPED(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 ? errno != ENOENT && errno != ENOTDIR : fstat(fd, &st) < 0)
		return err_set(err, ERR_CONFIG, name, "cannot open %s: %s", path, strerrordesc_np(errno));
	if (fd < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, name,
			       "no such time zone: use a name like Asia/Seoul; tzdata must be installed");
	buf_reserve(out, LARGEST_FILE_BYTES);
	while ((n = read(fd, out->data + out->len, LARGEST_FILE_BYTES - out->len)) > 0)
		out->len += (size_t)n;
	if (n < 0)
		return err_set(err, ERR_CONFIG, name, "cannot read %s: %s", path, strerrordesc_np(errno));
	return true;
}

static bool is_always_utc(const struct tzif *tz)
{
	return tz->n == 0 && tz->first_offset_s == 0 &&
	       (!tz->has_rule || (tz->rule.std_s == 0 && !tz->rule.has_dst));
}

const struct zone *zone_load(struct arena *mem, const char *name, struct err *err)
{
	SCOPED(buf_free) struct buf file = { 0 };
	struct zone *z = arena_new_of(mem, struct zone);

	if (!is_zone_name(name)) {
		err_set(err, ERR_CONFIG, name, "not the name of a time zone: use a name like Asia/Seoul");
		return NULL;
	}
	if (strcmp(name, "UTC") != 0) {
		if (!read_file(name, &file, err) || !tzif_parse(mem, buf_str(&file), name, &z->tz, err))
			return NULL;
	}
	z->name = arena_cstr(mem, str_of(name));
	z->is_utc = is_always_utc(&z->tz);
	return z;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

int32_t zone_offset_at(const struct zone *z, int64_t instant_us)
{
	return tzif_offset_at(&z->tz, civil_floor_div(instant_us, CIVIL_SECOND_US));
}

int64_t zone_instant_us(const struct zone *z, int64_t wall_us)
{
	/* No real offset reaches a day: these are in force before and after a change near the wall time. */
	int32_t before_s = zone_offset_at(z, wall_us - CIVIL_DAY_S * CIVIL_SECOND_US);
	int32_t after_s = zone_offset_at(z, wall_us + CIVIL_DAY_S * CIVIL_SECOND_US);
	int64_t by_before_us = wall_us - before_s * CIVIL_SECOND_US;
	int64_t by_after_us = wall_us - after_s * CIVIL_SECOND_US;

	if (zone_offset_at(z, by_before_us) == before_s)
		return by_before_us; /* in a fold both are true, and this is the earlier */
	return by_after_us;
}

bool zone_steady(const struct zone *z, int64_t wall_us, int32_t *offset_s_out)
{
	int64_t wall_s = civil_floor_div(wall_us, CIVIL_SECOND_US);

	return tzif_steady(&z->tz, wall_s - CIVIL_DAY_S, wall_s + CIVIL_DAY_S, offset_s_out);
}

/* `n` decimal digits of a value that is not negative. printf() would take longer than the rest of a time. */
static char *put_digits(char *at, int value, int n)
{
	for (int i = n - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + n;
}

static char *print_wall(int64_t wall_us, char *out)
{
	int64_t days = civil_floor_div(wall_us, CIVIL_DAY_S * CIVIL_SECOND_US);
	int64_t day_us = wall_us - days * CIVIL_DAY_S * CIVIL_SECOND_US;
	int day_s = (int)(day_us / CIVIL_SECOND_US), fraction_us = (int)(day_us % CIVIL_SECOND_US);
	struct civil_date d = civil_date_of(days);
	const struct {
		int value, digits;
		char before;
	} pieces[] = { { (int)d.month, 2, '-' },      { (int)d.day, 2, '-' }, { day_s / 3600, 2, 'T' },
		       { day_s / 60 % 60, 2, ':' }, { day_s % 60, 2, ':' }, { fraction_us, 6, '.' } };

	if (d.year >= 0 && d.year <= 9999)
		out = put_digits(out, (int)d.year, 4);
	else
		out += sprintf(out, "%d", (int)d.year); /* RFC 3339 cannot write it */
	for (size_t i = 0; i < ARRAY_LEN(pieces) - !fraction_us; i++) {
		*out++ = pieces[i].before;
		out = put_digits(out, pieces[i].value, pieces[i].digits);
	}
	while (fraction_us && out[-1] == '0')
		out--;
	return out;
}

static char *print_offset(int32_t offset_s, char *end)
{
	int minutes = (int)civil_floor_div(offset_s + 30, 60);

	*end++ = minutes < 0 ? '-' : '+';
	end = put_digits(end, abs(minutes) / 60, 2);
	*end++ = ':';
	end = put_digits(end, abs(minutes) % 60, 2);
	*end = '\0';
	return end;
}

size_t zone_format_offset(int32_t offset_s, int64_t instant_us, char out[40])
{
	return (size_t)(print_offset(offset_s, print_wall(instant_us + offset_s * CIVIL_SECOND_US, out)) - out);
}

size_t zone_format_suffix(const struct zone *z, int32_t offset_s, char out[8])
{
	if (!z->is_utc)
		return (size_t)(print_offset(offset_s, out) - out);
	memcpy(out, "Z", 2);
	return 1;
}

size_t zone_format(const struct zone *z, int64_t instant_us, char out[40])
{
	char *end;

	if (!z->is_utc)
		return zone_format_offset(zone_offset_at(z, instant_us), instant_us, out);
	end = print_wall(instant_us, out);
	return (size_t)(end - out) + zone_format_suffix(z, 0, end);
}
