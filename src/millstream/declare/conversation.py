"""Turn-taking: `mic.stream(ReplyOnPause(reply), …)` calls a handler with all that somebody said, when they pause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final, Protocol, TypedDict, Unpack

from millstream.declare.arguments import PlainArguments, is_number
from millstream.declare.binding import Detector, TurnTaking
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.errors import DeclarationError
from millstream.jobs import Role
from millstream.speech import PauseRules
from millstream.types import Handler
from millstream.voice import silero

LISTEN_S: Final = 0.032
"""`stream_every` where the app gives none: one window of the detector, so that an interruption is noticed at once."""

HYSTERESIS: Final = 0.15
"""The distance below `threshold` at which speech ends, as in Silero's own tools."""

MAX_AWAKE_S: Final = 300.0

MAX_TURN_S: Final = 600.0
"""All of a turn is kept in memory."""


class Tuning(Protocol):
    """Options of `ReplyOnPause` that are spelled as another library spells them.

    Attributes:
        argument: The argument of `ReplyOnPause` that takes them.
    """

    argument: ClassVar[str]

    def tuned(self) -> Mapping[str, float]:
        """Give the options of `ReplyOnPause` that they set, by name."""


TUNINGS: Final[Mapping[str, str]] = {"algo_options": "AlgoOptions", "model_options": "SileroVadOptions"}
"""The arguments that take a `Tuning`, and what it is called."""


