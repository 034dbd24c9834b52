/* cache_near.pml - the near level of one node, in front of a copy in Redis, as cache/ has it: a look-up takes a stamp,
 * sends GET, and puts what the reply brings if nothing was dropped since; the tracking channel tells of every change,
 * after it, and breaks with what is in it. Two look-ups at a time, a writer who invalidates through this node or another,
 * somebody who keeps copies in Redis (cache_fill.pml shows that they are right there). Each command is one step of Redis.
 * Checked: the near level never answers without its channel, nor with what is older than the last invalidation that went
 * through this node and is done, that the channel told, or that was committed before a loss was noticed; when it is up
 * and silent and every look-up is over, what is near is as right as what is in Redis.
 * BROKEN: 1 the stamp is taken when the reply is here; 2 a stamp from when the channel was down holds when it is up;
 * 3 the near level outlives its channel; 4 a node waits for the channel to tell it of its own invalidation; 5 a drop of
 * what is not there leaves the stamp whole; 6 what is read while the channel is down is put; 7 the channel is taken for up
 * when SUBSCRIBE was sent. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define READERS 2
#define ROUNDS 3
#define WRITES 2
#define LOSSES 2

mtype = { CHANGED, LOST };

/* the source and Redis */
byte truth; /* how often the source was written */
byte least; /* the truth when the last invalidation was committed */
bool copy = true;
byte copy_value;
bool subscribed = true; /* this node's channel */

/* the node */
chan line = [3] of { mtype, byte };
bool up = true;
bool near;
byte near_value;
bool held[READERS]; /* the stamp of a look-up holds */
byte told; /* what is older must not be answered */
byte busy; /* look-ups and invalidations under way */

inline tell() {
	if
	:: subscribed -> line!CHANGED, least
	:: else
	fi
}

inline drop_near() {
	if
	:: near || BROKEN != 5 -> held[0] = false; held[1] = false
	:: else
	fi;
	near = false;
	near_value = 0
}

inline hear(value) {
	if
	:: told < value -> told = value
	:: else
	fi
}

proctype reader(byte me) {
	byte round, value;
	bool hit;

	do
	:: round == ROUNDS -> break
	:: atomic { round < ROUNDS && near -> assert(near_value >= told); assert(up || BROKEN == 3); round++ }
	:: atomic { round < ROUNDS && !near ->
			held[me] = up || BROKEN == 2 || BROKEN == 6; /* shelf_stamp(), then GET leaves */
			busy++
		};
		atomic { /* GET */
			hit = copy;
			value = copy_value;
			assert(!hit || value >= least)
		};
		atomic { /* its reply is here */
			if
			:: BROKEN == 1 -> held[me] = true
			:: else
			fi;
			if
			:: hit && held[me] && (up || BROKEN == 6) -> near = true; near_value = value
			:: else
			fi;
			held[me] = false;
			hit = false; value = 0;
			round++;
			busy--
		}
	od
}

/* Keeps the channel. */
proctype keeper() {
	mtype what;
	byte value;

end:	do
	:: atomic { line?what, value ->
			if
			:: what == LOST ->
				up = false;
				hear(least); /* what is put from now on is read from now on */
				if
				:: BROKEN != 3 -> drop_near()
				:: else
				fi
			:: else ->
				drop_near();
				hear(value)
			fi;
			what = 0; value = 0
		}
	:: atomic { BROKEN == 7 && !subscribed && !up && empty(line) -> up = true; drop_near() }
	:: atomic { !subscribed && empty(line) && (!up || BROKEN == 7) -> subscribed = true } /* SUBSCRIBE */
	:: atomic { subscribed && !up && empty(line) -> /* its reply is here, before all that it tells of */
			up = true;
			if
			:: BROKEN != 2 -> drop_near()
			:: else
			fi
		}
	od
}

proctype writer() {
	byte writes;
	bool here;

	do
	:: writes == WRITES -> break
	:: writes < WRITES ->
		truth++;
		atomic { nfull(line) -> /* the script */
			if
			:: here = true; busy++
			:: true
			fi;
			copy = false; copy_value = 0;
			least = truth;
			tell()
		};
		atomic { /* its reply is here: done() */
			if
			:: here ->
				if
				:: BROKEN != 4 -> drop_near()
				:: else
				fi;
				hear(truth);
				here = false;
				busy--
			:: else
			fi;
			writes++
		}
	od
}

/* Copies come and go: any that a fill may keep, as new as the last invalidation. */
proctype others() {
end:	do
	:: atomic { !copy && nfull(line) ->
			copy = true;
			if
			:: copy_value = least
			:: copy_value = truth
			fi;
			tell()
		}
	od
}

/* Connections break at Redis; what it had sent is lost, and the node learns of it later. */
proctype net() {
	byte losses;

end:	do
	:: atomic { losses < LOSSES && subscribed ->
			losses++;
			do
			:: line?_, _
			:: empty(line) -> break
			od;
			subscribed = false;
			line!LOST, 0
		}
	od
}

/* Silence. */
proctype judge() {
end:	atomic { busy == 0 && up && subscribed && empty(line) && near -> assert(near_value >= least) }
}

init {
	atomic {
		run reader(0);
		run reader(1);
		run keeper();
		run writer();
		run others();
		run net();
		run judge()
	}
}
