"""Events: `image.stream(fn, inputs, outputs)` makes a `Dependency`, which is frozen to a `Binding`.

An event is a descriptor in its component's class; read from an instance it is a `Trigger`, which is called with the
handler, or used as a decorator.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol, Self, TypeAlias, Unpack, cast, overload

from millstream.declare.batching import check_batched
from millstream.declare.binding import TurnTaking
from millstream.declare.component import Component
from millstream.declare.conversation import LISTEN_S, ReplyOnPause
from millstream.declare.element import Element, Tree, current_parent, listed_elements
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.declare.named_inputs import with_named_inputs
from millstream.declare.options import EventOptions, Options, StreamOptions, checked_options
from millstream.declare.user_warnings import user_level
from millstream.declare.validation import checked_validator
from millstream.errors import DeclarationError
from millstream.types import Carried, Handler

Inputs: TypeAlias = Component | Sequence[Component] | AbstractSet[Component] | None
Outputs: TypeAlias = Element | Sequence[Element] | AbstractSet[Element] | None


class Omitted:
    """The type of `OMITTED`."""


OMITTED: Final = Omitted()
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
        fn: Handler | Omitted | None = OMITTED,
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
        """The media that it streams, `None` for an ordinary event."""
        return None

    @property
    def where(self) -> str:
        """Its name in messages."""
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
        fn: Handler | Omitted | None = OMITTED,
        inputs: Inputs = None,
        outputs: Outputs = None,
        **options: Unpack[StreamOptions],
    ) -> Dependency | Callable[[Handler], Dependency]:
        """Call a handler with frame after frame, chunk after chunk of audio, or both, while the user records.

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
    """The event of components that capture: it happens with every frame, or every chunk of audio."""

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
        self.inputs = listed_elements(inputs, Component, self.name, "inputs")
        self.outputs = listed_elements(outputs, Element, self.name, "outputs")
        self.inputs_as_dict = isinstance(inputs, AbstractSet)
        self.options = options
        self.progress_on = listed_elements(options.show_progress_on, Component, self.name, "show_progress_on")
        self.turns: TurnTaking | None = None
        self.validator: HandlerSpec | None = None
        self.renders = False
        self.answers = False

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


def bind(
    triggers: Sequence[Trigger],
    fn: Handler | Omitted | None,
    inputs: Inputs,
    outputs: Outputs,
    options: Mapping[str, object],
) -> Dependency | Callable[[Handler], Dependency]:
    """Make a dependency and add it to the declaration around the call, or give a decorator that does.

    Raises:
        DeclarationError, TypeError: See `Trigger`.
    """
    if isinstance(fn, Omitted):
        return lambda handler: bind_now(triggers, handler, inputs, outputs, options)
    return bind_now(triggers, fn, inputs, outputs, options)


def bind_now(
    triggers: Sequence[Trigger],
    fn: Handler | None,
    inputs: Inputs,
    outputs: Outputs,
    options: Mapping[str, object],
) -> Dependency:
    """Make a dependency, and add it to the declaration around the call.

    Raises:
        DeclarationError, TypeError: See `Trigger`.
    """
    where = triggers[0].where
    declaration = current_declaration(where)
    reply = fn if isinstance(fn, ReplyOnPause) else None
    handler = None if fn is None else inspect_handler(reply.fn if reply is not None else fn, where)
    if reply is not None and triggers[0].streams:
        options = {"stream_every": LISTEN_S, **options}
    handler, inputs, options = with_named_inputs(handler, inputs, options, where)
    checked = checked_options(where, {trigger.name for trigger in triggers}, triggers[0].streams, options)
    dependency = Dependency(triggers, handler, inputs, outputs, checked)
    count = 1 if dependency.inputs_as_dict else len(dependency.inputs)
    if handler is not None:
        handler.check_arity(count, where)
    if dependency.stream is not None:
        _check_stream(dependency, dependency.stream, handler)
    dependency.validator = checked_validator(checked.validator, count, handler, where)
    if checked.batch:
        check_batched(where, handler, checked, takes_turns=reply is not None, gets_dict=dependency.inputs_as_dict)
    if reply is not None:
        _check_conversation(reply, dependency, triggers[0].streams)
        dependency.turns = reply.taken(where, count)
    declaration.add(dependency)
    return dependency


def _check_stream(dependency: Dependency, source: Component, handler: HandlerSpec | None) -> None:
    """Check that a component can be the source of a stream, and tell it which handler it feeds.

    Raises:
        DeclarationError: It cannot, or there is no handler; the message says what to do.
    """
    where = dependency.name
    if handler is None:
        remedy = "what happens once is bound to start_recording or stop_recording"
        raise DeclarationError(f"{where} needs a function, which is called again and again: {remedy}")
    source.check_streams()
    source.check_pace(dependency.options.stream_every, where)
    if source in dependency.outputs and not source.shows_own_stream:
        raise DeclarationError(f"{where} cannot write to {source.name}, which it records: show the result in an Image")
    source.feeds(handler.fn, where)


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
    if dependency.stream is not None and [*dependency.outputs] == [dependency.stream]:
        remedy = "give the replies an Audio(streaming=True, autoplay=True) of their own"
        message = f"{dependency.stream.name} records, and plays no replies: {remedy}"
        warnings.warn(message, UserWarning, stacklevel=user_level())


class DependencyTree(Tree, Protocol):
    """The declaration, as those who bind events see it."""

    def add(self, dependency: Dependency) -> None: ...


def current_declaration(where: str) -> DependencyTree:
    """Give the declaration around the call.

    Args:
        where: The event that is being bound, for the message.

    Raises:
        DeclarationError: There is none.
    """
    parent = current_parent.get()
    declaration = cast("DependencyTree | None", parent.declaration) if parent is not None else None
    if declaration is None:
        raise DeclarationError(f"{where} is bound outside of an app: move the line into `with Blocks() as demo:`")
    return declaration


def _comes_last(trigger: Trigger) -> bool:
    """Say whether the server begins the event: the page counts targets and knows only those of its components."""
    return trigger.name in ("load", "unload")
