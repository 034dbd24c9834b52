/* reload.pml - mapping sets, the adapters they share, requests and the reaper, as federator/service.c, world.c, reaper.c
 * and flow/job.c have it: two reloads, each of which keeps or replaces the connection of a source, under requests whose
 * fetches may outlive them; then the end of the service.
 * Checked: nothing freed is used; every request is answered, once; no adapter is closed that a set uses or a fetch is in;
 * old sets are freed while the service runs on, and at last all are; nobody waits for ever.
 * BROKEN: 1 the running set is read outside the lock that guards the counts; 2 a shared adapter is not counted; 3 a job
 * does not own the set; 4 the count that the end waits for goes down before the set is freed. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define REQUESTS 2
#define RELOADS 2
#define WORLDS 3 /* 1 + RELOADS */
#define SOURCES 1 /* they do not meet: each is kept or replaced by itself */
#define ADAPTERS 3 /* WORLDS * SOURCES */
#define FETCHES REQUESTS

byte world; /* the running set */
byte owners[WORLDS]; /* of a set */
byte home_owners;
bool world_freed[WORLDS];
byte adapter_of[ADAPTERS]; /* by set and source: adapter_of[w * SOURCES + s] */
byte sets[ADAPTERS]; /* how many sets use the adapter */
bool closed[ADAPTERS];
byte in_adapter[ADAPTERS]; /* fetches queued or running */
byte n_worlds, n_adapters;
bool reaper_ended;
chan graves = [ADAPTERS] of { byte };

/* A fetch on its way: its adapter, its set; taken by a worker. */
chan queue = [FETCHES] of { byte, byte, byte }; /* adapter, set, request */
byte answers[REQUESTS];
byte running; /* requests that have not ended */
byte abroad; /* jobs that have not landed */
bool stopped; /* the service is closed */

inline open_adapter(w, s) {
	adapter_of[w * SOURCES + s] = n_adapters;
	sets[n_adapters] = 1;
	n_adapters++
}

/* What is done under home->lock is one step: everybody who touches the counts holds it. */

/* world_unref(): the last owner frees the set outside the lock, and is counted out of the home after that. */
inline unref(w) {
	d_step {
		assert(owners[w] > 0);
		owners[w]--;
		last = owners[w] == 0;
		if
		:: BROKEN == 4 -> home_owners--
		:: else
		fi
	};
	if
	:: last ->
		d_step {
			i = 0;
			do
			:: i < SOURCES ->
				sets[adapter_of[w * SOURCES + i]]--;
				if
				:: sets[adapter_of[w * SOURCES + i]] == 0 ->
					assert(!reaper_ended); /* reaper_take() */
					graves!adapter_of[w * SOURCES + i]
				:: else
				fi;
				i++
			:: else -> break
			od;
			i = 0
		};
		d_step {
			assert(!world_freed[w]);
			world_freed[w] = true;
			last = false
		}
	:: else
	fi;
	if
	:: BROKEN != 4 -> home_owners--
	:: else
	fi
}

proctype request(byte me) {
	byte w, s, i;
	bool last;

	/* service_world() */
	if
	:: BROKEN == 1 -> w = world /* what may happen between this and the next step? */
	:: else
	fi;
	d_step {
		if
		:: BROKEN != 1 -> w = world
		:: else
		fi;
		assert(!world_freed[w]);
		owners[w]++;
		home_owners++
	};
	if /* asks a source, or the cache has it all */
	:: s = 0
	:: s = SOURCES
	fi;
	if
	:: s < SOURCES ->
		/* job_submit(): one more owner, then adapter_queue() */
		if
		:: BROKEN == 3
		:: else -> d_step { owners[w]++; home_owners++ }
		fi;
		d_step {
			assert(!world_freed[w] && !closed[adapter_of[w * SOURCES + s]]);
			in_adapter[adapter_of[w * SOURCES + s]]++;
			abroad++;
			queue!adapter_of[w * SOURCES + s], w, me
		};
		if /* the answer waits for it, or leaves at its deadline without it */
		:: in_adapter[adapter_of[w * SOURCES + s]] == 0
		:: true
		fi
	:: else
	fi;
	d_step {
		assert(!world_freed[w]); /* merge, mask and render read the catalog */
		answers[me]++;
		assert(answers[me] == 1);
		running--;
		s = 0
	};
	unref(w);
	w = 0
}

/* A worker's done() and the job that lands on the loop. */
proctype worker() {
	byte a, w, who, i;
	bool last;

end:	do
	:: queue?a, w, who -> /* the driver is asked */
		d_step {
			assert(!closed[a]);
			in_adapter[a]--;
			a = 0
		};
		assert(!world_freed[w]); /* the job lands: its part, the key of the copy */
		if
		:: BROKEN == 3
		:: else -> unref(w)
		fi;
		atomic { abroad--; w = 0; who = 0 }
	od
}

proctype reaper() {
	byte a, w, s;

end:	do
	:: graves?a ->
		assert(in_adapter[a] == 0); /* adapter_close() has no running fetch to wait for */
		assert(!closed[a]);
		atomic {
			w = 0;
			do
			:: w < n_worlds ->
				s = 0;
				do
				:: s < SOURCES ->
					assert(world_freed[w] || adapter_of[w * SOURCES + s] != a || sets[a] == 0);
					assert(w != world || stopped || adapter_of[w * SOURCES + s] != a);
					s++
				:: else -> break
				od;
				w++
			:: else -> break
			od;
			closed[a] = true;
			a = 0; w = 0; s = 0
		}
	od
}

/* service_reload(), one at a time; then serving_end(): no request comes any more, wait until idle, service_close(). */
proctype service() {
	byte n, former, fresh, s, i;
	bool last;

	do
	:: n < RELOADS ->
		former = world;
		fresh = n_worlds;
		s = 0;
		do
		:: s < SOURCES ->
			if
			:: true -> d_step { /* shared_find(): the connection did not change */
					adapter_of[fresh * SOURCES + s] = adapter_of[former * SOURCES + s];
					if
					:: BROKEN == 2
					:: else -> sets[adapter_of[fresh * SOURCES + s]]++
					fi;
					assert(!closed[adapter_of[fresh * SOURCES + s]]);
					s++
				}
			:: true -> d_step { open_adapter(fresh, s); s++ }
			fi
		:: else -> break
		od;
		atomic {
			s = 0;
			owners[fresh] = 1;
			n_worlds++;
			home_owners++
		};
		world = fresh;
		unref(former);
		n++
	:: else -> break
	od;
	running == 0; /* the servers are drained */
	atomic { home_owners == 1 -> stopped = true }; /* service_wait_idle() */
	s = 0;
	do
	:: s < n_worlds -> assert(world_freed[s] == (s != world)); s++ /* old sets went while the service ran on */
	:: else -> break
	od;
	unref(world);
	assert(home_owners == 0); /* home_end() */
	reaper_ended = true;
	(empty(graves) && abroad == 0);
	s = 0;
	do
	:: s < n_worlds -> assert(world_freed[s]); s++
	:: else -> break
	od
}

init {
	atomic {
		open_adapter(0, 0);
		owners[0] = 1;
		home_owners = 1;
		n_worlds = 1;
		running = REQUESTS;
		run reaper();
		run worker();
		run request(0);
		run request(1);
		run service()
	}
}
