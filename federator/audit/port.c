/* port.c - records from a loop to the writer, and word of them back. */
#include <stdlib.h>

#include "base/memory.h"
#include "federator/audit/audit_state.h"

static void ticket_unlink(struct audit_port *port, struct audit_ticket *t)
{
	t->entry = NULL;
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	else
		port->end = t->at;
}

static void watch_oldest(struct audit_port *port)
{
	struct deadline due;

	if (!port->first) {
		loop_timer_cancel(port->loop, &port->timer);
		return;
	}
	due.at_us = port->first->since_us + 1000 * (uint64_t)port->audit->conf.patience_ms;
	loop_timer_set(port->loop, &port->timer, due);
}

void audit_forget(struct audit_port *port, struct audit_ticket *t)
{
	if (!t->entry)
		return;
	t->entry->ticket = NULL;
	ticket_unlink(port, t);
}

/* The timer is moved only when it fires: most records are durable long before. */
static void on_late(struct loop_timer *timer)
{
	struct audit_port *port = CONTAINER_OF(timer, struct audit_port, timer);
	uint64_t before_us = clock_mono_us() - 1000 * (uint64_t)port->audit->conf.patience_ms;

	while (port->first && port->first->since_us <= before_us) {
		struct audit_ticket *t = port->first;

		audit_forget(port, t);
		audit_counts(port->audit, AUDIT_REFUSED, 1);
		t->told(t, false);
	}
	watch_oldest(port);
}

static struct audit_entry *reversed(struct audit_entry *e)
{
	struct audit_entry *first = NULL;

	while (e) {
		struct audit_entry *next = e->next;

		e->next = first;
		first = e;
		e = next;
	}
	return first;
}

static void entry_free(struct audit_entry *e)
{
	explicit_bzero(e->text, e->n);
	free(e);
}

static void on_told(struct loop_post *post)
{
	struct audit_port *port = CONTAINER_OF(post, struct audit_port, told);
	struct audit_entry *e;

	pthread_mutex_lock(&port->audit->lock);
	e = reversed(port->done);
	port->done = NULL;
	port->posted = false;
	pthread_mutex_unlock(&port->audit->lock);
	for (struct audit_entry *next; e; e = next) {
		struct audit_ticket *t = e->ticket;
		bool durable = e->durable;

		next = e->next;
		entry_free(e);
		if (!t)
			continue;
		ticket_unlink(port, t);
		t->told(t, durable);
	}
}

/* What was handed in during a turn goes to the writer at its end. */
static bool on_turn(struct loop_turn *turn)
{
	struct audit_port *port = CONTAINER_OF(turn, struct audit_port, turn);
	struct audit *a = port->audit;
	uint32_t n = 0;
	bool wake;

	if (!port->filling)
		return false;
	for (const struct audit_entry *e = port->filling; e; e = e->next)
		n++;
	pthread_mutex_lock(&a->lock);
	port->away += n;
	*a->end = port->filling;
	a->end = port->filled;
	a->waiting += n;
	wake = a->wanted && a->waiting >= a->wanted;
	pthread_mutex_unlock(&a->lock);
	if (wake)
		pthread_cond_signal(&a->more);
	port->filling = NULL;
	port->filled = &port->filling;
	return false;
}

void audit_port_open(struct audit_port *port, struct audit *a, struct loop *loop)
{
	*port = (struct audit_port){ .audit = a, .loop = loop };
	port->filled = &port->filling;
	port->end = &port->first;
	port->turn.turn = on_turn;
	port->timer.fire = on_late;
	port->told.run = on_told;
	loop_add_turn(loop, &port->turn);
}

static void free_all(struct audit_entry *e)
{
	for (struct audit_entry *next; e; e = next) {
		next = e->next;
		entry_free(e);
	}
}

void audit_port_close(struct audit_port *port)
{
	struct audit *a = port->audit;

	if (!a)
		return;
	while (port->first) {
		struct audit_ticket *t = port->first;

		audit_forget(port, t);
		t->told(t, false);
	}
	on_turn(&port->turn);
	pthread_mutex_lock(&a->lock);
	while (port->away)
		pthread_cond_wait(&a->idle, &a->lock);
	pthread_mutex_unlock(&a->lock);
	free_all(port->done);
	port->done = NULL;
	port->audit = NULL;
}

/* See audit_finish(). */
static bool enter(struct audit *a)
{
	if (!audit_accepts(a))
		return false;
	atomic_fetch_add(&a->queued, 1);
	if (!atomic_load(&a->closing))
		return true;
	pthread_mutex_lock(&a->lock);
	atomic_fetch_sub(&a->queued, 1);
	pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
	return false;
}

bool audit_hand_in(struct audit_port *port, struct str text, int64_t wall_ms, struct audit_ticket *t)
{
	struct audit *a = port->audit;
	struct audit_entry *e;

	if (text.n > AUDIT_TEXT_MOST || !enter(a)) {
		audit_counts(a, AUDIT_REFUSED, 1);
		return false;
	}
	e = memory_raw(sizeof(*e) + text.n);
	*e = (struct audit_entry){ .port = port, .ticket = t, .wall_ms = wall_ms, .n = (uint32_t)text.n };
	memcpy(e->text, text.p, text.n);
	e->since_us = t->since_us = clock_mono_us();
	*port->filled = e;
	port->filled = &e->next;
	t->entry = e;
	t->next = NULL;
	t->at = port->end;
	*port->end = t;
	port->end = &t->next;
	if (port->timer.slot == 0)
		watch_oldest(port);
	return true;
}
