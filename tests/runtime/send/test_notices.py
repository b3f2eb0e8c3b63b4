"""What a handler says to its user."""

from __future__ import annotations

import pytest

import millstream as ms
from millstream.runtime.send.notices import heard_by
from millstream.types import Notice


def test_notices_go_to_whoever_listens_and_only_then() -> None:
    inner: list[Notice] = []
    outer: list[Notice] = []
    with heard_by(outer.append):
        with heard_by(inner.append):
            ms.Info("a")
        ms.Success("b", None, True, "Well done")
    assert inner == [Notice("info", "a", "Info", 10.0)]
    assert outer == [Notice("success", "b", "Well done", 0.0)]


def test_outside_of_a_handler_a_notice_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    ms.Warning("nobody hears this")
    assert "outside of a handler" in caplog.text
