"""One call from a `Job` to its `Result`s in three steps: decode, call, encode. Runs in the engine, not on the loop."""

from __future__ import annotations

import inspect
import logging
import secrets
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final, Literal, cast

import numpy as np

from millstream import codecs
from millstream.codecs import wav
from millstream.errors import Error, InvalidValue, MediaError
from millstream.frames import Chunk, Frame, Scene
from millstream.runtime.guard import guarded
from millstream.runtime.notices import heard_by
from millstream.runtime.store import CallFiles, Rules
from millstream.runtime.tape import Tape
from millstream.types import (
    KEEP,
    Blob,
    Decoder,
    Encoder,
    Failure,
    Footage,
    Heard,
    Job,
    Media,
    Notify,
    Output,
    Piece,
    Reel,
    Result,
    Stored,
)
from millstream.ui.component import Component, describe
from millstream.ui.element import Element
from millstream.ui.events import Binding
from millstream.ui.handler import HandlerSpec
from millstream.ui.manifest import Manifest
from millstream.ui.progress import Progress, Tracker, tracked_by
from millstream.ui.special import Request, Turn
from millstream.ui.turns import TurnTaking
from millstream.ui.updates import Declared, Skip, changes_of
from millstream.voice.ear import Ear
from millstream.wire.messages import MAX_MESSAGE_BYTES
from millstream.wire.packet import HEADER, Flag, Kind, Packet

logger = logging.getLogger("millstream.handler")

MAX_PAYLOAD: Final = MAX_MESSAGE_BYTES - HEADER.size
"""A picture that is larger when encoded travels as a file."""

SOUND_CODEC: Final = "pcm16"

MAX_TEXT: Final = 5_000
"""Characters of an error that reach the page."""

_END: Final = object()
"""What a generator gives when there is nothing more."""


class Program:
    """The handlers of one manifest, as an engine runs them.

    Args:
        manifest: The frozen declaration.
        rules: Which files handlers may return.
        show_error: Whether users read the text of every exception, or only that of `Error`.
    """

    def __init__(self, manifest: Manifest, rules: Rules, show_error: bool) -> None:
        self.manifest = manifest
        self.rules = rules
        self.show_error = show_error

    def open(self) -> Calls:
        return Calls(self)

    def name_of(self, binding: int) -> str:
        return self.manifest.bindings[binding].name


