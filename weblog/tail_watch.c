/* What the system tells of directories and files: inotify. */
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "weblog/tail_parts.h"

bool tail_watch_directory(struct weblog_tail *tail, const char *path)
{
	/* The same again is no second watch, and another directory of that name gets one. */
	return inotify_add_watch(tail->notify, path,
				 IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
					 IN_ONLYDIR) >= 0;
}

void tail_watch_place(struct weblog_tail *tail, struct tail_place *place)
{
	if (place->wd < 0)
		place->wd = inotify_add_watch(tail->notify, place->path, IN_MODIFY);
}

void tail_watch_end(struct weblog_tail *tail, struct tail_place *place)
{
	int wd = place->wd;

	place->wd = -1;
	for (size_t i = 0; wd >= 0 && i < tail->n_places; i++)
		if (tail->places[i]->wd == wd) /* a path became another inode while both were looked at */
			return;
	if (wd >= 0)
		(void)inotify_rm_watch(tail->notify, wd);
}

static void place_event(struct weblog_tail *tail, struct tail_place *place, const struct inotify_event *event)
{
	struct tail_file *file = place->file;

	if (event->mask & IN_IGNORED)
		place->wd = -1;
	place->stale = true;
	if (file && file->place == place && !file->done)
		file->more = true;
	else
		tail->rescan = true;
}

static void event_take(struct weblog_tail *tail, const struct inotify_event *event)
{
	bool is_place = false;

	for (size_t i = 0; i < tail->n_places; i++)
		if (tail->places[i]->wd == event->wd && event->wd >= 0) {
			place_event(tail, tail->places[i], event);
			is_place = true;
		}
	if (!is_place && !(event->mask & IN_IGNORED))
		tail->rescan = true;
	if (event->mask & IN_Q_OVERFLOW)
		for (size_t i = 0; i < tail->n_places; i++)
			tail->places[i]->stale = true;
}

void tail_watch_take(struct weblog_tail *tail)
{
	_Alignas(struct inotify_event) char bytes[1 << 14];
	ssize_t n;

	while ((n = read(tail->notify, bytes, sizeof(bytes))) > 0)
		for (const char *at = bytes; at < bytes + n;) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

			event_take(tail, event);
			at += sizeof(*event) + event->len;
		}
}
