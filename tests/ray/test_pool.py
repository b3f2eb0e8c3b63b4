"""Pool mode: light replicas, and actors that run the handlers of all of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benchmarks import ray_cluster
from benchmarks.ray_cluster import Deployed, app_on

from millstream.client import Client

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.filterwarnings("default"), pytest.mark.timeout(180)]

APP = Path(__file__).parent / "apps" / "pooled.py"


@pytest.fixture(scope="module")
def pooled() -> Iterator[Deployed]:
    options = {"min_replicas": 2, "max_replicas": 2, "pool": 1, "pool_cpus": 0.5}
    with ray_cluster.cluster(nodes=1, cpus=4) as port, app_on(port, APP, **options) as deployed:
        yield deployed


def said(page: Client) -> tuple[str, int, int]:
    """Give what the model said: its text, its process, and how many calls were made as one."""
    text, pid, size = str(page.value("said")).split()
    return text, int(pid), int(size)


def opened(deployed: Deployed, count: int) -> list[Client]:
    """Open so many pages, on two replicas, as soon as HAProxy knows both."""
    pages = [Client(deployed.url) for _ in range(count)]

    def are_on_both() -> bool:
        owners = {page.page.welcome.session.partition(".")[0] for page in pages if page.page.welcome is not None}
        if len(owners) < 2:
            pages.pop().close()
            pages.append(Client(deployed.url))
        return len(owners) == 2

    deployed.wait_for(are_on_both, 20.0)
    return pages


def test_replicas_share_an_actor_that_makes_their_calls_as_one(pooled: Deployed) -> None:
    pages = opened(pooled, 6)
    for number, page in enumerate(pages):
        page.set("text", f"page{number}")
    for _ in range(3):
        runs = [page.click("Ask", wait=False) for page in pages]
        for page, (run,) in zip(pages, runs, strict=True):
            page.wait_for(lambda run=run: run.state == "done")
    answers = [said(page) for page in pages]
    assert [text for text, _, _ in answers] == [f"page{number}" for number in range(6)]
    for page in pages:
        page.click("Here")
    (actor,) = {pid for _, pid, _ in answers}
    assert actor not in {page.value("here") for page in pages}
    assert max(size for _, _, size in answers) > 1
    for page in pages:
        page.close()


def test_generators_messages_and_streams_come_through(pooled: Deployed) -> None:
    with Client(pooled.url) as page:
        (counted,) = page.click("Count")
        assert (counted.error, page.value("counted")) == ("", "a 2")
        page.click("Talk")
        assert [toast.message for toast in page.toasts] == ["talking"]
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[:, :32] = 255
        recording = page.stream("camera", [frame] * 10)
        shown = page.outputs(recording.results[-1])
        (flipped,) = shown.values()
        assert flipped[:, :24].mean() < 40 < 200 < flipped[:, 40:].mean()


def test_an_actor_that_is_killed_costs_its_calls_and_comes_back(pooled: Deployed) -> None:
    with Client(pooled.url) as page:
        page.click("Ask")
        _, pid, _ = said(page)
        os.kill(pid, signal.SIGKILL)

        def has_moved() -> bool:
            page.click("Ask")
            return said(page)[1] != pid

        pooled.wait_for(has_moved, 30.0)
