/* cache_fill.pml - one copy in Redis and two nodes: tickets, tombs, floors, eras and the lease, as cache/ and flow/run.c
 * have them. The copy is asked for by a phone number (the name ASKED); its row belongs to a customer (the name SUBJECT).
 * A writer changes the source and then invalidates by either name, or by a floor. Each script of Redis is one step.
 * Checked: nothing that Redis answers is older than the last invalidation; no two nodes with a lease ask for the same
 * cold copy unless a lease ran out or what they ask for was invalidated; whoever does not die is answered.
 * Mishaps: a leader dies; a lease or a copy runs out, a copy gets old; Redis is emptied, or starts again with what was
 * saved, and its clock may then go back; tombs, floors or an index are evicted; old tombs are trimmed.
 * BROKEN: 1 read, then set: no ticket; 2 the ticket is taken when the source was read; 3 neither a lease nor waiting for
 * it ends; 4 a fill looks for the tomb of the asked name only; 5 tickets have no era; 6 a fill ends the lease, whoever has
 * it; 7 begin() does not look at the floor; 8 a ticket older than the trimmed tombs is good; 9 the floor is read before
 * the copy; 10 copies have no era; 11 an era outlives the run of Redis; 12 invalidating takes no account of evictions.
 * ALONE leaves out the second request of each node, for the search that all are answered. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define NODES 2
#ifdef ALONE
#define ROUNDS 1
#define WRITES 1
#else
#define ROUNDS 2
#define WRITES 2
#endif

byte truth; /* at the source: how often it was written */
byte least; /* the truth when the last invalidation was committed */

/* Redis */
byte tick;
byte era = 1, eras = 1; /* 0: the tombs or the floors are missing; the last era ever */
bool life, era_life; /* of the process, and the one in which the era began: it starts again once at most */
byte tomb_asked, tomb_subject, floor, trimmed;
bool copy, copy_old; /* old: past its time, kept for when the source fails */
byte copy_value, copy_began, copy_era;
bool evicted; /* the index: by the customer's name the copy cannot be found */
byte lease; /* 1 + the node that has it */

byte asked; /* queries under a lease since the copy became cold */
byte died, done;

#define era_holds (era != 0 && (era_life == life || BROKEN == 11))

/* The next tick of the hybrid clock; in an era that holds. */
inline now() {
	if
	:: !era_holds ->
		eras++;
		era = eras;
		era_life = life;
		tomb_asked = 0; tomb_subject = 0; floor = 0; trimmed = 0
	:: else
	fi;
	tick++
}

#define copy_holds (copy && ((era_holds && copy_era == era) || BROKEN == 10))

/* What begin() answers with when the asker has a copy that began at `seen`, or none: 0. */
#define younger (copy_holds && copy_began > seen && (copy_began > floor || BROKEN == 7))
#define free_for(n) (lease == 0 || lease == n + 1)

/* A ticket. */
inline take() {
	now();
	if
	:: BROKEN != 2 -> began = tick; my_era = era
	:: else
	fi
}

#define may_be_kept (my_era == era || BROKEN == 5) && tomb_asked < began && (tomb_subject < began || BROKEN == 4) && \
	floor < began && (trimmed < began || BROKEN == 8) && !(copy_holds && copy_began > began)

inline fill() {
	if
	:: BROKEN == 1 || (may_be_kept) ->
		copy = true;
		copy_old = false;
		copy_value = value;
		copy_began = began;
		copy_era = (BROKEN == 5 -> era : my_era)
	:: else
	fi;
	if
	:: lease == me + 1 || BROKEN == 6 -> lease = 0
	:: else
	fi
}

/* MGET of copy and floor. */
inline get() {
	if
	:: BROKEN != 9 -> low = floor
	:: else
	fi;
	hit = copy_holds && copy_began > low;
	low = 0;
	assert(!hit || copy_value >= least);
	if
	:: hit && copy_old -> seen = copy_began; hit = false
	:: else
	fi
}

