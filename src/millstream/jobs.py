"""Jobs and what comes of them, as data, and the Protocols of the engines that run them. Read this after `types.py`.

A `Job` and its `Result`s survive a pickle, so an engine may run them anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from millstream.speech import Heard
from millstream.types import Segment, Stored

Role: TypeAlias = Literal["handler", "listen", "partial", "greeting", "recognise", "finish"]
"""What a job is for: the handler of its binding, one of the other parts of taking turns, or the end of a film."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call as plain data.

    Attributes:
        binding: Number of the binding whose handler is called.
        call: Number of this call, unique in its session.
        inputs: The stored value of each input, in order; that of the driving component is in `packets`.
        packets: What drives the call, in order: one picture (or a few that depend on each other), stretches of sound
            to be joined, or of a film such stretches and then the picture. Empty for an ordinary event.
        changes: Constructor arguments that differ from the declaration in this session, by component.
        stream: The stream that is served, 0 for an ordinary event.
        source: Sequence of the last of `packets`, 0 if there are none.
        event: What is told of the event to handlers that ask for it: `target` (the component's number, `None` for the
            page itself), `name` and `data`. `None` if nothing fired it.
        request: What handlers that ask for it see of the HTTP request.
        folder: The session's own folder, which need not exist yet.
        room: How many bytes its files may still take.
        role: What is to be called.
        span: Which samples of `packets` count, from the first up to the second; `None` for all.
        turn: What handlers that ask for it see of the turn that they answer.
        is_developers: Whether the page is the app's developer's, who reads why a handler fails.
        decodes: Numbers of the codecs that the page decodes besides those that every page knows.
    """

    binding: int
    call: int
    inputs: tuple[Stored, ...]
    packets: tuple[object, ...] = ()
    changes: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    stream: int = 0
    source: int = 0
    event: Occurrence | None = None
    request: object = None
    folder: Path = Path()
    room: int = 0
    role: Role = "handler"
    span: tuple[int, int] | None = None
    turn: object = None
    is_developers: bool = False
    decodes: frozenset[int] = frozenset()


class Occurrence(NamedTuple):
    """What happened: event `name` of component `target` (`None`: of the page itself), with the event's own `data`."""

    target: int | None
    name: str
    data: object = None


class Output(NamedTuple):
    """What one result does to one component.

    `value` is the new stored value, or `KEEP`; `wire` is the page's form of a value that is plain data; `changes` are
    constructor arguments, and `patch` the properties of the page that they determine; `sound` is what a player is given
    to play next.
    """

    value: Stored
    changes: Mapping[str, object] = {}
    patch: Mapping[str, object] = {}
    wire: object = None
    sound: Segment | None = None


