"""Apps on a Ray cluster of three nodes, by HAProxy: what visitors notice when replicas come, go and fail."""

import os
import re
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from benchmarks import ray_cluster
from benchmarks.ray_cluster import Deployed, app_on
from websockets.sync.client import connect

from millstream.apps.program import CommandError
from millstream.client import Client
from millstream.client.driver import DrivenRecording
from millstream.ray.broker_name import NAMESPACE, broker_name
from millstream.ray.cluster import start
from millstream.ray.options import RayOptions
from millstream.wire.packet import SUBPROTOCOL

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.filterwarnings("default"), pytest.mark.timeout(180)]

APPS = Path(__file__).parent / "apps"
PAGES = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the app writes; replicas have it in their environment."""
    path = tmp_path_factory.mktemp("ray")
    os.environ["MILLSTREAM_TEST_FOLDER"] = str(path)
    yield path
    del os.environ["MILLSTREAM_TEST_FOLDER"]


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with ray_cluster.cluster() as port:
        yield port


@pytest.fixture
def counting(port: int) -> Iterator[Deployed]:
    with app_on(port, APPS / "counting.py") as deployed:
        yield deployed


def click(page: Client, button: str, count: int) -> None:
    page.fire(button, "click")
    page.wait_for(lambda: page.page.values[page.page.find("count")] == count)


def owner(page: Client) -> str:
    """Name the replica that has a page."""
    assert page.page.welcome is not None
    return page.page.welcome.session.partition(".")[0]


def opened(deployed: Deployed, count: int) -> list[Client]:
    """Open so many pages, on two replicas, as soon as HAProxy knows both."""
    first: list[Client] = []

    def are_known() -> bool:
        first.append(Client(deployed.url))
        return len(set(map(owner, first))) == 2

    deployed.wait_for(are_known, 20.0)
    for page in first:
        page.close()
    pages = [Client(deployed.url) for _ in range(count)]
    assert len(set(map(owner, pages))) == 2
    return pages


def is_in(recording: DrivenRecording, state: str, position: int = 0) -> bool:
    return (recording.state, recording.position) == (state, position)


def stands(page: Client, position: int) -> DrivenRecording:
    """Press Record, and wait for a position in the queue; 0 is a slot."""
    recording = page.record("camera")
    page.wait_for(partial(is_in, recording, "waiting" if position else "running", position))
    return recording


def test_pages_are_served_with_our_settings_and_sessions_end(counting: Deployed, folder: Path) -> None:
    address = counting.url.replace("http", "ws", 1) + "ws"
    with connect(address, subprotocols=[SUBPROTOCOL], compression="deflate", proxy=None) as socket:
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers
    for _ in range(PAGES):
        page = Client(counting.url)
        click(page, "Add", 1)
        page.drop()  # as a link that is lost: the session waits for its page, and then ends
    gone = folder / "gone"
    counting.wait_for(lambda: gone.exists() and len(gone.read_text().splitlines()) == PAGES)


@pytest.mark.parametrize(
    ("name", "said"), [("broken", "the weights are not there"), ("hanging", "is not ready after 3 seconds")]
)
def test_an_app_that_does_not_start_says_why(port: int, name: str, said: str) -> None:
    with pytest.raises(CommandError, match=said), app_on(port, APPS / f"{name}.py", start_s=3):
        pass


def test_a_replica_that_is_killed_costs_a_moment(port: int) -> None:
    with app_on(port, APPS / "counting.py", min_replicas=2, max_replicas=2) as deployed:
        pages = opened(deployed, 4)
        for page in pages:
            click(page, "Add", 1)
        time.sleep(1.2)  # what is younger than a second may be lost
        first, _ = deployed.pids()
        os.kill(first, signal.SIGKILL)
        begin = time.monotonic()
        for page in pages:
            click(page, "Add", 2)
        assert time.monotonic() - begin < 3.0
        for page in pages:
            page.close()


def test_replicas_come_with_streams_and_go_without_losing_an_event(port: int) -> None:
    options = {"max_replicas": 2, "streams": 2, "upscale_s": 1, "downscale_s": 3}
    with app_on(port, APPS / "counting.py", **options) as deployed:
        pages = [Client(deployed.url) for _ in range(4)]
        recordings = [page.record("camera") for page in pages]
        assert deployed.wait_for(lambda: deployed.running() == 2) < 15
        later = [Client(deployed.url) for _ in range(4)]
        for recording in recordings:
            recording.stop()
        for count in range(1, 8):
            for page in (*pages, *later):
                click(page, "Add slowly" if count == 3 else "Add", count)
            time.sleep(0.5)
        deployed.wait_for(lambda: deployed.states() == {"RUNNING": 1})
        for page in (*pages, *later):
            click(page, "Add", 8)
            page.close()


def test_haproxy_keeps_the_sockets_of_old_processes_for_a_day(counting: Deployed) -> None:
    (file, *_) = Path(os.environ["RAY_TMPDIR"]).glob("*/haproxy.cfg")
    configuration = file.read_text()
    found = re.search(r"hard-stop-after (\d+)s", configuration)
    assert found is not None
    assert int(found[1]) >= 24 * 60 * 60


def test_uploads_and_files_reach_the_replica_that_has_the_page(port: int, tmp_path: Path) -> None:
    with app_on(port, APPS / "counting.py", min_replicas=2, max_replicas=2) as deployed:
        pages = opened(deployed, 4)
        given = tmp_path / "given.bin"
        given.write_bytes(b"x" * 100_000)
        for _ in range(6):
            for page in pages:
                page.set("file", given)
                number = page.page.find_component("file")
                assert page.value(number) == [given.read_bytes()]
        for page in pages:
            page.close()


def test_one_queue_is_for_the_pages_of_all_replicas_also_when_its_actor_is_killed(port: int) -> None:
    import ray

    with app_on(port, APPS / "queued.py", min_replicas=2, max_replicas=2) as deployed:
        pages = opened(deployed, 5)
        recordings = [stands(page, place) for place, page in enumerate(pages)]
        for place, recording in enumerate(recordings):
            pages[place].wait_for(partial(is_in, recording, "running"))
            assert [each.state for each in recordings[place + 1 :]] == ["waiting"] * (4 - place)
            if place == 1:
                ray.kill(ray.get_actor(broker_name(deployed.name), NAMESPACE), no_restart=False)
            recording.stop()
        for page in pages:
            page.close()


def test_a_new_version_takes_over_the_pages_of_the_old_one_or_has_them_reloaded(port: int, tmp_path: Path) -> None:
    source = (APPS / "counting.py").read_text()
    app = tmp_path / "version.py"
    app.write_text(source)
    with app_on(port, app) as deployed:
        page = Client(deployed.url)
        click(page, "Add", 1)
        start(RayOptions(target=str(app), name=deployed.name, num_cpus=0.5))
        deployed.wait_for(lambda: deployed.states() == {"RUNNING": 1})
        click(page, "Add", 2)
        app.write_text(source.replace('title="Counting"', 'title="Another"').replace("Add slowly", "Add later"))
        start(RayOptions(target=str(app), name=deployed.name, num_cpus=0.5))
        page.wait_for(lambda: page.page.closed is not None, 20.0)
        assert "updated" in str(page.page.closed)
        again = Client(deployed.url)
        click(again, "Add", 1)
        again.close()
