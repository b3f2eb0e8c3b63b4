"""`on(...)`: one handler bound to several events at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Unpack, cast, overload

from millstream.declare.arguments import listed
from millstream.declare.component import Component
from millstream.declare.element import listed_elements
from millstream.declare.event import (
    OMITTED,
    Dependency,
    Inputs,
    Omitted,
    Outputs,
    Trigger,
    bind_now,
    current_declaration,
)
from millstream.declare.options import ONLY_STREAMS, EventOptions
from millstream.declare.tree import DeclaredTree
from millstream.errors import DeclarationError
from millstream.types import Handler
from millstream.wire.plain import brief


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
    fn: Handler | Omitted | None = OMITTED,
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
        triggers = changes_and_load(inputs)
    events = _checked(listed(triggers))
    if isinstance(fn, Omitted):
        return lambda handler: _bind_each(events, handler, inputs, outputs, options)
    return _bind_each(events, fn, inputs, outputs, options)


def _checked(triggers: Sequence[object]) -> list[Trigger]:
    """Check that these are events of components or of the page, and at least one."""
    events = []
    for trigger in triggers:
        if not isinstance(trigger, Trigger):
            raise DeclarationError(f"on() takes events such as `button.click`, but got {brief(trigger)}")
        if isinstance(trigger.source, Dependency):
            raise DeclarationError(f"on() cannot take {trigger.where}: call it directly, with the handler")
        events.append(trigger)
    if not events:
        raise DeclarationError("on() needs at least one event")
    return events


def _bind_each(
    triggers: Sequence[Trigger], fn: Handler | None, inputs: Inputs, outputs: Outputs, options: Mapping[str, object]
) -> Dependency:
    """Bind the streams among the events each by itself, and the others together; gives the latter, if there are any.

    They have slots of their own: or they would wait for the end of the stream.
    """
    streams = [trigger for trigger in triggers if trigger.streams]
    others = [trigger for trigger in triggers if not trigger.streams]
    bound = [bind_now([trigger], fn, inputs, outputs, options) for trigger in streams]
    if bound and others:
        own = {name: value for name, value in options.items() if name not in ONLY_STREAMS}
        options = {"concurrency_id": f"{others[0].where} beside {streams[0].where} {len(bound)}", **own}
    return bind_now(others, fn, inputs, outputs, options) if others else bound[0]


def changes_and_load(inputs: Inputs) -> list[Trigger]:
    """Give the `change` of every input, and the page's `load`, of the app around the call."""
    components = listed_elements(inputs, Component, "on()", "inputs")
    changes = [change for component in components if isinstance(change := getattr(component, "change", None), Trigger)]
    return [*changes, cast("DeclaredTree", current_declaration("on()")).load]