class Calls:
    """The calls of one worker: one after the other, with the decoders, encoders and sample count of its stream."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._decoders: dict[int, Decoder] = {}
        self._encoders: dict[tuple[int, str, float], tuple[int, Encoder]] = {}
        self._elements: dict[int, tuple[Mapping[str, object], Element]] = {}
        self._next_sample: int | None = None
        self._scenery: tuple[int, Frame] | None = None
        self._ear: Ear | None = None
        self._reels: dict[int, Reel | None] = {}
        self._running: Call | None = None

    def begin(self, job: Job, notify: Notify) -> Call:
        from millstream.runtime.listening import KINDS  # which builds on this module

        self._running = KINDS.get(job.role, Call)(self._program, self, job, notify)
        return self._running

    def close(self) -> None:
        if self._running is not None:
            self._running.close()
        for decoder in self._decoders.values():
            decoder.close()
        for _, encoder in self._encoders.values():
            encoder.close()
        if self._ear is not None:
            with guarded(lambda error: logger.error("a turn detector cannot be closed", exc_info=error)):
                self._ear.close()
        for _, reel in self.reels():
            reel.close()

    def reel(self, component: Component) -> Reel | None:
        """Give what joins the pieces that a player gets, one after the other; `None` if each is played by itself."""
        if component.id not in self._reels:
            self._reels[component.id] = component.reel()
        return self._reels[component.id]

    def reels(self) -> list[tuple[int, Reel]]:
        """Give all that were begun, with the numbers of their components."""
        return [(number, reel) for number, reel in self._reels.items() if reel is not None]

    def hear(self, chunk: Chunk, turns: TurnTaking) -> Heard:
        """Listen to the next stretch of the stream's microphone."""
        if self._ear is None:
            self._ear = Ear(partial(turns.detector, turns.rules))
        return self._ear.hear(chunk)

    def element(self, number: int, changes: Mapping[str, object]) -> Element:
        """Give an element as it is in this session."""
        declared = self._program.manifest.elements[number]
        if not changes:
            return declared
        known = self._elements.get(number)
        if known is None or known[0] is not changes:
            known = self._elements[number] = changes, declared.updated(changes)
        return known[1]

    def join(self, packets: tuple[Packet, ...], is_gapless: bool) -> Media | Scene:
        """Decode what drives a call: of pictures the last one counts, stretches of sound are joined.

        Raises:
            MediaError: A packet cannot be decoded, or samples are missing or repeated where none may be.
        """
        pictures = [packet for packet in packets if packet.kind is Kind.PICTURE]
        sounds = [packet for packet in packets if packet.kind is Kind.SOUND]
        if not sounds:
            return [self._decode(packet) for packet in pictures][-1]
        chunk = self._join_sound(sounds, is_gapless)
        return Scene(self._newest(pictures), chunk) if pictures else chunk

    def _newest(self, pictures: Sequence[Packet]) -> Frame:
        """Decode the picture that goes with sound; it may be the one of the last call once more.

        Handlers may write into what they get, so each is given a copy.
        """
        newest = pictures[-1].sequence
        if self._scenery is None or self._scenery[0] != newest:
            self._scenery = newest, cast("Frame", [self._decode(packet) for packet in pictures][-1])
        frame = self._scenery[1]
        return replace(frame, pixels=frame.pixels.copy())

    def _join_sound(self, packets: Sequence[Packet], is_gapless: bool) -> Chunk:
        chunks = cast("list[Chunk]", [self._decode(packet) for packet in packets])
        for chunk in chunks:
            if is_gapless and self._next_sample is not None and chunk.first_sample != self._next_sample:
                raise MediaError(f"sound is incomplete: sample {self._next_sample} expected, got {chunk.first_sample}")
            self._next_sample = chunk.first_sample + len(chunk.samples)
        return joined(chunks)

    def _decode(self, packet: Packet) -> Media:
        decoder = self._decoders.get(packet.codec)
        if decoder is None:
            decoder = self._decoders[packet.codec] = codecs.by_number(packet.codec).open_decoder()
        return _checked(decoder.decode(packet.payload), packet)

    def encoder(self, number: int, name: str, quality: float) -> tuple[int, Encoder]:
        """Give the number of a codec, and its encoder for one component."""
        key = (number, name, quality)
        if key not in self._encoders:
            codec = codecs.load(name)
            self._encoders[key] = codec.NUMBER, codec.open_encoder(quality)
        return self._encoders[key]


