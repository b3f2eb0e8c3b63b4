"""Requests made from the app's own routes, with anything in their paths, queries, headers and bodies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from tests.server.asgi import ask

import millstream as ms
from millstream.server.app import App, create_app
from millstream.server.http.connections import BATCH_HEADER, CONNECTION_HEADER
from millstream.server.http.uploads import SESSION_HEADER
from millstream.server.options import ServerOptions

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LATIN = st.text(st.characters(max_codepoint=255), max_size=30)
READ = [
    CONNECTION_HEADER,
    BATCH_HEADER,
    SESSION_HEADER,
    *("accept-encoding", "authorization", "content-length", "content-type", "cookie", "host", "if-none-match"),
    *("if-range", "origin", "range", "sec-fetch-site", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
]
"""The headers that something in the server reads."""


def made(auth: object) -> App:
    with ms.Blocks() as demo:
        ms.File()
    return create_app(demo, ServerOptions.resolve({"auth": auth, "trusted_proxies": ["127.0.0.1"]}, {}))


APPS = {False: made(None), True: made(("ann", "secret"))}
PATHS = sorted({route.path for app in APPS.values() for route in app.routes if isinstance(route, Route)})


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A path of a route, with anything in the place of its parameters and after it, or any path at all."""
    parts = [draw(TEXT) if part.startswith("{") else part for part in draw(st.sampled_from(PATHS)).split("/")]
    return draw(st.one_of(st.just("/".join(parts)), TEXT.map(lambda end: "/".join(parts) + end), TEXT.map("/".__add__)))


@pytest.fixture(scope="module")
def running() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        for app in APPS.values():
            runner.run(app.start())
        yield runner
        for app in APPS.values():
            runner.run(app.close(0))


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    has_login=st.booleans(),
    method=st.sampled_from(METHODS),
    path=paths(),
    query=LATIN,
    headers=st.dictionaries(st.sampled_from(READ), LATIN, max_size=5),
    body=st.binary(max_size=200),
)
def test_C27_no_request_leads_to_an_error_of_the_server(
    running: asyncio.Runner,
    caplog: pytest.LogCaptureFixture,
    has_login: bool,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    reply = running.run(ask(APPS[has_login], path, method=method, query=query, headers=headers, body=body))
    assert 200 <= reply.status < 500
    assert reply.header("x-content-type-options") == "nosniff"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
