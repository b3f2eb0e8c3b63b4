"""From a job to its results: return shapes, media, files and errors, with the steps called by hand."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream import codecs
from millstream.codecs import jpeg, pcm16
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk, Frame
from millstream.jobs import KEEP, Job, Notice, Occurrence, Result
from millstream.runtime.call.call import WorkerCalls
from millstream.runtime.call.codec_state import joined
from millstream.runtime.call.program import AppProgram
from millstream.runtime.call.returned import distributed
from millstream.runtime.state.path_rules import PathRules
from millstream.types import Blob
from millstream.wire.packet import Flag, Packet, PacketKind

RATE = 16_000


class Bench:
    """One binding, called without an engine."""

    def __init__(self, declare: Callable[[], Any], folder: Path, *, show_error: bool = True) -> None:
        with ms.Blocks() as demo:
            declare()
        self.manifest = demo.freeze()
        self.folder = folder / "store"
        self.notices: list[Notice] = []
        self.program = AppProgram(self.manifest, PathRules([], [], folder), show_error)
        self.calls: WorkerCalls = self.program.open(0, self.notices.append)  # type: ignore[arg-type]

    def run(self, *inputs: object, **job: Any) -> list[Result]:
        call = self.calls.begin(Job(0, 7, inputs, folder=self.folder, room=10_000_000, **job))
        results = [call.run()]
        while not results[-1].is_last:
            results.append(call.run())
        return results

    def result(self, *inputs: object, **job: Any) -> Result:
        (result,) = self.run(*inputs, **job)
        return result

    def values(self, *inputs: object, **job: Any) -> list[object]:
        result = self.result(*inputs, **job)
        assert result.failure is None, result.failure
        return [output.value for output in result.outputs.values()]


def texts(handler: Callable[..., object], outputs: int) -> Callable[[], Any]:
    def declare() -> None:
        boxes = [ms.Textbox(label=f"T{number}") for number in range(outputs)]
        ms.Button().click(handler, None, boxes)

    return declare


@pytest.mark.parametrize(
    ("outputs", "returned", "expected"),
    [
        (1, "a", ["a"]),
        (1, None, [""]),
        (2, ("a", "b"), ["a", "b"]),
        (2, ["a", None], ["a", ""]),
        (2, ("a", ms.skip()), ["a"]),
        (2, ms.skip(), []),
        (0, None, []),
        (0, "ignored", []),
    ],
)
def test_return_shapes(tmp_path: Path, outputs: int, returned: object, expected: list[object]) -> None:
    bench = Bench(texts(lambda: returned, outputs), tmp_path)
    result = bench.result()
    assert result.failure is None
    assert [output.wire for output in result.outputs.values()] == expected


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("a", ["two_texts() has 2 outputs", "Textbox 'T0', Textbox 'T1'", "str 'a'"]),
        (("a",), ["two_texts() returned too few values: 1 for 2"]),
        (None, ["has 2 outputs", "None"]),
    ],
)
def test_a_wrong_number_of_values_names_handler_and_outputs(tmp_path: Path, returned: object, words: list[str]) -> None:
    def two_texts() -> object:
        return returned

    failure = Bench(texts(two_texts, 2), tmp_path).result().failure
    assert failure is not None
    for word in words:
        assert word in failure.message


def test_values_beyond_the_last_output_are_ignored_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def three_texts() -> object:
        return "a", "b", "c"

    bench = Bench(texts(three_texts, 2), tmp_path)
    assert bench.values() == bench.values() == ["a", "b"]
    assert caplog.messages == [
        "three_texts() returned 3 values for 2 outputs (Textbox 'T0', Textbox 'T1'): the last ones are ignored; "
        "add their components to outputs="
    ]


def test_a_dict_keyed_by_component_sets_what_it_names(tmp_path: Path) -> None:
    boxes: list[ms.Textbox] = []

    def declare() -> None:
        boxes.extend(ms.Textbox(label=f"T{number}") for number in range(3))
        ms.Button().click(lambda: {boxes[1]: "b"}, None, boxes[:2])

    bench = Bench(declare, tmp_path)
    assert {number: output.value for number, output in bench.result().outputs.items()} == {boxes[1].id: "b"}
    with pytest.raises(InvalidValue, match="Textbox 'T2'"):
        distributed(bench.manifest.bindings[0], bench.manifest.elements, {boxes[2]: "c"})


def test_inputs_as_a_set_come_as_one_dict(tmp_path: Path) -> None:
    seen: list[dict[Any, Any]] = []

    def declare() -> None:
        a, b = ms.Textbox(label="A"), ms.Number(label="B")
        ms.Button().click(lambda values: seen.append({c.label: v for c, v in values.items()}), {a, b}, None)

    bench = Bench(declare, tmp_path)
    components = bench.manifest.components
    stored = {"A": "x", "B": 2}
    bench.result(*(stored[components[number].label or ""] for number in bench.manifest.bindings[0].inputs))
    assert seen == [{"A": "x", "B": 2}]


@pytest.mark.parametrize(
    ("returned", "value", "changes"),
    [
        (ms.update(visible=False), KEEP, {"visible": False}),
        (ms.update(value="v", label="L"), "v", {"label": "L"}),
        (ms.update(value=None), "", {}),
        (ms.Textbox(lines=3), KEEP, {"lines": 3}),
        (ms.Textbox("v"), "v", {}),
    ],
)
def test_updates_carry_what_was_passed(
    tmp_path: Path, returned: object, value: object, changes: dict[str, Any]
) -> None:
    bench = Bench(texts(lambda: returned, 1), tmp_path)
    (output,) = bench.result().outputs.values()
    assert (output.value if value is KEEP else output.wire) == value
    assert dict(output.changes) == changes


def test_an_update_without_arguments_changes_nothing(tmp_path: Path) -> None:
    assert Bench(texts(ms.Textbox, 1), tmp_path).result().outputs == {}


def test_an_update_is_checked_like_a_declaration(tmp_path: Path) -> None:
    failure = Bench(texts(lambda: ms.update(colour="red"), 1), tmp_path).result().failure
    assert failure is not None
    assert "colour" in failure.message


def test_the_changes_of_the_session_are_seen_by_the_next_call(tmp_path: Path) -> None:
    def declare() -> None:
        slider = ms.Slider(0, 10, label="S")
        ms.Button().click(lambda: 50, None, slider)

    bench = Bench(declare, tmp_path)
    (number,) = bench.manifest.bindings[0].outputs
    assert bench.result().failure is not None
    assert bench.values(changes={number: {"maximum": 100}}) == [50]


def test_a_layout_can_be_updated_but_has_no_value(tmp_path: Path) -> None:
    returned: list[object] = [ms.update(visible=False), "text"]

    def declare() -> None:
        with ms.Column() as column:
            pass
        ms.Button().click(lambda: returned.pop(0), None, column)

    bench = Bench(declare, tmp_path)
    (output,) = bench.result().outputs.values()
    assert output.changes == {"visible": False}
    failure = bench.result().failure
    assert failure is not None
    assert "has no value" in failure.message


# ---- kinds of handlers -----------------------------------------------------------------------------------------


class Shouter:
    def __call__(self, text: str) -> str:
        return text + "!"

    def method(self, text: str) -> str:
        return text + "?"


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (Shouter(), "a!"),
        (Shouter().method, "a?"),
        (functools.partial(lambda mark, text: text + mark, "*"), "a*"),
        (str.upper, "A"),
    ],
)
def test_anything_that_can_be_called_is_a_handler(tmp_path: Path, handler: Any, expected: str) -> None:
    def declare() -> None:
        text = ms.Textbox()
        ms.Button().click(handler, text, text)

    assert Bench(declare, tmp_path).values("a") == [expected]


def test_a_generator_gives_a_result_for_each_yield_and_is_closed_early_if_need_be(tmp_path: Path) -> None:
    steps: list[str] = []

    def count() -> Iterator[str]:
        try:
            yield "1"
            yield "2"
        finally:
            steps.append("closed")

    bench = Bench(texts(count, 1), tmp_path)
    results = bench.run()
    assert [output.value for result in results for output in result.outputs.values()] == ["1", "2"]
    assert [result.is_last for result in results] == [False, False, True]
    steps.clear()
    call = bench.calls.begin(Job(0, 1, ()))
    assert not call.run().is_last
    bench.calls.close()
    assert steps == ["closed"]


def test_an_error_while_a_generator_is_closed_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def stubborn() -> Iterator[str]:
        try:
            yield "1"
        finally:
            raise ValueError("on the way out")

    bench = Bench(texts(stubborn, 1), tmp_path)
    call = bench.calls.begin(Job(0, 1, ()))
    call.run()
    call.close()
    assert "stubborn" in caplog.text


def test_specials_are_made_from_the_job(tmp_path: Path) -> None:
    seen: list[Any] = []

    def handle(event: ms.EventData, request: ms.Request) -> None:
        seen.append((event.target, event._data, request))

    def declare() -> None:
        ms.Button("Go").click(handle, None, None)

    bench = Bench(declare, tmp_path)
    button = bench.manifest.bindings[0].targets[0][0]
    request = ms.Request()
    bench.result(request=request, event=Occurrence(button, "click", {"x": 1}))
    bench.result(request=request)
    assert seen[0] == (bench.manifest.elements[button or 0], {"x": 1}, request)
    assert seen[1] == (None, None, request)


# ---- media -----------------------------------------------------------------------------------------------------


def jpeg_packet(level: int, sequence: int = 1, flags: Flag = Flag.KEY | Flag.INDEPENDENT) -> Packet:
    payload = jpeg.open_encoder(0.9).encode(Frame(np.full((16, 24, 3), level, np.uint8))).payload
    return Packet(PacketKind.PICTURE, jpeg.NUMBER, flags, 3, 1, sequence, 0, 0, 123, payload)


def sound_packet(first: int, count: int, rate: int = RATE, channels: int = 1) -> Packet:
    samples = np.arange(first * channels, (first + count) * channels).reshape(count, channels).astype(np.int16)
    payload = pcm16.open_encoder(1.0).encode(Chunk(samples, rate, first)).payload
    return Packet(PacketKind.SOUND, pcm16.NUMBER, Flag.KEY, 3, 1, 1, 0, 0, 0, payload)


def camera(handler: Callable[..., object], **options: Any) -> Callable[[], Any]:
    def declare() -> None:
        image, out = ms.Image(sources="webcam", label="In"), ms.Image(label="Out")
        image.stream(handler, image, out, **options)

    return declare


def microphone(handler: Callable[..., object], **options: Any) -> Callable[[], Any]:
    def declare() -> None:
        mic = ms.Audio(sources="microphone")
        mic.stream(handler, mic, None, **options)

    return declare


def test_a_frame_is_decoded_handled_and_encoded(tmp_path: Path) -> None:
    bench = Bench(camera(lambda frame: 255 - frame), tmp_path)
    (packet,) = bench.values(None, packets=(jpeg_packet(200),), stream=3, source=9)
    assert isinstance(packet, Packet)
    assert (packet.stream, packet.source, packet.call, packet.captured_us) == (3, 9, 7, 123)
    assert (packet.codec, packet.is_independent) == (jpeg.NUMBER, True)
    frame = jpeg.open_decoder().decode(packet.payload)
    assert frame.pixels.shape == (16, 24, 3)
    assert abs(int(frame.pixels[0, 0, 0]) - 55) <= 2


def test_what_the_handler_gets_is_its_own_to_write_into(tmp_path: Path) -> None:
    def blacken(frame: np.ndarray) -> np.ndarray:
        frame[:] = 0
        return frame

    (packet,) = Bench(camera(blacken), tmp_path).values(None, packets=(jpeg_packet(200),), stream=3)
    assert isinstance(packet, Packet)
    assert jpeg.open_decoder().decode(packet.payload).pixels.max() == 0


def test_an_ordinary_event_sends_the_format_of_its_image(tmp_path: Path) -> None:
    def declare() -> None:
        out = ms.Image(format="png")
        ms.Button().click(lambda: np.arange(48, dtype=np.uint8).reshape(4, 4, 3), None, out)

    (packet,) = Bench(declare, tmp_path).values()
    assert isinstance(packet, Packet)
    frame = codecs.load("png").open_decoder().decode(packet.payload)
    np.testing.assert_array_equal(frame.pixels.ravel(), np.arange(48))


def test_a_frame_too_large_for_a_message_travels_as_a_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1000, 1000, 3), dtype=np.uint8)

    def declare() -> None:
        out = ms.Image(format="png")
        ms.Button().click(lambda: noise, None, out)

    (blob,) = Bench(declare, tmp_path).values()
    assert isinstance(blob, Blob)
    assert (blob.mime, blob.size) == ("image/png", len(blob.data or b""))


@pytest.mark.parametrize("payload", [b"", b"nonsense", jpeg_packet(1).payload[:100]])
def test_a_broken_frame_is_a_failure_of_the_media(tmp_path: Path, payload: bytes) -> None:
    calls: list[object] = []
    packet = Packet(PacketKind.PICTURE, jpeg.NUMBER, Flag.KEY, 3, 1, 1, 0, 0, 0, payload)
    failure = Bench(camera(calls.append), tmp_path).result(None, packets=(packet,), stream=3).failure
    assert failure is not None
    assert failure.kind == "media"
    assert calls == []


@pytest.mark.parametrize("codec", [pcm16.NUMBER, 99])
def test_a_codec_of_another_kind_is_refused(tmp_path: Path, codec: int) -> None:
    packet = Packet(PacketKind.PICTURE, codec, Flag.KEY, 3, 1, 1, 0, 0, 0, sound_packet(0, 10).payload)
    failure = Bench(camera(lambda frame: frame), tmp_path).result(None, packets=(packet,), stream=3).failure
    assert failure is not None
    assert failure.kind == "media"


def test_of_frames_that_depend_on_each_other_the_last_one_counts(tmp_path: Path) -> None:
    seen: list[int] = []
    bench = Bench(camera(lambda frame: seen.append(int(frame[0, 0, 0]))), tmp_path)
    bench.result(None, packets=(jpeg_packet(10, 1), jpeg_packet(50, 2)), stream=3)
    assert seen == [pytest.approx(50, abs=2)]


def test_audio_is_joined_over_packets_and_checked_over_calls(tmp_path: Path) -> None:
    seen: list[np.ndarray] = []
    bench = Bench(microphone(lambda chunk: seen.append(chunk[1])), tmp_path)
    assert bench.result(None, packets=(sound_packet(0, 10), sound_packet(10, 5)), stream=3).failure is None
    np.testing.assert_array_equal(seen[0], np.arange(15))
    for first in (14, 16):
        failure = bench.result(None, packets=(sound_packet(first, 5),), stream=3).failure
        assert failure is not None
        assert failure.kind == "media"
        bench.calls._next_sample = 15
    assert len(seen) == 1


def test_gaps_are_normal_where_newer_audio_replaces_older(tmp_path: Path) -> None:
    seen: list[np.ndarray] = []
    bench = Bench(microphone(lambda chunk: seen.append(chunk[1]), keep="latest"), tmp_path)
    for first in (0, 50):
        assert bench.result(None, packets=(sound_packet(first, 5),), stream=3).failure is None
    assert len(seen) == 2


def test_audio_that_changes_its_form_cannot_be_joined() -> None:
    mono, stereo = (pcm16.open_decoder().decode(sound_packet(0, 4, channels=n).payload) for n in (1, 2))
    with pytest.raises(MediaError, match="changed"):
        joined([mono, stereo])
    assert joined([mono, mono]).samples.shape == (8, 1)


def test_a_stored_packet_of_another_component_is_decoded_for_an_ordinary_event(tmp_path: Path) -> None:
    seen: list[tuple[int, ...]] = []

    def declare() -> None:
        image = ms.Image()
        ms.Button().click(lambda frame: seen.append(frame.shape), image, None)

    bench = Bench(declare, tmp_path)
    assert bench.result(jpeg_packet(5)).failure is None
    assert seen == [(16, 24, 3)]
    failure = bench.result(Packet(PacketKind.PICTURE, 1, Flag.KEY, 0, 1, 1, 0, 0, 0, b"broken")).failure
    assert failure is not None
    assert failure.kind == "input"


# ---- files -----------------------------------------------------------------------------------------------------


def test_temporary_files_live_as_long_as_their_call(tmp_path: Path) -> None:
    paths: list[Path] = []

    def handle(path: str) -> str:
        paths.append(Path(path))
        assert paths[-1].stat().st_size > 0
        return path

    def declare() -> None:
        image, out = ms.Image(sources="webcam", type="filepath"), ms.Image()
        image.stream(handle, image, out)

    bench = Bench(declare, tmp_path)
    result = bench.result(None, packets=(jpeg_packet(77),), stream=3)
    assert result.failure is None
    assert not paths[0].exists()
    (output,) = result.outputs.values()
    assert isinstance(output.value, Blob | Packet)


def test_a_file_that_may_not_be_shown_is_the_developers_error(tmp_path: Path) -> None:
    secret = tmp_path / "somebody" / "secret.png"
    secret.parent.mkdir()
    secret.write_bytes(b"x")
    bench = Bench(texts(lambda: str(secret), 1), tmp_path)
    assert bench.values() == [str(secret)], "text is text"

    def declare() -> None:
        ms.Button().click(lambda: str(secret), None, ms.Image())

    failure = Bench(declare, tmp_path).result().failure
    assert failure is not None
    assert "allowed_paths" in failure.message
    assert failure.kind == "handler"
