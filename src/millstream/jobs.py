"""Jobs and their results as data, and the Protocols of the engines that run them. Read this after `types.py`.

A `Job` and its `Result`s survive a pickle, so an engine may run them anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.set_up_calls import SetUpCall
from millstream.speech import Heard
from millstream.types import Segment, Stored

Role: TypeAlias = Literal["handler", "listen", "partial", "greeting", "recognise", "finish", "validate"]
"""The purpose of a job: the handler of its binding or its validator, a part of turn-taking, the end of a video."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call as plain data.

    Attributes:
        binding: Number of the binding whose handler is called.
        call: Number of this call, unique in its session.
        inputs: The stored value of each input, in order; that of the driving component is in `packets`.
        packets: The packets that drive the call, in order: one frame (or a few that depend on each other), chunks of
            audio to be joined, or for a video such chunks and then the frame. Empty for an ordinary event.
        changes: Constructor arguments that differ from the declaration in this session, by component.
        stream: The stream that is served, 0 for an ordinary event.
        source: Sequence of the last of `packets`, 0 if there are none.
        event: The event, for handlers that ask for it; `None` if nothing fired it.
        request: The HTTP request, for handlers that ask for it.
        folder, room: The session's own folder, which need not exist yet, and the bytes that its files may still take.
        role: The purpose of the call.
        span: The samples of `packets` that count, from the first up to the second; `None` for all.
        turn: The turn that is answered, for handlers that ask for it.
        is_developers: Whether the page is the app developer's, who sees why a handler fails.
        decodes: Numbers of the codecs that the page decodes besides those that every page knows.
        defers: Whether opaque frames are left as they are, to be encoded when the link is free for them.
        session: Tells the page from others, for handlers that keep an object for each.
        seed: What a render begins with; `None` for any other call. It never leaves this process.
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
    defers: bool = False
    session: str = ""
    seed: object = None


class Occurrence(NamedTuple):
    """An event: `name` of component `target` (`None`: of the page itself), with the event's own `data`."""

    target: int | None
    name: str
    data: object = None


class Output(NamedTuple):
    """The effect of one result on one component.

    `value` is the new stored value, or `KEEP`; `wire` is the page's form of a value that is plain data; `changes` are
    constructor arguments, and `patch` the properties of the page that they determine; `sound` is the next input of its
    player.
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
"""Stands for an unchanged value."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why a call ended without a result.

    Attributes:
        message: The message for the user.
        kind: The cause: the `handler`, the `media` that drove the call, or another `input`.
        title, duration_s: Heading of the toast, and the seconds that it stays; 0 until it is closed.
        is_visible: Whether there is a toast at all.
        is_lost: Whether the call was lost with its worker, whoever was to blame: a stream goes on with the next one.
        problems: The words for single inputs, by component: their fields show them.
    """

    message: str
    kind: Literal["handler", "media", "input"] = "handler"
    title: str = "Error"
    duration_s: float = 10.0
    is_visible: bool = True
    is_lost: bool = False
    problems: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a call, or of one step of a generator.

    Attributes:
        call: The number of the job's call.
        outputs: The changes, by component; components not named stay unchanged.
        failure: Set if the call failed; it is the last result then.
        is_last: Whether the call is over.
        heard, text, answer: The detected turns, the recognised text, or what the page's script is answered.
        decode_s, call_s, encode_s: The seconds of each step, waits for the loop or for a batch included.
    """

    call: int
    outputs: Mapping[int, Output] = field(default_factory=dict)
    failure: Failure | None = None
    is_last: bool = True
    heard: Heard | None = None
    text: str = ""
    answer: object = None
    decode_s: float = 0.0
    call_s: float = 0.0
    encode_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that a handler shows in the page at any time during its call; `duration_s` 0 keeps it.

    It equals others with the same content, however often each was sent (`count`).
    """

    level: Literal["error", "warning", "info", "success"]
    message: str
    title: str = ""
    duration_s: float = 10.0
    count: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    """The progress of one loop of a call; nested loops are further levels.

    Attributes:
        desc: A description; empty if none was given.
        index: The number of steps done, `None` if they are not counted.
        length: The total number of steps, `None` if unknown.
        fraction: The completed fraction, from 0 to 1; `None` if unknown.
        unit: The unit of the steps.
    """

    desc: str = ""
    index: float | None = None
    length: float | None = None
    fraction: float | None = None
    unit: str = "steps"


class Advance(Protocol):
    """The progress of a call. A change is announced, and then not again before its levels are taken."""

    @property
    def call(self) -> int:
        """The number of the call."""

    def levels(self) -> tuple[Level, ...]:
        """Take the newest levels, the outermost first; in any thread."""


Notify: TypeAlias = Callable[[Notice | Advance], None]
"""Called on the loop when a handler reports something during its call: a message, or progress."""


Arguments: TypeAlias = tuple[list[object], dict[str, object]]
"""The arguments of a handler: by position, and by name."""

END: Final = _Marker("END")
"""Stands for the result of a call that has no more results, or has failed."""


class Call(Protocol):
    """One job being run; none of its steps raises because of a handler.

    `run` takes all steps, in its caller's thread. An engine that separates them (an async handler's call on the loop,
    several calls as one) makes the `arguments`, calls the handler, and has the result made of its return value, each in
    any thread. A generator repeats the last two until a result `is_last`.
    """

    is_async: bool
    """True if `call_async` calls the handler, on the loop, and not `run` or `call`."""

    @property
    def handler(self) -> Callable[..., object]:
        """The function that `call` calls: an engine may call it itself, for instance once for several jobs."""

    def run(self) -> Result:
        """Take all steps; of a generator, up to its next `yield`."""

    def arguments(self) -> Arguments | None:
        """Make the handler's arguments from the job; `None` if that failed."""

    def call(self) -> object:
        """Call the handler with the arguments, or advance it to its next `yield`; `END` if there is nothing more."""

    async def call_async(self) -> object:
        """The same as `call`, for an async handler."""

    def accept(self, value: object) -> Result:
        """Make a result of the handler's return value, or of the failure of an earlier step."""

    def fail(self, error: BaseException) -> Result:
        """Make a result of the exception that the handler raised."""

    def close(self) -> None:
        """Close an open generator and delete temporary files, as the last result does; harmless if repeated."""

    async def close_async(self) -> None:
        """Do the part of `close` that belongs on the loop: close an async generator."""


