/* The slots of workers (src/base/worker_slots.c) with the cache's owner and followers and with the
 * end, for spin(1). Whatever the order of things: no more workers look for work than there are
 * slots, a free slot wakes one who stands by, every event is served, and at the end every worker
 * leaves.
 *
 *     cd $(mktemp -d) && spin -a tests/model/worker_slots.pml   # with the path from there
 *     cc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -o pan pan.c && ./pan -m100000
 *
 * "errors: 0" is what it should say: no assertion fails, and nobody waits for ever (an invalid end
 * state). */

#define WORKERS 4
#define SLOTS 2
#define EVENTS 4

byte taken = 0;   /* slots, under the lock of the slots */
byte asleep = 0;  /* who stands by in pthread_cond_wait */
byte woken = 0;   /* wake-ups on their way to one of them */
bool ended = false;

byte looking = 0; /* who waits in epoll_wait */
byte events = 0;  /* that nobody has taken */
byte served = 0;

byte stage = 0;   /* of the one cache entry: 0 none, 1 in the making, 2 there */

inline enter()
{
	atomic { taken++ }
}

inline leave()
{
	atomic {
		taken--;
		if
		:: taken < SLOTS && asleep > 0 -> asleep--; woken++
		:: else
		fi
	}
}

/* With the lock: sleeps (again), or takes a slot. */
inline look_again()
{
	atomic {
		if
		:: taken >= SLOTS && !ended -> asleep++
		:: else -> taken++; outside = false
		fi
	}
}

inline stand_by()
{
	if
	:: taken > SLOTS -> /* read without the lock */
		atomic {
			if
			:: taken > SLOTS -> taken--; outside = true
			:: else
			fi
		}
		if
		:: outside -> look_again()
		:: else
		fi;
		do
		:: !outside -> break
		:: outside -> atomic { woken > 0 -> woken--; look_again() }
		od
	:: else
	fi
}

/* The first one makes the entry, perhaps with a wait; the others wait for it without their slot. */
inline serve()
{
	atomic {
		if
		:: stage == 0 -> stage = 1; owner = true
		:: else -> owner = false
		fi
	}
	if
	:: owner ->
		if
		:: leave(); enter() /* an OCSP responder */
		:: skip
		fi;
		stage = 2
	:: !owner && stage == 1 ->
		leave();
		stage == 2;
		enter()
	:: !owner && stage == 2
	fi;
	served++
}

active [WORKERS] proctype worker()
{
	bool outside = false, owner = false, got;

	enter();
	do
	:: stand_by();
		if
		:: ended -> break
		:: else
		fi;
		atomic { looking++; assert(looking <= SLOTS) }
		atomic {
			(events > 0 || ended);
			looking--;
			got = events > 0;
			if
			:: got -> events--
			:: else
			fi
		}
		if
		:: got -> serve()
		:: else
		fi
	od;
	leave()
}

/* A free slot wakes one who stands by. */
active proctype watch()
{
end:
	atomic { asleep > 0 && taken < SLOTS && woken == 0 && !ended -> assert(false) }
}

/* Events come at any time; the end comes when all were served, as the main thread waits for it. */
active proctype world()
{
	byte i = 0;

	do
	:: i < EVENTS -> events++; i++
	:: else -> break
	od;
	served == EVENTS;
	atomic {
		ended = true;
		woken = woken + asleep;
		asleep = 0
	}
}
