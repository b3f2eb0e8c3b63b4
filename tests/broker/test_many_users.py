"""Ten thousand visitors of ten gateways, on virtual time: order, limit and estimates."""

from __future__ import annotations

import random
from heapq import heappop, heappush
from itertools import count

import numpy as np

from millstream.broker.messages import Admitted, Enrol, Join, Leave, Stands
from millstream.broker.state import BrokerState
from millstream.tickets import Ask

USERS, GATEWAYS, SLOTS = 10_000, 10, 100
ARRIVALS_S = 20.0
"""All come within this time, in which a fifth of them can be served."""

RUN_S = (0.7, 1.3)


def test_ten_thousand_users_are_served_in_their_order_about_when_they_were_told() -> None:
    chance, order = random.Random(12), count()
    broker = BrokerState(0.0, is_first=True)
    for number in range(GATEWAYS):
        broker.receive("", Enrol(f"g{number}"), 0.0)
    events: list[tuple[float, int, int, bool]] = []
    arrivals = sorted(chance.uniform(0.0, ARRIVALS_S) for _ in range(USERS))
    for user, at in enumerate(arrivals):
        heappush(events, (at, next(order), user, True))
    told: dict[int, float] = {}
    admitted: dict[int, float] = {}
    running = 0
    while events:
        at, _, user, is_arrival = heappop(events)
        gateway = f"g{user % GATEWAYS}"
        while (due := broker.due) is not None and due <= at:
            broker.wake(due)
        if is_arrival:
            broker.receive(gateway, Join(user, Ask("key", f"visitor {user}", SLOTS)), at)
        else:
            running -= 1
            broker.receive(gateway, Leave(user), at)
        for _, message in broker.take():
            if isinstance(message, Stands) and message.estimate_s is not None:
                told.setdefault(message.number, at + message.estimate_s)
            elif isinstance(message, Admitted):
                running += 1
                admitted[message.number] = at
                heappush(events, (at + chance.uniform(*RUN_S), next(order), message.number, False))
        assert running <= SLOTS
    assert list(admitted) == list(range(USERS)), "nobody is passed over, and nobody is left"
    waits = {user: admitted[user] - arrivals[user] for user in told}
    errors = np.array([abs(told[user] - admitted[user]) / wait for user, wait in waits.items() if wait > 2.0])
    assert len(errors) > 0.9 * USERS
    assert np.quantile(errors, 0.95) < 0.2
