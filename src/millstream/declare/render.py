"""`render`: a part of an app that a function declares anew whenever its inputs change, for each session apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Unpack

from millstream.declare.binding import Progress, TriggerMode
from millstream.declare.component import Component
from millstream.declare.element import Placed, current_parent
from millstream.declare.event import Inputs, Trigger, bind_now, current_declaration
from millstream.declare.layout import Layout, Row
from millstream.declare.on import changes_and_load
from millstream.errors import DeclarationError
from millstream.types import Handler
from millstream.wire.messages import Value


class RenderPlace(Layout):
    """The place of a render: it holds what the function has declared last, in each session something else.

    Args:
        title: What messages call the render.
        is_row: Whether that stands side by side, as what is around it does.
        placed: See `Element`.
    """

    tag: ClassVar[str] = "rendered"

    def __init__(self, title: str = "", *, is_row: bool = False, **placed: Unpack[Placed]) -> None:
        self.title, self.is_row = title, is_row
        super().__init__(**placed)

    @property
    def name(self) -> str:
        return f"render {self.title}()"

    def props(self) -> dict[str, Value]:
        return {**super().props(), "row": self.is_row}


def render(
    inputs: Inputs = None,
    triggers: Trigger | Sequence[Trigger] | None = None,
    *,
    queue: bool = True,
    trigger_mode: TriggerMode | None = "always_last",
    concurrency_limit: int | Literal["default"] | None = None,
    concurrency_id: str | None = None,
    show_progress: Progress | bool = "full",
) -> Callable[[Handler], Handler]:
    """Have a function declare a part of the app, here, whenever its inputs change; used as a decorator.

    The function gets the values of `inputs`, and creates components and binds events as the app itself does. What it
    declares takes the place of what it declared before: values, and events that were bound then, are gone. Where
    an element has the same `key=` as one of the same kind before, it is that one: its value stays if a user or handler
    has changed it, and so do the arguments that `preserved_by_key=` names.

    Events may be bound to elements outside of it, and may read and write them. Its own are out of reach for the rest
    of the app. Each session has its own; handlers run in threads of the server.

    Args:
        inputs: Components whose values the function gets.
        triggers: The events that run it; by default the page's `load` and the `change` of every input.
        queue: Whether it waits for a slot.
        trigger_mode: What a trigger during a run does; see `EventOptions`.
        concurrency_limit: How many runs of it there are at once, in all sessions; `None` for any number.
        concurrency_id: Events with the same word share one limit.
        show_progress: How a run shows.

    Raises:
        DeclarationError: It is used outside of an app, or with a generator.
    """
    options: dict[str, object] = {
        "queue": queue,
        "trigger_mode": trigger_mode,
        "concurrency_limit": concurrency_limit,
        "concurrency_id": concurrency_id,
        "show_progress": show_progress,
        "engine": "thread",
    }
    if callable(inputs) and not isinstance(inputs, Component):
        raise DeclarationError("render is called without its parentheses: write @gr.render() above the function")

    def declared(fn: Handler) -> Handler:
        current_declaration("render")
        parent = current_parent.get()
        place = RenderPlace(getattr(fn, "__name__", "render"), is_row=isinstance(parent, Row))
        listed = changes_and_load(inputs) if triggers is None else triggers
        bound = bind_now([listed] if isinstance(listed, Trigger) else list(listed), fn, inputs, place, options)
        if bound.handler is not None and bound.handler.is_generator:
            raise DeclarationError(
                f"{place.name} is a generator: what it declares is shown as a whole, so leave out yield"
            )
        bound.renders = True
        return fn

    return declared
