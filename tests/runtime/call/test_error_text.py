"""What visitors, the developer and the log are told of an exception."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as ms
from millstream.runtime.call.error_text import MAX_LINE, MAX_TEXT, cause_of, explained, for_developer, in_one_line
from millstream.testing import TestPage

HERE = "test_error_text.py, line"


def raising() -> None:
    raise ValueError("the reason")


def deeper() -> None:
    raising()


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("cannot even say it")


def raised(by: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # whatever it is
        by()
    return caught.value.with_traceback(caught.value.__traceback__ and caught.value.__traceback__.tb_next)


def address_of(error: BaseException) -> str:
    return f"{__file__}:{traceback.extract_tb(error.__traceback__)[0].lineno}"


def line_of(error: BaseException, index: int) -> str:
    frame = traceback.extract_tb(error.__traceback__)[index]
    return f"{HERE} {frame.lineno}, in {frame.name}()"


@pytest.mark.parametrize(
    ("show_error", "is_developers", "expected"),
    [
        (None, False, "number"),
        (False, True, "number"),
        (False, False, "number"),
        (True, False, "text"),
        (True, True, "text"),
        (None, True, "place"),
    ],
)
def test_who_reads_what(show_error: bool | None, is_developers: bool, expected: str) -> None:
    error = raised(raising)
    told = explained(error, show_error, is_developers, "abcd", raising)
    place = f"ValueError: the reason\n{line_of(error, 0)}\n{address_of(error)}"
    assert told == {"number": "Something went wrong in the app. (abcd)", "text": "the reason", "place": place}[expected]


def test_the_developer_reads_the_line_of_the_handler_and_where_it_led() -> None:
    error = raised(deeper)
    place = f"{line_of(error, 0)} → {line_of(error, -1)}"
    assert for_developer(error, deeper).splitlines()[-2:] == [place, address_of(error)]


@pytest.mark.parametrize("file", ["<string>", "/tmp/ipykernel_7/12.py"])  # where notebooks say that cells are
def test_code_in_no_file_has_no_address(file: str) -> None:
    names: dict[str, Callable[[], None]] = {}
    exec(compile("def cell():\n    raise ValueError('no')", file, "exec"), names)
    assert for_developer(raised(names["cell"]), None).splitlines()[-1].endswith(", line 2, in cell()")


def test_notes_and_packages_are_remedies() -> None:
    error = ModuleNotFoundError("No module named 'cv2'", name="cv2")
    error.add_note("Look here.")
    assert for_developer(error, None).splitlines()[1:] == [
        "Look here.",
        "If it is a package: pip install opencv-python",
    ]


@pytest.mark.parametrize("handler", [raising, functools.partial(raising), functools.wraps(raising)(lambda: None)])
def test_an_error_outside_of_the_handler_names_its_definition(handler: Callable[[], None]) -> None:
    told = for_developer(ValueError("unfit"), handler)
    line = raising.__code__.co_firstlineno
    assert told == f"ValueError: unfit\n{HERE} {line}, in raising()\n{__file__}:{line}"


def test_an_exception_that_cannot_be_told_is_told_by_its_type() -> None:
    assert explained(Mute(), True, False, "n") == "Mute"
    assert for_developer(Mute(), print) == "Mute"
    assert len(for_developer(ValueError("x" * 100_000), None)) <= MAX_TEXT


@given(st.text(st.characters(codec=None), max_size=400))
def test_a_line_of_the_log_is_one_line(text: str) -> None:
    line = in_one_line(text)
    assert line.isprintable()
    assert len(line) <= MAX_LINE
    assert text.isprintable() is False or line[:100] == text[:100]


def test_what_an_error_came_after_is_named() -> None:
    def divide() -> None:
        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            raise ms.Error("no") from error

    assert cause_of(ms.Error("no")) == ""
    cause = cause_of(raised(divide))
    assert cause.startswith(" (after ZeroDivisionError division by zero in test_error_text.py, line ")


def test_an_error_for_the_visitor_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise ms.Error("no\nway\x1b[2J " + "x" * 500)

    with ms.Blocks() as demo:
        ms.Button("Go").click(refuse)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert run.error.startswith("no\nway")
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.exc_info is None
    assert record.getMessage().startswith(r"handler refuse raised gr.Error: no\nway\x1b[2J xxx")
    assert len(record.getMessage()) < 250
    assert record.getMessage().isprintable()
