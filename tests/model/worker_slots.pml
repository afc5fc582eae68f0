/* The slots of workers (src/base/worker_slots.c) with waits and with the end, and how those who have
 * a slot learn of connections (src/server/server.c), for spin(1). Whatever the order of things: no
 * more workers look for work than there are slots, every event is served, everybody who connects is
 * accepted, and at the end every worker leaves.
 *
 *     cd $(mktemp -d) && spin -a tests/model/worker_slots.pml   # with the path from there
 *     cc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -o pan pan.c && ./pan -m100000
 *
 * "errors: 0" is what it should say: no assertion fails, and nobody waits for ever (an invalid end
 * state). */

#define WORKERS 4
#define SLOTS 2
#define EVENTS 4

byte unused = SLOTS; /* the semaphore */
bool ended = false;

byte looking = 0; /* who waits in epoll_wait */
byte events = 0;  /* of connections, that nobody has taken */
byte backlog = 0; /* who waits to be accepted */
bool edge = false; /* an event for the listening socket is there */
byte served = 0;

inline leave()
{
	atomic {
		if
		:: has_slot -> unused++; has_slot = false
		:: else
		fi
	}
}

inline stand_by()
{
	if
	:: has_slot
	:: else -> atomic { unused > 0 -> unused--; has_slot = true }; listening = true
	fi
}

/* Perhaps with a wait: for a responder, which answers when it likes. */
inline serve()
{
	if
	:: leave()
	:: skip
	fi;
	served++
}

active [WORKERS] proctype worker()
{
	bool has_slot = false, listening = false, got;

	do
	:: stand_by();
		if
		:: ended -> break
		:: listening ->
			/* Perhaps another one is told too. */
			if
			:: atomic { backlog > 0 -> edge = true }
			:: skip
			fi;
			atomic {
				got = backlog > 0;
				if
				:: got -> backlog--
				:: else -> listening = false
				fi
			}
		:: else ->
			atomic { looking++; assert(looking <= SLOTS) }
			atomic {
				(events > 0 || edge || ended);
				looking--;
				got = false;
				if
				:: events > 0 -> events--; got = true
				:: edge -> edge = false; listening = true
				:: ended
				fi
			}
		fi;
		if
		:: got -> serve()
		:: else
		fi
	od;
	leave()
}

/* Who is left waiting while a slot is unused and an event is there would be an invalid end state.
 * Events and connections come at any time; the end comes when all were served, as the main thread waits for it. */
active proctype world()
{
	byte i = 0;

	do
	:: i < EVENTS -> events++; i++
	:: i < EVENTS -> atomic { backlog++; edge = true }; i++
	:: else -> break
	od;
	served == EVENTS;
	ended = true;
	unused++
}
