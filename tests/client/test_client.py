"""The client over a real socket."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import numpy as np
import pytest
from tests.client.media import endless, picture, pictures, ramp
from tests.server.live import serving

import millstream as ms
from millstream.client import Client
from millstream.client import client as client_module
from millstream.client.client import ClientWebSocket, open_page, refusal_code
from millstream.client.link import PASSING
from millstream.errors import Closed, InvalidValue, Refused
from millstream.server.app import App

heard: list[np.ndarray] = []
moments: list[ms.Moment] = []


def declare() -> ms.Blocks:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        by = ms.Slider(-100, 100, value=0, step=1, label="By")
        out = ms.Image(label="Out")
        camera.stream(lambda frame, by: frame + np.uint8(by), [camera, by], out, stream_every=0.0, time_limit=60)
        mic = ms.Audio(label="Mic", sources="microphone")
        mic.stream(lambda chunk: heard.append(chunk[1]), mic, None, stream_every=0.1)
        video = ms.Video(label="Film", sources="webcam")
        video.stream(moments.append, video, None, stream_every=0.1)
        photo, copy = ms.Image(label="Photo"), ms.Image(label="Copy", format="png")
        ms.Button("Copy it").click(lambda value: value, photo, copy)
    return demo


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving(declare(), grace=0) as (url, app):
        yield url, app


@pytest.fixture
def page(served: tuple[str, App]) -> Iterator[Client]:
    with Client(served[0]) as page:
        yield page


def wait_until(condition: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(1000):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("it did not come about")


def test_camera_and_microphone_stream_together(page: Client) -> None:
    moments.clear()
    rate, samples = ramp(0.55)
    page.stream("Film", (pictures(20), (rate, samples)))
    assert np.array_equal(np.concatenate([moment.audio[1] for moment in moments if moment.audio]), samples)
    assert [moment.audio_time for moment in moments] == sorted(moment.audio_time or 0.0 for moment in moments)
    assert all(moment.audio_time and abs(moment.frame_time - moment.audio_time) < 1 for moment in moments)


def test_frames_stream_and_edits_count(page: Client) -> None:
    page.set("By", 50)
    recording = page.stream("Camera", [picture(100)] * 10)
    assert abs(int(page.value("Out").mean()) - 150) <= 2
    summary = recording.summary()
    assert summary.results >= 5
    assert 0 < summary.age_p50_s < 2


def test_no_audio_is_lost(page: Client) -> None:
    heard.clear()
    page.stream("Mic", ramp(1.03))
    assert np.array_equal(np.concatenate(heard), ramp(1.03)[1])


def test_files_go_up_and_come_back(page: Client) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    page.set("Photo", noise)
    page.click("Copy it")
    assert np.array_equal(page.value("Copy"), noise)
    with pytest.raises(InvalidValue, match="404"):
        page.run(page.download("guessed"))


def test_two_clients_share_the_queue_and_a_dropped_one_frees_its_slot(served: tuple[str, App], page: Client) -> None:
    mine = page.record("Camera")
    mine.wait_for_state("running")
    mine.feed_in_background(endless())
    with Client(served[0]) as other:
        theirs = other.record("Camera")
        other.wait_for(lambda: theirs.position == 1)
        page.drop()
        theirs.wait_for_state("running")
        theirs.stop()


def test_waiting_has_an_end_and_background_work_can_be_cancelled(page: Client) -> None:
    with pytest.raises(TimeoutError):
        page.wait_for(lambda: False, timeout_s=0.05)
    recording = page.record("Camera")
    recording.wait_for_state("running")
    feeding = recording.feed_in_background(endless())
    feeding.cancel()
    recording.feed_in_background(pictures(2), 100).result()
    recording.stop()


def test_a_closed_client_says_so_and_leaves_no_thread(served: tuple[str, App]) -> None:
    before = set(threading.enumerate())
    page = Client(served[0])
    page.close()
    page.close()
    for use in (lambda: page.click("Copy it"), page.drop, lambda: page.start(page.page.close())):
        with pytest.raises(Closed, match="the client is closed"):
            use()
    wait_until(lambda: not {t for t in set(threading.enumerate()) - before if "client" in t.name})
    wait_until(lambda: not served[1].host.sessions)


def test_a_page_that_the_server_ends_says_why(served: tuple[str, App], page: Client) -> None:
    [session] = served[1].host.sessions.values()
    recording = page.record("Camera")
    recording.wait_for_state("running")
    loop = served[1].loop
    assert loop is not None
    loop.call_soon_threadsafe(session.end, 1012, "restart")
    with pytest.raises(Closed, match="1012 restart"):
        page.wait_for(lambda: False)
    assert recording.state == "ended"
    with pytest.raises(Closed):
        page.click("Copy it")


def test_messages_that_no_server_takes_are_not_sent(page: Client) -> None:
    with pytest.raises(InvalidValue, match="send smaller images"):
        page.run(page.page.send_packet(bytes(3_000_000)))


# ---- what cannot be opened -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["localhost:7860", "ftp://127.0.0.1", "127.0.0.1", "http://"])
def test_what_is_not_an_address(url: str) -> None:
    with pytest.raises(InvalidValue, match="http://127"):
        Client(url)


def test_no_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Closed, match="no web server"):
            Client(f"http://127.0.0.1:{unused.getsockname()[1]}")


@pytest.mark.parametrize("reply", [b"", b"what?\r\n", None])
def test_a_server_that_says_nothing_or_nonsense(reply: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with closing(server.accept()[0]) as connection:
                connection.recv(65536)
                if reply is None:
                    connection.recv(65536)  # until the client gives up
                else:
                    connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Closed):
            Client(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.3)
        thread.join()


@pytest.mark.parametrize(("status", "raised"), [("503 Service Unavailable", Refused), ("404 Not Found", InvalidValue)])
def test_a_server_that_breaks_off_while_it_says_why(status: str, raised: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with closing(server.accept()[0]) as connection:
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 100\r\n\r\n".encode())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(raised, match=status[:3]):
            Client(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_a_page_of_something_else(served: tuple[str, App]) -> None:
    with pytest.raises(InvalidValue, match="404"):
        Client(f"{served[0]}/nothing")


def test_a_websocket_that_is_refused(served: tuple[str, App], monkeypatch: pytest.MonkeyPatch) -> None:
    url, app = served
    monkeypatch.setattr(
        "millstream.client.client.urljoin", lambda base, path: f"{base}{'nowhere' if path == 'ws' else path}"
    )
    with pytest.raises(Refused, match="nowhere"):
        Client(url)
    assert not app.host.sessions


def test_a_login_is_asked_for_and_given() -> None:
    with serving(declare(), auth=("ann", "secret")) as (url, _):
        with pytest.raises(Refused, match="needs a login"):
            Client(url)
        with pytest.raises(Refused, match=r"login: 401 Unauthorized: are user name and password those") as refused:
            Client(url, auth=("ann", "wrong"))
        assert refused.value.code == "login"
        with Client(url, auth=("ann", "secret")) as page:
            page.set("Photo", picture(9))
            page.click("Copy it")
            assert page.value("Copy").shape == (32, 32, 3)


def test_an_app_below_a_path() -> None:
    with serving(declare(), root_path="/demo") as (url, _), Client(f"{url}/demo") as page:
        page.set("Photo", picture(9))
        assert page.value("Photo").shape == (32, 32, 3)


@pytest.mark.anyio
async def test_a_page_on_the_running_loop(served: tuple[str, App]) -> None:
    page = await open_page(served[0])
    assert isinstance(page.link.transport, ClientWebSocket)
    assert page.find("Camera")
    await page.close()


def test_what_does_not_end_in_the_background_keeps_no_client_waiting(
    served: tuple[str, App], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def stubborn() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

    monkeypatch.setattr(client_module, "ENDING_S", 0.05)
    page = Client(served[0])
    page.start(stubborn())
    page.run(asyncio.sleep(0))
    page.close()
    assert any("does not end: <Task" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(("status", "code"), [(500, "shutdown"), (502, "shutdown"), (503, "shutdown"), (403, "origin")])
def test_a_proxy_whose_server_is_gone_is_asked_again(status: int, code: str) -> None:
    assert refusal_code(status) == code
    assert (code in PASSING) == (status >= 500)
