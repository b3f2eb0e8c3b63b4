"""`Examples`: rows of values that a click puts into the inputs."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Literal, Self, Unpack, cast

from millstream.components.example_results import ExampleResults
from millstream.components.example_rows import rows_of
from millstream.components.options.media_source import guessed_mime
from millstream.components.state import State
from millstream.declare.component import Common, Component
from millstream.declare.declaration import Declaration
from millstream.declare.element import Element, listed_elements
from millstream.declare.event import Dependency, Event, Inputs, Outputs
from millstream.declare.handler import inspect_handler
from millstream.declare.injected import SelectData
from millstream.declare.updates import Declared, skip
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, Handler, Stored, WebLink
from millstream.wire.messages import Value

MAX_TEXT: Final = 200
"""Characters of a value that a row shows."""

THUMBNAIL: Final = 256, 160
"""Largest width and height, in pixels, of the image in a row."""

MAX_PLAYED_BYTES: Final = 8 * 1024 * 1024
"""Audio files up to this size can be played in their row; larger ones only after they were chosen."""

Row = tuple[Stored, ...]


class Examples(Component):
    """Rows of values: a click, or Enter, puts one into the inputs, whose `change` events follow.

    Images are shown small, audio can be played. The files are the developer's own: they may lie anywhere.

    Args:
        examples: One row for each example, with a value for each input; of a single input the values themselves. A row
            may be shorter: the other inputs stay as they are. Or the path of a folder, beside the app's file: each of
            its files is an example, or each line of its `log.csv`, which has a line of headings.
        inputs: What is filled.
        outputs: What `fn` writes.
        fn: What runs with `run_on_click`, or computes the results that are kept.
        cache_examples: Whether the results of `fn` are kept, in `.millstream/cached_examples` or the folder that the
            environment names as `MILLSTREAM_EXAMPLES_CACHE`. A click shows them at once, in each later run of the app,
            too. `True` computes all of them before the first visitor, `"lazy"` each when it is chosen for the first
            time. By default as `GRADIO_CACHE_EXAMPLES` says. Results of a function that takes a `Request`, or another
            object of one visitor, are not kept: it runs at each click.
        cache_mode: `"lazy"` or `"eager"`, with `cache_examples=True`.
        examples_per_page: How many rows are shown at once.
        run_on_click: Whether `fn` runs when a row was put into the inputs.
        example_labels: What the rows are called, instead of the values.
        common: See `Component`.

    Attributes:
        load_input_event: The event that fills the inputs, to be followed by `.then` or `.success`.
    """

    value_arguments: ClassVar[tuple[str, ...]] = ("examples",)

    ignores: ClassVar[tuple[str, ...]] = (
        "preprocess",
        "postprocess",
        "batch",
        "api_name",
        "api_description",
        "api_visibility",
        "show_api",
        "preload",
        "visible_columns",
    )
    neutral: ClassVar[Mapping[str, object]] = {"batch": False, "preprocess": True, "postprocess": True}

    editing = frozenset({"select"})

    select = Event()

    def __init__(  # type: ignore[misc]  # its `inputs` are others
        self,
        examples: Sequence[object] | str | Path,
        inputs: Component | Sequence[Component],
        outputs: Outputs = None,
        fn: Handler | None = None,
        cache_examples: bool | str | None = None,
        examples_per_page: int = 10,
        *,
        run_on_click: bool = False,
        cache_mode: Literal["eager", "lazy"] | None = None,
        example_labels: Sequence[str] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.inputs = [inputs] if isinstance(inputs, Component) else list(inputs)
        self.outputs, self.fn = outputs, fn
        self.run_on_click = run_on_click
        self.cache_mode = cache_mode_of(cache_examples, cache_mode) if fn is not None and outputs else None
        self._asks_for_cache = bool(cache_examples)
        if self.cache_mode is not None and fn is not None and inspect_handler(fn, "Examples").is_personal:
            warn("Examples: what fn= gives to one visitor is not kept for others, as it takes a Request or the like")
            self.cache_mode, self.run_on_click = None, True
        self.examples_per_page = examples_per_page
        self.example_labels = None if example_labels is None else [str(name) for name in example_labels]
        self.load_input_event: Dependency | None = None
        self._examples = cast("Sequence[object]", rows_of(examples, self.inputs, "Examples"))
        self._rows: list[Row] = []
        self._chosen: list[State] = []
        if common.get("interactive") is None:
            common["interactive"] = True
        super().__init__(None, **common)
        self._bind()

    def render(self) -> Self:
        super().render()
        self._bind()
        return self

    def check(self) -> None:
        given: object = self._examples
        if isinstance(given, str) or not isinstance(given, Sequence) or len(given) == 0:
            given = repr(given)[:60]
            raise DeclarationError(f"{self.name}: examples={given} is neither a list of examples nor a folder")
        if not self.inputs or not all(isinstance(part, Component) for part in self.inputs):
            raise DeclarationError(f"{self.name}: inputs must be the components that the examples are for")
        if self.examples_per_page < 1:
            self.correct("examples_per_page", 10, f"{self.examples_per_page} is less than 1")
        if self.example_labels is not None and len(self.example_labels) != len(self._examples):
            counts = f"{len(self.example_labels)} example_labels for {len(self._examples)} examples"
            raise DeclarationError(f"{self.name}: {counts}; give one for each")
        self._check_function()
        super().check()

    def _check_function(self) -> None:
        if self.run_on_click and self.fn is None:
            raise DeclarationError(f"{self.name}: run_on_click needs the function: give fn=, and outputs=")
        if self._asks_for_cache and (self.fn is None or not self.outputs):
            raise DeclarationError(f"{self.name}: cache_examples needs the function and what it writes: fn=, outputs=")

    def joined(self) -> None:
        self.check()
        if not self._rows:
            self._rows = [self._row(number, example) for number, example in enumerate(self._examples)]
        super().joined()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "headers": [part.label or type(part).__name__ for part in self._shown],
            "names": self.example_labels,
            "per_page": self.examples_per_page,
        }

    def declared(self, value: object) -> Stored:
        columns = [self.inputs.index(part) for part in self._shown]
        return [[shown_cell(self.inputs[at], row[at]) if at < len(row) else {} for at in columns] for row in self._rows]

    def files(self, stored: Stored) -> Sequence[Blob]:
        cells = [cell for row in cast("list[list[dict[str, object]]]", stored or []) for cell in row]
        return [part for cell in cells for part in cell.values() if isinstance(part, Blob)]

    def accept(self, value: object) -> Stored:
        raise InvalidValue(f"{self.name} is set when the app is declared; a handler cannot give it other rows")

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh._rows, fresh.load_input_event = self._rows, self.load_input_event

    @property
    def _shown(self) -> list[Component]:
        """The inputs for which there is a value in at least one row."""
        filled = [any(at < len(row) and row[at] is not None for row in self._rows) for at in range(len(self.inputs))]
        shown = [part for part, is_filled in zip(self.inputs, filled, strict=True) if is_filled and part.on_page]
        return list(dict.fromkeys(shown))

    def _row(self, number: int, example: object) -> Row:
        """Check a row, and bring its values into the form in which sessions keep them."""
        is_row = isinstance(example, list | tuple) and (len(self.inputs) > 1 or len(example) == 1)
        if not is_row and len(self.inputs) > 1:
            raise DeclarationError(f"{self.name}: example {number} is not a list with a value for each input")
        values = list(cast("Sequence[object]", example)) if is_row else [example]
        if len(values) > len(self.inputs):
            counts = f"{len(values)} values for {len(self.inputs)} inputs"
            raise DeclarationError(f"{self.name}: example {number} has {counts}")
        return tuple(self._declared(number, part, value) for part, value in zip(self.inputs, values, strict=False))

    def _declared(self, number: int, part: Component, value: object) -> Stored:
        try:
            return None if value is None else part.declared(part.received(value))
        except InvalidValue as error:
            raise DeclarationError(f"{self.name}: example {number} does not fit: {error}") from error

    def _bind(self) -> None:
        """Fill the inputs when a row is chosen, as soon as there is an app to be bound in."""
        if self.parent is None or self.load_input_event is not None or self.declaration is None:
            return
        self._chosen = [] if self.cache_mode is None else [State()]
        self.load_input_event = self.select(
            self._filler(),
            None,
            [*self.inputs, *self._chosen],
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
        )
        if self.cache_mode is not None and self.fn is not None:
            self._bind_results(self.load_input_event, self.fn)
        elif self.run_on_click and self.fn is not None:
            self.load_input_event.success(self.fn, cast("Inputs", self.inputs), self.outputs)

    def _bind_results(self, filled: Dependency, fn: Handler) -> None:
        """Show the results that are kept, and compute those that are not."""
        outputs = list(listed_elements(self.outputs, Element, self.name, "outputs"))
        spec = inspect_handler(fn, self.name)
        spec.check_arity(len(self.inputs), self.name)
        results = ExampleResults(spec, self.inputs, outputs, lambda: self._rows)
        filled.success(results.handler(), self._chosen, outputs)
        if self.cache_mode == "eager" and not spec.set_ups:  # a model that is to be loaded first may come later
            cast("Declaration", self.declaration).setup(results.fill)

    def _filler(self) -> Callable[..., object]:
        def fill(event: SelectData) -> object:
            if not isinstance(event.index, int) or not 0 <= event.index < len(self._rows):
                return skip()
            row = self._rows[event.index]
            values: list[object] = [Declared(stored) for stored in row] + [skip()] * (len(self.inputs) - len(row))
            values += [event.index for _ in self._chosen]
            return values[0] if len(values) == 1 else values

        return fill


def cache_mode_of(cache_examples: bool | str | None, mode: str | None) -> Literal["eager", "lazy"] | None:
    """Say when results are computed that are to be kept; `None` if none are.

    Args:
        cache_examples: `None` for what the environment says.
        mode: `"eager"` or `"lazy"`; `None` for what the environment says, or the former.
    """
    given = os.environ.get("GRADIO_CACHE_EXAMPLES", "") if cache_examples is None else str(cache_examples)
    if given.lower() not in ("true", "lazy"):
        return None
    mode = "lazy" if given.lower() == "lazy" else mode or os.environ.get("GRADIO_CACHE_MODE")
    return "lazy" if mode == "lazy" else "eager"


def shown_cell(part: Component, stored: Stored) -> dict[str, object]:
    """Give the cell in which a row shows a value: `text`, and maybe an image (`picture`) or audio (`sound`)."""
    if isinstance(stored, WebLink):
        is_picture = part.streams == "picture" or guessed_mime(stored.url).startswith("image/")
        return {"text": _short(stored.url), **({"picture": {"url": stored.url}} if is_picture else {})}
    if files := _files_in(stored):
        return _shown_files(part, stored, files)
    if not isinstance(stored, Blob):
        return {"text": _short(_words(part, stored))}
    if stored.mime.startswith("image/") and (thumbnail := _thumbnail(stored)) is not None:
        return {"text": stored.name, "picture": thumbnail}
    if stored.mime.startswith("audio/") and stored.size <= MAX_PLAYED_BYTES:
        return {"text": stored.name, "sound": stored}
    return {"text": stored.name}


def _files_in(stored: object) -> list[Blob | WebLink]:
    """Find the files of a value that is made of several parts, such as a drawing or a gallery."""
    parts = stored.values() if isinstance(stored, Mapping) else stored if isinstance(stored, list | tuple) else ()
    return [each for one in parts for each in ([one] if isinstance(one, Blob | WebLink) else _files_in(one))]


def _shown_files(part: Component, stored: object, files: Sequence[Blob | WebLink]) -> dict[str, object]:
    """Show the text beside the files, or else their names and the first of their images."""
    text = stored.get("text") if isinstance(stored, Mapping) else None
    if text:
        return {"text": _short(str(text))}
    cells = [shown_cell(part, file) for file in files]
    picture = next((cell["picture"] for cell in cells if "picture" in cell), None)
    names = _short(", ".join(str(cell["text"]) for cell in cells))
    return {"text": names, **({"picture": picture} if picture is not None else {})}


def _words(part: Component, stored: Stored) -> str:
    if stored is None:
        return ""
    if isinstance(stored, bool):
        return "yes" if stored else "no"
    if isinstance(stored, list | tuple):
        return ", ".join(_words(part, item) for item in stored)
    if isinstance(stored, dict) and "text" in stored:
        return str(stored["text"])
    labels = {value: label for label, value in getattr(part, "choices", ())}
    return str(labels.get(stored, stored)) if isinstance(stored, str | int | float) else str(stored)


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _thumbnail(blob: Blob) -> Blob | None:
    """Make a thumbnail of an image; `None` for one that Pillow does not read."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        content = blob.data if blob.data is not None else blob.path.read_bytes() if blob.path is not None else b""
        with Image.open(io.BytesIO(content)) as image:
            small = ImageOps.exif_transpose(image)
            small.thumbnail(THUMBNAIL)
            target = io.BytesIO()
            small.convert("RGBA" if small.has_transparency_data else "RGB").save(target, "webp", quality=80)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return Blob(f"{blob.name}.webp", "image/webp", data=target.getvalue())
