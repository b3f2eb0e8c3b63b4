"""`GET /operator`: who may see it, what it is made of, and whether its figures are those of the app."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from tests.server.asgi import ask
from tests.server.live import serving
from tests.server.test_app import build, log_in

import millstream as gr
from millstream.client import Client
from millstream.runtime import live_view
from millstream.server.http.operator import carries
from millstream.server.options import ServerOptions

PATHS = ("/operator", "/operator/figures")
ABROAD = ("192.0.2.7", 5000)


def basic(password: str, name: str = "me") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_it_is_there_for_this_machine_alone(path: str) -> None:
    app = await build()
    reply = await ask(app, path)
    assert reply.status == 200
    assert reply.header("cache-control") == "no-store"
    for elsewhere in (
        {"client": ABROAD},
        {"headers": {"x-forwarded-for": "192.0.2.7"}},
        {"headers": {"host": "192.0.2.1"}},
        {"client": ABROAD, "headers": basic("")},
    ):
        assert (await ask(app, path, **elsewhere)).status == 404


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("client", [ABROAD, ("127.0.0.1", 5000)])
async def test_with_a_token_whoever_has_it_is_answered_and_nobody_else(path: str, client: tuple[str, int]) -> None:
    app = await build(operator_token="s3cret")
    for right in (basic("s3cret"), basic("s3cret", ""), {"authorization": "bearer s3cret"}):
        assert (await ask(app, path, headers=right, client=client)).status == 200
    for wrong in ("", basic("s3cre")["authorization"], basic("s3cret:")["authorization"], "Bearer other", "Basic %"):
        reply = await ask(app, path, headers={"authorization": wrong}, client=client)
        assert (reply.status, reply.header("www-authenticate")) == (401, 'Basic realm="operator", charset="UTF-8"')


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_a_login_is_needed_and_does_not_suffice(path: str) -> None:
    app = await build(auth=("ann", "secret"))
    cookie = {"cookie": (await log_in(app)).cookie()}
    assert (await ask(app, path)).status == 401
    assert (await ask(app, path, headers=cookie)).status == 200
    assert (await ask(app, path, headers=cookie, client=ABROAD)).status == 404
    guarded = await build(auth=("ann", "secret"), operator_token="s3cret")
    cookie = {"cookie": (await log_in(guarded)).cookie()}
    assert (await ask(guarded, path, headers=basic("s3cret"))).status == 401
    assert (await ask(guarded, path, headers=cookie)).status == 401
    assert (await ask(guarded, path, headers={**cookie, **basic("s3cret")})).status == 200


@pytest.mark.anyio
async def test_the_page_runs_nothing_but_its_own_script() -> None:
    reply = await ask(await build(theme={"--ms-accent": "#123456"}), "/operator")
    policy = reply.header("content-security-policy")
    (nonce,) = set(re.findall(r'nonce="([\w-]+)"', reply.text))
    assert f"script-src 'self' 'nonce-{nonce}'" in policy
    assert "unsafe" not in policy
    assert "--ms-accent:#123456" in reply.text
    (script,) = re.findall(r'<script type="module"[^>]* src="([^"]+)"', reply.text)
    assert (await ask(await build(), f"/{script}")).status == 200
    assert (await ask(await build(), "/operator", method="POST")).status in (403, 405)


def until(url: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask for the figures until they fulfil a condition."""
    end = time.monotonic() + 10.0
    while not condition(figures := httpx.get(f"{url}/operator/figures", trust_env=False).json()):
        assert time.monotonic() < end, figures
    found: dict[str, Any] = figures
    return found


def test_its_figures_are_those_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(frame: np.ndarray) -> np.ndarray:
        return frame

    with gr.Blocks(title="Look") as demo:
        camera, seen = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Seen")
        camera.stream(look, camera, seen, stream_every=0, concurrency_limit=1)
    with serving(demo) as (url, app), Client(url), Client(url) as one, Client(url) as two:
        first = one.record("Camera")
        first.wait_for_state("running")
        second = two.record("Camera")
        second.wait_for_state("waiting")
        first.feed(np.zeros((48, 64, 3), np.uint8))
        figures = until(url, lambda found: found["metrics"]["events"]["look"]["handled"] == 1)
        assert figures["title"] == "Look"
        assert figures["metrics"]["streams"] == {"running": 1, "waiting": 1}
        assert figures["gateways"] == []
        assert [len(session["streams"]) for session in figures["sessions"]] == [1, 1, 0]
        waiting, running = (session["streams"][0] for session in figures["sessions"][:2])
        assert (running["event"], running["state"], running["position"]) == ("look", "running", 0)
        assert (running["handled"], running["age"]["count"]) == (1, 1)
        assert (waiting["state"], waiting["position"]) == ("waiting", 1)
        assert {session["is_attached"] for session in figures["sessions"]} == {True}
        sessions = app.host.sessions.values()
        with monkeypatch.context() as patch:
            patch.setattr(live_view, "MOST", 1)
            listed: list[Any] = live_view.live_view(sessions)
            assert [page["streams"][0]["position"] for page in listed] == [1], "however many pages stream"
        (stream,) = (each for session in sessions for each in session.streams.values() if each.position)
        with monkeypatch.context() as patch:
            patch.setattr(stream._status, "position", 0)  # it has just joined the queue
            listed = live_view.live_view(sessions)
            assert {each["state"] for page in listed for each in page["streams"]} == {"running", "waiting"}
        first.stop()
        second.wait_for_state("running")
        figures = until(url, lambda found: found["metrics"]["streams"] == {"running": 1, "waiting": 0})
        assert [(each["state"], each["position"]) for each in figures["sessions"][0]["streams"]] == [("running", 0)]
        second.stop()


@pytest.mark.parametrize("token", ["two words", "schlüssel"])
def test_a_token_that_no_header_holds_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ValueError, match="operator_token"):
        ServerOptions.resolve({"operator_token": token}, {})
    assert "s3cret" not in repr(ServerOptions.resolve({}, {"MILLSTREAM_OPERATOR_TOKEN": "s3cret"}))


@pytest.mark.parametrize("header", ["", "Basic", "Basic é", "Digest s3cret", "Bearer", "Bearer s3crét"])
def test_what_is_no_token_is_none(header: str) -> None:
    assert not carries(header, "s3cret")
