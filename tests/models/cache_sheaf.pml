/* cache_sheaf.pml - one sheaf in Redis, two nodes that each keep a copy of a part of their own in it, and a writer that
 * changes the source and then voids the customer. Each script of Redis is one step. A fill writes the whole sheaf: its
 * copy, and what it knows of the other's; cache_fill.pml shows that the ticket of each copy is right.
 * Checked: no copy in the sheaf is older than the last invalidation, and a copy that was kept is lost only by one.
 * BROKEN: 1 a fill writes without comparing the version; 2 what was known before is kept when another version is met;
 * 3 it looks for no tomb when it tries again. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define FILLS 2
#define WRITES 2

byte truth, least, tick, tomb;
byte version, versions; /* 0: there is no sheaf */
bool has[2];
byte value[2];
bool kept[2]; /* since the last invalidation */

proctype node(byte me) {
	byte fills, began, mine, seen, other;
	bool has_other, again;

	do
	:: fills < FILLS ->
		fills++;
		again = false;
		tick++;
		began = tick;
		mine = truth;
		do
		:: atomic {
			if
			:: tomb >= began && !(BROKEN == 3 && again) -> break
			:: else
			fi;
			if
			:: version == seen || BROKEN == 1 ->
				has[me] = true;
				value[me] = mine;
				has[1 - me] = has_other;
				value[1 - me] = other;
				kept[me] = true;
				versions++;
				version = versions;
				seen = version;
				assert(!kept[1 - me] || has[1 - me]);
				assert(!has[0] || value[0] >= least);
				assert(!has[1] || value[1] >= least);
				break
			:: else ->
				again = true;
				seen = version;
				if
				:: BROKEN != 2 -> has_other = has[1 - me]; other = value[1 - me]
				:: else
				fi
			fi }
		od
	:: else -> break
	od
}

active proctype writer() {
	byte writes;

	do
	:: writes < WRITES ->
		writes++;
		truth++;
		atomic {
			tick++;
			tomb = tick;
			version = 0;
			has[0] = false; has[1] = false;
			kept[0] = false; kept[1] = false;
			least = truth
		}
	:: else -> break
	od
}

init {
	atomic { run node(0); run node(1) }
}
