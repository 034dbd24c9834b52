#include "cache/residents.h"

enum {
	ENTRY_USUAL = 512, /* bytes of an entry that tables and the sketch are made for */
	BUCKETS_LEAST = 16,
	SKETCH_MOST = 1 << 22, /* words: halving more at once would hold the owner's lock for too long */
	SWEEP_MOST = 8, /* of each segment, per newcomer */
	SHIFT_MOST = 32 << 10, /* bytes that the window grows or shrinks by, per newcomer */
	CLIMB_LEAST = 1000, /* look-ups for each step of the climb, and more for each entry: less is noise */
	CLIMB_PER_ENTRY = 4,
};

static void set_window(struct residents *r, size_t bytes)
{
	r->window_most = bytes;
	r->main_most = r->room - bytes;
	r->protected_most = r->main_most / 5 * 4;
}

size_t residents_buckets(size_t max_bytes)
{
	size_t n = BUCKETS_LEAST;

	while (n <= max_bytes / ENTRY_USUAL / 2)
		n *= 2;
	return n;
}

void residents_begin(struct residents *r, size_t max_bytes, size_t elsewhere,
		     void (*gone)(struct resident *gone, void *owner), void *owner)
{
	size_t usual = max_bytes / ENTRY_USUAL;

	*r = (struct residents){ .gone = gone, .owner = owner };
	sketch_begin(&r->sketch, usual < SKETCH_MOST ? usual : SKETCH_MOST);
	climb_begin(&r->climb);
	elsewhere += sketch_bytes(&r->sketch);
	r->room = max_bytes > elsewhere ? max_bytes - elsewhere : 0;
	set_window(r, r->room / 100);
}

void residents_end(struct residents *r)
{
	sketch_end(&r->sketch);
}

static size_t main_bytes(const struct residents *r)
{
	return r->lists[SEGMENT_PROBATION].bytes + r->lists[SEGMENT_PROTECTED].bytes;
}

size_t residents_bytes(const struct residents *r)
{
	return sketch_bytes(&r->sketch) + r->lists[SEGMENT_WINDOW].bytes + main_bytes(r);
}

bool residents_fit(const struct residents *r, size_t bytes)
{
	return bytes <= r->room / 5; /* whatever the window's share is */
}

/* ---- lists ---- */

static void unlist(struct residents *r, struct resident *who)
{
	struct residents_list *list = &r->lists[who->segment];

	*(who->newer ? &who->newer->older : &list->newest) = who->older;
	*(who->older ? &who->older->newer : &list->oldest) = who->newer;
	list->bytes -= who->bytes;
}

static void list_newest(struct residents *r, struct resident *who, enum segment segment)
{
	struct residents_list *list = &r->lists[segment];

	who->segment = segment;
	who->newer = NULL;
	who->older = list->newest;
	*(list->newest ? &list->newest->newer : &list->oldest) = who;
	list->newest = who;
	list->bytes += who->bytes;
}

static void move(struct residents *r, struct resident *who, enum segment segment)
{
	unlist(r, who);
	list_newest(r, who, segment);
}

void residents_remove(struct residents *r, struct resident *who)
{
	unlist(r, who);
	r->entries--;
}

void residents_forget_all(struct residents *r)
{
	for (size_t i = 0; i < SEGMENTS; i++)
		r->lists[i] = (struct residents_list){ 0 };
	r->entries = 0;
}

static void let_go(struct residents *r, struct resident *who)
{
	residents_remove(r, who);
	r->gone(who, r->owner);
}

/* ---- who stays ---- */

/* Whom the segmented LRU would let go after `who`; NULL: the first. */
static struct resident *next_victim(const struct residents *r, const struct resident *who)
{
	if (!who && r->lists[SEGMENT_PROBATION].oldest)
		return r->lists[SEGMENT_PROBATION].oldest;
	if (who && who->newer)
		return who->newer;
	return !who || who->segment == SEGMENT_PROBATION ? r->lists[SEGMENT_PROTECTED].oldest : NULL;
}

/* Was the candidate asked for more often than all it would displace together? */
static bool deserves(const struct residents *r, const struct resident *candidate)
{
	size_t needed = main_bytes(r) + candidate->bytes, freed = 0;
	unsigned count = sketch_count(&r->sketch, candidate->hash), others = 0;

	for (const struct resident *v = next_victim(r, NULL); v && needed - freed > r->main_most;
	     v = next_victim(r, v)) {
		freed += v->bytes;
		others += sketch_count(&r->sketch, v->hash);
		if (others >= count)
			return false;
	}
	return needed - freed <= r->main_most;
}

/* Who leaves the window goes into probation, or goes. False: it went. */
static bool leave_window(struct residents *r, struct resident *candidate)
{
	if (!deserves(r, candidate)) {
		r->refused++;
		let_go(r, candidate);
		return false;
	}
	while (main_bytes(r) + candidate->bytes > r->main_most) {
		r->displaced++;
		let_go(r, next_victim(r, NULL));
	}
	move(r, candidate, SEGMENT_PROBATION);
	return true;
}

/* The oldest of each segment go if they have expired: no room is lost to them, and data stays no longer than asked. */
static void sweep(struct residents *r)
{
	for (size_t i = 0; i < SEGMENTS; i++)
		for (unsigned n = 0; n < SWEEP_MOST; n++) {
			struct resident *oldest = r->lists[i].oldest;

			if (!oldest || oldest->expires_us > r->now_us)
				break;
			let_go(r, oldest);
		}
}

/* Bring the window nearer to the share that the climb found. Nobody goes for it: who has to leave the main part comes
 * into the window. */
static void shift_window(struct residents *r)
{
	size_t goal = (size_t)(r->climb.share * (double)r->room), now = r->window_most;

	if (goal > now)
		set_window(r, goal - now < SHIFT_MOST ? goal : now + SHIFT_MOST);
	else
		set_window(r, now - goal < SHIFT_MOST ? goal : now - SHIFT_MOST);
	while (main_bytes(r) > r->main_most)
		move(r, next_victim(r, NULL), SEGMENT_WINDOW);
}

bool residents_add(struct residents *r, struct resident *who)
{
	struct residents_list *window = &r->lists[SEGMENT_WINDOW];

	sweep(r);
	shift_window(r);
	list_newest(r, who, SEGMENT_WINDOW);
	r->entries++;
	if (who->bytes > r->window_most && !leave_window(r, who))
		return false;
	while (window->bytes > r->window_most)
		leave_window(r, window->oldest);
	return true;
}

void residents_asked(struct residents *r, uint64_t hash, struct resident *found, uint64_t now_us)
{
	struct residents_list *protected = &r->lists[SEGMENT_PROTECTED];

	if (now_us > r->now_us)
		r->now_us = now_us;
	sketch_add(&r->sketch, hash);
	climb_asked(&r->climb, found, CLIMB_LEAST + CLIMB_PER_ENTRY * r->entries);
	if (!found)
		return;
	move(r, found, found->segment == SEGMENT_WINDOW ? SEGMENT_WINDOW : SEGMENT_PROTECTED);
	while (protected->bytes > r->protected_most)
		move(r, protected->oldest, SEGMENT_PROBATION);
}
