/* SPDX-License-Identifier: ISC */
/* Workers that need the answer of one OCSP responder about one certificate (src/ocsp/ocsp_cache.c), with
 * their slots (src/base/worker_slots.c) and the end, for spin(1). Whatever the order of things: one asks at a
 * time, the others wait without a slot and go on when it is done, no more wait than may, nobody waits for ever
 * for somebody who is done, and at the end every worker leaves.
 *
 *     cd $(mktemp -d) && spin -a tests/model/ocsp_followers.pml   # with the path from there
 *     cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m100000
 *
 * "errors: 0" is what it should say: no assertion fails, and nobody waits for ever (an invalid end state).
 * An atomic block stands for what is done with the cache's lock held. */

#define WORKERS 4
#define SLOTS 2
#define EVENTS 4
#define MOST_ASKING 4

mtype = { NONE, BUSY, KNOWN, ASK };        /* whose turn it is */
mtype = { NOBODY_ASKS, SOMEBODY_ASKS, IS_KNOWN }; /* the entry */

byte unused = SLOTS; /* the semaphore */
bool ended = false;
byte looking = 0; /* who waits in epoll_wait */
byte events = 0;  /* that nobody has taken */
byte served = 0;

mtype entry = NOBODY_ASKS;
byte asking = 0;     /* who ask, or wait for one that asks, and count */
byte askers = 0;     /* who have been told to ask, about this certificate */
bool waits[WORKERS]; /* on the condition variable */
bool times_end;      /* whether the time of a wait may be over: nobody may need that */

inline leave()
{
	if
	:: has_slot -> unused++; has_slot = false
	:: else
	fi
}

inline broadcast()
{
	waits[0] = false; waits[1] = false; waits[2] = false; waits[3] = false
}

/* ocsp_cache_enter. More than half may ask while answers come in time, or not. */
inline enter()
{
	turn = NONE; counted = false; late = false;
	do
	:: atomic {
			if
			:: entry == IS_KNOWN -> turn = KNOWN
			:: entry == IS_KNOWN -> entry = NOBODY_ASKS /* the answer's time is over */
			:: else
			fi;
			if
			:: turn == NONE && !counted && (asking < MOST_ASKING / 2 || asking == 0) ->
				counted = true; asking++; late = false
			:: turn == NONE && !counted && entry == NOBODY_ASKS && asking < MOST_ASKING ->
				counted = true; asking++; late = false
			:: turn != NONE || counted || (asking >= MOST_ASKING / 2 && asking > 0)
			fi;
			assert(asking <= MOST_ASKING);
			if
			:: turn == KNOWN
			:: turn == NONE && counted && entry == NOBODY_ASKS -> entry = SOMEBODY_ASKS; turn = ASK
			:: turn == NONE && !(counted && entry == NOBODY_ASKS) && late -> turn = BUSY
			:: turn == NONE && !(counted && entry == NOBODY_ASKS) && !late -> leave(); waits[me] = true
			:: turn == NONE && !counted && !late -> late = true /* too many wait for their turn */
			fi;
			if
			:: counted && (turn == KNOWN || turn == BUSY) -> asking--; broadcast()
			:: else
			fi
		};
		if
		:: turn != NONE -> break
		:: turn == NONE && !waits[me]
		:: atomic { turn == NONE && times_end && waits[me] -> waits[me] = false; late = true }
		fi
	od
}

/* The responder answers when it likes, well or not. */
inline ask()
{
	atomic { assert(askers == 0); askers++; leave() };
	atomic { asking--; broadcast() }; /* ocsp_cache_arrived */
	atomic {                          /* ocsp_cache_leave */
		askers--;
		if
		:: entry = IS_KNOWN
		:: entry = NOBODY_ASKS
		fi;
		broadcast()
	}
}

active [WORKERS] proctype worker()
{
	bool has_slot = false, counted, late, got;
	byte me = _pid;
	mtype turn;

	do
	:: if
		:: has_slot
		:: !has_slot -> atomic { unused > 0 -> unused--; has_slot = true }
		fi;
		if
		:: ended -> break
		:: !ended ->
			atomic { looking++; assert(looking <= SLOTS) };
			atomic {
				(events > 0 || ended);
				looking--;
				got = events > 0;
				if
				:: got -> events--
				:: else
				fi
			};
			if
			:: got ->
				enter();
				if
				:: turn == ASK -> ask()
				:: else
				fi;
				/* States that differ in what is over would count twice. */
				atomic { served++; turn = NONE; counted = false; late = false; got = false }
			:: !got
			fi
		fi
	od;
	atomic { leave() }
}

/* Events come at any time; the end comes when all were served, as the main thread waits for it. */
active proctype world()
{
	byte i = 0;

	if
	:: times_end = true
	:: times_end = false
	fi;
	do
	:: i < EVENTS -> events++; i++
	:: i == EVENTS -> break
	od;
	served == EVENTS;
	assert(asking == 0 && askers == 0);
	ended = true;
	unused++
}
