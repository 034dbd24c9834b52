/* Whose turn it is: families of files are read by the time of their lines, so that what several servers wrote at the
 * same time is met in that order, however much of it there is. The families with something unread are a heap. */
#include "base/memory.h"
#include "weblog/tail_parts.h"

static bool is_before(const struct tail_family *one, const struct tail_family *other)
{
	return one->at_us != other->at_us ? one->at_us < other->at_us : one->served < other->served;
}

static void sink(struct weblog_tail *tail, size_t at)
{
	struct tail_family **heap = tail->heap, *family = heap[at];

	for (size_t child; (child = 2 * at + 1) < tail->n_heap; at = child) {
		if (child + 1 < tail->n_heap && is_before(heap[child + 1], heap[child]))
			child++;
		if (!is_before(heap[child], family))
			break;
		heap[at] = heap[child];
	}
	heap[at] = family;
}

/* May it be read now? A file that is looked for may yet be found, so those that follow it wait. */
static bool is_ready(const struct weblog_tail *tail, const struct tail_file *file)
{
	return file->place && (!file->place->gzip || file->gz || tail->n_gz < TAIL_GZ_MAX);
}

/* The family's oldest file with something unread, for all of them. */
static void firsts_find(struct weblog_tail *tail)
{
	for (size_t i = 0; i < tail->n_families; i++)
		tail->families[i]->first = NULL;
	for (size_t i = 0; i < tail->n_files; i++) {
		struct tail_file *file = tail->files[i];

		if (!file->family->first && (file->place ? file->more : !file->done))
			file->family->first = file;
	}
}

static void heap_make(struct weblog_tail *tail)
{
	firsts_find(tail);
	tail->heap = memory_resize(tail->heap, (tail->n_families + 1) * sizeof(struct tail_family *));
	tail->n_heap = 0;
	for (size_t i = 0; i < tail->n_families; i++)
		if (tail->families[i]->first && is_ready(tail, tail->families[i]->first))
			tail->heap[tail->n_heap++] = tail->families[i];
	for (size_t i = tail->n_heap / 2; i-- > 0;)
		sink(tail, i);
}

/* It is the turn of the first one, up to the time of the next ones. */
static struct tail_file *first_take(struct weblog_tail *tail)
{
	struct tail_family *first = tail->heap[0];

	first->served = ++tail->turns;
	tail->until_us = INT64_MAX;
	for (size_t i = 1; i < tail->n_heap && i <= 2; i++)
		if (tail->heap[i]->at_us < tail->until_us)
			tail->until_us = tail->heap[i]->at_us;
	return first->first;
}

struct tail_file *tail_order_pick(struct weblog_tail *tail)
{
	heap_make(tail);
	return tail->n_heap ? first_take(tail) : NULL;
}

struct tail_file *tail_order_next(struct weblog_tail *tail)
{
	const struct tail_file *file;

	if (tail->n_heap == 0)
		return NULL;
	sink(tail, 0);
	file = tail->heap[0]->first;
	return file && file->more && is_ready(tail, file) ? first_take(tail) : NULL;
}

bool tail_order_waits(struct weblog_tail *tail, struct tail_file *file, int64_t at_us)
{
	/* What cannot be read once more is not put back: copytruncate may have taken it away. */
	bool can_wait = file->fd >= 0 && (!file->place->gzip || file->gz);

	file->family->at_us = at_us;
	return at_us > tail->until_us && can_wait;
}

void tail_order_forget(struct weblog_tail *tail)
{
	tail->n_heap = 0;
	for (size_t i = 0; i < tail->n_families; i++)
		tail->families[i]->at_us = INT64_MIN;
}
