"""Events and bindings: `image.stream(fn, inputs, outputs)` makes a `Dependency`, which is frozen to a `Binding`.

An event is a descriptor in its component's class; read from an instance it is a `Trigger`, which is called with the
handler, or used as a decorator.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias, Unpack, overload

from millstream.declare.component import Component
from millstream.declare.conversation import LISTEN_S, ReplyOnPause, TurnTaking
from millstream.declare.element import Element, current_parent, user_level
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.declare.options import (
    ONLY_STREAMS,
    EventOptions,
    Keep,
    Options,
    Progress,
    StreamOptions,
    TriggerMode,
    checked_options,
)
from millstream.errors import DeclarationError
from millstream.types import Carried, Handler, Role

if TYPE_CHECKING:
    from millstream.declare.declaration import Declaration

Outcome: TypeAlias = Literal["then", "success", "failure"]
Inputs: TypeAlias = Component | Sequence[Component] | AbstractSet[Component] | None
Outputs: TypeAlias = Element | Sequence[Element] | AbstractSet[Element] | None


@dataclass(frozen=True)
class Binding:
    """One event wired to a handler, as the runtime uses it.

    Attributes:
        number: Its number in the manifest, and on the wire.
        targets: What triggers it: element and event; `None` for the page's own events (`load`, `unload`), which come
            last. Empty if it follows another binding.
        handler: What is called; `None` for a binding that only cancels or only runs `js`.
        inputs: Numbers of the components whose values the handler gets, in order.
        outputs: Numbers of the elements that its results go to, in order.
        inputs_as_dict: Whether the handler gets one dict, keyed by component.
        trigger_mode: What a trigger during a run does.
        show_progress: How a run shows on its outputs.
        queue: Whether it waits for a place; `False` runs at once.
        concurrency_limit: How many calls or streams of its `concurrency_key` run at once; `None` for any number.
        concurrency_key: Bindings with the same key share their places.
        time_limit: Seconds that a turn of a stream lasts; `None` for no limit, and for ordinary events.
        stream_every: Mean interval of capture in seconds; 0 for every camera frame.
        keep: Whether a newer frame replaces one that waits, or all are handled.
        max_backlog: Seconds of media that may wait with `keep="all"`.
        cancels: Numbers of the bindings whose runs and streams it ends.
        js: A JavaScript function for the page, or `None`.
        after: The binding that it follows and the outcome it waits for, or `None`.
        stream: Number of the component whose camera or microphone drives it; `None` for an ordinary event.
        turns: How it takes turns, if its handler answers what somebody said; else it is called with every chunk.
    """

    number: int
    targets: tuple[tuple[int | None, str], ...]
    handler: HandlerSpec | None
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    inputs_as_dict: bool = False
    trigger_mode: TriggerMode = "once"
    show_progress: Progress = "full"
    queue: bool = True
    concurrency_limit: int | None = 1
    concurrency_key: str = ""
    time_limit: float | None = None
    stream_every: float = 0.5
    keep: Keep = "latest"
    max_backlog: float = 30.0
    cancels: tuple[int, ...] = ()
    js: str | None = None
    after: tuple[int, Outcome] | None = None
    stream: int | None = None
    turns: TurnTaking | None = None

    @property
    def is_stream(self) -> bool:
        return self.stream is not None

    def handler_for(self, role: Role) -> HandlerSpec | None:
        """Give what is called in a role."""
        return self.handler if self.turns is None else self.turns.handlers.get(role, self.handler)

    @property
    def name(self) -> str:
        """What messages call its handler."""
        return self.handler.name if self.handler is not None else f"binding {self.number}"


class _Omitted:
    """The type of `OMITTED`."""


OMITTED: Final = _Omitted()
"""Stands for a handler that is still to come: the event is used as a decorator."""


class Trigger:
    """One event of one element, ready to be bound.

    Attributes:
        source: The element whose event it is, or the dependency that it follows.
        name: The event's name.
    """

    def __init__(self, source: Element | Dependency, name: str) -> None:
        self.source = source
        self.name = name

    @overload
    def __call__(
        self, fn: Handler | None, inputs: Inputs = None, outputs: Outputs = None, **options: Unpack[EventOptions]
    ) -> Dependency: ...

    @overload
    def __call__(
        self, *, inputs: Inputs = None, outputs: Outputs = None, **options: Unpack[EventOptions]
    ) -> Callable[[Handler], Dependency]: ...

    def __call__(
        self,
        fn: Handler | _Omitted | None = OMITTED,
        inputs: Inputs = None,
        outputs: Outputs = None,
        **options: Unpack[EventOptions],
    ) -> Dependency | Callable[[Handler], Dependency]:
        """Bind a handler to this event; without `fn` it is a decorator.

        Args:
            fn: Called when the event happens; `None` for an event that only cancels or only runs `js`.
            inputs: Components whose values the handler gets; for a set it gets one dict, keyed by component.
            outputs: Elements that what it returns goes to; it may also return a dict keyed by element.
            options: See `EventOptions`.

        Raises:
            DeclarationError: Handler, components and options do not go together; the message says how they would.
            TypeError: An option is unknown.
        """
        return bind([self], fn, inputs, outputs, options)

    def __repr__(self) -> str:
        return f"<{self.where}>"

    @property
    def streams(self) -> Carried | None:
        """What it streams, `None` for an ordinary event."""
        return None

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.source.name}.{self.name}"


class StreamTrigger(Trigger):
    """The `stream` event of one component."""

    @property
    def streams(self) -> Carried | None:
        return self.source.streams if isinstance(self.source, Component) else None

    @overload
    def __call__(
        self, fn: Handler | None, inputs: Inputs = None, outputs: Outputs = None, **options: Unpack[StreamOptions]
    ) -> Dependency: ...

    @overload
    def __call__(
        self, *, inputs: Inputs = None, outputs: Outputs = None, **options: Unpack[StreamOptions]
    ) -> Callable[[Handler], Dependency]: ...

    def __call__(
        self,
        fn: Handler | _Omitted | None = OMITTED,
        inputs: Inputs = None,
        outputs: Outputs = None,
        **options: Unpack[StreamOptions],
    ) -> Dependency | Callable[[Handler], Dependency]:
        """Call a handler with picture after picture, chunk after chunk of sound, or both, while the user records.

        Args:
            fn: Called with the values of `inputs`; calls of one stream never overlap.
            inputs: Components whose values the handler gets, read at the moment of each call.
            outputs: Elements that what it returns goes to.
            options: See `EventOptions` and `StreamOptions`.

        Raises:
            DeclarationError: Handler, components and options do not go together; the message says how they would.
            TypeError: An option is unknown.
        """
        return bind([self], fn, inputs, outputs, options)


class Event:
    """An event of a class of elements, named by the attribute that holds it."""

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, element: None, owner: type) -> Self: ...

    @overload
    def __get__(self, element: Element, owner: type) -> Trigger: ...

    def __get__(self, element: Element | None, owner: type) -> Self | Trigger:
        return self if element is None else Trigger(element, self.name)


class StreamEvent(Event):
    """The event of components that capture: it happens with every frame, or every chunk of sound."""

    @overload
    def __get__(self, element: None, owner: type) -> Self: ...

    @overload
    def __get__(self, element: Element, owner: type) -> StreamTrigger: ...

    def __get__(self, element: Element | None, owner: type) -> Self | StreamTrigger:
        return self if element is None else StreamTrigger(element, self.name)


class Dependency:
    """One event wired to a handler, as it was declared; it can be followed, cancelled, and called like the handler.

    Attributes:
        fn: The handler.
        then: The event that it ended, however that was.
        success: The event that it ended without an error.
        failure: The event that it ended with an error.
    """

    def __init__(
        self,
        triggers: Sequence[Trigger],
        handler: HandlerSpec | None,
        inputs: Inputs,
        outputs: Outputs,
        options: Options,
    ) -> None:
        self.triggers = tuple(sorted(triggers, key=_comes_last))
        self.handler = handler
        self.inputs = _listed(inputs, Component, self.name, "inputs")
        self.outputs = _listed(outputs, Element, self.name, "outputs")
        self.inputs_as_dict = isinstance(inputs, AbstractSet)
        self.options = options
        self.turns: TurnTaking | None = None

    @property
    def name(self) -> str:
        return self.triggers[0].where

    @property
    def fn(self) -> Handler | None:
        return self.handler.fn if self.handler is not None else None

    @property
    def then(self) -> Trigger:
        return Trigger(self, "then")

    @property
    def success(self) -> Trigger:
        return Trigger(self, "success")

    @property
    def failure(self) -> Trigger:
        return Trigger(self, "failure")

    @property
    def stream(self) -> Component | None:
        """The component whose camera or microphone drives it."""
        sources = [trigger.source for trigger in self.triggers if isinstance(trigger, StreamTrigger)]
        return sources[0] if sources and isinstance(sources[0], Component) else None

    def __call__(self, *arguments: object, **keywords: object) -> object:
        if self.fn is None:
            raise TypeError(f"{self.name} has no handler to call")
        return self.fn(*arguments, **keywords)

    def __repr__(self) -> str:
        return f"<Dependency {self.name} → {self.handler.name if self.handler else None}>"


@overload
def on(
    triggers: Trigger | Sequence[Trigger] | None,
    fn: Handler | None,
    inputs: Inputs = None,
    outputs: Outputs = None,
    **options: Unpack[EventOptions],
) -> Dependency: ...


@overload
def on(
    triggers: Trigger | Sequence[Trigger] | None = None,
    *,
    inputs: Inputs = None,
    outputs: Outputs = None,
    **options: Unpack[EventOptions],
) -> Callable[[Handler], Dependency]: ...


def on(
    triggers: Trigger | Sequence[Trigger] | None = None,
    fn: Handler | _Omitted | None = OMITTED,
    inputs: Inputs = None,
    outputs: Outputs = None,
    **options: Unpack[EventOptions],
) -> Dependency | Callable[[Handler], Dependency]:
    """Bind one handler to several events; without `fn` it is a decorator.

    Args:
        triggers: Events such as `button.click`, streams among them; by default the page's `load` and the `change` of
            every input.
        fn: See `Trigger`.
        inputs: See `Trigger`.
        outputs: See `Trigger`.
        options: See `EventOptions`, and for streams `StreamOptions`.

    Raises:
        DeclarationError: As `Trigger`; also if there is no event at all.
        TypeError: An option is unknown.
    """
    if triggers is None:
        triggers = _all_changes(inputs)
    listed = [triggers] if isinstance(triggers, Trigger) else list(triggers)
    for trigger in listed:
        if not isinstance(trigger, Trigger):
            raise DeclarationError(f"on() takes events such as `button.click`, but got {trigger!r}")
        if isinstance(trigger.source, Dependency):
            raise DeclarationError(f"on() cannot take {trigger.where}: call it directly, with the handler")
    if not listed:
        raise DeclarationError("on() needs at least one event")
    if isinstance(fn, _Omitted):
        return lambda handler: _bind_each(listed, handler, inputs, outputs, options)
    return _bind_each(listed, fn, inputs, outputs, options)


def _bind_each(
    triggers: Sequence[Trigger], fn: Handler | None, inputs: Inputs, outputs: Outputs, options: Mapping[str, object]
) -> Dependency:
    """Bind the streams among the events each by itself, and the others together; gives the latter, if there are any.

    They have slots of their own: or they would wait for the end of the stream.
    """
    streams = [trigger for trigger in triggers if trigger.streams]
    others = [trigger for trigger in triggers if not trigger.streams]
    bound = [_bind([trigger], fn, inputs, outputs, options) for trigger in streams]
    if bound and others:
        own = {name: value for name, value in options.items() if name not in ONLY_STREAMS}
        options = {"concurrency_id": f"{others[0].where} beside {streams[0].where} {len(bound)}", **own}
    return _bind(others, fn, inputs, outputs, options) if others else bound[0]


def _all_changes(inputs: Inputs) -> list[Trigger]:
    components = _listed(inputs, Component, "on()", "inputs")
    changes = [change for component in components if isinstance(change := getattr(component, "change", None), Trigger)]
    return [*changes, Trigger(_current_declaration("on()"), "load")]


def bind(
    triggers: Sequence[Trigger],
    fn: Handler | _Omitted | None,
    inputs: Inputs,
    outputs: Outputs,
    options: Mapping[str, object],
) -> Dependency | Callable[[Handler], Dependency]:
    """Make a dependency and add it to the declaration around the call, or give a decorator that does.

    Raises:
        DeclarationError, TypeError: See `Trigger`.
    """
    if isinstance(fn, _Omitted):
        return lambda handler: _bind(triggers, handler, inputs, outputs, options)
    return _bind(triggers, fn, inputs, outputs, options)


def _bind(
    triggers: Sequence[Trigger],
    fn: Handler | None,
    inputs: Inputs,
    outputs: Outputs,
    options: Mapping[str, object],
) -> Dependency:
    where = triggers[0].where
    declaration = _current_declaration(where)
    reply = fn if isinstance(fn, ReplyOnPause) else None
    handler = None if fn is None else inspect_handler(reply.fn if reply is not None else fn, where)
    if reply is not None and triggers[0].streams:
        options = {"stream_every": LISTEN_S, **options}
    checked = checked_options(where, {trigger.name for trigger in triggers}, triggers[0].streams, options)
    dependency = Dependency(triggers, handler, inputs, outputs, checked)
    if dependency.stream is not None:
        dependency.stream.check_streams()
        dependency.stream.check_pace(checked.stream_every, where)
        if dependency.stream in dependency.outputs and not dependency.stream.shows_own_stream:
            name = dependency.stream.name
            raise DeclarationError(f"{where} cannot write to {name}, which it records: show the result in an Image")
    count = 1 if dependency.inputs_as_dict else len(dependency.inputs)
    if handler is not None:
        handler.check_arity(count, where)
    if reply is not None:
        _check_conversation(reply, dependency, triggers[0].streams)
        dependency.turns = reply.taken(where, count)
    declaration.add(dependency)
    return dependency


def _check_conversation(reply: ReplyOnPause, dependency: Dependency, streams: Carried | None) -> None:
    """Check that a handler that takes turns hears everything; warn of an answer that cannot be interrupted.

    Raises:
        DeclarationError: It does not; the message says what to do.
    """
    hears = f"{dependency.name}: {reply!r} hears every sample of a microphone:"
    if streams != "sound":
        remedy = "bind it to Audio.stream, or in an Interface give live=True and Audio(streaming=True)"
        raise DeclarationError(f"{hears} {remedy}")
    if dependency.options.keep != "all":
        raise DeclarationError(f"{hears} leave keep= out")
    for output in dependency.outputs:
        if getattr(output, "autoplay", False) and not getattr(output, "streaming", False):
            message = f"{output.name} plays what it gets as a file, which nobody can interrupt: declare streaming=True"
            warnings.warn(message, UserWarning, stacklevel=user_level())


def _current_declaration(where: str) -> Declaration:
    parent = current_parent.get()
    declaration = parent.declaration if parent is not None else None
    if declaration is None:
        raise DeclarationError(f"{where} is bound outside of an app: move the line into `with Blocks() as demo:`")
    return declaration


def _comes_last(trigger: Trigger) -> bool:
    """Say whether the server begins the event: the page counts targets and knows only those of its components."""
    return trigger.name in ("load", "unload")


def _listed(given: object, kind: type[Element], where: str, what: str) -> tuple:  # type: ignore[type-arg]
    """Bring one, several or no elements into one form."""
    elements = (given,) if isinstance(given, Element) else tuple(given or ())  # type: ignore[arg-type]
    for element in elements:
        if not isinstance(element, kind):
            raise DeclarationError(f"{where}: {what} must be components, but got {element!r}")
    return elements