class Call:
    """One job on its way. No step raises for what a handler, a user or a page did: the result says it."""

    def __init__(self, program: Program, calls: Calls, job: Job, notify: Notify) -> None:
        self._program = program
        self._calls = calls
        self._job = job
        self._notify = notify
        self._tracker = Tracker(job.call, notify)
        self._binding = program.manifest.bindings[job.binding]
        self._spec = cast("HandlerSpec", self._binding.handler_for(job.role))
        self._files = CallFiles(job.folder, job.room, program.rules)
        self._arguments: tuple[list[object], dict[str, object]] | None = None
        self._generator: Generator[object, None, None] | None = None
        self._async_generator: AsyncGenerator[object, None] | None = None
        self._value: object = _END
        self._failure: Failure | None = None
        self.is_async, self._is_generator = self._spec.is_async, self._spec.is_generator

    def decode(self) -> None:
        if self._arguments is None and self._failure is None:
            with guarded(lambda error: self._fail(error, "media")):
                media = self._media()
            if self._failure is None:
                with guarded(lambda error: self._fail(error, "input")):
                    self._arguments = self._spec.arguments(self._inputs(media), self._extras())

    def call(self) -> None:
        with guarded(self._fail), self._heard():
            if self._generator is not None:
                self._value = next(self._generator, _END)
            elif self._failure is None:
                self._value = self._spec.called(*self._taken_arguments())
                if inspect.isgenerator(self._value):  # also one that a plain function only hands on
                    self._generator, self._is_generator = cast("Generator[object, None, None]", self._value), True
                    self._value = next(self._generator, _END)

    async def call_async(self) -> None:
        with guarded(self._fail), self._heard():
            if self._async_generator is not None:
                self._value = await anext(self._async_generator, _END)
            elif self._failure is None:
                positional, keywords = self._taken_arguments()
                made = self._spec.fn(*positional, **keywords)
                if self._spec.is_generator:
                    self._async_generator = cast("AsyncGenerator[object, None]", made)
                    self._value = await anext(self._async_generator, _END)
                else:
                    self._value = await made  # type: ignore[misc]  # a coroutine, as the handler's kind says

    def encode(self) -> Result:
        outputs: dict[int, Output] = {}
        if self._failure is None and self._value is not _END:
            with guarded(self._fail):
                outputs = self._outputs(self._value)
        is_last = self._failure is not None or self._value is _END or not self._is_generator
        if is_last and self._failure is None and not self._job.stream:
            with guarded(self._fail):
                outputs |= self._films(outputs)
        self._value = None
        if self._failure is not None:
            return Result(self._job.call, {}, self._failure)
        return Result(self._job.call, outputs, None, is_last)

    def close(self) -> None:
        if self._generator is not None:
            generator, self._generator = self._generator, None
            with guarded(self._fail), self._heard():
                generator.close()
        self._files.close()

    async def close_async(self) -> None:
        if self._async_generator is not None:
            generator, self._async_generator = self._async_generator, None
            with guarded(self._fail), self._heard():
                await generator.aclose()

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Let the page hear what the handler says inside, and see how far it is."""
        with heard_by(self._notify), tracked_by(self._tracker, is_tqdm=self._spec.tracks_tqdm):
            yield

    def _taken_arguments(self) -> tuple[list[object], dict[str, object]]:
        """Hand the arguments on without keeping them: a big array lives no longer than the handler wants it."""
        assert self._arguments is not None
        arguments, self._arguments = self._arguments, ([], {})
        return arguments

    # ---- decode ------------------------------------------------------------------------------------------------

    def _media(self) -> Media | Scene | None:
        packets, span = cast("tuple[Packet, ...]", self._job.packets), self._job.span
        if span is not None:
            return cast("Chunk", self._calls.join(packets, is_gapless=False)).part(*span)
        return self._calls.join(packets, self._binding.keep == "all") if packets else None

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        job, binding = self._job, self._binding
        values = [
            self._argument(number, media if media is not None and number == binding.stream else stored)
            for number, stored in zip(binding.inputs, job.inputs, strict=True)
        ]
        if binding.inputs_as_dict:
            elements = self._program.manifest.elements
            return [{elements[number]: value for number, value in zip(binding.inputs, values, strict=True)}]
        return values

    def _argument(self, number: int, stored: Stored | Media | Scene) -> object:
        component = cast("Component", self._calls.element(number, self._job.changes.get(number, {})))
        if isinstance(stored, Packet):
            stored = _decoded_alone(stored)
        elif isinstance(stored, Tape):
            stored = _recorded(stored)
        return component.preprocess(stored, self._files)

    def _extras(self) -> dict[str, object]:
        extras: dict[str, object] = {}
        for name, wanted in self._spec.specials.items():
            if issubclass(wanted, Progress):
                extras[name] = Progress().bound(self._tracker)
            elif issubclass(wanted, Request):
                extras[name] = self._job.request
            elif issubclass(wanted, Turn):
                extras[name] = self._job.turn or Turn()
            elif (event := self._job.event) is not None:
                target = None if event.target is None else self._program.manifest.elements[event.target]
                extras[name] = wanted(target, event.data)
            else:
                extras[name] = wanted(None)
        return extras

    # ---- encode ------------------------------------------------------------------------------------------------

    def _outputs(self, value: object) -> dict[int, Output]:
        returned = distributed(self._binding, self._program.manifest.elements, value)
        outputs = {number: self._output(number, item) for number, item in returned.items()}
        return {number: output for number, output in outputs.items() if output.value is not KEEP or output.changes}

    def _output(self, number: int, item: object) -> Output:
        known = self._job.changes.get(number, {})
        changes = changes_of(item, self._program.manifest.elements[number])
        if changes is None:
            return self._valued(number, self._calls.element(number, known), item, {})
        value = changes.get("value", KEEP)
        changes = {name: change for name, change in changes.items() if name != "value"}
        if value is KEEP and not changes:
            return Output(KEEP)
        element = self._calls.element(number, known)
        if changes:
            element = element.updated(changes)
        return Output(KEEP, changes) if value is KEEP else self._valued(number, element, value, changes)

    def _valued(self, number: int, element: Element, value: object, changes: Mapping[str, object]) -> Output:
        if isinstance(element, Component) and element.plays_ahead_s and not isinstance(value, Declared):
            if value is None and (self._job.stream or self._is_generator):
                return Output(KEEP, changes)  # nothing to be heard this time
            if (reel := self._calls.reel(element)) is not None:
                piece: tuple[Stored, Piece | None] | None = None, reel.piece(value, self._files)
            else:
                piece = element.piece(value, self._files)
            if piece is not None and piece[1] is not None:
                return Output(piece[0], changes, sound=piece[1])
        stored = self._encoded(number, element, value)
        is_plain = isinstance(element, Component) and element.on_page and not isinstance(stored, Packet | Blob)
        return Output(stored, changes, cast("Component", element).wire(stored) if is_plain else None)

    def _films(self, outputs: Mapping[int, Output]) -> dict[int, Output]:
        """End the films of a run: their rest is played, and from now on the whole is the component's value."""
        ended = {}
        for number, reel in self._calls.reels():
            whole, rest = reel.end()
            before = outputs.get(number, Output(None))
            if rest is not None:
                piece = cast("Footage | None", before.sound)
                stored = self._files.settle(whole) if whole is not None else None
                ended[number] = Output(stored, before.changes, sound=rest if piece is None else piece.before(rest))
        return ended

    def _encoded(self, number: int, element: Element, value: object) -> Stored:
        """Bring what the handler returned for one component into the form that is kept and sent."""
        if not isinstance(element, Component):
            raise InvalidValue(f"{element.name} has no value, but {self._spec.name}() returned {describe(value)}")
        stored = value.stored if isinstance(value, Declared) else element.postprocess(value, self._files)
        if isinstance(stored, Frame):
            return self._picture(number, element, stored)
        if isinstance(stored, Chunk):
            return self._packet(Kind.SOUND, number, SOUND_CODEC, 1.0, stored)
        return self._files.settle(stored) if isinstance(stored, Blob) else stored

    def _picture(self, number: int, component: Component, frame: Frame) -> Stored:
        name, quality = component.codec(self._job.stream != 0, frame)
        packet = self._packet(Kind.PICTURE, number, name, quality, frame)
        if len(packet.payload) <= MAX_PAYLOAD:
            return packet
        return self._files.settle(Blob(f"image.{name}", f"image/{name}", data=bytes(packet.payload)))

    def _packet(self, kind: Kind, number: int, codec: str, quality: float, media: Media) -> Packet:
        codec_number, encoder = self._calls.encoder(number, codec, quality)
        encoded = encoder.encode(media)
        flags = (Flag.KEY if encoded.is_key else Flag.NONE) | (
            Flag.INDEPENDENT if encoded.is_independent else Flag.NONE
        )
        job = self._job
        captured_us = cast("Packet", job.packets[-1]).captured_us if job.packets else 0
        return Packet(
            kind, codec_number, flags, job.stream, number, 0, job.source, job.call, captured_us, encoded.payload
        )

    # ---- errors ------------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException, kind: Literal["handler", "media", "input"] = "handler") -> None:
        """Note why the call failed; only the first error of a call reaches the page, all reach the log."""
        failure = self._explained(error, kind)
        self._failure = self._failure or failure

    def _explained(self, error: BaseException, kind: Literal["handler", "media", "input"]) -> Failure:
        name = self._spec.name
        if isinstance(error, Error):
            if error.print_exception:
                logger.error("handler %s raised an error for its user", name, exc_info=error)
            message, title = str(error.message)[:MAX_TEXT], str(error.title)[:MAX_TEXT]
            return Failure(message, "handler", title, error.duration or 0.0, error.visible)
        if kind != "handler" and isinstance(error, InvalidValue | MediaError):
            return Failure(str(error)[:MAX_TEXT], kind)
        number = secrets.token_hex(4)
        logger.error("handler %s failed [%s]", name, number, exc_info=error)
        if self._program.show_error:
            return Failure(str(error)[:MAX_TEXT] or type(error).__name__)
        return Failure(f"Something went wrong in the app. ({number})")


