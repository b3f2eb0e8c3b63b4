"""What a handler says to its user."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare.test_progress import tracked_by

import millstream as ms
from millstream.declare.progress import Tracker
from millstream.jobs import Notice
from millstream.testing import TestPage


def test_notices_go_to_whoever_listens_and_only_then() -> None:
    inner: list[Notice] = []
    outer: list[Notice] = []
    with tracked_by(Tracker(1, outer.append)):
        with tracked_by(Tracker(1, inner.append)):
            ms.Info("a")
        ms.Success("b", None, True, "Well done")
    assert inner == [Notice("info", "a", "Info", 10.0)]
    assert outer == [Notice("success", "b", "Well done", 0.0)]


@pytest.mark.parametrize("say", [ms.Warning, ms.Info, ms.Success])
def test_no_title_is_the_default_title(say: Callable[..., None]) -> None:
    heard: list[Notice] = []
    with tracked_by(Tracker(1, heard.append)):
        say("a")
        say("a", title=None)
    assert heard[0] == heard[1]


def test_an_error_without_a_title_is_headed_as_an_error() -> None:
    def go() -> None:
        raise ms.Error("broken", title=None)

    with ms.Blocks() as demo:
        ms.Button("Go").click(go)
    with TestPage(demo) as page:
        page.click("Go")
        assert page.toasts[0].title == "Error"


def test_outside_of_a_handler_a_notice_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    ms.Warning("nobody hears this")
    assert "outside of a handler" in caplog.text
