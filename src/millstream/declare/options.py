"""The options of events: their defaults, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias, TypedDict

from millstream import engines
from millstream.declare.arguments import Word, is_number, plain_argument
from millstream.declare.binding import Keep, Progress, TriggerMode
from millstream.declare.component import SHORTEST_S, Component
from millstream.declare.user_warnings import LATER, asked_for, asks_for_nothing, warn, warn_ignored
from millstream.errors import DeclarationError, nearest
from millstream.types import Carried, Handler
from millstream.wire.limits import LONGEST_WAIT_S
from millstream.wire.plain import brief

Limit: TypeAlias = int | Literal["default"] | None

OUTCOMES: Final = ("then", "success", "failure")

SHORTEST_SCENE_S: Final = 1 / 30
"""The interval that `stream_every=0` means for camera and microphone together: every frame of the usual camera."""

IGNORED: Final = LATER | {"scroll_to_output", "like_user_message", "connection", "preprocess", "postprocess"}
"""Keywords of Gradio's events that have no meaning here."""

NEUTRAL: Final = {
    "preprocess": True,
    "postprocess": True,
    "collects_event_data": None,
    "key": ...,
    **dict.fromkeys(("every", "_js", "status_tracker", "rate_limit", "rendered_in", "renderable")),
}
"""Keywords of Gradio's events that are unknown here, but for these values (`...`: for any), which ask for nothing."""


_MEANT: Final = {
    "fps": "; give the seconds between two frames as stream_every=",
    "interval": "; did you mean 'stream_every'?",
    "timeout": "; did you mean 'time_limit'?",
    "duration": "; did you mean 'time_limit'?",
    "max_threads": "; did you mean 'concurrency_limit'?",
    "_js": "; did you mean 'js'?",
}
"""Other words for the keywords of events."""

_INSTEAD: Final = {
    "every": "; instead: the tick of a gr.Timer, alone or with others, as in gr.on([demo.load, gr.Timer(2).tick], …)"
}
"""What does the same as a keyword that has no like here."""


class Cancellable(Protocol):
    """The result of binding an event: its runs and streams can be ended."""

    @property
    def name(self) -> str: ...


class EventOptions(TypedDict, total=False):
    """The keywords of every event.

    `show_progress`: how a run shows on its outputs, `"full"` by default, `"minimal"` for a stream, `"hidden"` for the
    `tick` of a timer; `False` for `"hidden"`.
    `show_progress_on`: the components that show it; by default the largest visible output does, for all of them.
    `queue`: `False` runs at once, whatever `concurrency_limit` says.
    `cancels`: dependencies whose runs and streams this event ends.
    `trigger_mode`: what a trigger during a run does: `"once"` ignores it, `"multiple"` runs it as well,
    `"always_last"` runs the last of them afterwards. The default is `"multiple"` for `stream`, `"always_last"` for
    `change` and `key_up`, also with `load` beside them, else `"once"`.
    `js`: a JavaScript function, run in the page before the handler, or instead of it. `True` is Gradio's way of having
    a function in Python translated; here it runs on the server, with a warning.
    `concurrency_limit`: how many calls run at once; `None` for any number, `"default"` for the app's default.
    `concurrency_id`: events with the same word share one limit; without it, those with the same function do.
    `engine`: where the handler runs: `"thread"` of the server, worker `"process"`, or the pool of a `"ray"` cluster; by
    default as `launch()` says.
    `batch`: calls of several sessions are made as one: the handler gets a list for each input, and returns a list or
    tuple with a list for each output. `concurrency_limit` counts such calls then, each of which has room for
    `max_batch_size`.
    `max_batch_size`: the most calls that are made as one, 4 by default.
    `max_wait`: seconds that a call waits for others at most, 0.008 by default; it waits only for those that are
    expected, and only as long as that saves time.
    `validator`: called with the same inputs before the event waits for a slot; returns `validate(…)` for each of them.
    A refusal is shown next to the field, and the handler is not called.
    `inputs_kwargs`: components whose values the handler gets as keyword arguments, by the names of its parameters,
    after those of `inputs`.
    """

    show_progress: Progress | bool
    show_progress_on: Component | Sequence[Component] | None
    queue: bool
    cancels: Cancellable | Sequence[Cancellable] | None
    trigger_mode: TriggerMode | None
    js: str | Literal[True] | None
    concurrency_limit: Limit
    concurrency_id: str | None
    engine: str | None
    batch: bool
    max_batch_size: int
    max_wait: float
    validator: Handler | None
    inputs_kwargs: Mapping[str, Component] | None


