/* drain.pml - the end of the service under requests, as federator/cli/serve.c, http/server.c, front.c and call.c have it:
 * fronts are quiesced, the socket is closed, what is in flight is answered, idle connections linger, waiting requests
 * are abandoned with 503 when the time is over, the daemons stop, late fetches land, lanes and loops go. Two event
 * loops on one socket, a connection for each of two clients, who may ask twice.
 * Checked: libmicrohttpd is never stopped with suspended connections, nor asked to accept on a closed socket; a request
 * that was begun is answered, once, unless half of it never came in time; none is freed twice or used when freed;
 * nothing lands on a loop that is gone; the end comes.
 * BROKEN: 1 late means stopped, whoever waits; 2 lingered means stopped, whatever is ready to be sent or half here;
 * 3 the socket is closed before all fronts are quiesced; 4 a request that was abandoned is freed when it was sent,
 * although its handler still has it; 5 loops are freed before the late fetches landed; 6 clients are waited for that
 * keep an idle connection. ALONE leaves out the second client, for the search that the end comes. */
#ifndef BROKEN
#define BROKEN 0
#endif
#define FRONTS 2
#define CLIENTS 2

mtype = { NONE, QUEUED, OPEN, GONE }; /* a connection */
mtype = { FREE, HALF, WAITING, READY, SENT }; /* a request; the handler runs inside a turn */

mtype conn[CLIENTS] = NONE;
byte at[CLIENTS]; /* the front that accepted it */
byte unread[CLIENTS]; /* 1: the first half of a request is in the socket, 2: the second, 3: both */
bool left[CLIENTS]; /* the client closed */
mtype call[CLIENTS] = FREE;
bool pending[CLIENTS]; /* the handler owes a reply: a fetch is under way */
bool completed[CLIENTS]; /* libmicrohttpd is through with it, or has closed the connection */
bool landed[CLIENTS]; /* the fetch is posted to the loop */
byte begun[CLIENTS], answered[CLIENTS], cut[CLIENTS];

bool listening = true;
bool post_quiesce[FRONTS], post_drain[FRONTS], post_stop[FRONTS];
bool quiesced[FRONTS], draining[FRONTS], stopped[FRONTS], loop_ended[FRONTS], loop_freed[FRONTS];
bool lingered[FRONTS], late[FRONTS]; /* the two moments have come */
bool must_run[FRONTS]; /* the daemon has to be run */
bool ended;

/* call_free(), once both are through with it. */
inline call_over(k) {
	if
	:: completed[k] && (!pending[k] || (BROKEN == 4 && call[k] == SENT)) ->
		call[k] = FREE;
		completed[k] = false
	:: else
	fi
}

inline close_conn(k) {
	conn[k] = GONE;
	unread[k] = 0;
	if
	:: call[k] == HALF ->
		cut[k]++;
		completed[k] = true;
		call_over(k)
	:: else
	fi
}

