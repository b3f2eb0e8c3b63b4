"""Recording a visit: one file each, in bounds, and the app goes on whatever becomes of the disk."""

from __future__ import annotations

import logging
import re
import stat
from pathlib import Path

import pytest
from tests.server.live import serving, visit
from tests.server.test_serving import wait_until

import millstream as gr
from millstream.client import Client
from millstream.recording import recorder as recorder_module
from millstream.recording.msr import RecordKind, read
from millstream.server.app import create_app
from millstream.server.options import ServerOptions
from millstream.wire.encoding import decode_page_message, decode_server_message
from millstream.wire.messages import Fire, Hello, Outputs, Set, Welcome
from millstream.wire.packet import is_packet

NOTICE = "This visit is being recorded by the app's developer."


def shout() -> gr.Blocks:
    with gr.Blocks(title="Shout") as demo:
        text = gr.Textbox(label="Text")
        text.submit(str.upper, text, text)
    return demo


def say(url: str, words: str, **options: object) -> None:
    with Client(url, **options) as client:  # type: ignore[arg-type]
        client.set("Text", words)
        client.fire("Text", "submit")
        assert client.value("Text") == words.upper()


@pytest.mark.parametrize("transport", ["websocket", "http"])
def test_a_visit_is_recorded_to_a_file_of_its_own(tmp_path: Path, transport: str) -> None:
    with serving(shout(), record=tmp_path / "runs") as (url, app):
        for words in ("one", "two"):
            say(url, words, transport=transport)
        wait_until(lambda: not app.host.sessions)
    files = sorted((tmp_path / "runs").iterdir())
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    said = set()
    for file in files:
        found = read(file)
        assert found.is_whole
        assert (found.header.title, found.header.build) == ("Shout", app.manifest.build)
        ups = [decode_page_message(r.body) for r in found.records if r.kind is RecordKind.UP and not is_packet(r.body)]
        downs = [decode_server_message(r.body) for r in found.records if r.kind is RecordKind.DOWN]
        assert isinstance(ups[0], Hello)
        assert isinstance(downs[0], Welcome)
        assert downs[0].session == ""
        assert [type(message) for message in ups if isinstance(message, Set | Fire)][:1] == [Set]
        said |= {up.value for up in ups if isinstance(up, Set)}
        assert any(isinstance(message, Outputs) for message in downs)
        assert [record.time_us for record in found.records] == sorted(record.time_us for record in found.records)
    assert said == {"one", "two"}


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    auth = ("ann", "opensesame")
    with serving(shout(), record=tmp_path, auth=auth) as (url, app), Client(url, auth=auth) as client:
        client.set("Text", "x")
        [secret] = app.host.sessions
        jar = [cookie.value for cookie in client._site._cookies]
    [file] = tmp_path.iterdir()
    content = file.read_bytes()
    for word in (secret, *auth, *filter(None, jar)):
        assert word.encode() not in content


def test_the_page_says_that_it_is_recorded_and_a_page_that_does_not_is_not_served(tmp_path: Path) -> None:
    builds = set()
    for options in ({}, {"record": tmp_path}):
        app = create_app(shout(), ServerOptions.resolve(options, {}))
        builds.add(app.manifest.build)
    assert len(builds) == 2, "a page of the app as it was before has another build, and is told to reload"
    with serving(shout(), record=tmp_path) as (url, _), visit(url) as page:
        document = page.get("/").text
        assert document.index(NOTICE) < document.index("<noscript>")
        assert re.search(r"\.ms-recorded\{position:sticky", document)
    with serving(shout()) as (url, _), visit(url) as page:
        assert NOTICE not in page.get("/").text


def test_nothing_is_recorded_of_a_page_that_is_not_served(tmp_path: Path) -> None:
    with serving(shout(), record=tmp_path) as (url, _), visit(url) as page, page.stream("POST", "/down"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_recording_with_one_warning_and_the_app_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    caplog.set_level(logging.WARNING, "millstream.recording")
    with serving(shout(), record=tmp_path / "file") as (url, _):
        for words in ("one", "two", "three"):
            say(url, words)
            wait_until(lambda: caplog.records)
    assert len(caplog.records) == 1
    assert "no longer recorded" in caplog.text


def test_a_disk_that_is_too_slow_costs_no_more_than_the_buffer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_WAITING_BYTES", 10)
    with serving(shout(), record=tmp_path) as (url, _):
        say(url, "one")
    assert [record.levelname for record in caplog.records if record.name == "millstream.recording"] == ["WARNING"]


def test_a_visit_that_is_too_long_is_recorded_in_part(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_FILE_BYTES", 800)
    with serving(shout(), record=tmp_path) as (url, _):
        say(url, "one" * 200)
    [file] = tmp_path.iterdir()
    assert not read(file).is_whole
    assert [record.levelname for record in caplog.records if record.name == "millstream.recording"] == ["WARNING"]