class _Marker:
    """The type of `KEEP` and `END`, which stay themselves when they are pickled."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return self._name


KEEP: Final = _Marker("KEEP")
"""Stands for a value that stays as it is."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call ended without a result.

    Attributes:
        message: What the user may read.
        kind: What was at fault: the `handler`, the `media` that drove the call, or another `input`.
        title: Heading of the toast.
        duration_s: How long the toast stays; 0 until it is closed.
        is_visible: Whether there is a toast at all.
    """

    message: str
    kind: Literal["handler", "media", "input"] = "handler"
    title: str = "Error"
    duration_s: float = 10.0
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call, or of one step of a generator.

    Attributes:
        call: The number of the job's call.
        outputs: What changes, by component; what is not named stays as it is.
        failure: Set if the call failed; it is the last result then.
        is_last: Whether the call is over.
        heard: What was heard, of a job that listens.
        text: What was said, of a job that recognises.
        decode_s, call_s, encode_s: How long each step took, in seconds; an async handler's call counts its wait for
            the loop.
    """

    call: int
    outputs: Mapping[int, Output] = field(default_factory=dict)
    failure: Failure | None = None
    is_last: bool = True
    heard: Heard | None = None
    text: str = ""
    decode_s: float = 0.0
    call_s: float = 0.0
    encode_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that a handler shows in the page at any time during its call; `duration_s` 0 keeps it.

    It is equal to others that say the same, however often each was said (`count`).
    """

    level: Literal["error", "warning", "info", "success"]
    message: str
    title: str = ""
    duration_s: float = 10.0
    count: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    """How far one loop of a call is; loops inside of it are further levels.

    Attributes:
        desc: What is being done; empty if nobody said.
        index: How many steps are done, `None` if they are not counted.
        length: How many there are, `None` if nobody knows.
        fraction: The part that is done, from 0 to 1; `None` if nobody knows.
        unit: What is counted.
    """

    desc: str = ""
    index: float | None = None
    length: float | None = None
    fraction: float | None = None
    unit: str = "steps"


class Advance(Protocol):
    """How far a call is. It is announced when that changes, and then not again before its levels are taken."""

    @property
    def call(self) -> int:
        """The number of the call."""

    def levels(self) -> tuple[Level, ...]:
        """Take the newest levels, the outermost first; in any thread."""


Notify: TypeAlias = Callable[[Notice | Advance], None]
"""Called on the loop with what a handler says during its call: a message, or that it has got on."""


Arguments: TypeAlias = tuple[list[object], dict[str, object]]
"""What a handler is called with: by position, and by name."""

END: Final = _Marker("END")
"""Stands for what a call gives when there is nothing more, or nothing because it failed."""


class Call(Protocol):
    """One job on its way; none of its steps raises for what a handler does.

    `run` takes all steps, in the thread that calls it. An engine that wants to take them apart (an async handler's call
    on the loop, the calls of several jobs as one) makes the `arguments`, has the handler called, and lets the result be
    made of what that gave, each in any thread. A generator repeats the last two until a result `is_last`.
    """

    is_async: bool
    """Whether the handler is called by `call_async`, on the loop, and so not by `run` or `call`."""

    @property
    def handler(self) -> Callable[..., object]:
        """What `call` calls: an engine may call it itself, such as once for several jobs."""

    def run(self) -> Result:
        """Take all steps; of a generator, up to its next `yield`."""

    def arguments(self) -> Arguments | None:
        """Make what the handler is called with of what the job carries; `None` if that failed."""

    def call(self) -> object:
        """Call the handler with the arguments, or advance it to its next `yield`; `END` if there is nothing more."""

    async def call_async(self) -> object:
        """Do what `call` does, for an async handler."""

    def accept(self, value: object) -> Result:
        """Make a result of what the handler gave; if a step has failed, of that."""

    def fail(self, error: BaseException) -> Result:
        """Make a result of what the handler raised."""

    def close(self) -> None:
        """Close a generator that is not at its end and delete the call's temporary files. Harmless if repeated.

        `run` and `accept` do it with the last result.
        """

    async def close_async(self) -> None:
        """Do the part of `close` that belongs on the loop: close an async generator."""


class Calls(Protocol):
    """The calls of one worker: they are made one after the other and share stateful decoders and encoders."""

    def begin(self, job: Job) -> Call: ...

    def close(self) -> None:
        """Close what is open: the call that runs, decoders, encoders."""


class Program(Protocol):
    """What an engine runs: the handlers of one manifest."""

    def open(self, binding: int, notify: Notify) -> Calls:
        """Get ready for the calls of a binding; `notify` is called, in their thread, with what its handlers say."""

    def name_of(self, binding: int) -> str:
        """Name a handler for people."""

    def routes(self) -> Mapping[int, str]:
        """Give the names of the engines that bindings ask for, by the binding's number; others take the app's own."""


class Worker(Protocol):
    """Runs the jobs of one stream, or one ordinary call, one after the other.

    Attributes:
        ended: Done when nothing of it runs any more: no thread, no coroutine.
        released: Done when it has ended, or was abandoned: its place in the queue may be given away.
    """

    ended: asyncio.Future[None]
    released: asyncio.Future[None]

    def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        """Run a job; the next step of a generator begins when the next result is asked for.

        Closing the iterator before its end closes the handler's generator.
        """

    async def close(self, wait_s: float | None = None) -> None:
        """Close what runs; returns when it is released, or after `wait_s` (default: what a healthy one takes to end).

        What does not end is abandoned once the engine's `abandon_s` have passed since the first call of this.
        """


class Engine(Protocol):
    """A place where handlers run."""

    def start(self, program: Program, abandon_s: float = 30.0) -> None:
        """Get ready, on the running loop.

        Args:
            program: What is to be run.
            abandon_s: How long a handler may go on after its worker was closed, before it is abandoned.
        """

    def open(self, binding: int, notify: Notify) -> Worker:
        """Get a worker for a binding; `notify` is called on the loop for each notice of its handlers.

        Raises:
            Busy: No worker can be had at the moment, as the machine is short of something.
        """

    def statistics(self) -> Mapping[str, object]:
        """Say what runs and what had to be abandoned, as plain data."""

    async def close(self) -> None:
        """Close all workers, and abandon at once those that do not end."""