def distributed(binding: Binding, elements: Mapping[int, Element], value: object) -> dict[int, object]:
    """Assign what a handler returned to its outputs, by number.

    Raises:
        InvalidValue: There are too few or too many values, or one is for something that is no output.
    """
    outputs = binding.outputs
    if isinstance(value, Skip):
        return {}
    if isinstance(value, dict) and any(isinstance(key, Element) for key in value):
        return _by_element(binding, elements, value)
    if not outputs:
        return {}
    if len(outputs) == 1:
        return {outputs[0]: value}
    names = ", ".join(elements[number].name for number in outputs)
    if not isinstance(value, tuple | list):
        raise InvalidValue(
            f"{binding.name}() has {len(outputs)} outputs ({names}), but returned {describe(value)}; "
            "return a tuple with one value for each, or a dict keyed by component"
        )
    if len(value) != len(outputs):
        few = "few" if len(value) < len(outputs) else "many"
        raise InvalidValue(
            f"{binding.name}() returned too {few} values: {len(value)} for {len(outputs)} outputs ({names}); "
            "return one for each, skip() for those that stay as they are"
        )
    return dict(zip(outputs, value, strict=True))


def _by_element(binding: Binding, elements: Mapping[int, Element], value: Mapping[object, object]) -> dict[int, object]:
    numbers = {elements[number]: number for number in binding.outputs}
    for key in value:
        if key not in numbers:
            name = key.name if isinstance(key, Element) else repr(key)
            raise InvalidValue(f"{binding.name}() returned a value for {name}, which is none of its outputs; add it")
    return {numbers[cast("Element", key)]: item for key, item in value.items()}


