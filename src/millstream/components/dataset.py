"""`Dataset`: rows of samples, of which the user chooses one."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, NamedTuple, Unpack, cast

from millstream.components.examples import shown_cell
from millstream.declare.component import Common, Component
from millstream.declare.element import detached
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, Files, Media, Scratch, Stored
from millstream.wire.messages import Value


class Samples(NamedTuple):
    """The value of a `Dataset`: the samples as they were given, what the page shows of them, and the chosen one."""

    given: tuple[tuple[object, ...], ...] = ()
    cells: tuple[tuple[dict[str, object], ...], ...] = ()
    chosen: int | None = None


class Dataset(Component):
    """Rows of samples. A click, or Enter, chooses one: the function of `click` or `select` gets it.

    Args:
        components: The components that the values are for, or their names, such as `"image"`: they say how values are
            shown. They need not be in the app. Without them there can be no samples.
        samples: One row for each sample, with a value for each component; of a single component the values themselves.
            A handler returns `Dataset(samples=…)`, or the rows, for others.
        headers: Headings of the columns; by default the labels of the components.
        type: What a function gets: `"values"` for the list of the values, `"index"` for the number, `"tuple"` for both.
        samples_per_page: How many rows are shown at once.
        sample_labels: What the rows are called, instead of the values.
        layout: `"gallery"` shows tiles, `"table"` a table; by default a table of more than one column.
        common: See `Component`.
    """

    tag = "examples"
    value_name: ClassVar[str] = "samples"
    value_arguments: ClassVar[tuple[str, ...]] = ("samples", "components")
    takes_objects = True
    ignores: ClassVar[tuple[str, ...]] = ("proxy_url", "component_props")
    prop_names: ClassVar = {
        "samples_per_page": ("per_page",),
        "sample_labels": ("names",),
        "layout": ("is_table",),
        "components": ("headers",),
    }
    editing = frozenset({"select", "click"})

    change = Event()
    select = Event()
    click = Event()

    def __init__(
        self,
        *,
        components: Sequence[Component | str] | None = None,
        samples: Sequence[object] | Callable[[], Sequence[object]] | None = None,
        headers: Sequence[str] | None = None,
        type: Literal["values", "index", "tuple"] = "values",
        samples_per_page: int = 10,
        sample_labels: Sequence[str] | None = None,
        layout: Literal["gallery", "table"] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.components = [_component(part) for part in components or ()]
        self.headers = None if headers is None else [str(header) for header in headers]
        self.type = type
        self.samples_per_page = samples_per_page
        self.sample_labels = None if sample_labels is None else [str(label) for label in sample_labels]
        self.layout = layout
        if common.get("interactive") is None:
            common["interactive"] = True
        super().__init__(samples, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("values", "index", "tuple"))
        self.prefer_one_of("layout", ("gallery", "table", None), None)
        if not self.components and (callable(self.value) or self.value):
            raise DeclarationError(f"{self.name}: components= names none; give at least one, such as 'text'")
        if self.samples_per_page < 1:
            self.correct("samples_per_page", 10, f"{self.samples_per_page} is less than 1")
        super().check()

    def props(self) -> dict[str, Value]:
        names = [part.label or type(part).__name__ for part in self.components]
        return {
            **super().props(),
            "headers": names if self.headers is None else list(self.headers),
            "names": self.sample_labels,
            "per_page": self.samples_per_page,
            "is_table": None if self.layout is None else self.layout == "table",
            "chooses": True,
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        raise self.invalid("the number of a sample", wire)

    def edited(self, wire: Value, stored: Stored, files: Files) -> Stored:
        samples = cast("Samples", stored)
        if isinstance(wire, list):  # the rows themselves, from a page that knows a former session
            return samples
        if type(wire) is not int or not 0 <= wire < len(samples.given):
            raise self.invalid(f"the number of one of {len(samples.given)} samples", wire)
        return samples._replace(chosen=wire)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        samples = cast("Samples", value)
        if samples.chosen is None:
            return None
        values = list(samples.given[samples.chosen])
        if self.type == "index":
            return samples.chosen
        return values if self.type == "values" else (samples.chosen, values)

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        return self._samples(value, lambda part, given: part.postprocess(part.received(given), scratch))

    def declared(self, value: object) -> Stored:
        return self._samples(value, lambda part, given: part.declared(part.received(given)))

    def _samples(self, value: object, store: Callable[[Component, object], object]) -> Samples:
        if value is None:
            return Samples()
        given = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(given, str | bytes) or not isinstance(given, Sequence):
            raise self.invalid("a list of samples", value)
        rows = [self._row(sample) for sample in given]
        cells = tuple(
            tuple(
                {} if one is None else shown_cell(part, store(part, one))
                for part, one in zip(self.components, row, strict=False)
            )
            for row in rows
        )
        return Samples(tuple(rows), cells)

    def _row(self, sample: object) -> tuple[object, ...]:
        width = len(self.components)
        row = tuple(sample) if isinstance(sample, list | tuple) and (width > 1 or len(sample) == 1) else (sample,)
        if len(row) > width or (width > 1 and not isinstance(sample, list | tuple)):
            raise InvalidValue(f"{self.name} takes rows of {width} values, but got one of {len(row)}")
        return row

    def files(self, stored: Stored) -> Sequence[Blob]:
        cells = [cell for row in cast("Samples", stored or Samples()).cells for cell in row]
        return [part for cell in cells for part in cell.values() if isinstance(part, Blob)]

    def wire(self, stored: Stored) -> Value:
        return [list(row) for row in cast("Samples", stored or Samples()).cells]

    def mark(self, stored: Stored) -> object:
        samples = cast("Samples", stored)
        return id(samples.given), samples.chosen


def _component(part: Component | str) -> Component:
    """Make the component that a name stands for: the class of that name, whatever its case."""
    if isinstance(part, Component):
        return part
    package = importlib.import_module("millstream")
    word = str(part).lower().replace("_", "")
    kind = next((getattr(package, name) for name in package.__all__ if name.lower() == word), None)
    if not isinstance(kind, type) or not issubclass(kind, Component):
        raise DeclarationError(f"Dataset: there is no component {part!r}; give a name such as 'text' or 'image'")
    with detached():
        return kind()
