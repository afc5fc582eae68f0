"""Bodies that drip through the fronts as shipped: others are answered as if they were not there."""

import contextlib
import threading
import time

import pytest

import crowd
from fronts import VALID, read_to_end
from processes import DEADLINE, wait_until

# One byte a second each; the front has a slot for each.
FRONTS = ["apache-proxy-fcgi", "apache-fcgid", "lighttpd-socket", "nginx", "haproxy"]
ANSWERS = 100
# What httpd says of a body that ends before its end.
CUT_OFF = r"\(reading input brigade\)|mod_fcgid: can't get data from http client"


class Drips:
    """So many clients of a front who send a byte of their body a second; one that was turned away comes again."""

    def __init__(self, front, certificate, method, count):
        self.front, self.context = front, front.context(certificate)
        self.head = f"{method} {front.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n".encode()
        self.stopping, self.reopened, self.sent = threading.Event(), 0, 0
        self.clients = [self.open() for _ in range(count)]
        self.thread = threading.Thread(target=self.run)

    def open(self):
        client = self.front.connect(context=self.context)
        client.sendall(self.head + b"x")
        client.setblocking(False)
        return client

    def drip(self, index):
        """Whether an answer has come makes no difference: the body goes on."""
        try:
            self.clients[index].send(b"x")
            self.sent += 1
            if self.clients[index].recv(1 << 16) == b"":
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError as error:
            if "want" not in str(error).lower() and "did not complete" not in str(error):
                self.clients[index].close()
                self.clients[index] = self.open()
                self.reopened += 1

    def run(self):
        turn = 0
        while not self.stopping.wait(0.05):
            for index in range(turn, len(self.clients), 20):
                if self.stopping.is_set():
                    return
                self.drip(index)
            turn = (turn + 1) % 20

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for client in self.clients:
            client.close()


def ask(front, context):
    with front.connect(context=context) as client:
        client.sendall(front.get_request())
        return read_to_end(client)


def ask_times(front, certificate, count):
    """How long each of so many answers took, in ms, sorted; as many as there are within the deadline."""
    context, took, end = front.context(certificate), [], time.monotonic() + DEADLINE
    while len(took) < count and time.monotonic() < end:
        began = time.perf_counter()
        assert VALID.encode() in ask(front, context)
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(0.01)
    return sorted(took)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", FRONTS)
def test_bodies_that_drip_through_a_front_hold_up_nobody(start_front, peercert, pki, name, method, long):
    """When they held a thread each, forty made everybody wait for 8 s, and two hundred for good."""
    front = start_front(name, peercert)
    front.allow(CUT_OFF)
    # httpd was still sending on a body that peercert does not read to its end.
    front.allow(r"\[proxy_fcgi:error\] .* AH01075: Error dispatching request to .*: \(sending stdin\)")
    count = 200 if long else 40
    alone = ask_times(front, pki.good, ANSWERS)
    with contextlib.ExitStack() as held:
        drips = held.enter_context(Drips(front, pki.good, method, count))
        beside = ask_times(front, pki.good, ANSWERS)
        wait_until(lambda: drips.sent > count, "bytes drip")
    print(f"\n{name} {method} {count}: p99 {crowd.part(alone, 0.99):.1f} ms alone, {crowd.part(beside, 0.99):.1f} beside; "
          f"{drips.sent} bytes, {drips.reopened} came again")
    assert len(beside) == ANSWERS
