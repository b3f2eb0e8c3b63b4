"""One call from a `Job` to its `Result`s in three steps: decode, call, encode. Runs in the engine, not on the loop."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal, cast

from millstream.cancellation import Cancelled
from millstream.compat import tqdm
from millstream.declare.arguments import describe, plain_argument
from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.declare.element import Element, too_large
from millstream.declare.handler import HandlerSpec
from millstream.declare.injected import Request, Turn
from millstream.declare.progress import Progress, Tracker, tracked_by
from millstream.declare.updates import Declared, Skip, changes_of
from millstream.errors import Error, InvalidValue, MediaError, MillstreamError
from millstream.frames import Chunk, Frame, Scene
from millstream.jobs import KEEP, Failure, Job, Notify, Output, Result
from millstream.media import wav
from millstream.media.image_header import MAX_PIXELS
from millstream.runtime.call.codec_state import CodecState, copied, decoded_alone, joined
from millstream.runtime.call.error_text import cause_of, explained, in_one_line, message_of, new_number, text_of, titled
from millstream.runtime.call.user_code import guarded
from millstream.runtime.send.notices import lasting
from millstream.runtime.send.raw_frame import RawFrame
from millstream.runtime.state.files import CallFiles
from millstream.runtime.stream.recording import StreamRecording
from millstream.types import Blob, Media, Stored
from millstream.wire.limits import MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES
from millstream.wire.messages import Value
from millstream.wire.packet import Packet, PacketKind, flags_of
from millstream.wire.plain import size_of

logger = logging.getLogger("millstream.handler")

SOUND_CODEC: Final = "pcm16"

_END: Final = object()
"""What a generator gives when there is nothing more."""


class HandlerCall:
    """One job on its way. No step raises for what a handler, a user or a page did: the result says it."""

    def __init__(self, codec_state: CodecState, job: Job, notify: Notify) -> None:
        self._codec_state = codec_state
        self._job = job
        self._tracker = Tracker(job.call, notify)
        self._binding = codec_state.manifest.bindings[job.binding]
        self._spec = cast("HandlerSpec", self._binding.handlers[job.role])
        self._changes = dict(job.changes)
        self._files = CallFiles(job.folder, job.room, codec_state.rules)
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
        if is_last and self._failure is None:
            with guarded(self._fail):
                outputs |= self._ends(outputs)
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
        foreign = tqdm.shown if self._spec.tracks_tqdm else None
        with tracked_by(self._tracker, foreign=foreign):
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
            return cast("Chunk", self._codec_state.join(packets, is_gapless=False)).part(*span)
        return self._codec_state.join(packets, self._binding.keep == "all") if packets else None

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        job, binding = self._job, self._binding
        values = [
            self._argument(number, media if media is not None and number == binding.stream else stored)
            for number, stored in zip(binding.inputs, job.inputs, strict=True)
        ]
        if binding.inputs_as_dict:
            elements = self._codec_state.manifest.elements
            return [{elements[number]: value for number, value in zip(binding.inputs, values, strict=True)}]
        return values

    def _argument(self, number: int, stored: Stored | Media | Scene) -> object:
        component = cast("Component", self._codec_state.element(number, self._job.changes.get(number, {})))
        if isinstance(stored, Packet):
            stored = decoded_alone(stored)
        elif isinstance(stored, RawFrame):
            stored = copied(stored.frame)
        elif isinstance(stored, StreamRecording):
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
                target = None if event.target is None else self._codec_state.manifest.elements[event.target]
                extras[name] = wanted(target, event.data)
            else:
                extras[name] = wanted(None)
        return extras

    # ---- encode ------------------------------------------------------------------------------------------------

    def _outputs(self, value: object) -> dict[int, Output]:
        returned = distributed(self._binding, self._codec_state.manifest.elements, value)
        outputs = {}
        for number, item in returned.items():
            outputs[number] = self._named(number, item)
        components = self._codec_state.manifest.components
        whole = [(components[at], output.wire) for at, output in outputs.items() if output.wire is not None]
        _check_sum([(component.name, wire) for component, wire in whole if not component.grows])
        return {number: output for number, output in outputs.items() if output.value is not KEEP or output.changes}

    def _named(self, number: int, item: object) -> Output:
        """Do what `_output` does, with errors that say for which output it was, whatever went wrong.

        Raises:
            MillstreamError: What was returned does not do.
        """
        name = self._codec_state.manifest.elements[number].name
        try:
            return self._output(number, item)
        except (Error, Cancelled):
            raise
        except Exception as error:  # whatever an object raises that is asked what it is
            if isinstance(error, MillstreamError) and name in message_of(error):
                raise
            reason = message_of(error) if isinstance(error, MillstreamError) else titled(error)
            raise InvalidValue(f"what {self._spec.name}() returned for {name} does not do: {reason}") from error

    def _output(self, number: int, item: object) -> Output:
        known = self._changes.get(number, {})
        changes = changes_of(item, self._codec_state.manifest.elements[number])
        if changes is None:
            return self._valued(number, self._codec_state.element(number, known), item)
        target = self._codec_state.manifest.elements[number].name
        changes = {
            name: change if name == "value" else plain_argument(target, name, change)
            for name, change in changes.items()
        }
        value = changes.get("value", KEEP)
        changes = {name: change for name, change in changes.items() if name != "value"}
        if value is KEEP and not changes:
            return Output(KEEP)
        element = self._codec_state.element(number, known)
        if not changes:
            return self._valued(number, element, value)
        element = element.updated(changes)
        patch = cast("dict[str, Value]", element.sendable(element.patch(changes)))
        output = Output(KEEP) if value is KEEP else self._valued(number, element, value)
        self._changes[number] = {**known, **changes}
        return output._replace(changes=changes, patch=patch)

    def _valued(self, number: int, element: Element, value: object) -> Output:
        if isinstance(element, Component) and element.plays_ahead_s and not isinstance(value, Declared):
            if value is None and (self._job.stream or self._is_generator):
                return Output(KEEP)  # nothing to be heard this time
            piece = self._codec_state.source(element).piece(value, self._files)
            if piece is not None:
                return Output(piece[0], sound=piece[1])
        stored = self._encoded(number, element, value)
        is_plain = (
            isinstance(element, Component) and element.on_page and not isinstance(stored, Packet | RawFrame | Blob)
        )
        return Output(stored, wire=cast("Component", element).shown(stored) if is_plain else None)

    def _ends(self, outputs: Mapping[int, Output]) -> dict[int, Output]:
        """End what a run, a turn, a stream or a generator has played: what was held back is played behind it."""
        goes_on = bool(self._job.stream) and self._binding.turns is None and self._job.role != "finish"
        if goes_on and not self._is_generator:
            return {}  # the next call goes on with it
        ended = {}
        for number, reel in self._codec_state.sources():
            before = outputs.get(number, Output(None))
            try:
                stored, piece = reel.end(before.sound, goes_on=goes_on)
            except InvalidValue:
                if self._job.role != "finish":
                    raise
                continue  # whoever stopped the stream did not wait for all of it
            if piece is not None:
                stored = self._files.settle(stored) if isinstance(stored, Blob) else stored
                ended[number] = before._replace(value=stored, wire=None, sound=piece)
        return ended

    def _encoded(self, number: int, element: Element, value: object) -> Stored:
        """Bring what the handler returned for one component into the form that is kept and sent."""
        if not isinstance(element, Component):
            raise InvalidValue(f"{element.name} has no value, but {self._spec.name}() returned {describe(value)}")
        if isinstance(value, Declared):
            stored: Stored | Media = value.stored
        else:
            stored = element.postprocess(element.received(value), self._files)
        if isinstance(stored, Frame):
            return self._picture(number, element, stored)
        if isinstance(stored, Chunk):
            return self._packet(PacketKind.SOUND, number, SOUND_CODEC, 1.0, stored)
        return self._files.settle(stored) if isinstance(stored, Blob) else stored

    def _picture(self, number: int, component: Component, frame: Frame) -> Stored:
        name, quality = component.codec(self._job.stream != 0, frame)
        packet = self._packet(PacketKind.PICTURE, number, name, quality, frame)
        if not packet.payload:
            return RawFrame(packet, copied(frame), quality)  # the handler may write into its array again
        if len(packet.payload) <= MAX_PAYLOAD_BYTES and frame.width * frame.height <= MAX_PIXELS:
            return packet  # which whoever decodes it again counts as a frame of a stream
        return self._files.settle(Blob(f"image.{name}", f"image/{name}", data=bytes(packet.payload)))

    def _packet(self, kind: PacketKind, number: int, codec: str, quality: float, media: Media) -> Packet:
        codec_number, encoder = self._codec_state.encoder(number, codec, quality, self._job)
        encoded = encoder.encode(media)
        job = self._job
        captured_us = cast("Packet", job.packets[-1]).captured_us if job.packets else 0
        return Packet(
            kind,
            codec_number,
            flags_of(encoded),
            job.stream,
            number,
            0,
            job.source,
            job.call,
            captured_us,
            encoded.payload,
        )

    # ---- errors ------------------------------------------------------------------------------------------------

    def _fail(self, error: BaseException, kind: Literal["handler", "media", "input"] = "handler") -> None:
        """Note why the call failed; only the first error of a call reaches the page, all reach the log."""
        failure = self._explained(error, kind)
        self._failure = self._failure or failure

    def _explained(self, error: BaseException, kind: Literal["handler", "media", "input"]) -> Failure:
        name = self._spec.name
        if isinstance(error, Cancelled):
            return Failure("It was stopped.")
        if isinstance(error, Error):
            if error.print_exception:
                logger.error("handler %s raised gr.Error: %s%s", name, in_one_line(error.message), cause_of(error))
            message = text_of(error.message)
            title = "Error" if error.title is None else text_of(error.title)
            return Failure(message, "handler", title, lasting(error.duration), bool(error.visible))
        if kind != "handler" and isinstance(error, InvalidValue | MediaError):
            return Failure(message_of(error), kind)
        number = new_number()
        logger.error("handler %s failed [%s]", name, number, exc_info=error)
        return Failure(explained(error, self._codec_state.show_error, self._job.is_developers, number, self._spec.fn))


def _check_sum(told: Sequence[tuple[str, Value]]) -> None:
    """Check that values of several components, which stand behind the components' names, can be told at once.

    Raises:
        InvalidValue: Together they are too large.
    """
    if len(told) > 1 and size_of([value for _, value in told], MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
        raise too_large(" and ".join(name for name, _ in told))


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
            raise InvalidValue(
                f"{binding.name}() returned a value for {name}, which is not one of its outputs; add it to outputs="
            )
    return {numbers[cast("Element", key)]: item for key, item in value.items()}


def _recorded(tape: StreamRecording) -> Blob:
    """Make of a streamed recording what one that is not streamed comes as."""
    chunks = [cast("Chunk", decoded_alone(packet)) for packet in tape.packets()]
    return Blob("recording.wav", "audio/wav", data=wav.encode(joined(chunks)))