/* MHD_run(): accepts, reads, calls handlers, sends. */
inline mhd_run(f) {
	k = 0;
	do
	:: k < CLIENTS ->
		if
		:: conn[k] == QUEUED && !quiesced[f] ->
			assert(listening);
			conn[k] = OPEN;
			at[k] = f
		:: else
		fi;
		if
		:: conn[k] == OPEN && at[k] == f && call[k] == READY ->
			call[k] = SENT;
			answered[k]++;
			completed[k] = true;
			call_over(k);
			if
			:: draining[f] -> close_conn(k) /* Connection: close */
			:: else
			fi
		:: else
		fi;
		if
		:: conn[k] == OPEN && at[k] == f && (call[k] == FREE || call[k] == HALF) && unread[k] ->
			if
			:: call[k] == FREE -> begun[k]++; call[k] = HALF
			:: else
			fi;
			if
			:: unread[k] & 2 -> /* all is here: the handler runs */
				if
				:: call[k] = READY; must_run[f] = true
				:: call[k] = WAITING; pending[k] = true
				fi
			:: else
			fi;
			unread[k] = 0
		:: else
		fi;
		if
		:: conn[k] == OPEN && at[k] == f && left[k] && (call[k] == FREE || call[k] == HALF) -> close_conn(k)
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

/* What the front counts. */
inline count(f) {
	k = 0; links = 0; in_call = 0; waiting = 0;
	do
	:: k < CLIENTS ->
		if
		:: conn[k] == OPEN && at[k] == f ->
			links++;
			if
			:: call[k] != FREE && call[k] != SENT -> in_call++
			:: else
			fi;
			if
			:: call[k] == WAITING -> waiting++
			:: else
			fi
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

inline daemon_stop(f) {
	assert(waiting == 0);
	k = 0;
	do
	:: k < CLIENTS ->
		if
		:: conn[k] == OPEN && at[k] == f ->
			assert(call[k] != READY); /* answered, and not sent */
			assert(call[k] != HALF || late[f]);
			close_conn(k)
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0;
	stopped[f] = true
}

inline abandon_all(f) {
	k = 0;
	do
	:: k < CLIENTS ->
		if
		:: conn[k] == OPEN && at[k] == f && call[k] == WAITING -> call[k] = READY; must_run[f] = true
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

inline drain_step(f) {
	count(f);
	if
	:: late[f] && waiting && BROKEN != 1 -> abandon_all(f)
	:: else ->
		if
		:: links == 0 || (BROKEN == 1 && late[f]) || (BROKEN == 2 && lingered[f] && !waiting) ||
		   (BROKEN != 6 && !waiting && !must_run[f] && (late[f] || (lingered[f] && in_call == 0))) ->
			daemon_stop(f)
		:: else
		fi
	fi;
	links = 0; in_call = 0; waiting = 0
}

/* The fetches of this loop that were posted. */
inline land_all(f) {
	k = 0;
	do
	:: k < CLIENTS ->
		if
		:: landed[k] && at[k] == f ->
			assert(call[k] != FREE);
			landed[k] = false;
			pending[k] = false;
			if
			:: call[k] == WAITING -> call[k] = READY; must_run[f] = true
			:: else -> call_over(k) /* nobody waits for it any more */
			fi
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

#define has_work(f, k) (conn[k] == QUEUED && !quiesced[f] && !stopped[f] || \
	conn[k] == OPEN && at[k] == f && (unread[k] || left[k] && (call[k] == FREE || call[k] == HALF)))
#define has_landed(f, k) (landed[k] && at[k] == f)

/* One turn is one step: what others do meanwhile is as if it came before or after. */
proctype loop(byte f) {
	byte k, links, in_call, waiting;

	do
	:: atomic { has_work(f, 0) || has_work(f, 1) || has_landed(f, 0) || has_landed(f, 1) || must_run[f] ||
		    post_quiesce[f] || post_drain[f] || (draining[f] && !stopped[f] && (lingered[f] || late[f])) ->
			if
			:: has_work(f, 0) || has_work(f, 1) -> must_run[f] = true
			:: else
			fi;
			if
			:: post_quiesce[f] ->
				mhd_run(f); /* takes the connections that are already in the queue */
				quiesced[f] = true;
				must_run[f] = true;
				post_quiesce[f] = false
			:: else
			fi;
			if
			:: post_drain[f] ->
				assert(quiesced[f]);
				draining[f] = true;
				must_run[f] = true;
				post_drain[f] = false
			:: else
			fi;
			land_all(f);
			if
			:: !stopped[f] ->
				if
				:: must_run[f] -> must_run[f] = false; mhd_run(f)
				:: else
				fi;
				if
				:: draining[f] -> drain_step(f)
				:: else
				fi
			:: else -> must_run[f] = false
			fi
		}
	:: atomic { post_stop[f] -> loop_ended[f] = true; break }
	od
}

/* Its request comes whole or in halves, of which the second may never come; it may leave, or keep the connection. */
proctype client(byte k) {
	byte asked;

	do
	:: atomic { conn[k] == NONE ->
			if
			:: listening -> conn[k] = QUEUED
			:: !listening -> conn[k] = GONE; break
			fi
		}
	:: atomic { (conn[k] == QUEUED || conn[k] == OPEN) && asked < 2 && asked == answered[k] ->
			asked++;
			if
			:: unread[k] = 3
			:: unread[k] = 1
			fi
		}
	:: atomic { conn[k] == OPEN && unread[k] == 0 && call[k] == HALF && !left[k] -> unread[k] = 2 }
	:: atomic { conn[k] == OPEN && !left[k] && unread[k] == 0 -> left[k] = true; break }
	:: conn[k] == OPEN -> conn[k] == GONE; break
	:: conn[k] == GONE -> break
	od
}

/* Fetches end some time, or the process does not wait for them. */
proctype source(byte k) {
end:	do
	:: atomic { pending[k] && !landed[k] ->
			assert(!loop_freed[at[k]]);
			assert(call[k] != FREE);
			landed[k] = true
		}
	od
}

proctype timers(byte f) {
	draining[f];
	lingered[f] = true;
	late[f] = true
}

/* serving_end() */
proctype service() {
	byte k;

	atomic { post_quiesce[0] = true; post_quiesce[1] = true };
	if
	:: BROKEN == 3 -> quiesced[0] || quiesced[1]
	:: else -> quiesced[0] && quiesced[1]
	fi;
	atomic {
		listening = false;
		do /* who still stood in the queue is reset */
		:: k < CLIENTS ->
			if
			:: conn[k] == QUEUED && BROKEN != 3 -> conn[k] = GONE; unread[k] = 0
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0
	};
	atomic { quiesced[0] && quiesced[1] -> post_drain[0] = true; post_drain[1] = true };
	stopped[0] && stopped[1];
	if
	:: BROKEN == 5
	:: else -> !pending[0] && !pending[1] /* service_wait_idle(), or the process ends without more ado */
	fi;
	atomic { post_stop[0] = true; post_stop[1] = true };
	loop_ended[0] && loop_ended[1];
	atomic {
		loop_freed[0] = true;
		loop_freed[1] = true;
		do
		:: k < CLIENTS ->
			assert(begun[k] == answered[k] + cut[k]);
			assert(BROKEN == 5 || call[k] == FREE);
			k++
		:: else -> break
		od;
		ended = true
	}
}

init {
	atomic {
		run loop(0);
		run loop(1);
		run client(0);
#ifndef ALONE
		run client(1);
#endif
		run source(0);
		run source(1);
		run timers(0);
		run timers(1);
		run service()
	}
}

ltl the_end_comes { <> ended }
