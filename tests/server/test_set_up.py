"""A model that is loaded by a real server: ready before the first visitor, and in words if it cannot be."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import httpx
import pytest
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.server.app import create_app
from millstream.server.options import ServerOptions
from millstream.server.process.network import listen
from millstream.server.serving import Server


class Model:
    """Loads, or does not."""

    devices = "cuda:3"

    def __init__(self, how: str = "") -> None:
        self.how = how
        self.is_stuck = threading.Event()

    def setup(self, device: str) -> None:
        self.device = device
        if self.how == "fails":
            raise RuntimeError("no weights")
        if self.how == "hangs":
            self.is_stuck.wait()

    def session(self) -> list[str]:
        return []

    def __call__(self, text: str, session: list[str]) -> str:
        session.append(text)
        return f"{self.device} {' '.join(session)}"


def app(model: Model) -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        gr.Button("Go").click(model, text, text)
    return demo


@pytest.fixture
def stuck() -> Iterator[Model]:
    before = set(threading.enumerate())
    yield (model := Model("hangs"))
    model.is_stuck.set()
    for thread in set(threading.enumerate()) - before:
        thread.join()


def test_a_model_works_in_threads_and_each_page_has_its_own_object() -> None:
    with serving(app(Model())) as (url, _), Client(url) as page, Client(url) as other:
        for client, said in ((page, "a"), (other, "x"), (page, "b")):
            client.set("Text", said)
            client.click("Go")
        assert (page.value("Text"), other.value("Text")) == ("cuda:3 a b", "cuda:3 x")


def test_a_batched_model_is_set_up_once_and_gets_the_object_of_each_page() -> None:
    class Batched(Model):
        sizes: ClassVar[list[int]] = []
        set_ups: ClassVar[list[str]] = []

        def setup(self, device: str) -> None:
            self.set_ups.append(device)

        def __call__(self, texts: list[str], session: list[list[str]]) -> list[list[str]]:  # type: ignore[override]
            self.sizes.append(len(texts))
            for text, own in zip(texts, session, strict=True):
                own.append(text)
            return [[" ".join(own) for own in session]]

    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        gr.Button("Go").click(Batched, text, text, batch=True, concurrency_limit=None)
        gr.Button("Alone").click(str.upper, text, text)
    with serving(demo) as (url, _), Client(url) as page, Client(url) as other:
        for client, said in ((page, "a"), (other, "x"), (page, "b")):
            client.set("Text", said)
            client.click("Go")
        assert (page.value("Text"), other.value("Text")) == ("a b", "x")
        batches = httpx.get(f"{url}/operator/figures", trust_env=False).json()["engine"]["batches"]
        assert [(each["event"], each["batches"], each["calls"]) for each in batches] == [("Batched", 3, 3)]
    assert Batched.set_ups == ["cuda:3"]


def test_nobody_is_told_that_the_app_is_ready_before_it_is(stuck: Model) -> None:
    demo = app(stuck)
    created = create_app(demo, ServerOptions.resolve({"server_port": 0}, {}))
    listener = listen("127.0.0.1", 0, 1)
    server = Server(created, listener)
    starting = threading.Thread(target=server.run_in_thread)
    starting.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        early = httpx.get(f"{url}/readyz", timeout=10.0, trust_env=False)
        assert early.status_code == 503
        assert "what it sets up is not done yet" in early.text
        assert httpx.get(f"{url}/healthz", timeout=10.0, trust_env=False).status_code == 200
        with ThreadPoolExecutor(1) as visitor:
            page = visitor.submit(httpx.get, url, timeout=20.0, trust_env=False)
            stuck.is_stuck.set()
            assert page.result().status_code == 200, "a visitor who comes early waits"
        assert httpx.get(f"{url}/readyz", timeout=10.0, trust_env=False).status_code == 200
    finally:
        stuck.is_stuck.set()
        starting.join()
        server.stop()


def test_one_that_fails_ends_the_start_and_the_log_names_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError, match="did not start"), serving(app(Model("fails"))):
        pass
    assert "Model.setup() on cuda:3 failed: RuntimeError: no weights. Correct it, or choose other dev" in caplog.text


def test_one_that_hangs_does_so_too(
    stuck: Model, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.engine_limits.SET_UP_S", 0.2)
    monkeypatch.setattr("millstream.set_up_calls.WARN_S", 0.05)
    caplog.set_level(logging.WARNING, "millstream")
    with pytest.raises(RuntimeError, match="did not start"), serving(app(stuck), hang_after=0.1):
        pass
    assert "Model.setup() on cuda:3 is still running after 0.05 seconds" in caplog.text
    assert "Model.setup() on cuda:3 did not end within 0.2 seconds (hang_after). Correct it" in caplog.text