class ReplyOnPause(metaclass=PlainArguments):
    """A handler for `Audio.stream` that is called once for each turn: with all that was said, when the speaker pauses.

    The microphone's input holds the whole turn then; the other inputs are read at that moment. Listening goes on while
    the handler answers, and speech interrupts the answer: the player is silent at once and the generator is closed. A
    parameter annotated `Turn` tells how much of the answer was heard.

    Args:
        fn: The handler, usually a generator that yields audio.
        startup_fn: A greeting: called when the stream begins, with the same inputs, the microphone's being `None`;
            without that one, or with none at all, if it takes no more.
        algo_options: FastRTC's way to give `pause`, `min_speech` and `max_turn`, in whose place it counts.
        model_options: FastRTC's way to give `threshold`, `min_speech` and `pre_roll`.
        can_interrupt: `False` plays each reply to its end, and ignores speech meanwhile.
        pause: Seconds of silence that end a turn.
        threshold: From this probability of speech on, 0 to 1, somebody speaks; higher in noisy surroundings.
        release: Below this probability nobody does any more; `threshold` less 0.15 by default.
        min_speech: Seconds; anything shorter is noise, which neither interrupts nor gets a reply.
        pre_roll: Seconds from before the speech that are taken in, so that its first syllable is whole.
        max_turn: Seconds after which a turn ends even if the speaker continues; sooner if it has 64 MiB then.
        partial: A handler that is called with what has been said so far, while somebody speaks: for captions. Its
            inputs and outputs are the same. No two calls of `fn`, `partial` and `startup_fn` overlap.
        partial_every: Seconds of audio between two calls of `partial`.
        detector: Makes a `TurnDetector` for each stream, from the `PauseRules` above; Silero's by default.
    """

    meant: ClassVar[Mapping[str, str]] = {
        "input_sample_rate": "say Audio(sample_rate=) of the microphone",
        "expected_layout": "say Audio(channels=) of the microphone",
        **dict.fromkeys(("output_sample_rate", "output_frame_size"), "leave it out: chunks have their own"),
        "model": "say detector=",
        "needs_args": "leave it out: the other inputs of the event are always read",
    }
    """Arguments of FastRTC's that are none here, and what to do about each."""

    def __init__(
        self,
        fn: Handler,
        startup_fn: Handler | None = None,
        algo_options: Tuning | None = None,
        model_options: Tuning | None = None,
        can_interrupt: bool = True,
        *,
        pause: float = 0.6,
        threshold: float = 0.5,
        release: float | None = None,
        min_speech: float = 0.06,
        pre_roll: float = 0.3,
        max_turn: float = 60.0,
        partial: Handler | None = None,
        partial_every: float = 0.5,
        detector: Detector | None = None,
    ) -> None:
        self.fn = fn
        self.startup_fn, self.partial = startup_fn, partial
        self.can_interrupt = can_interrupt
        given = _tuned(algo_options=algo_options, model_options=model_options)
        self.pause, self.min_speech = given.get("pause", pause), given.get("min_speech", min_speech)
        self.threshold = threshold = given.get("threshold", threshold)
        self.release = max(threshold - HYSTERESIS, threshold / 2) if release is None else release
        self.pre_roll, self.max_turn = given.get("pre_roll", pre_roll), given.get("max_turn", max_turn)
        self.partial_every = partial_every
        self.detector = detector

    def __call__(self, *arguments: object, **keywords: object) -> object:
        return self.fn(*arguments, **keywords)

    def taken(self, where: str, inputs: int) -> TurnTaking:
        """Check everything, for a binding with so many inputs.

        Raises:
            DeclarationError: An option or a handler does not fit, or the model is not installed.
        """
        self._check(where)
        if self.detector is None:
            silero.check_installed(where)
        others: dict[Role, Handler | None] = {"greeting": self.startup_fn, "partial": self.partial}
        handlers = {role: inspect_handler(fn, where) for role, fn in others.items() if fn is not None}
        for role, handler in handlers.items():
            if role != "greeting" or not (handler.takes(inputs - 1) or handler.takes(0)):
                handler.check_arity(inputs, where)
        return TurnTaking(
            rules=PauseRules(self.pause, self.threshold, self.release, self.min_speech),
            detector=self.detector or silero.open_detector,
            pre_roll_s=self.pre_roll,
            max_turn_s=self.max_turn,
            can_interrupt=self.can_interrupt,
            partial_every_s=self.partial_every,
            handlers=handlers,
        )

    def _check(self, where: str) -> None:
        """Check the options.

        Raises:
            DeclarationError: A value is not allowed; the message says what is.
        """
        allowed = {
            "pause": (0.05, 10.0),
            "threshold": (0.01, 0.99),
            "release": (0.0, self.threshold),
            "min_speech": (0.0, 5.0),
            "pre_roll": (0.0, 5.0),
            "max_turn": (1.0, MAX_TURN_S),
            "partial_every": (0.05, 60.0),
        }
        if not callable(self.detector or silero.open_detector):
            raise DeclarationError(
                f"{where}: detector={self.detector!r} is not allowed; give what makes one: a class, or a function of "
                "the PauseRules"
            )
        for name, (least, most) in allowed.items():
            value = getattr(self, name)
            if not is_number(value) or not least <= value <= most:
                kind = type(self).__name__
                raise DeclarationError(f"{where}: {kind}({name}={value!r}) is not allowed; give {least:g} to {most:g}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.fn, '__name__', self.fn)!s})"


class TurnOptions(TypedDict, total=False):
    """The keywords of `ReplyOnPause`, which describes them."""

    startup_fn: Handler | None
    algo_options: Tuning | None
    model_options: Tuning | None
    can_interrupt: bool
    pause: float
    threshold: float
    release: float | None
    min_speech: float
    pre_roll: float
    max_turn: float
    partial: Handler | None
    partial_every: float
    detector: Detector | None


class ReplyOnStopWords(ReplyOnPause):
    """As `ReplyOnPause`, where people also speak to each other: only speech after a stop word gets a reply.

    Each turn is recognised first. One with a stop word is answered, and interrupts the answer before; if nothing was
    said after the stop word, the next turn is. Everything else is ignored.

    Args:
        fn: The handler; it gets the whole turn, the stop word included.
        stop_words: Words or phrases such as `"computer"`; case, accents and punctuation do not count.
        recognise: Called with `(sample_rate, samples)` of each turn, as `Audio` gives them; returns what was said.
        awake: Seconds after a stop word alone in which the next turn may begin.
        options: See `ReplyOnPause`.
    """

    def __init__(
        self,
        fn: Handler,
        stop_words: Sequence[str],
        *,
        recognise: Handler,
        awake: float = 8.0,
        **options: Unpack[TurnOptions],
    ) -> None:
        super().__init__(fn, **options)
        self.stop_words = (stop_words,) if isinstance(stop_words, str) else tuple(stop_words)
        self.recognise = recognise
        self.awake = awake

    def taken(self, where: str, inputs: int) -> TurnTaking:
        taking = super().taken(where, inputs)
        kind = type(self).__name__
        if not self.stop_words or not all(str(word).strip() for word in self.stop_words):
            raise DeclarationError(f'{where}: {kind}(stop_words={self.stop_words!r}) needs words, such as "computer"')
        if not is_number(self.awake) or not 0 < self.awake <= MAX_AWAKE_S:
            raise DeclarationError(f"{where}: {kind}(awake={self.awake!r}) is not allowed; give up to {MAX_AWAKE_S:g}")
        recognise = inspect_handler(self.recognise, where)
        recognise.check_arity(1, where)
        if recognise.is_generator:
            raise DeclarationError(f"{where}: {kind}(recognise={recognise.name}) is a generator; return what was said")
        handlers: dict[Role, HandlerSpec] = {**taking.handlers, "recognise": recognise}
        return replace(taking, handlers=handlers, stop_words=self.stop_words, awake_s=self.awake)


def _tuned(**tunings: Tuning | None) -> dict[str, float]:
    """Merge what tunings set, by the arguments that they were given as; of two values for one option the higher counts.

    Raises:
        DeclarationError: A tuning was given as the wrong argument, or something else was.
    """
    merged: dict[str, float] = {}
    for argument, tuning in tunings.items():
        if tuning is None:
            continue
        if getattr(tuning, "argument", None) != argument:
            raise DeclarationError(f"ReplyOnPause: {argument}={tuning!r} is no {TUNINGS[argument]}")
        merged |= {name: max(value, merged.get(name, value)) for name, value in tuning.tuned().items()}
    return merged
