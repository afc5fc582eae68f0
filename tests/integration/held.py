"""A peercert whose listening socket is held by somebody else, as by systemd: it outlives the program."""

import contextlib
import os
import socket

from load import WHOLE, Load
from processes import Process


class Held:
    """Takes the place of the front's responder."""

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
def held_socket(front, address=None):
    """On the responder's own address, or on another one, (host, port), that the front knows."""
    address = address or front.responder.address
    assert front.responder.stop() == 0
    with socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX) as listening:
        if isinstance(address, tuple):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        else:
            listening.bind(str(address))
            os.chmod(address, 0o666)
        listening.listen(128)
        yield Held(front, listening)


def restart_held_under_load(front, certificate, times, address=None, allowed=frozenset()):
    """Restarts the responder so often under load: no request fails but in a way that is `allowed`."""
    with held_socket(front, address) as held, Load(front, certificate, clients=6) as load:
        for _ in range(times):
            load.wait_for(30)
            held.restart()
        load.wait_for(30)
    assert not load.wrong
    assert load.outcomes[WHOLE] > 0 and set(load.outcomes) <= {WHOLE, *allowed}, load.told()