/* The request is over. */
inline answer() {
	hit = false; value = 0; began = 0; my_era = 0; seen = 0;
	round++;
	if
	:: round == ROUNDS -> done++
	:: else
	fi
}

/* Requests of one node, one after the other: those at the same time are joined to one (federator/underway.c). */
proctype node(byte me) {
	byte round, value, began, my_era, seen, low;
	bool hit;

look:	if
	:: round == ROUNDS -> goto over
	:: atomic { round < ROUNDS && BROKEN != 9 -> get() }
	:: atomic { round < ROUNDS && BROKEN == 9 -> low = floor }
	fi;
	if
	:: atomic { BROKEN == 9 -> get() }
	:: BROKEN != 9
	fi;
	if
	:: atomic { hit -> answer(); goto look }
	:: !hit
	fi;
	if /* begin() */
	:: atomic { younger -> assert(copy_value >= least); answer(); goto look }
	:: atomic { !younger && free_for(me) ->
			take();
			lease = me + 1;
			asked++;
			assert(asked <= 1 || BROKEN == 1 || BROKEN == 5)
		}
	:: atomic { !younger && !free_for(me) && BROKEN != 3 -> take() } /* it has waited long enough */
	fi;
	value = truth; /* the source is asked */
	if
	:: atomic { BROKEN == 2 -> began = tick; my_era = era }
	:: BROKEN != 2
	fi;
	if
	:: atomic { fill(); answer(); goto look }
	:: atomic { died == 0 -> died++ }
	fi;
over:	skip
}

inline no_copy() {
	copy = false; copy_old = false; copy_value = 0; copy_began = 0; copy_era = 0;
	asked = 0
}

/* The source changes, then somebody says so. */
proctype writer() {
	byte writes;

	do
	:: writes == WRITES -> break
	:: writes < WRITES ->
		truth++;
		atomic {
			now();
			if
			:: tomb_asked = tick; no_copy(); lease = 0
			:: tomb_subject = tick; /* its index has copies, and leases of what had a copy */
				if
				:: evicted && BROKEN != 12 -> floor = tick
				:: copy && !evicted -> no_copy(); lease = 0
				:: else
				fi
			:: floor = tick
			fi;
			least = truth;
			asked = 0;
			writes++
		}
	od
}

/* What is asked now may not be kept, and is asked once more. */
inline no_tombs() {
	tomb_asked = 0; tomb_subject = 0;
	asked = 0
}

proctype mishaps() {
	byte a, s, f, t, e, v, b, c; /* as saved */

	if
	:: atomic { no_copy(); no_tombs(); floor = 0; trimmed = 0; lease = 0; era = 0; tick = 0 } /* FLUSHALL */
	:: atomic { a = tomb_asked; s = tomb_subject; f = floor; t = trimmed; e = era; v = copy_value; b = copy_began;
		    c = copy_era };
		atomic {
			life = true;
			no_copy();
			tomb_asked = a; tomb_subject = s; floor = f; trimmed = t; era = e;
			copy = c != 0; copy_value = v; copy_began = b; copy_era = c;
			lease = 0; tick = 0;
			a = 0; s = 0; f = 0; t = 0; e = 0; v = 0; b = 0; c = 0
		}
	:: atomic { no_tombs(); trimmed = 0; era = 0; tick = 0 } /* tombs evicted; the floors go with the next era */
	:: atomic { floor = 0; era = 0; asked = 0 } /* floors evicted */
	:: atomic { copy -> evicted = true }
	:: atomic { no_tombs(); trimmed = tick }
	:: atomic { copy -> copy_old = true; asked = 0 }
	:: atomic { copy -> no_copy() }
	fi
}

/* A lease that is not given back runs out, also when its leader is only late. */
proctype lease_time() {
end:	do
	:: atomic { lease && BROKEN != 3 -> lease = 0; asked = 0 }
	od
}

init {
	atomic {
		run node(0);
		run node(1);
		run writer();
		run mishaps();
		run lease_time()
	}
}

ltl all_are_answered { <> (done + died == NODES) }
