"""`Component`: an element with a value. Each kind of component is one file in `components/`."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import ClassVar, Final, Self, Unpack

from millstream.declare.capability import Capability
from millstream.declare.element import Element, Placed
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Frame
from millstream.types import Blob, Carried, Files, Media, PlayerSource, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief, plain, plain_scalar

SHORTEST_S: Final = 0.01
"""The shortest interval, in seconds, at which something happens by itself."""


class Common(Placed, total=False):
    """The keywords that every component takes; see `Component`."""

    label: str | None
    info: str | None
    show_label: bool | None
    container: bool
    scale: int | None
    min_width: int
    interactive: bool | None
    every: float | Component | None


class Component(Element):
    """A node of the declared interface with a value and events.

    A value has four forms. The *wire* form is what the page sends and gets. The *stored* form is what a session keeps:
    plain data, a packet, a `Blob`, a `WebLink`, or any object for a `State`. The *media* form (`Frame`, `Chunk`) exists
    only inside a call. The last form is what the handler gets and returns.

    Args:
        value: The initial value; a function is called for it whenever a page is loaded.
        label: The heading, and the accessible name; by default the name of the class.
        info: A line of help below the label.
        show_label: Whether the label is seen.
        container: Whether it has a frame around it.
        scale: Its share of the width, relative to its neighbours in a row; `None` takes what it needs.
        min_width: Width in pixels below which a row wraps.
        interactive: Whether the user may edit it; `None` finds out from the bindings.
        every: How often the function given as `value` is called again: every so many seconds, or at each tick of a
            `Timer`.
        placed: See `Element`.
    """

    streams: Carried | None = None
    """What a `stream` event of this component carries; `None` if it has no such event."""

    capabilities: frozenset[Capability] = frozenset()
    """What the page can do with it beyond showing a value: the page asks for these, never for a type."""

    shows_own_stream: ClassVar[bool] = True
    """Whether its own stream may write to it: what comes of a frame is then shown in place of the preview."""

    on_page: ClassVar[bool] = True
    """Whether the page knows the component at all."""

    editing: ClassVar[frozenset[str]] = frozenset(
        {"input", "submit", "upload", "clear", "delete", "release", "start_recording", "stop_recording"}
    )
    """Events that a user causes only where the component is interactive."""

    tick_event: ClassVar[str] = "every"
    """An event that the server fires by itself, every `interval_s`."""

    takes_objects: ClassVar[bool] = False
    """Whether its values may be arrays, or any object: then only scalars are made plain before it sees them."""

    default_label: ClassVar[bool] = True
    """Whether the class name is the label when none is given."""

    is_interactive = True
    """What `interactive` comes to; settled when the tree is frozen."""

    drives_stream = False
    """Whether a `stream` binding takes this component as its source; settled when the tree is frozen."""

    is_output = False
    """Whether a handler gives it values; settled when the tree is frozen."""

    grows: ClassVar[bool] = False
    """Whether its value on the wire is a list of which the page is told only what is new; see `Told`."""

    plays_ahead_s: float = 0.0
    """How many seconds of sound it may be given ahead of what is heard; 0: it plays no sound piece by piece."""

    def __init__(
        self,
        value: object = None,
        *,
        label: str | None = None,
        info: str | None = None,
        show_label: bool | None = None,
        container: bool = True,
        scale: int | None = None,
        min_width: int = 160,
        interactive: bool | None = None,
        every: float | Component | None = None,
        **placed: Unpack[Placed],
    ) -> None:
        self.label = label if label is not None or not self.default_label else type(self).__name__
        self.info = info
        self.show_label = True if show_label is None else show_label
        self.container, self.scale, self.min_width = container, scale, min_width
        self.interactive = interactive
        self.every = every
        self.value = value
        self._initial: Stored = None
        super().__init__(**placed)

    @property
    def longest_s(self) -> float:
        """How many seconds a recording may last."""
        return math.inf

    @property
    def is_computed(self) -> bool:
        """True if the initial value is the result of a function, computed for every page anew."""
        return callable(self.value)

    @property
    def is_prepared(self) -> bool:
        """True if `initial` gives what the declaration has prepared: at once, and the same for every session."""
        return not self.is_computed

    def interval_s(self, stored: Stored) -> float | None:
        """Say how many seconds pass between two times that `tick_event` happens; `None` for never."""
        return max(float(self.every), SHORTEST_S) if isinstance(self.every, int | float) else None

    def joined(self) -> None:
        super().joined()
        self._check_every()
        if self.is_computed:
            return
        try:
            self._initial = self.declared(self.received(self.value))
        except DeclarationError:
            raise
        except Exception as error:  # whatever an object raises that is asked what it is
            where = "" if type(self).__name__ in str(error) else f"{self.name}: "
            raise DeclarationError(f"{where}{error} (the initial value)") from error

    def _check_every(self) -> None:
        is_pace = isinstance(self.every, int | float) and is_number(self.every)
        if self.every is not None and not is_pace and getattr(self.every, "tick_event", "") != "tick":
            given = f"every={describe(self.every)}"
            raise DeclarationError(f"{self.name}: {given} is no Timer and no number of seconds")
        if isinstance(self.every, int | float) and self.every < SHORTEST_S:
            warn(f"{self.name}: every={self.every:g} is too fast; {SHORTEST_S:g} is taken")
        if self.every is not None and not self.is_computed:
            warn(f"{self.name}: every= does nothing: it calls value= again, which has to be a function then")

    def check_streams(self) -> None:
        """Check that the component, as it is declared, can be the source of a stream.

        Raises:
            DeclarationError: It cannot; the message says what would have to change.
        """

    def check_pace(self, stream_every: float, where: str) -> None:
        """Check that what the component captures in `stream_every` seconds fits into one packet.

        Raises:
            DeclarationError: It does not; the message says what would. It calls the event `where`.
        """

    def received(self, value: object) -> object:
        """Make plain what Python gave as a value: numpy's and pandas' scalars, arrays, enums, subclasses of `str`.

        Raises:
            InvalidValue: It is nested too deeply.
        """
        try:
            return plain_scalar(value) if self.takes_objects else plain(value)
        except TypeError as error:
            raise InvalidValue(f"{self.name} cannot take {describe(value)}: {error}") from error

    def validate(self, wire: Value, files: Files) -> Stored:
        """Check what the page sent, completely, and give the form in which the session keeps it.

        This one is for components that the user cannot edit.

        Raises:
            InvalidValue: It does not fit; the message names the component and what would fit.
        """
        raise InvalidValue(f"{self.name} cannot be edited in the page")

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        """Look at a file that was uploaded for this component, before it becomes a value. Runs in a thread.

        Returns:
            The file, with its true media type, and with what browsers show in its place if they do not show itself.

        Raises:
            InvalidValue: The component cannot take it; the message is for the user who has chosen the file.
        """
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        """Make the handler's argument of a stored value, or of the decoded media. Runs in the worker thread."""
        return list(value) if isinstance(value, list) else value

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        """Make a stored value, or media still to be encoded, of what the handler returned. Runs in the worker thread.

        Raises:
            InvalidValue: It does not fit; the message names the component, what fits, and what was got.
        """
        return self.accept(value)

    def source(self) -> PlayerSource:
        """Open what plays the values of one run or stream, one after the other.

        Asked only where `plays_ahead_s` is not 0. Runs in the worker thread.
        """
        raise NotImplementedError

    def accept(self, value: object) -> Stored:
        """Check a plain value that Python gave; a component whose values may be files has a `postprocess` instead.

        Raises:
            InvalidValue: See `postprocess`.
        """
        raise NotImplementedError

    def declared(self, value: object) -> Stored:
        """Make a stored value of one that the developer declared; paths are the developer's own."""
        return self.accept(value)

    def initial(self) -> Stored:
        """Give the value that a new session starts with; never media.

        A function given as `value` is called here, so this may take its time: never call it on the event loop.

        Raises:
            InvalidValue: The function's result does not fit.
        """
        if self.is_computed and callable(self.value):
            return self.declared(self.received(self.value()))
        return list(self._initial) if isinstance(self._initial, list) else self._initial

    def wire(self, stored: Stored) -> Value:
        """Give the page's form of plain data, `WebLink` or `None`. Packets and blobs are the runtime's business.

        Where a value holds files (see `files`), they are in it as they are: the runtime puts handles in their place.
        """
        return {"url": stored.url} if isinstance(stored, WebLink) else stored

    def shown(self, stored: Stored) -> Value:
        """Give what `wire` gives, ready for the wire; see `sendable`. What is too large is refused unrendered."""
        self.check_size(stored)
        return self.sendable(self.wire(stored))

    def check_size(self, data: object) -> None:
        """Check a value, and of a list that grows each item: the page is told only what is new."""
        for part in data if self.grows and isinstance(data, list) else (data,):
            super().check_size(part)

    def files(self, stored: Stored) -> Sequence[Blob]:
        """Give the files within a value that is plain data otherwise."""
        return ()

    def mark(self, stored: Stored) -> object:
        """Give something that differs from what it gave before if the value changed since, even in place."""
        return list(stored) if isinstance(stored, list) else stored

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        """Name the codec, and its quality of 0..1, for a frame that `postprocess` gave; only pictures give any."""
        raise NotImplementedError

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        """Take what only the whole tree tells; called when the tree is frozen."""
        self.is_interactive, self.drives_stream, self.is_output = is_interactive, drives_stream, is_output

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh.value, fresh._initial = self.value, self._initial
        interactive = self.is_interactive if fresh.interactive is None else fresh.interactive
        fresh.settle(interactive, self.drives_stream, self.is_output)

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "label": self.label,
            "info": self.info,
            "show_label": self.show_label,
            "container": self.container,
            "scale": self.scale,
            "min_width": self.min_width,
            "interactive": self.is_interactive,
        }

    def inline(self) -> Value:
        """Give the initial value for the page's manifest; `None` if a session has to compute or to serve it."""
        if self.is_computed or isinstance(self._initial, Blob) or self.files(self._initial):
            return None
        return self.wire(self._initial)

    @property
    def is_empty(self) -> bool:
        """True if it starts with no value to speak of; such a component is there to be filled by the user."""
        initial = self._initial
        is_plain = initial is None or isinstance(initial, str | int | float | list)
        return is_plain and not initial and not self.is_computed

    def invalid(self, expected: str, got: object) -> InvalidValue:
        """Make the error for a value that does not fit."""
        return InvalidValue(f"{self.name} takes {expected}, but got {describe(got)}")

    def unfit(self, expected: str, found: str) -> InvalidValue:
        """Make the error for what does not fit, where the value itself would tell nothing: `found` tells in words."""
        return InvalidValue(f"{self.name} takes {expected}, but got {found}")

    def check_number(self, argument: str, value: float | None) -> None:
        """Check that an argument of the constructor is a finite number, or `None`.

        Raises:
            DeclarationError: It is not.
        """
        if value is not None and not is_number(value):
            raise DeclarationError(f"{self.name}: {argument}={describe(value)} is not a finite number")


def is_number(value: object) -> bool:
    """Tell a finite int or float from everything else, `True` and `False` included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= sys.float_info.max


def describe(value: object) -> str:
    """Say in a few words what a value is: arrays by shape and type, the rest by a shortened `repr`."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"an array of shape {tuple(shape)} and type {dtype}"
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return f"{type(value).__name__} {brief(value)}" if value is not None else "None"
    return f"a {type(value).__name__}: {brief(value)}"
