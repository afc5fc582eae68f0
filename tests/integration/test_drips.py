"""Bodies that drip through the fronts as shipped: others are answered as if they were not there."""

import contextlib
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


class Drips(crowd.EachSecond):
    """So many clients of a front who send a byte of their body a second; one that was turned away comes again."""

    turns = 20

    def __init__(self, front, certificate, method, count):
        self.front, self.context = front, front.context(certificate)
        self.head = f"{method} {front.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n".encode()
        self.sent = 0
        super().__init__(count)

    def open(self, index):
        client = self.front.connect(context=self.context)
        client.sendall(self.head + b"x")
        client.setblocking(False)
        return client

    def drip(self, client, index):
        """Whether an answer has come makes no difference: the body goes on."""
        client.send(b"x")
        self.sent += 1
        if client.recv(1 << 16) == b"":
            raise ConnectionResetError


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
