"""One call from a `Job` to its `Result`s: arguments, the call, what came of it. Runs in the engine, not on the loop.

`WorkerCalls.begin` and `HandlerCall.run` are the path of every frame. What is settled when the worker is opened is in
`plan.py`, what is left to others in `codec_state.py` (media), `returned.py` (return values) and `error_text.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from time import perf_counter
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Final, Literal, TypeAlias, cast

import numpy as np

from millstream.declare.arguments import describe, plain_argument
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.model_handler import SESSION
from millstream.declare.progress import Bar, Tracker, calling
from millstream.declare.updates import Declared, InputComponent, Skip, Update, changes_of
from millstream.errors import InvalidValue
from millstream.frames import Chunk, Frame, Scene
from millstream.jobs import END, KEEP, Arguments, Call, Failure, Job, Notify, Output, Result, Role
from millstream.media.image_header import MAX_PIXELS
from millstream.overlays.marks import Overlay
from millstream.runtime.call.codec_state import DEFERRED, FALLBACK, UNDECODED, CodecState, copied, mismatch
from millstream.runtime.call.error_text import failure_of
from millstream.runtime.call.overlay_output import OverlayOutput
from millstream.runtime.call.plan import CallPlan, injected
from millstream.runtime.call.returned import blame, check_sum, distributed
from millstream.runtime.call.swapped_channels import sampled, warn_if_swapped
from millstream.runtime.state.files import CallFiles
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.user_code import guarded, is_for_the_caller
from millstream.types import Blob, Media, Stored
from millstream.wire.encoding import flags_of
from millstream.wire.limits import MAX_PAYLOAD_BYTES
from millstream.wire.messages import Value
from millstream.wire.packet import Packet, PacketKind

SOUND_CODEC: Final = "pcm16"

_UPDATES: Final = (Skip, Update, Mapping, Element)
"""What may be an update, and not a value."""

_NOTHING: Final = nullcontext()

_DELAYED: Final = (GeneratorType, CoroutineType, AsyncGeneratorType)
"""What a handler may hand on that has still to be run."""


class HandlerCall:
    """One job on its way. No step raises for what a handler, a user or a page did: the result says it.

    Args:
        plan: What it shares with all calls of its handler.
        worker: What it shares with the calls before and after it.
        job: What it is made of.

    Attributes:
        is_async: Whether its handler is called on the loop.
    """

    def __init__(self, plan: CallPlan, worker: WorkerCalls, job: Job) -> None:
        self._plan, self._worker, self._job = plan, worker, job
        self._codec_state, self._tracker = worker.codec_state, worker.tracker
        self._files = worker.files
        self._changes = dict(job.changes)
        self._arguments: Arguments | None = None
        self._kept = None if plan.sessions is None else plan.sessions.find(job.session, plan.spec)
        self._generator: Generator[object, None, None] | None = None
        self._is_generator = plan.is_generator
        self._step: Literal["media", "input", "handler"] = "media"
        self._frame_size: tuple[int, int] | None = None
        self._failure: Failure | None = None
        self._decode_s, self._called_at = 0.0, perf_counter()
        self.is_async = plan.is_async

    def run(self) -> Result:
        try:
            if self._generator is None and self._arguments is None:
                self._arguments = self._made_arguments()
            result = self._result(self._advance())
        except BaseException as error:  # the handler call, one of the three edges; `fail` logs it
            if is_for_the_caller(error):
                raise
            result = self.fail(error)
        if result.is_last:
            self._worker.running.discard(self)
            if self._generator is not None or self._files.to_delete or self._files.memory:
                self.close()
        return result

    def fail(self, error: BaseException) -> Result:
        show_error, is_developers = self._codec_state.show_error, self._job.is_developers
        failure = failure_of(error, self._step, self._plan.spec, show_error, is_developers)
        self._failure = self._failure or failure  # all reach the log
        return Result(self._job.call, {}, self._failure, call_s=perf_counter() - self._called_at)

    def close(self) -> None:
        self._worker.running.discard(self)
        if self._generator is not None:
            generator, self._generator = self._generator, None
            with guarded(self.fail), heard(self._plan, self._tracker):
                generator.close()
        self._files.close()

    # ---- its arguments -----------------------------------------------------------------------------------------

    def _made_arguments(self) -> Arguments:
        job, media, began_at = self._job, None, perf_counter()
        if job.packets:
            packets = cast("tuple[Packet, ...]", job.packets)
            media = self._media(packets, self._plan.is_gapless and job.span is None)
            if job.span is not None:
                media = cast("Chunk", media).part(*job.span)
        self._step = "input"
        values = self._inputs(media)
        extras = injected(self._plan, job, self._tracker, self._files) if self._plan.is_injected else None
        self._step = "handler"
        if extras is not None and self._kept is not None:
            extras[SESSION] = self._kept.value()
        arguments: Arguments = (values, {}) if extras is None else self._plan.spec.arguments(values, extras)
        self._decode_s, self._called_at = (now := perf_counter()) - began_at, now
        return arguments

    def _media(self, packets: tuple[Packet, ...], is_gapless: bool) -> Media | Scene:
        """Decode what drives the call: of frames the last one counts, chunks of audio are joined."""
        if packets[-1].kind is PacketKind.SOUND:
            return self._codec_state.join(packets, is_gapless)
        if packets[0].kind is PacketKind.SOUND:
            return self._codec_state.scene(packets, is_gapless, self._last_frame)
        return self._last_frame(packets)

    def _last_frame(self, packets: tuple[Packet, ...]) -> Frame:
        state = self._codec_state
        for packet in packets:
            decoder = state.decoders.get(packet.codec) or state.open_decoder(packet)
            media = decoder.decode(packet.payload)
        if not isinstance(media, Frame):
            raise mismatch(packet)
        if state.frame_size is None:
            state.first_frame = sampled(media.pixels)
        state.frame_size = self._frame_size = media.pixels.shape[:2]
        return Frame(media.pixels, packet.captured_us)

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        binding, elements, values = self._plan.binding, self._plan.elements, []
        whole = self._plan.component_inputs
        for place, (number, stored) in enumerate(zip(binding.inputs, self._job.inputs, strict=True)):
            changes = self._changes.get(number)
            component = elements[number] if changes is None else self._codec_state.element(number, changes)
            if media is not None and number == binding.stream:
                value: Stored | Media | Scene = media
            else:
                decode = UNDECODED.get(type(stored))
                value = stored if decode is None else decode(stored)
            made = cast("Component", component).preprocess(value, self._files)
            values.append(InputComponent(component, made) if place in whole else made)
        if binding.inputs_as_dict:
            return [{elements[number]: value for number, value in zip(binding.inputs, values, strict=True)}]
        return values

    # ---- the call ----------------------------------------------------------------------------------------------

    def _advance(self) -> object:
        """Call the handler, or advance its generator; gives `END` if there is nothing more."""
        foreign, token = self._plan.foreign, calling.set(self._tracker)
        try:
            with _NOTHING if foreign is None else foreign(partial(Bar, self._tracker)):
                if self._generator is None:
                    arguments, self._arguments = cast("Arguments", self._arguments), None
                    value = self._plan.spec.fn(*arguments[0], **arguments[1])
                    if not isinstance(value, _DELAYED):
                        return value
                    del arguments  # a big array lives no longer than the generator wants it
                    self._generator = self._plan.spec.generator(value)
                    self._is_generator = True  # also if a plain function only hands it on
                else:
                    self._called_at = perf_counter()
                return next(self._generator, END)
        finally:
            calling.reset(token)

    # ---- what came of it ---------------------------------------------------------------------------------------

    def _result(self, value: object) -> Result:
        made_at, decode_s, self._decode_s = perf_counter(), self._decode_s, 0.0
        outputs = {} if value is END else self._outputs(value)
        is_last = value is END or not self._is_generator
        if is_last and self._codec_state.sources:
            outputs |= self._ends(outputs)
        call_s, encode_s = made_at - self._called_at, perf_counter() - made_at
        return Result(self._job.call, outputs, None, is_last, decode_s=decode_s, call_s=call_s, encode_s=encode_s)

    def _outputs(self, value: object) -> dict[int, Output]:
        plan, outputs, whole = self._plan, {}, []
        is_one = len(plan.binding.outputs) == 1 and not isinstance(value, dict | Skip)
        given = {plan.binding.outputs[0]: value} if is_one else distributed(plan.binding, plan.elements, value)
        for number, item in given.items():
            changes = self._changes.get(number)
            element = plan.elements[number] if changes is None else self._codec_state.element(number, changes)
            try:
                output = (self._updated if isinstance(item, _UPDATES) else self._output)(number, element, item)
            except Exception as error:  # whatever an object raises that is asked what it is
                blame(plan.name, plan.elements[number].name, item, error)
                raise
            if output.value is not KEEP or output.changes:
                outputs[number] = output
            if output.wire is not None and not cast("Component", element).grows:
                whole.append((element, output.wire))
        if len(whole) > 1:
            check_sum(whole)
        return outputs

    def _updated(self, number: int, element: Element, item: object) -> Output:
        """Bring what may be an update into the form that is kept and sent."""
        given = changes_of(item, self._plan.elements[number])
        if given is None:
            return self._output(number, element, item)
        target = self._plan.elements[number].name
        changes = {name: plain_argument(target, name, change) for name, change in given.items() if name != "value"}
        value = given.get("value", KEEP)
        if not changes:
            return Output(KEEP) if value is KEEP else self._output(number, element, value)
        if isinstance(element, Component):
            changes = dict(element.lasting(changes, self._files))
        element = element.updated(changes)
        patch = cast("dict[str, Value]", element.sendable(element.patch(changes)))
        output = Output(KEEP) if value is KEEP else self._output(number, element, value)
        self._changes[number] = {**self._changes.get(number, {}), **changes}
        return output._replace(changes=changes, patch=patch)

    def _output(self, number: int, element: Element, value: object) -> Output:
        """Bring what the handler returned for one component into the form that is kept and sent."""
        if not isinstance(element, Component):
            raise InvalidValue(f"{element.name} has no value, but {self._plan.name}() returned {describe(value)}")
        if isinstance(value, Declared):
            stored = value.stored
        else:
            if element.plays_ahead_s:
                goes_on = bool(self._job.stream) or self._is_generator
                if (played := self._codec_state.play(element, value, self._files, goes_on=goes_on)) is not None:
                    return played
            stored = element.postprocess(value if type(value) is np.ndarray else element.received(value), self._files)
        if isinstance(stored, Frame):
            return Output(self._frame(number, element, stored))
        if isinstance(stored, Chunk):
            return Output(self._packet(PacketKind.SOUND, number, SOUND_CODEC, 1.0, stored))
        if isinstance(stored, Overlay):
            size = self._frame_size or self._codec_state.frame_size  # the next frame may have been decoded already
            marks = OverlayOutput(self._codec_state, self._job, size, self._tracker.notify)
            stored = marks.stored(element, stored, self._files)
        if isinstance(stored, Blob):
            return Output(self._files.settle(stored))
        is_plain = element.on_page and not isinstance(stored, Packet | RawFrame)
        return Output(stored, wire=element.shown(stored) if is_plain else None)

    def _frame(self, number: int, component: Component, frame: Frame) -> Packet | RawFrame | Blob:
        if (first := self._codec_state.first_frame) is not None:
            self._codec_state.first_frame = None
            warn_if_swapped(first, frame.pixels, self._plan.name, component.name)
        name, quality = component.codec(self._job.stream != 0, frame)
        name = FALLBACK if self._job.defers and not frame.has_alpha else name
        packet = self._packet(PacketKind.PICTURE, number, name, quality, frame)
        if not packet.payload:
            return RawFrame(packet, copied(frame), quality)  # the handler may write into its array again
        height, width = frame.pixels.shape[:2]
        if len(packet.payload) <= MAX_PAYLOAD_BYTES and width * height <= MAX_PIXELS:
            return packet  # which whoever decodes it again counts as a frame of a stream
        return self._files.settle(Blob(f"image.{name}", f"image/{name}", data=bytes(packet.payload)))

    def _packet(self, kind: PacketKind, number: int, codec: str, quality: float, media: Media) -> Packet:
        job, key = self._job, (number, codec, quality)
        codec_number, encoder = self._codec_state.encoders.get(key) or self._codec_state.open_encoder(key, job)
        encoded = (DEFERRED if job.defers and codec == FALLBACK else encoder).encode(media)
        captured_us = cast("Packet", job.packets[-1]).captured_us if job.packets else 0
        flags, payload = flags_of(encoded), encoded.payload
        return Packet(kind, codec_number, flags, job.stream, number, 0, job.source, job.call, captured_us, payload)

    def _ends(self, outputs: Mapping[int, Output]) -> dict[int, Output]:
        """End what a run, a turn, a stream or a generator has played: what was held back is played behind it."""
        is_finished = self._job.role == "finish"
        goes_on = bool(self._job.stream) and self._plan.binding.turns is None and not is_finished
        if goes_on and not self._is_generator:
            return {}  # the next call goes on with it
        return self._codec_state.end_sources(outputs, self._files, goes_on=goes_on, is_finished=is_finished)


@contextmanager
def heard(plan: CallPlan, tracker: Tracker) -> Iterator[None]:
    """Let the page hear what the handler says inside, and see how far it is, as `HandlerCall._advance` does."""
    token = calling.set(tracker)
    try:
        with _NOTHING if plan.foreign is None else plan.foreign(partial(Bar, tracker)):
            yield
    finally:
        calling.reset(token)


class WorkerCalls:
    """The calls of one worker: one after the other, which share decoders and encoders.

    Args:
        name: What messages call their handler.
        codec_state: What they share.
        roles: Called to begin a call in a role.
        files: Their temporary files.
        notify: Called with what a handler says, in whatever thread that is.

    Attributes:
        name, codec_state, files: As given.
        tracker: Shows what the newest call says of how far it is.
        running: The calls that are not over: one, or two of a batch, whose next one begins before the last one ends.
    """

    def __init__(
        self, name: str, codec_state: CodecState, roles: Mapping[Role, BeginCall], files: CallFiles, notify: Notify
    ) -> None:
        self.name = name
        self.codec_state = codec_state
        self.files = files
        self.tracker = Tracker(0, notify)
        self._roles = roles
        self.running: set[Call] = set()

    def begin(self, job: Job) -> Call:
        if self.running or self.tracker.is_used:
            self.tracker = Tracker(job.call, self.tracker.notify)
        if self.running:
            self.files = self.files.anew()
        self.tracker.call, self.tracker.session = job.call, job.session
        self.files.folder, self.files.room = job.folder, job.room
        call = self._roles[job.role](self, job)
        self.running.add(call)
        return call

    def close(self) -> None:
        for call in tuple(self.running):
            call.close()
        if self.codec_state.opened:
            self.codec_state.close()


BeginCall: TypeAlias = Callable[[WorkerCalls, Job], Call]
