#include "federator/http/streams_state.h"

enum { LOOK_MS = 1000 };

/* Whoever still has a good credential comes again with it. */
static void on_passes(struct loop_timer *t)
{
	struct streams *s = CONTAINER_OF(t, struct streams, passes);
	int64_t now_s = lane_wall_ms(&s->lane) / 1000;

	for (struct stream *stream = s->crowd.first, *next; stream; stream = next) {
		next = stream->next;
		if (!stream->ends && (wire_lapsed(&stream->wire) ||
				      !access_holds(s->conf.access, &stream->pass, &stream->caller, now_s)))
			streams_bye(stream);
	}
	loop_timer_set(s->loop, t, deadline_after_ms(LOOK_MS));
}

void passes_begin(struct streams *s)
{
	s->passes.fire = on_passes;
	if (s->conf.access && (access_is_guarded(s->conf.access) || *service_options(s->conf.service)->client_ca))
		loop_timer_set(s->loop, &s->passes, deadline_after_ms(LOOK_MS));
}

void passes_end(struct streams *s)
{
	loop_timer_cancel(s->loop, &s->passes);
}
