"""The text of an exception: for visitors, for the developer, and for one line of the log."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import secrets
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, TracebackType
from typing import Final, Literal, NamedTuple

from millstream import installation
from millstream.cancellation import Cancelled
from millstream.declare.handler import HandlerSpec
from millstream.declare.i18n import translated_text
from millstream.errors import Error, InvalidValue, MediaError
from millstream.jobs import Failure
from millstream.runtime.send.notices import lasting
from millstream.runtime.user_code import guarded
from millstream.types import Handler

logger = logging.getLogger("millstream.handler")

MAX_TEXT: Final = 5_000
"""Characters of a message that reach the page."""

MAX_LINE: Final = 200
"""Characters of a message that stand in one line of the log."""

_OURS: Final = f"{Path(__file__).parents[2]}{os.sep}"
_LIBRARIES: Final = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})

_PACKAGES: Final = {"cv2": "opencv-python", "PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image"}
"""What is installed under another name than it is imported by."""


class _Place(NamedTuple):
    """A line of the user's own code."""

    code: CodeType
    line: int

    def __str__(self) -> str:
        function = "" if self.code.co_name == "<module>" else f", in {self.code.co_name}()"
        return f"{Path(self.code.co_filename).name}, line {self.line}{function}"

    @property
    def address(self) -> str:
        """Give `path:line`, by which an editor opens it; empty for code that is in no file, as in a notebook."""
        path = Path(self.code.co_filename)
        is_file = path.is_absolute() and not path.parent.name.startswith("ipykernel_")
        return f"{path}:{self.line}" if is_file else ""


def new_number() -> str:
    """Make the number by which what a visitor is told is found in the log."""
    return secrets.token_hex(4)


def explained(
    error: BaseException, show_error: bool | None, is_developers: bool, number: str, handler: Handler | None = None
) -> str:
    """Say in the page why something failed.

    Args:
        error: The exception.
        show_error: As in `launch()`: `True` shows everybody the text, `False` nobody; `None` shows the developer, and
            nobody else, where it happened as well.
        is_developers: Whether the page is the developer's.
        number: What stands for the reason where it is not shown.
        handler: The function that failed; `None` if it was none.
    """
    if is_developers and show_error is None:
        return for_developer(error, handler)
    if show_error:
        return message_of(error) or type(error).__name__
    return f"Something went wrong in the app. ({number})"


def failure_of(
    error: BaseException,
    step: Literal["media", "input", "handler"],
    handler: HandlerSpec,
    show_error: bool | None,
    is_developers: bool,
) -> Failure:
    """Say why a call failed, and log what is not the page's own fault.

    Args:
        error: The exception.
        step: Where it was raised: as the media that drive the call were decoded, as other inputs were read, or later.
        handler: The handler.
        show_error: As for `explained`.
        is_developers: As for `explained`.
    """
    if isinstance(error, Cancelled):
        return Failure("It was stopped.")
    if isinstance(error, Error):
        if error.print_exception:
            logger.error("handler %s raised gr.Error: %s%s", handler.name, in_one_line(error.message), cause_of(error))
        title = "Error" if error.title is None else text_of(error.title)
        return Failure(text_of(error.message), "handler", title, lasting(error.duration), bool(error.visible))
    if step != "handler" and isinstance(error, InvalidValue | MediaError):
        return Failure("\n".join([message_of(error), *(_notes(error) if is_developers else ())]), step)
    number = new_number()
    logger.error("handler %s failed [%s]", handler.name, number, exc_info=error)
    if isinstance(error, MemoryError):
        return Failure(f"{handler.name}() needs more memory than it can get. ({number})")
    return Failure(explained(error, show_error, is_developers, number, handler.fn))


def message_of(error: BaseException) -> str:
    """Give the text of an exception; empty if it has none, or fails to tell it."""
    return text_of(error)


def titled(error: BaseException) -> str:
    """Give the type of an exception, and its text if it has any."""
    text = message_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def text_of(value: object) -> str:
    """Give what a user's object is as text, as much as reaches the page; empty if it fails to tell."""
    text = ""
    with guarded(lambda _: None):  # `__str__` is the user's code, too
        text = str(value)
    return text[:MAX_TEXT]


def for_developer(error: BaseException, handler: Handler | None) -> str:
    """Say what a developer wants to know first: type, message, remedy, and the line of the handler; see `_where`."""
    lines = [titled(error), *_remedies(error), *_where(error, handler)]
    return "\n".join(line for line in lines if line)[:MAX_TEXT]


def in_one_line(text: object) -> str:
    """Give a text for the log: one line of at most 200 characters, in which what cannot be printed is escaped."""
    whole = ""
    with guarded(lambda _: None):
        whole = translated_text(str(text))
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in whole[: MAX_LINE + 1])
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"


def cause_of(error: BaseException) -> str:
    """Say in one line what an exception was raised from, and where that was; empty if it came by itself."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is None:
        return ""
    places = _places(cause.__traceback__)
    where = f" in {Path(places[-1].code.co_filename).name}, line {places[-1].line}" if places else ""
    return f" (after {type(cause).__name__} {in_one_line(message_of(cause))}{where})"


def _remedies(error: BaseException) -> Iterator[str]:
    yield from _notes(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        yield f"If it is a package: {installation.package_command(_PACKAGES.get(package, package))}"


def _notes(error: BaseException) -> Iterator[str]:
    """Give what was added to an exception, and to those that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield from (text_of(note) for note in getattr(cause, "__notes__", ()))
        cause = cause.__cause__


def _where(error: BaseException, handler: Handler | None) -> tuple[str, ...]:
    """Name the handler's line, and the last one of the user's that it led to; then give the first as `path:line`."""
    places = _places(error.__traceback__)
    if places:
        first, last = places[0], places[-1]
        return (str(first) if first.code is last.code else f"{first} → {last}", first.address)
    # Nothing of the user's ran: what the handler was given, or returned, is wrong.
    code = _code(handler) if handler is not None else None
    if code is None:
        return ()
    definition = _Place(code, code.co_firstlineno)
    return (str(definition), definition.address)


def _places(traceback: TracebackType | None) -> list[_Place]:
    """Give the lines of the user's own code that an exception went through; of libraries, if there are no others."""
    foreign: list[_Place] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith((_OURS, "<frozen ")):
            foreign.append(_Place(code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return [place for place in foreign if not place.code.co_filename.startswith(_LIBRARIES)] or foreign


def _code(handler: Handler) -> CodeType | None:
    """Find the code of a function, also of one that is wrapped, bound, or an object that can be called."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    function = inspect.unwrap(handler)
    if not hasattr(function, "__code__"):
        function = getattr(function, "__func__", type(function).__call__)
    return getattr(function, "__code__", None)
