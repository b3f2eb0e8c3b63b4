"""`HighlightedText`: a text of which stretches have a label or a score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, Unpack

from millstream.components.values.css_color import named_color
from millstream.components.values.plain import plain_number, plain_text
from millstream.declare.component import Component, Tooled
from millstream.declare.event import Event
from millstream.errors import DeclarationError
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value

Label: TypeAlias = str | float | None
Stretch: TypeAlias = tuple[str, Label]
Given: TypeAlias = "Sequence[Stretch] | Mapping[str, object]"

MAX_STRETCHES: Final = 20_000
"""Most stretches of a text."""

KEYS: Final = frozenset({"token", "class_or_confidence"})
"""The keys of a stretch on the wire, which scripts of the page see."""

LABELS: Final = ("entity", "entity_group", "label")
"""The keys of an entity that may hold its label; the first counts."""

PAIRS: Final = "a list of (text, label), or a dict with text and entities"


class HighlightedText(Component):
    """A text with labels, or scores from -1 to 1, on parts of it.

    Handlers return a list of `(text, label)` that together are the text, where a label is a text, a number or `None`;
    or `{"text": …, "entities": [{"entity": …, "start": …, "end": …}, …]}`. They get the list.

    Args:
        value: The initial text, or a function that gives it.
        color_map: The colours of labels, as `#rrggbb`, `rgb(…)` or a name; others get one by themselves.
        show_legend: Whether the labels and their colours are listed above the text.
        show_inline_category: Whether each stretch has its label behind it; without a legend alone.
        combine_adjacent: Whether neighbours with the same label become one.
        adjacent_separator: The text inserted between joined texts.
        show_whitespaces: Whether spaces at both ends of a stretch are kept.
        rtl: Whether the text runs from right to left.
        common: See `Component`; where it is interactive, the user labels stretches and changes labels.
    """

    change = Event()
    input = Event()
    select = Event()

    def __init__(
        self,
        value: Given | Callable[[], Given] | None = None,
        *,
        color_map: Mapping[str, str] | None = None,
        show_legend: bool = False,
        show_inline_category: bool = True,
        combine_adjacent: bool = False,
        adjacent_separator: str = "",
        show_whitespaces: bool = True,
        rtl: bool = False,
        **common: Unpack[Tooled],
    ) -> None:
        self.color_map = dict(color_map or {})
        self.show_legend, self.show_inline_category = show_legend, show_inline_category
        self.combine_adjacent, self.adjacent_separator = combine_adjacent, adjacent_separator
        self.show_whitespaces, self.rtl = show_whitespaces, rtl
        super().__init__(value, **common)

    def check(self) -> None:
        colors: list[tuple[object, object]] = list(self.color_map.items())
        for label, color in colors:
            if not isinstance(color, str) or named_color(color) is None:
                raise DeclarationError(f"{self.name}: color_map[{label!r}]={color!r} is not a colour such as '#ff8800'")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "color_map": {str(label): named_color(color) for label, color in self.color_map.items()},
            "show_legend": self.show_legend,
            "show_inline_category": self.show_inline_category,
            "rtl": self.rtl,
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return None
        if not isinstance(wire, list) or len(wire) > MAX_STRETCHES:
            raise self.unfit(f"a list of at most {MAX_STRETCHES} stretches of text", f"a {type(wire).__name__}")
        return [self._sent(one) for one in wire]

    def _sent(self, one: Value) -> Stretch:
        if not isinstance(one, dict) or one.keys() != KEYS or not isinstance(text := one["token"], str):
            raise self.invalid("stretches of text with a label each", one)
        return text, self._label(one["class_or_confidence"])

    def accept(self, value: object) -> Stored:
        if value is None:
            return None
        if isinstance(value, Mapping):
            value = self._of_entities(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self.invalid(PAIRS, value)
        if len(value) > MAX_STRETCHES:
            raise self.unfit(f"at most {MAX_STRETCHES} stretches", f"{len(value)}")
        stretches = [self._pair(one) for one in value]
        if self.combine_adjacent:
            stretches = self._combined(stretches)
        return stretches if self.show_whitespaces else [(text.strip(), label) for text, label in stretches]

    def _pair(self, one: object) -> Stretch:
        if isinstance(one, str) or not isinstance(one, Sequence) or len(one) != 2:
            raise self.invalid(PAIRS, one)
        return plain_text(one[0]), self._label(one[1])

    def _label(self, label: object) -> Label:
        if label is None or isinstance(label, str):
            return label
        if (score := plain_number(label)) is None:
            raise self.invalid("labels that are text, finite numbers or None", label)
        return score

    def _of_entities(self, value: Mapping[object, object]) -> list[Stretch]:
        """Cut a text at its entities; where two overlap, the one that begins first has what both want."""
        text, entities = value.get("text"), value.get("entities")
        if not isinstance(text, str) or isinstance(entities, str) or not isinstance(entities, Sequence):
            raise self.invalid(PAIRS, value)
        found = sorted((self._entity(one) for one in entities), key=lambda entity: entity[:2])
        stretches: list[Stretch] = []
        at = 0
        for start, end, label in found:
            if end > max(at, start):
                stretches += [(text[at:start], None)] if start > at else []
                stretches.append((text[max(at, start) : end], label))
                at = end
        return [*stretches, (text[at:], None)] if at < len(text) else stretches

    def _entity(self, one: object) -> tuple[int, int, Label]:
        if not isinstance(one, Mapping):
            raise self.invalid("entities that are dicts", one)
        start, end = (plain_number(one.get(side)) for side in ("start", "end"))
        if not isinstance(start, int) or not isinstance(end, int) or start < 0:
            raise self.invalid("entities with a start and an end, in characters", one)
        return start, end, self._label(next((one[key] for key in LABELS if one.get(key)), None))

    def _combined(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        joined: list[Stretch] = []
        for text, label in stretches:
            if not text:
                continue
            if joined and joined[-1][1] == label:
                joined[-1] = joined[-1][0] + self.adjacent_separator + text, label
            else:
                joined.append((text, label))
        return joined

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return [(one[0], one[1]) for one in value] if isinstance(value, list) else None

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, list):
            return None
        return [{"token": text, "class_or_confidence": label} for text, label in stored]


Highlightedtext = HighlightedText
Highlight = HighlightedText
