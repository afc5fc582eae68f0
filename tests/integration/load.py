"""Clients that ask a front again and again, until they are told to stop."""

import collections
import http.client
import threading
import time

from fronts import VALID
from processes import wait_until

# What became of a request: a report with its verdict, one that was cut off before it (no verdict),
# an answer that is no report (its status), or no answer.
WHOLE, CUT_OFF, NO_ANSWER = "whole", "cut off", "no answer"


class Threads:
    """Threads that run within a `with` block: `threads` are made before it, and see `stopping` behind it."""

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Load(Threads):
    """A number of clients with a certificate, on connections that they keep as long as the front does.

    As browsers and curl do, they send a request again when it was not the first on its connection and the
    connection ended without a byte of an answer (RFC 9112 section 9.3.1).
    """

    def __init__(self, front, certificate, clients):
        self.front, self.certificate = front, certificate
        self.lock = threading.Lock()  # guards `outcomes`, `wrong` and `errors`
        self.outcomes = collections.Counter()
        self.errors = []  # what stood in the way of each NO_ANSWER that counts
        self.wrong = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def total(self):
        with self.lock:
            return self.outcomes.total()

    def told(self):
        """For the message of an assertion."""
        return dict(self.outcomes), self.errors[:5]

    def wait_for(self, more):
        """Waits until so many further requests have been answered, or not."""
        begin = self.total()
        wait_until(lambda: self.total() >= begin + more, f"{more} further requests; until now {self.outcomes}")

    def _run(self):
        client, used = None, False
        while not self.stopping.is_set():
            try:
                if client is None:
                    used = False
                    client = http.client.HTTPSConnection("localhost", self.front.port)
                    client.sock = self.front.connect(self.certificate)
                outcome, keeps = self._ask(client)
            except (http.client.HTTPException, OSError) as error:
                outcome, keeps, said = NO_ANSWER, False, f"{time.strftime('%H:%M:%S')} {error!r}"
            if outcome != NO_ANSWER or not used:
                with self.lock:
                    self.outcomes[outcome] += 1
                    if outcome == NO_ANSWER:
                        self.errors.append(said)
            used = True
            if not keeps and client is not None:
                client.close()
                client = None
        if client is not None:
            client.close()

    def _ask(self, client):
        client.request("GET", self.front.path)
        reply = client.getresponse()
        try:
            body, whole = reply.read(), True
        except (http.client.IncompleteRead, OSError) as error:
            body, whole = getattr(error, "partial", b""), False
        if reply.status != 200:
            return reply.status, False
        if whole and body.endswith(f"\n{VALID}\n".encode()):
            return WHOLE, not reply.will_close
        # With its last line it is right, though the answer's end never came.
        if b"The certificate" in body and not body.endswith(f"\n{VALID}\n".encode()):
            with self.lock:
                self.wrong.append(body)
        return CUT_OFF, False


def restart_under_load(front, certificate, status):
    """Restarts the responder three times under load: each answer is whole, or has this status; and there are many."""
    with Load(front, certificate, clients=6) as load:
        load.wait_for(30)
        for _ in range(3):
            assert front.responder.stop() == 0
            front.start_responder()
            load.wait_for(30)
    assert not load.wrong
    assert load.outcomes[WHOLE] >= 100
    assert set(load.outcomes) <= {WHOLE, status}, load.told()
