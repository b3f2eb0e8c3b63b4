"""`ExampleResults`: the results of a function for examples, in files that the next run of the app finds again."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import logging
import os
import pickle
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from millstream.components.options.media_source import DeclaredFiles
from millstream.declare.caching.fingerprint import fingerprint
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.handler import HandlerKind, HandlerSpec
from millstream.declare.injected import EventData, Request
from millstream.declare.progress import Progress
from millstream.declare.updates import SKIP, Declared, Skip, Update, changes_of
from millstream.errors import InvalidValue, MillstreamError
from millstream.run_in_thread import run_in_thread
from millstream.types import Blob, Handler, Stored
from millstream.variables import EXAMPLES_CACHE

T = TypeVar("T")

logger = logging.getLogger("millstream.examples")

FOLDERS: Final = (EXAMPLES_CACHE, "GRADIO_EXAMPLES_CACHE")
"""Environment variables that name the folder."""

UNFIT: Final = (
    *(pickle.PickleError, TypeError, AttributeError, ValueError, EOFError, ImportError, IndexError, KeyError, OSError),
    RecursionError,
)
"""What objects raise that cannot be pickled, and files that are damaged or name classes that have changed."""

MAX_STEPS: Final = 10_000
MAX_BYTES: Final = 256 * 1024 * 1024
"""The results of a generator that are kept of one example, and their bytes, at most."""

FOLDER: Final = Path(".millstream") / "cached_examples"


class ExampleFiles(DeclaredFiles):
    """The files of the inputs of an example, and those of the function."""

    def temporary(self, suffix: str) -> Path:
        handle, name = tempfile.mkstemp(suffix, "millstream-example-")
        os.close(handle)
        return Path(name)


class ExampleResults:
    """The results of one table of examples.

    A row is found by its values, by the function's source, and by the outputs: if one of them changes, it is computed
    anew.

    Args:
        spec: The function.
        inputs: What it takes.
        outputs: What it writes.
        rows: The stored values of the inputs, by example; called when they are needed.
    """

    def __init__(
        self,
        spec: HandlerSpec,
        inputs: Sequence[Component],
        outputs: Sequence[Element],
        rows: Callable[[], Sequence[Sequence[Stored]]],
    ) -> None:
        self._spec, self._inputs, self._outputs = spec, inputs, outputs
        self._rows = rows

    @property
    def folder(self) -> Path:
        """The folder with the results."""
        named = next((value for name in FOLDERS if (value := os.environ.get(name))), None)
        return Path(named) if named else FOLDER

    # ---- as a handler of an event ------------------------------------------------------------------------------

    def handler(self) -> Handler:
        """Make a handler that gets the number of an example, and gives what the function would give."""
        kinds: dict[HandlerKind, Callable[[], Any]] = {
            HandlerKind.PLAIN: self._plain,
            HandlerKind.ASYNC: self._async,
            HandlerKind.GENERATOR: self._each,
            HandlerKind.ASYNC_GENERATOR: self._each_async,
        }
        made = kinds[self._spec.kind]()
        made.__name__ = self._spec.name
        made.__signature__ = self._signature()  # what `inspect` looks at first
        return cast("Handler", made)

    def _signature(self) -> inspect.Signature:
        kind = inspect.Parameter.KEYWORD_ONLY
        asked = [
            parameter.replace(kind=kind, annotation=self._spec.specials[parameter.name])
            for parameter in self._spec.parameters or ()
            if parameter.name in self._spec.specials
        ]
        return inspect.Signature([inspect.Parameter("number", inspect.Parameter.POSITIONAL_ONLY), *asked])

    def _plain(self) -> Callable[..., object]:
        def one(number: object, **extras: object) -> object:
            if (kept := self._kept(number)) is not None:
                return kept[-1] if kept else SKIP
            positional, keywords = self._arguments(number, extras)
            result = self._spec.fn(*positional, **keywords)
            self._keep(number, [self._pickled(result)])
            return result

        return one

    def _async(self) -> Callable[..., Awaitable[object]]:
        async def one(number: object, **extras: object) -> object:
            if (kept := await _aside(self._kept, number)) is not None:
                return kept[-1] if kept else SKIP
            positional, keywords = await _aside(self._arguments, number, extras)
            result = await cast("Awaitable[object]", self._spec.fn(*positional, **keywords))
            await _aside(lambda: self._keep(number, [self._pickled(result)]))
            return result

        return one

    def _each(self) -> Callable[..., Generator[object, None, None]]:
        def each(number: object, **extras: object) -> Generator[object, None, None]:
            if (kept := self._kept(number)) is not None:
                yield from kept
                return
            positional, keywords = self._arguments(number, extras)
            steps: list[bytes | None] = []
            for result in cast("Generator[object, None, None]", self._spec.fn(*positional, **keywords)):
                self._add(steps, result)
                yield result
            self._keep(number, steps)

        return each

    def _each_async(self) -> Callable[..., AsyncGenerator[object, None]]:
        async def each(number: object, **extras: object) -> AsyncGenerator[object, None]:
            if (kept := await _aside(self._kept, number)) is not None:
                for result in kept:
                    yield result
                return
            positional, keywords = await _aside(self._arguments, number, extras)
            steps: list[bytes | None] = []
            async with aclosing(cast("AsyncGenerator[object, None]", self._spec.fn(*positional, **keywords))) as given:
                async for result in given:
                    await _aside(self._add, steps, result)
                    yield result
            await _aside(self._keep, number, steps)

        return each

    # ---- before the first visitor ------------------------------------------------------------------------------

    def fill(self) -> None:
        """Compute all results that are not there yet; an example that fails is tried again when it is chosen."""
        missing = [number for number in range(len(self._rows())) if not self._path(number).is_file()]
        if missing:
            logger.info("computing %d examples of %s()", len(missing), self._spec.name)
        for number in missing:
            try:
                self._compute(number)
            except Exception:  # of the handler, one of the three edges
                logger.exception("example %d of %s() failed", number, self._spec.name)

    def _compute(self, number: int) -> None:
        extras = {name: _extra(wanted) for name, wanted in self._spec.specials.items()}
        result: Any = self.handler()(number, **extras)
        if self._spec.kind is HandlerKind.GENERATOR:
            for _ in result:
                pass
        elif self._spec.is_async:
            asyncio.run(_drained(result))

    # ---- files -------------------------------------------------------------------------------------------------

    @property
    def _is_played(self) -> bool:
        """True if what is heard comes piece by piece: then all results count, not the last alone."""
        return any(getattr(part, "plays_ahead_s", 0) for part in self._outputs)

    def _arguments(self, number: object, extras: Mapping[str, object]) -> tuple[list[object], dict[str, object]]:
        row = self._rows()[cast("int", number)]
        files = ExampleFiles()
        stored = [*row, *(part.initial() for part in self._inputs[len(row) :])]
        values = [part.preprocess(value, files) for part, value in zip(self._inputs, stored, strict=True)]
        return self._spec.arguments(values, extras)

    def _path(self, number: int) -> Path:
        fn = inspect.unwrap(self._spec.fn)
        try:
            source = inspect.getsource(fn)
        except (OSError, TypeError):
            source = ""
        kinds = [type(part).__name__ for part in (*self._inputs, *self._outputs)]
        row = [_content(value) for value in self._rows()[number]]
        text = fingerprint([self._spec.name, source, kinds, row])
        return self.folder / f"{self._spec.name}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.pickle"

    def _kept(self, number: object) -> list[object] | None:
        """Find the results of an example; `None` if there are none."""
        if not isinstance(number, int) or not 0 <= number < len(self._rows()):
            return []
        try:
            steps = pickle.loads(self._path(number).read_bytes())  # noqa: S301 - our own file, in the app's folder
            return [self._opened(step) for step in steps]
        except FileNotFoundError:
            return None
        except UNFIT as error:
            name = self._spec.name
            logger.warning("kept example %d of %s() cannot be read, and is computed anew: %s", number, name, error)
            return None

    def _keep(self, number: object, steps: Sequence[bytes | None]) -> None:
        if not all(step is not None for step in steps):
            return
        path = self._path(cast("int", number))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                pickle.dump(list(steps), file)
            Path(name).replace(path)
        except OSError as error:
            logger.warning("example %d of %s() cannot be kept: %s", number, self._spec.name, error)

    def _add(self, steps: list[bytes | None], result: object) -> None:
        """Write a step of a generator down, and forget those that do not count, or all once they are too many."""
        if None in steps[:1]:
            return
        if not self._is_played:
            steps.clear()
        steps.append(self._pickled(result))
        if len(steps) > MAX_STEPS or sum(map(len, filter(None, steps))) > MAX_BYTES:
            logger.warning("%s() gives more for an example than is kept", self._spec.name)
            steps[:] = [None]

    def _pickled(self, result: object) -> bytes | None:
        """Write one result down; `None` if it cannot be."""
        try:
            return pickle.dumps([_closed(part, value) for part, value in self._by_output(result)])
        except UNFIT as error:
            logger.warning("what %s() returned for an example cannot be kept: %s", self._spec.name, error)
            return None

    def _by_output(self, result: object) -> list[tuple[Element, object]]:
        count = len(self._outputs)
        if isinstance(result, Skip):
            return [(part, SKIP) for part in self._outputs]
        if isinstance(result, dict) and any(isinstance(key, Element) for key in result):
            return [(part, result.get(part, SKIP)) for part in self._outputs]
        values = [result] if count == 1 else list(cast("Sequence[object]", result)) if count else []
        return list(zip(self._outputs, values, strict=True))

    def _opened(self, step: bytes) -> object:
        values = pickle.loads(step)  # noqa: S301 - our own file, in the app's folder
        return values[0] if len(values) == 1 else values


def _closed(part: Element, value: object) -> object:
    """Give what is written of a value: with the contents of its files, which may not be there the next time."""
    if isinstance(value, Element):
        return Update(changes_of(value, part) or {})
    if not isinstance(part, Component) or not isinstance(value, str | Path | list | tuple | dict):
        return value
    try:
        if part.plays_ahead_s:
            return Path(value).read_bytes() if isinstance(value, str | Path) else value
        stored = part.declared(part.received(value))
    except (InvalidValue, MillstreamError, OSError, NotImplementedError):
        return value
    return Declared(stored) if isinstance(stored, Blob) or part.files(stored) else value


def _extra(wanted: type) -> object:
    if issubclass(wanted, Progress | Request):
        return wanted()
    return wanted(None) if issubclass(wanted, EventData) else None


async def _aside(work: Callable[..., T], *arguments: object) -> T:
    return await run_in_thread("examples", partial(work, *arguments))


async def _drained(result: Any) -> None:
    if inspect.iscoroutine(result):
        await result
    else:
        async for _ in result:
            pass


def _content(value: Stored) -> object:
    """Give what tells a stored value apart."""
    if isinstance(value, Blob):
        return value.data if value.data is not None else str(value.path)
    return repr(value) if not isinstance(value, list | dict | str | int | float | None) else value
