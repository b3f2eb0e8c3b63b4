"""`Label`: what a classifier found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, Unpack

from millstream.components.values.plain import plain_number, plain_text
from millstream.declare.component import Component, Tooled
from millstream.declare.event import Event
from millstream.types import Media, Scratch, Stored
from millstream.wire.messages import Value

Found: TypeAlias = Mapping[str, float] | str | float


class Label(Component):
    """A class, or several with a confidence each.

    Handlers return a dict of labels and confidences from 0 to 1, or the label alone; they get what they returned.

    Args:
        value: The initial value, or a function that gives it.
        num_top_classes: How many classes are shown at most; all by default.
        show_heading: Whether the likeliest class is shown above, in large type.
        color: A CSS colour for the background.
        common: See `Component`.
    """

    change = Event()
    select = Event()

    def __init__(
        self,
        value: Found | Callable[[], Found] | None = None,
        *,
        num_top_classes: int | None = None,
        show_heading: bool = True,
        color: str | None = None,
        **common: Unpack[Tooled],
    ) -> None:
        self.num_top_classes = num_top_classes
        self.show_heading = show_heading
        self.color = color
        super().__init__(value, **common)

    def check(self) -> None:
        if self.num_top_classes is not None and self.num_top_classes < 1:
            self.correct("num_top_classes", None, f"{self.num_top_classes} is less than 1")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "num_top_classes": self.num_top_classes,
            "show_heading": self.show_heading,
            "color": self.color,
        }

    def accept(self, value: object) -> Stored:
        if value is None or (isinstance(value, Mapping) and not value):
            return None
        if not isinstance(value, Mapping):
            if not isinstance(value, str) and plain_number(value) is None:
                raise self.invalid("a dict of labels and confidences, or one label", value)
            return {"label": plain_text(value), "confidences": None}
        found = [(plain_text(label), plain_number(confidence)) for label, confidence in value.items()]
        if any(confidence is None for _, confidence in found):
            raise self.invalid("a dict whose values are finite numbers", value)
        ranked = sorted(found, key=lambda pair: -(pair[1] or 0))[: self.num_top_classes]
        confidences = [{"label": label, "confidence": confidence} for label, confidence in ranked]
        return {"label": ranked[0][0], "confidences": confidences}

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, dict):
            return None
        if value["confidences"] is None:
            return value["label"]
        return {one["label"]: one["confidence"] for one in value["confidences"]}
