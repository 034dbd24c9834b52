#include "cache/climb.h"

static const double share_least = 0.01, share_most = 0.8;
static const double step_first = 0.0625; /* as Caffeine's climber, of which this is the idea */
static const double step_decay = 0.98; /* it settles */
static const double rate_upset = 0.05; /* so large a change of the hit rate is another load: steps begin anew */

void climb_begin(struct climb *c)
{
	*c = (struct climb){ .share = share_least, .step = step_first };
}

static void take_step(struct climb *c, double rate)
{
	double change = rate - c->rate;

	if (change < 0)
		c->step = -c->step;
	if (change >= rate_upset || change <= -rate_upset)
		c->step = c->step < 0 ? -step_first : step_first;
	else
		c->step *= step_decay;
	c->rate = rate;
	c->share += c->step;
	if (c->share < share_least)
		c->share = share_least;
	if (c->share > share_most)
		c->share = share_most;
}

void climb_asked(struct climb *c, bool hit, uint64_t sample)
{
	c->hits += hit;
	if (++c->asked < sample)
		return;
	take_step(c, (double)c->hits / (double)c->asked);
	c->asked = c->hits = 0;
}
