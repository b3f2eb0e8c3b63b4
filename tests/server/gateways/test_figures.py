"""Any gateway gives the figures of all."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.server.gateways.pair import Member, browser, pair
from tests.server.http.prometheus import parse
from tests.server.live import open_socket, say_hello

from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.metrics import StreamMetrics
from millstream.server.gateways.siblings import FolderSiblings


def siblings_of(member: Member) -> FolderSiblings:
    gateway = member.app.gateway
    assert gateway is not None
    assert isinstance(gateway.siblings, FolderSiblings)
    return gateway.siblings


def test_whichever_is_asked_gives_the_figures_of_each_and_of_all() -> None:
    with pair() as (a, b), browser(a) as client:
        cookie = client.headers["cookie"]
        with open_socket(a.url, cookie) as one, open_socket(a.url, cookie) as two:
            say_hello(one, "")
            say_hello(two, "")
            for asked in (a, b):
                found = parse(client.get(f"{asked.url}/metrics").text)
                sessions = found["millstream_sessions"]
                assert [sessions.value("millstream_sessions", gateway=name) for name in "ab"] == [2, 0]
                assert len(sessions.samples) == 2
                figures = asked.app.metrics()
                assert figures["sessions"] == {"open": 2, "opened": 2}
                gateways = figures["gateways"]
                assert isinstance(gateways, dict)
                assert {name: part["sessions"]["open"] for name, part in gateways.items()} == {"a": 2, "b": 0}


def test_a_sibling_that_stands_still_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.server.gateways.figures.ASK_S", 0.2)
    with pair() as (a, _), FolderSiblings(siblings_of(a)._folder, "mute").listen():
        gateways = a.app.metrics()["gateways"]
        assert isinstance(gateways, dict)
        assert sorted(gateways) == ["a", "b"]


def test_a_sibling_that_has_gone_is_left_out() -> None:
    with pair() as (a, b):
        b.server.stop()
        gateways = a.app.metrics()["gateways"]
        assert isinstance(gateways, dict)
        assert sorted(gateways) == ["a"]


def test_visitors_cannot_ask_for_them_by_the_path_of_siblings() -> None:
    with pair() as (a, b), browser(a) as client:
        forged = {"x-millstream-forwarded": "http - 0"}
        for url in (a.url, b.url):
            for path in (
                "/siblings/metrics",
                "/file/..%2f..%2fsiblings%2fmetrics",
                "/file/b.%2f..%2fsiblings%2fmetrics",
            ):
                assert client.get(url + path, headers=forged).status_code == 404
                assert client.get(url + path).status_code == 404
                assert client.get(url + path, headers={"authorization": "Bearer x"}).status_code == 404


def test_siblings_that_have_only_their_public_ports_answer_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with pair(auth=("me", "secret")) as (a, b):
        where = {"a": a.url, "b": b.url}

        def address(name: str) -> str | None:
            return None if name == "a" else "tcp:" + where[name].removeprefix("http://")

        monkeypatch.setattr(siblings_of(a), "address", address)
        gateways = a.app.metrics()["gateways"]
        assert isinstance(gateways, dict)
        assert sorted(gateways) == ["a", "b"]
        assert httpx.get(b.url + "/siblings/metrics", trust_env=False).status_code == 404


def test_the_figures_of_all_are_sums_and_the_longest_lag() -> None:
    first = StreamMetrics(received=2)
    first.age.add(0.2)
    parts = [
        made(sessions=1, events={"f": first}, loop_lag_s=0.1, cpu_s=1.0),
        made(sessions=4, loop_lag_s=0.3, cpu_s=2.0),
    ]
    parts.append(made(events={"f": StreamMetrics(received=3), "g": StreamMetrics(errors=1)}))
    whole = AppMetrics.whole(parts)
    assert (whole.sessions, whole.loop_lag_s, whole.cpu_s) == (5, 0.3, 3.0)
    assert (whole.events["f"].received, whole.events["f"].age.count, whole.events["g"].errors) == (5, 1, 1)
    assert AppMetrics.whole([made()]) == made()


def made(**changes: object) -> AppMetrics:
    counts = ("sessions", "opened", "running", "waiting", "queued", "received_bytes", "sent_bytes", "uploads")
    more = ("uploaded_bytes", "stored_bytes", "threads", "abandoned")
    return AppMetrics(**{**dict.fromkeys((*counts, *more), 0), "events": {}, **changes})  # type: ignore[arg-type]


def test_the_directory_lists_siblings_alone(tmp_path: Path) -> None:
    with FolderSiblings(tmp_path, "g1").listen(), FolderSiblings(tmp_path, "g2").listen():
        (tmp_path / "broker.other").touch()
        (tmp_path / "Not-a-name.sock").touch()
        assert FolderSiblings(tmp_path, "g1")._listed() == ["g2"]
