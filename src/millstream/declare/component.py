"""`Component`: an element with a value. Each kind of component is one file in `components/`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Self, Unpack, cast

from millstream.declare.arguments import describe, is_number, listed
from millstream.declare.binding import CAMERA_S
from millstream.declare.capability import Capability
from millstream.declare.element import Placed
from millstream.declare.script import read_script
from millstream.declare.toolbar import TOOLBAR, own_buttons, place_buttons
from millstream.declare.user_warnings import warn
from millstream.declare.value_forms import ValueForms
from millstream.errors import DeclarationError
from millstream.types import Blob, Carried, Handler, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

SHORTEST_S: Final = 0.01
"""The shortest interval, in seconds, at which something happens by itself."""


class Unlabelled(Placed, total=False):
    """The keywords of every component but its label; see `Component`."""

    info: str | None
    show_label: bool | None
    container: bool
    scale: int | None
    min_width: int
    interactive: bool | None
    every: float | Component | None
    inputs: Component | Sequence[Component] | None


class Common(Unlabelled, total=False):
    """The keywords that every component takes; see `Component`."""

    label: str | None


class Tooled(Common, total=False):
    """The keywords of components whose toolbar has no other buttons than those of the app; see `Component`."""

    buttons: Sequence[Component] | None


class Component(ValueForms):
    """A node of the declared interface with a value and events.

    This is what it is in an app; how its value is checked, stored and sent is in `ValueForms`.

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
        inputs: What the function given as `value` takes: it is called when the page is loaded, and again when one of
            them changes.
        buttons: Buttons of the app's own, each a `gr.Button`, that stand in the toolbar; beside the names of others, if
            the component has any.
        placed: See `Element`.
    """

    script: ClassVar[str | Path | None] = None
    """The JavaScript module that defines its element, a file beside that of the class; `None` for one of ours."""

    streams: Carried | None = None
    """The media that a `stream` event of this component carries; `None` if it has no such event."""

    capabilities: frozenset[Capability] = frozenset()
    """The things that the page can do with it beyond showing a value: it asks for these, never for a type."""

    keeps_whole_stream: ClassVar[bool] = False
    """True if all that its stream captured becomes its value, not the last of it alone."""

    shows_own_stream: ClassVar[bool] = True
    """True if its own stream may write to it: the result of a frame is then shown in place of the preview."""

    on_page: ClassVar[bool] = True
    """True if the page knows the component at all."""

    editing: frozenset[str] = frozenset(
        {"input", "submit", "upload", "clear", "delete", "release", "start_recording", "stop_recording"}
    )
    """Events that a user causes only where the component is interactive. One component may have more than its class."""

    own_events: frozenset[str] = frozenset()
    """Events that it answers itself, of its class or its own: what it tells itself makes it no output."""

    names_files: bool = False
    """True if its events may name files that a script of the page has uploaded: handlers get their paths."""

    tick_event: ClassVar[str] = "every"
    """An event that the server fires by itself, every `interval_s`."""

    browser_key: str | None = None
    """The key under which the browser keeps its value; `None` if it does not."""

    browser_text: ClassVar[bool] = False
    """True if that value goes to the server as the text that the browser keeps, not as what the text says."""

    head: str = ""
    """HTML that it needs in the page's `<head>`."""

    addons: ClassVar[Mapping[str, str]] = {}
    """The late elements that options add to its own: the tag of each, by the argument that asks for it."""

    default_label: ClassVar[bool] = True
    """True if the class name is the label when none is given."""

    is_long: bool = False
    """True if the declared value is left out of the page, so that it shows sooner, and sent right after it."""

    is_interactive = True
    """The outcome of `interactive`; settled when the tree is frozen."""

    drives_stream = False
    """True if a `stream` binding takes this component as its source; settled when the tree is frozen."""

    is_output = False
    """True if a handler gives it values; settled when the tree is frozen."""

    is_observed = False
    """True if somebody listens to its `change`; settled when the tree is frozen."""

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
        inputs: Component | Sequence[Component] | None = None,
        buttons: Sequence[Component] | None = None,
        **placed: Unpack[Placed],
    ) -> None:
        self.label = label if label is not None or not self.default_label else type(self).__name__
        self.info = info
        self.show_label = True if show_label is None else show_label
        self.container, self.scale, self.min_width = container, scale, min_width
        self.interactive = interactive
        self.every = every
        self.computed_from = _inputs_of(type(self).__name__, inputs)
        self.value = value
        self._initial: Stored = None
        super().__init__(**placed)

    @property
    def longest_s(self) -> float:
        """The longest recording, in seconds."""
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
        read_script(type(self), self.tag)
        place_buttons(self)
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
            raise DeclarationError(f"{self.name}: {given} is neither a Timer nor a number of seconds")
        if isinstance(self.every, int | float) and self.every < SHORTEST_S:
            warn(f"{self.name}: every={self.every:g} is too fast; {SHORTEST_S:g} is taken")
        if self.every is not None and not self.is_computed:
            warn(f"{self.name}: every= does nothing: it calls value= again, which has to be a function then")
        if self.computed_from and not self.is_computed:
            warn(f"{self.name}: inputs= does nothing: value= takes them, which has to be a function then")

    @property
    def camera_codec(self) -> str | None:
        """Name of the codec in which the app wants the frames of its camera; `None` leaves that to us."""
        return None

    @property
    def camera_s(self) -> float:
        """Seconds between two frames that the app wants of its camera."""
        return CAMERA_S

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

    def feeds(self, handler: Handler, where: str) -> None:
        """Learn to which handler a stream of the component goes.

        Raises:
            DeclarationError: The component has to know more of it than can be found out. It calls the event `where`.
        """

    def initial(self) -> Stored:
        """Give the value that a new session starts with; never media.

        A function given as `value` is called here, unless it takes inputs, so this may take its time: never call it on
        the event loop.

        Raises:
            InvalidValue: The function's result does not fit.
        """
        if self.is_computed and callable(self.value):
            return self.declared(self.received(None if self.computed_from else self.value()))
        return list(self._initial) if isinstance(self._initial, list) else self._initial

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        """Take what only the whole tree tells; called when the tree is frozen."""
        self.is_interactive, self.drives_stream, self.is_output = is_interactive, drives_stream, is_output

    def take_rules(self, permits: Callable[[Path], bool]) -> None:
        """Learn which files and folders of the server's disk the app may show; called when it is started.

        Args:
            permits: Tells it of a path. It reads the disk: never call it on the event loop.
        """

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh.value, fresh._initial = self.value, self._initial
        interactive = self.is_interactive if fresh.interactive is None else fresh.interactive
        fresh.settle(interactive, self.drives_stream, self.is_output)

    def props(self) -> dict[str, Value]:
        buttons: list[Value] = [button.id for button in own_buttons(self)]
        may_have_addons = any("addons" in self.prop_names.get(name, ()) for name in self.given)
        return {
            **super().props(),
            "label": self.label,
            "info": self.info,
            "show_label": self.show_label,
            "container": self.container,
            "scale": self.scale,
            "min_width": self.min_width,
            "interactive": self.is_interactive,
            **({"addons": added_tags(self)} if buttons or may_have_addons else {}),
            **({"own_buttons": buttons} if buttons else {}),
        }

    def page_scripts(self) -> Iterable[str]:
        """Give the scripts of which the page has to have each for this one component; most need none."""
        return ()

    def inline(self) -> Value:
        """Give the initial value for the page's manifest; `None` if a session has to compute or to serve it."""
        if self.is_computed or self.is_long or isinstance(self._initial, Blob) or self.files(self._initial):
            return None
        return self.wire(self._initial)

    @property
    def is_empty(self) -> bool:
        """True if it starts with no value to speak of; such a component is there to be filled by the user."""
        initial = self._initial
        is_plain = initial is None or isinstance(initial, str | int | float | list)
        return is_plain and not initial and not self.is_computed


def added_tags(component: Component) -> list[Value]:
    """Give the tags of the late elements that the options of a component add to its own."""
    tags: list[Value] = [tag for argument, tag in component.addons.items() if getattr(component, argument)]
    return [*tags, TOOLBAR] if own_buttons(component) else tags


def _inputs_of(name: str, given: object) -> tuple[Component, ...]:
    """Bring the `inputs` of the component called `name` into one form."""
    inputs = () if given is None else tuple(listed(given))
    for component in inputs:
        if not isinstance(component, Component):
            raise DeclarationError(f"{name}: inputs= takes components, but got {brief(component)}")
    return cast("tuple[Component, ...]", inputs)