class StreamOptions(EventOptions, total=False):
    """The keywords of a `stream` event.

    `time_limit`: seconds that a stream lasts from the moment it leaves the queue; `None` for no limit.
    `stream_every`: the mean interval of capture in seconds, 0.5 by default; 0 takes every camera frame.
    `keep`: `"latest"` (the default for frames) lets a newer frame replace one that waits, `"all"` (the default for
    audio) loses nothing. Of camera and microphone together it is about the audio; of frames the newest wins.
    `max_backlog`: seconds of media that may wait with `keep="all"`, 30 by default.
    `max_age`: seconds after which a frame is stale: an older one is not handled, and its result is not shown. No
    limit by default; audio is never dropped.
    """

    time_limit: float | None
    stream_every: float
    keep: Keep | None
    max_backlog: float
    max_age: float | None


KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "show_progress": (bool, Word),
    "queue": (bool,),
    "concurrency_limit": (int, Word, type(None)),
    "concurrency_id": (str, type(None)),
    "engine": (Word, type(None)),
    "batch": (bool,),
    "max_batch_size": (int,),
    "max_wait": (float,),
    "time_limit": (float, type(None)),
    "stream_every": (float,),
    "max_backlog": (float,),
    "max_age": (float, type(None)),
}
"""The types that options are brought to, where nothing is lost by it."""

ONLY_STREAMS: Final = StreamOptions.__annotations__.keys() - EventOptions.__annotations__.keys()
"""The keywords that an ordinary event does not have."""


@dataclass(frozen=True)
class Options:
    """The checked options of one dependency; see `EventOptions` and `StreamOptions`."""

    trigger_mode: TriggerMode
    show_progress: Progress
    show_progress_on: Component | Sequence[Component] | None = None
    queue: bool = True
    cancels: tuple[Cancellable, ...] = ()
    js: str | None = None
    concurrency_limit: Limit = "default"
    concurrency_id: str | None = None
    time_limit: float | None = None
    stream_every: float = 0.5
    keep: Keep = "latest"
    max_backlog: float = 30.0
    max_age: float | None = None
    engine: str | None = None
    batch: bool = False
    max_batch_size: int = 4
    max_wait: float = 0.008
    validator: Handler | None = None


def checked_options(
    where: str, events: AbstractSet[str], streams: Carried | None, given: Mapping[str, object]
) -> Options:
    """Check the options of an event, and fill in the defaults.

    Args:
        where: What messages call the event.
        events: The names of all events that are bound at once.
        streams: What the event streams, `None` for an ordinary one.
        given: What was given, by name.

    Raises:
        DeclarationError: A value is not allowed; the message says what is.
        TypeError: An option is unknown.
    """
    given = {name: plain_argument(where, name, value, KINDS.get(name, ())) for name, value in given.items()}
    known = _filled_in(where, events, streams, _known(where, streams, given))
    options = Options(**known)  # type: ignore[arg-type]  # checked in the next line
    _check(options, where)
    _check_together(options, where, streams)
    return options


def _known(where: str, streams: Carried | None, given: Mapping[str, object]) -> dict[str, object]:
    """Give the options among the keywords, those left out that are `None`; warn of what means nothing here.

    Raises:
        TypeError: A keyword is unknown; the message names the nearest one that exists.
    """
    names = EventOptions.__annotations__.keys() | (StreamOptions.__annotations__.keys() if streams else ())
    others = given.keys() - names
    ignored = IGNORED if streams else IGNORED | {"time_limit", "stream_every"}
    for name in others:
        if name not in ignored and not asks_for_nothing(name, given[name], NEUTRAL):
            near = nearest(name, {*names, "fn", "inputs", "outputs", "triggers"}, cutoff=0.55)
            hint = _MEANT.get(name, "") or near or _INSTEAD.get(name, "")
            raise TypeError(f"{where}() has no argument {name!r}{hint}")
    warn_ignored(f"{where}()", asked_for({name: given[name] for name in others - NEUTRAL.keys()}))
    known = {name: value for name, value in given.items() if name in names}
    return {name: value for name, value in known.items() if value is not None or name in _NONE_MEANS}


def _filled_in(
    where: str, events: AbstractSet[str], streams: Carried | None, known: Mapping[str, object]
) -> dict[str, object]:
    """Add the defaults that differ from event to event, and bring options to the one form that is checked."""
    default: Progress = "minimal" if streams else "hidden" if events == {"tick"} else "full"
    shown = known.get("show_progress", default)
    shown = {True: default, False: "hidden"}[shown] if isinstance(shown, bool) else shown
    filled = {
        **known,
        "trigger_mode": known.get("trigger_mode") or _default_mode(events),
        "show_progress": _preferred(where, "show_progress", shown, ("full", "minimal", "hidden"), default),
        "js": _script(where, known.get("js")),
        "cancels": _listed(known.get("cancels")),
        "keep": known.get("keep") or ("all" if streams in ("sound", "film") else "latest"),
    }
    if isinstance(pace := known.get("stream_every"), int | float) and is_number(pace) and pace < 0:
        warn(f"{where}: stream_every={pace!r} is less than 0; 0 is taken")
        filled["stream_every"] = 0
    if "time_limit" in known:
        filled["time_limit"] = _possible_limit(where, known["time_limit"])
    if streams == "film" and filled.get("stream_every") == 0:
        filled["stream_every"] = SHORTEST_SCENE_S  # audio has no frames of its own
    return filled