class Calls(Protocol):
    """The calls of one worker: they are made one after the other and share stateful decoders and encoders."""

    name: str
    """What people call their handler."""

    def begin(self, job: Job) -> Call: ...

    def close(self) -> None:
        """Close what is open: the call that runs, decoders, encoders."""


class Signature(NamedTuple):
    """The names of a binding: its handler, its inputs and outputs; if it `keeps_sessions` a page stays in a process."""

    handler: str
    inputs: tuple[tuple[int, str], ...] = ()
    outputs: tuple[tuple[int, str], ...] = ()
    keeps_sessions: bool = False


class Program(Protocol):
    """The handlers of one manifest, as an engine runs them."""

    def open(self, binding: int, notify: Notify) -> Calls:
        """Prepare for the calls of a binding; `notify` is called, in their thread, with messages of its handlers."""

    def routes(self) -> Mapping[int, str]:
        """Give the names of the engines that bindings ask for, by the binding's number; others take the app's own."""

    def signatures(self) -> tuple[Signature, ...]:
        """Give the names of all bindings, by their numbers."""

    def set_ups(self, bindings: Collection[int], worker: int = 0) -> Sequence[SetUpCall]:
        """Give what is to be called once in each process that calls these handlers; `worker` is its number."""

    def end_session(self, session: str) -> None:
        """Let go of what handlers keep for a page that has ended."""

    def factory(self) -> Callable[[], Program]:
        """Give a function that survives a pickle, and makes the same program in another process.

        Raises:
            DeclarationError: The app cannot be found there; the message names the remedy.
        """


class Worker(Protocol):
    """Runs the jobs of one stream, or one ordinary call, one after the other.

    Attributes:
        ended: Done when nothing of it runs any more: no thread, no coroutine.
        released: Done when it has ended, or was abandoned: its slot may be given away.
        abandon_s: Seconds that what runs has to end after `close`; the engine's own when it is opened.
    """

    ended: asyncio.Future[None]
    released: asyncio.Future[None]
    abandon_s: float

    def submit(self, job: Job) -> AsyncGenerator[Result, None]:
        """Run a job; the next step of a generator begins when the next result is asked for.

        Closing the iterator before its end closes the handler's generator.
        """

    async def close(self, wait_s: float | None = None) -> None:
        """Close what runs; returns when it is released, or after `wait_s` (default: what a healthy one takes to end).

        What does not end is abandoned `abandon_s` after the first call.
        """


class Engine(Protocol):
    """Runs the handlers of an app."""

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        """Get ready to run a program within these bounds, on the running loop."""

    async def prepare(self, bindings: Collection[int]) -> None:
        """Set up what the handlers of these bindings need; returns when they can be called without waiting."""

    def open(self, binding: int, notify: Notify) -> Worker:
        """Get a worker for a binding; `notify` is called on the loop for each notice of its handlers.

        Raises:
            Busy: No worker can be had at the moment, as the machine is short of something.
        """

    def end_session(self, session: str) -> None:
        """Let go of what handlers keep for a page that has ended, wherever they run."""

    def statistics(self) -> Mapping[str, object]:
        """Say what runs and what had to be abandoned, as plain data."""

    async def close(self) -> None:
        """Close all workers, and abandon at once those that do not end."""
