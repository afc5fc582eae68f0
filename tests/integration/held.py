"""A peercert whose listening socket is held by somebody else, as by systemd: it outlives the program."""

import contextlib
import socket

from load import WHOLE, Load
from processes import Process


class Held:
    """Takes the place of the front's responder, on the same path."""

    def __init__(self, front, listening):
        self.front, self.listening = front, listening
        self.start()

    def start(self):
        front = self.front
        front.responder = Process(front.folder, "peercert", [front.program, "--ca", front.pki.ca, *front.arguments],
                                  environment=front.environment, stdin=self.listening)

    def restart(self):
        assert self.front.responder.stop() == 0
        self.start()


@contextlib.contextmanager
def held_socket(front):
    path = front.responder.socket
    assert front.responder.stop() == 0
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(128)
        yield Held(front, listening)


def restart_held_under_load(front, certificate, times):
    """Restarts the responder so often under load: no request fails."""
    with held_socket(front) as held, Load(front, certificate, clients=6) as load:
        for _ in range(times):
            load.wait_for(30)
            held.restart()
        load.wait_for(30)
    assert set(load.outcomes) == {WHOLE}, load.told()