def _possible_limit(where: str, given: object) -> object:
    """Give a time limit that leaves time to say so; one that no page lives to see, such as `math.inf`, is none."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    if 0 < given < SHORTEST_S:
        warn(f"{where}: time_limit={given!r} is too short; {SHORTEST_S!r} is taken")
        return SHORTEST_S
    return None if given > LONGEST_WAIT_S else given


def _check_together(options: Options, where: str, streams: Carried | None) -> None:
    """Check what goes with the event, and with other options.

    Raises:
        DeclarationError: An option does not; the message says why.
    """
    if options.engine is not None:
        engines.check(options.engine, where)
    if options.max_age is not None and options.keep == "all":
        raise DeclarationError(f"{where}: max_age= is for streams of frames that keep the latest; here all are kept")
    if options.validator is not None and (streams or options.batch):
        why = "a stream has no inputs to be corrected" if streams else "a batch is of many calls"
        raise DeclarationError(f"{where}: validator= cannot be had here: {why}; check in the handler")
    if streams and options.js is not None:
        raise DeclarationError(f"{where}: js= cannot run for each frame; bind it to start_recording or change instead")


_NONE_MEANS: Final = frozenset({"time_limit", "concurrency_limit"})
"""Options for which `None` is not the same as nothing."""


def _preferred(where: str, name: str, value: object, allowed: Sequence[str], default: str) -> object:
    """Give an option that only changes the looks, or its default, with a warning, if it is unknown."""
    if value in allowed:
        return value
    warn(f"{where}: {name}={value!r} is not {', '.join(allowed[:-1])} or {allowed[-1]}; {default!r} is taken")
    return default


def _script(where: str, given: object) -> object:
    if given is True:
        warn(f"{where}: js=True translates no Python here; the function runs on the server")
        return None
    return given or None


def _default_mode(events: AbstractSet[str]) -> TriggerMode:
    # With `load` beside them too, as `on()` binds by default: a change while a page loads is not to be lost.
    if events & {"change", "key_up"} and events <= {"change", "key_up", "load"}:
        return "always_last"
    return "multiple" if events <= {"stream", "load", "unload", *OUTCOMES} else "once"


def _listed(given: object) -> tuple[object, ...]:
    return tuple(given) if isinstance(given, Sequence) else () if given is None else (given,)


def _check(options: Options, where: str) -> None:
    """Check the values of the options.

    Raises:
        DeclarationError: One is not allowed; the message says what is.
    """
    limit = options.concurrency_limit
    limited = limit is None or limit == "default" or _is_count(limit)
    allowed = {
        "trigger_mode": (options.trigger_mode in ("once", "multiple", "always_last"), "once, multiple or always_last"),
        "queue": (isinstance(options.queue, bool), "True or False"),
        "js": (options.js is None or isinstance(options.js, str), "a JavaScript function in a string, or None"),
        "concurrency_limit": (limited, 'a whole number from 1, None, or "default"'),
        "concurrency_id": (options.concurrency_id is None or isinstance(options.concurrency_id, str), "a string"),
        "time_limit": (options.time_limit is None or _is_over(options.time_limit, 0), "seconds above 0, or None"),
        "stream_every": (_is_from(options.stream_every, 0), "seconds from 0"),
        "keep": (options.keep in ("latest", "all"), "latest or all"),
        "max_backlog": (_is_over(options.max_backlog, 0), "seconds above 0"),
        "batch": (isinstance(options.batch, bool), "True or False"),
        "max_batch_size": (_is_count(options.max_batch_size), "a whole number from 1"),
        "max_wait": (_is_from(options.max_wait, 0), "seconds from 0"),
        "max_age": (options.max_age is None or _is_over(options.max_age, 0), "seconds above 0, or None for no limit"),
    }
    for name, (fits, what) in allowed.items():
        if not fits:
            raise DeclarationError(f"{where}: {name}={brief(getattr(options, name))} is not allowed; give {what}")


def _is_count(value: object) -> bool:
    return is_number(value) and int(value) >= 1 and value == int(value)  # type: ignore[call-overload]


def _is_from(value: object, bound: float) -> bool:
    return is_number(value) and float(value) >= bound  # type: ignore[arg-type]


def _is_over(value: object, bound: float) -> bool:
    return is_number(value) and float(value) > bound  # type: ignore[arg-type]