def joined(chunks: list[Chunk]) -> Chunk:
    """Make one chunk of several that follow each other.

    Raises:
        MediaError: Their sample rates or numbers of channels differ.
    """
    first = chunks[0]
    if len(chunks) == 1:
        return first
    if any((chunk.sample_rate, chunk.channels) != (first.sample_rate, first.channels) for chunk in chunks):
        raise MediaError("the sound changed its sample rate or number of channels while it was recorded")
    samples = np.concatenate([chunk.samples for chunk in chunks])
    return Chunk(samples, first.sample_rate, first.first_sample, first.captured_us)


def _recorded(tape: Tape) -> Blob:
    """Make of a streamed recording what one that is not streamed comes as."""
    chunks = [cast("Chunk", _decoded_alone(packet)) for packet in tape.packets()]
    return Blob("recording.wav", "audio/wav", data=wav.encode(joined(chunks)))


def _decoded_alone(packet: Packet) -> Media:
    decoder = codecs.by_number(packet.codec).open_decoder()
    try:
        return _checked(decoder.decode(packet.payload), packet)
    finally:
        decoder.close()


def _checked(media: Media, packet: Packet) -> Media:
    if isinstance(media, Frame) is not (packet.kind is Kind.PICTURE):
        raise MediaError(f"a {packet.kind.name.lower()} packet is not encoded as codec {packet.codec} does")
    return replace(media, captured_us=packet.captured_us)
