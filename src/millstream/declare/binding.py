"""`Binding`: one event wired to a handler, as the runtime and the engines use it: data, without the decorators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias, get_args

from millstream.batches import BatchRules
from millstream.declare.handler import HandlerSpec
from millstream.jobs import Role
from millstream.speech import PauseRules, TurnDetector
from millstream.tickets import Ask

Outcome: TypeAlias = Literal["then", "success", "failure"]
TriggerMode: TypeAlias = Literal["once", "multiple", "always_last"]
Progress: TypeAlias = Literal["full", "minimal", "hidden"]
Keep: TypeAlias = Literal["latest", "all"]
CAMERA_S: Final = 1 / 30
"""Seconds between two frames of a camera that is not known better."""

MAX_STREAMS: Final = 8
"""Streams that one page may have open at once, and so those that one component may drive."""

Detector: TypeAlias = Callable[[PauseRules], TurnDetector]


@dataclass(frozen=True)
class TurnTaking:
    """The turn-taking of one stream, as the runtime uses it; see `ReplyOnPause` and `ReplyOnStopWords`.

    Attributes:
        rules: When a turn begins and ends.
        detector: Makes the detector of one stream; called in its worker.
        pre_roll_s: How much before the speech belongs to a turn.
        max_turn_s: The longest turn.
        can_interrupt: Whether speech ends an answer.
        partial_every_s: How often `partial` is called while somebody speaks.
        handlers: What else is called, by role.
        stop_words: Only what is said after one of them is answered; none answers everything.
        awake_s: How long after a stop word alone the next turn may begin.
    """

    rules: PauseRules
    detector: Detector
    pre_roll_s: float
    max_turn_s: float
    can_interrupt: bool
    partial_every_s: float
    handlers: dict[Role, HandlerSpec]
    stop_words: tuple[str, ...] = ()
    awake_s: float = 0.0


@dataclass(frozen=True)
class Binding:
    """One event wired to a handler, as the runtime uses it.

    Attributes:
        number: Its number in the manifest, and on the wire.
        targets: What triggers it: element and event; `None` for the page's own events (`load`, `unload`), which come
            last. Empty if it follows another binding.
        handler: What is called; `None` for a binding that only cancels or only runs `js`.
        inputs: Numbers of the components whose values the handler gets, in order.
        outputs: Numbers of the elements that its results go to, in order.
        inputs_as_dict: Whether the handler gets one dict, keyed by component.
        trigger_mode: What a trigger during a run does.
        show_progress: How a run shows on its outputs.
        progress_on: Numbers of the components that show it; empty for the outputs, which share it.
        queue: Whether it waits for a slot; `False` runs at once.
        concurrency_limit: How many calls or streams of its `concurrency_key` run at once; `None` for any number.
        concurrency_key: Bindings with the same key share their slots.
        time_limit: Seconds that a slot of a stream lasts; `None` for no limit, and for ordinary events.
        stream_every: Mean interval of capture in seconds; 0 for every camera frame.
        camera_s: Seconds between two frames of the camera, as far as the app says; 1/30 if it does not.
        keep: Whether a newer frame replaces one that waits, or all are handled.
        max_backlog: Seconds of media that may wait with `keep="all"`.
        max_age: Seconds after which a frame is neither handled nor shown; `None` for no limit.
        cancels: Numbers of the bindings whose runs and streams it ends.
        js: A JavaScript function for the page, or `None`.
        after: The binding that it follows and the outcome it waits for, or `None`.
        stream: Number of the component whose camera or microphone drives it; `None` for an ordinary event.
        turns: How it takes turns, if its handler answers what somebody said; else it is called with every chunk.
        engine: Name of the engine that runs its handlers; `None` for the app's own.
        batch: How calls of several sessions are made as one; `None` if each is made by itself.
        validator: What looks at the inputs before the handler is called; `None` for nothing.
        renders: Whether its handler is a render: what that declares takes the place of what its output holds.
        answers: Whether a script of the page calls the handler: with arguments of its own, and for what it returns.
        rendered_by: The binding of the app whose render has made this one for one session; `None` if it is the app's.
    """

    number: int
    targets: tuple[tuple[int | None, str], ...]
    handler: HandlerSpec | None
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    inputs_as_dict: bool = False
    trigger_mode: TriggerMode = "once"
    show_progress: Progress = "full"
    progress_on: tuple[int, ...] = ()
    queue: bool = True
    concurrency_limit: int | None = 1
    concurrency_key: str = ""
    time_limit: float | None = None
    stream_every: float = 0.5
    camera_s: float = CAMERA_S
    keep: Keep = "latest"
    max_backlog: float = 30.0
    max_age: float | None = None
    cancels: tuple[int, ...] = ()
    js: str | None = None
    after: tuple[int, Outcome] | None = None
    stream: int | None = None
    turns: TurnTaking | None = None
    engine: str | None = None
    batch: BatchRules | None = None
    validator: HandlerSpec | None = None
    renders: bool = False
    answers: bool = False
    rendered_by: int | None = None

    @cached_property
    def is_stream(self) -> bool:
        return self.stream is not None

    @cached_property
    def handlers(self) -> Mapping[Role, HandlerSpec | None]:
        """The handlers by role."""
        others = {} if self.turns is None else self.turns.handlers
        known = {role: others.get(role, self.handler) for role in get_args(Role)}
        return known if self.validator is None else {**known, "validate": self.validator}

    @cached_property
    def ask(self) -> Ask:
        """The request for a slot for one of its calls or streams, of no visitor yet."""
        is_open_ended = self.stream is not None
        return Ask(self.concurrency_key, "", self.concurrency_limit, self.time_limit, is_open_ended)

    @cached_property
    def name(self) -> str:
        """The name of its handler in messages."""
        return self.handler.name if self.handler is not None else f"binding {self.number}"
