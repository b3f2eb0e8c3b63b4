"""The developer's button that records a visit: who sees it, what it records, and what it never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.live import cookies, open_socket, say_hello, serving, visit

from millstream.recording.msr import RecordKind, read
from millstream.server.app import App

NAMES = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, App]]:
    with serving(record=tmp_path / "runs", record_button=True) as (url, app):
        app.bound_to("127.0.0.1")
        yield url, app


def shown(page: httpx.Response) -> str:
    """Give the bar, and nothing of the page behind it."""
    assert page.status_code == 200
    found = re.search(r"<aside class=\"ms-record(ed|-bar)\".*</aside>", page.text)
    return "" if found is None else found[0]


def named(bar: str) -> str:
    found = re.search(rf"__record=({NAMES.pattern})", bar)
    assert found is not None, bar
    return found[1]


def live(url: str, app: App, client: httpx.Client, query: str) -> None:
    """Open the WebSocket as the page at that address does, and close it."""
    with open_socket(url, cookies(client), query=query) as socket:
        say_hello(socket, app.manifest.build)


def test_the_button_begins_a_visit_that_is_recorded_and_says_where(served: tuple[str, App], tmp_path: Path) -> None:
    url, app = served
    with visit(url) as client:
        idle = shown(client.get("/?__theme=dark"))
        assert "Record a visit" in idle
        assert "__theme=dark&amp;__record=" in idle, "the rest of the address is kept"
        name = named(idle)
        bar = shown(client.get(f"/?__record={name}"))
        assert f"This visit is being recorded to <code>{tmp_path}/runs/{name}.msr</code>" in bar
        live(url, app, client, f"__record={name}")
        live(url, app, client, "")
        after = shown(client.get(f"/?__recorded={name}"))
        assert f"Recorded to <code>{tmp_path}/runs/{name}.msr</code>" in after
        assert named(after) != name
    app.stop()
    recorder = app._recorder
    assert recorder is not None
    recorder.close()
    (file,) = (tmp_path / "runs").iterdir()
    assert file.name == f"{name}.msr"
    assert [record.kind for record in read(file).records][:3] == [RecordKind.ATTACHED, RecordKind.UP, RecordKind.DOWN]


def test_a_page_that_is_loaded_again_gets_a_file_of_its_own(served: tuple[str, App]) -> None:
    url, app = served
    with visit(url) as client:
        name = named(shown(client.get("/")))
        live(url, app, client, f"__record={name}")
        for used in (name, "20260101-000000-00000000", "../../etc/passwd", ""):
            again = client.get("/", params={"__record": used, "other": "1"})
            assert again.status_code == 303
            place = again.headers["location"]
            assert re.fullmatch(rf"\?other=1&__record={NAMES.pattern}", place)
            assert name not in place


def test_a_name_that_was_never_offered_leads_to_no_file_of_that_name(served: tuple[str, App], tmp_path: Path) -> None:
    url, app = served
    with visit(url) as client:
        live(url, app, client, "__record=20260101-000000-00000000")
    recorder = app._recorder
    assert recorder is not None
    recorder.close()
    (file,) = (tmp_path / "runs").iterdir()
    assert file.name != "20260101-000000-00000000.msr"


def test_visitors_have_no_button_and_are_not_recorded(tmp_path: Path) -> None:
    with serving(record=tmp_path / "runs", record_button=True) as (url, app), visit(url) as client:
        assert shown(client.get("/")) == ""
        assert shown(client.get("/?__record=20260101-000000-00000000")) == ""
        live(url, app, client, "__record=20260101-000000-00000000")
    assert not (tmp_path / "runs").exists()


def test_without_the_option_there_is_no_button() -> None:
    with serving() as (url, app), visit(url) as client:
        app.bound_to("127.0.0.1")
        assert shown(client.get("/")) == ""


def test_nothing_of_the_address_becomes_a_part_of_the_document(served: tuple[str, App]) -> None:
    with visit(served[0]) as client:
        text = client.get("/", params={'"><script>x</script>': "<b>", "__recorded": "<evil>"}).text
    assert "<script>x" not in text
    assert "<evil>" not in text
