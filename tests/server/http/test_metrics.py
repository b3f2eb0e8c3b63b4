"""`GET /metrics`: who is answered, and with what; and `demo.metrics()` beside it."""

from __future__ import annotations

import asyncio
import threading
import urllib.request

import numpy as np
import pytest
from tests.server.asgi import Reply, ask
from tests.server.http.prometheus import parse
from tests.server.test_app import build, log_in

import millstream as gr
from millstream.client import Client
from millstream.server import app as app_module
from millstream.server.options import ServerOptions

TOKEN = {"authorization": "Bearer s3cret"}
ABROAD = ("192.0.2.7", 5000)


@pytest.mark.anyio
async def test_this_machine_is_answered_where_there_is_no_login() -> None:
    reply = await ask(await build(), "/metrics")
    assert reply.status == 200
    assert reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.header("cache-control") == "no-store"
    assert parse(reply.text)["millstream_sessions"].value("millstream_sessions") == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    "request_", [{"client": ABROAD}, {"headers": {"x-forwarded-for": "192.0.2.7"}}, {"headers": {"host": "192.0.2.1"}}]
)
async def test_visitors_are_not_answered_and_read_what_to_do(request_: dict[str, object]) -> None:
    reply = await ask(await build(), "/metrics", **request_)
    assert reply.status == 403
    assert "metrics_token" in str(reply.json["error"])


@pytest.mark.anyio
@pytest.mark.parametrize("client", [ABROAD, ("127.0.0.1", 5000)])
async def test_with_a_token_whoever_sends_it_is_answered_and_nobody_else(client: tuple[str, int]) -> None:
    app = await build(metrics_token="s3cret")

    async def scrape(**headers: str) -> Reply:
        return await ask(app, "/metrics", headers=headers, client=client)

    assert (await scrape(**TOKEN)).status == 200
    assert (await scrape(authorization="bearer  s3cret")).status == 200
    for wrong in ("", "Bearer", "Bearer other", "Bearer s3cre", "Basic s3cret", "s3cret", "Bearer s3crét"):
        reply = await scrape(authorization=wrong)
        assert (reply.status, reply.header("www-authenticate")) == (401, 'Bearer realm="metrics"')


@pytest.mark.anyio
async def test_where_users_log_in_the_metrics_need_a_login_or_the_token() -> None:
    app = await build(auth=("ann", "secret"))
    cookie = (await log_in(app)).cookie()
    assert (await ask(app, "/metrics")).status == 401
    assert (await ask(app, "/metrics", headers=TOKEN)).status == 401
    assert (await ask(app, "/metrics", headers={"cookie": cookie})).status == 200
    guarded = await build(auth=("ann", "secret"), metrics_token="s3cret")
    assert (await ask(guarded, "/metrics", headers=TOKEN, client=ABROAD)).status == 200


@pytest.mark.anyio
async def test_figures_are_given_to_the_end_of_a_server_that_is_being_stopped() -> None:
    app = await build()
    await ask(app)
    app.is_draining = True
    assert (await ask(app, "/metrics")).status == 200
    assert (await ask(app, "/metrics", method="HEAD")).status == 200
    assert (await ask(app, "/metrics", method="POST")).status in (403, 405)


@pytest.mark.parametrize("token", ["two words", "tab\t", "schlüssel"])
def test_a_token_that_no_header_holds_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ValueError, match="metrics_token"):
        ServerOptions.resolve({"metrics_token": token}, {})


def test_the_token_comes_from_the_environment_and_is_not_printed() -> None:
    options = ServerOptions.resolve({}, {"MILLSTREAM_METRICS_TOKEN": "s3cret", "MILLSTREAM_SHOW_LATENCY": "1"})
    assert (options.metrics_token, options.show_latency) == ("s3cret", True)
    assert "s3cret" not in repr(options)


def test_an_app_that_does_not_run_says_so() -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="T")
    with pytest.raises(RuntimeError, match="not running"):
        demo.metrics()


def test_the_same_figures_come_from_the_app_the_client_and_the_text() -> None:
    taken: list[object] = []

    async def look(frame: np.ndarray) -> np.ndarray:
        await asyncio.sleep(0)
        taken.append(demo.metrics()["loop_lag_s"])
        return frame

    with gr.Blocks() as demo:
        camera, seen = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Seen")
        camera.stream(look, camera, seen, stream_every=0)
    url = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)[1]
    try:
        with Client(url) as client:
            client.stream("Camera", np.zeros((10, 48, 64, 3), np.uint8))
            of_client, of_app = client.metrics(), demo.metrics()
            with urllib.request.urlopen(f"{url}metrics") as answer:
                text = answer.read().decode()
    finally:
        demo.close()
    handled = of_app["events"]["look"]["handled"]  # type: ignore[index]
    assert handled == of_client["events"]["Camera"]["received"] > 0  # type: ignore[index]
    counted = parse(text)["millstream_frames_handled_total"]
    assert counted.value("millstream_frames_handled_total", event="look") == handled
    assert of_app["loop_lag_s"] > 0  # type: ignore[operator]
    assert set(taken) == {None}, "nobody can wait for the loop on the loop"
    assert demo.metrics()["sessions"] == {"open": 0, "opened": 1}, "what was counted stays when it is over"


@pytest.mark.blocking
def test_a_blocked_loop_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "LONGEST_LAG_S", 0.05)
    with gr.Blocks() as demo:
        gr.Textbox(label="T")
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    is_asked, loop = threading.Event(), demo.app.loop
    assert loop is not None
    try:
        loop.call_soon_threadsafe(is_asked.wait, 10)
        metrics = demo.metrics()
    finally:
        is_asked.set()
        demo.close()
    assert metrics["loop_lag_s"] == 0.05
    assert metrics["sessions"] == {"open": 0, "opened": 0}
