"""Messages that no page sends: a clear close, at most one line in the log, nobody else disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.faults.wire import Vandal, check_quiet, packet, vandal
from tests.server.live import serving

import millstream as gr
from millstream.codecs import jpeg, pcm16
from millstream.frames import Chunk, Frame
from millstream.server.app import App
from millstream.wire.messages import (
    Cancel,
    Clock,
    Credit,
    Fire,
    Hello,
    Open,
    Outputs,
    PageMessage,
    RunState,
    Set,
    Shown,
    Stop,
    StreamState,
    Toast,
    Visible,
    Welcome,
)
from millstream.wire.packet import Flag, PacketKind

PICTURE = jpeg.open_encoder(0.8).encode(Frame(np.zeros((16, 16, 3), np.uint8))).payload
calls: list[object] = []

CAMERA, TEXT, LEVEL, STATE, BUTTON, SHOWN = 1, 2, 3, 4, 5, 6
STREAM, CLICK, CHANGE, LOAD, THEN, CANCEL, FILM = range(7)
VIDEO = 7


def declare() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"])
        text = gr.Textbox(label="Text")
        level = gr.Slider(0, 10, value=5, step=1, label="Level")
        state = gr.State("mine")
        button = gr.Button("Go")
        shown = gr.Textbox(label="Shown", interactive=False)

        def note(*values: object) -> str:
            calls.append(values)
            return repr(values)

        stream = camera.stream(lambda frame: frame, camera, camera, stream_every=0.0, concurrency_limit=None)
        click = button.click(note, [text, level, state], shown, trigger_mode="multiple")
        level.change(lambda value: calls.append(("change", value)), level, None)
        demo.load(lambda: "loaded", None, shown)
        click.then(lambda: None)
        button.click(None, None, None, cancels=stream)
        video = gr.Video(label="Film", sources=["webcam"])
        video.stream(calls.append, video, None, stream_every=0.1, concurrency_limit=None)
    assert [part.id for part in (camera, text, level, state, button, shown, video)] == [1, 2, 3, 4, 5, 6, VIDEO]
    return demo


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving(declare()) as (url, app):
        yield url, app


@pytest.fixture
def bystander(served: tuple[str, App]) -> Iterator[Vandal]:
    """Another user, who must notice nothing."""
    calls.clear()
    with vandal(*served) as page:
        yield page
        page.say(Set(component=TEXT, value="still here"), Fire(binding=CLICK, run=1))
        page.wait_for(RunState, run=1, state="done")
        assert page.toasts == []


def deep(levels: int) -> bytes:
    return b"\x91" * levels + b"\xc0"


def message(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


NOT_MESSAGES = {
    "nothing": b"",
    "random": bytes(range(0x80, 0x100)),
    "an array": msgspec.msgpack.encode([1, 2]),
    "no type": msgspec.msgpack.encode({"seq": 2}),
    "unknown type": msgspec.msgpack.encode(message("exec", seq=2)),
    "python names": msgspec.msgpack.encode(message("__class__", seq=2)),
    "of the server": msgspec.msgpack.encode(
        message("welcome", seq=2, version=1, build="", session="", server_us=0, page_us=0)
    ),
    "unknown field": msgspec.msgpack.encode(message("bye", seq=2, admin=True)),
    "missing field": msgspec.msgpack.encode(message("set", seq=2)),
    "text for a number": msgspec.msgpack.encode(message("fire", seq=2, binding="1", run=1)),
    "float for a number": msgspec.msgpack.encode(message("fire", seq=2, binding=1.5, run=1)),
    "bool for a number": msgspec.msgpack.encode(message("fire", seq=2, binding=True, run=1)),
    "none for a number": msgspec.msgpack.encode(message("fire", seq=2, binding=None, run=1)),
    "unknown reason": msgspec.msgpack.encode(message("stop", seq=2, stream=1, final=0, reason="fun")),
    "cut off": msgspec.msgpack.encode(message("set", seq=2, component=2, value="x" * 100))[:-3],
    "more behind it": msgspec.msgpack.encode(message("bye", seq=2)) + b"\x00",
    "10 000 levels deep": b"\x84\xa4type\xa3set\xa3seq\x02\xa9component\x02\xa5value" + deep(10_000),
    "a length that is a lie": b"\x84\xa4type\xa3set\xa3seq\x02\xa9component\x02\xa5value\xdd\xff\xff\xff\xff",
    "invalid utf-8": b"\x82\xa4type\xa4\xff\xfe\xfd\xfc\xa3seq\x02",
    "more values than a page has": msgspec.msgpack.encode(message("set", seq=2, component=2, value=[[[]]] * 30_000)),
    "a map of a hundred thousand keys": msgspec.msgpack.encode(
        message("set", seq=2, component=2, value={str(number): None for number in range(100_000)})
    ),
    "too large": msgspec.msgpack.encode(message("set", seq=2, component=2, value="x" * 1_100_000)),
    "a second hello": msgspec.msgpack.encode(message("hello", seq=2, version=1, build="", page_us=0)),
}


@pytest.mark.parametrize("data", NOT_MESSAGES.values(), ids=NOT_MESSAGES)
def test_what_is_not_a_message_of_a_page_closes_the_connection(
    served: tuple[str, App], bystander: Vandal, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(data)
        code, reason = page.end()
    assert code in (1002, 1009)
    assert reason
    check_quiet(caplog)


def test_types_of_messagepack_that_no_component_knows_are_refused_by_the_component(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        for number, value in enumerate((b"\xc7\x04\x7fabcd", b"\xd6\xff\x00\x00\x00\x00", b"\xc4\x01x", deep(500))):
            head = b"\x84\xa4type\xa3set\xa3seq" + bytes([10 + number]) + b"\xa9component\x02\xa5value"
            page.say(head + value)
            assert "takes text" in page.wait_for(Toast).message
    check_quiet(caplog)


UNKNOWN = [
    Set(component=99, value=1),
    Set(component=-1, value=1),
    Set(component=0, value=1),
    Set(component=2**63, value=1),
    Fire(binding=99, run=1),
    Fire(binding=-1, run=1),
    Fire(binding=STREAM, run=1),
    Fire(binding=CHANGE, run=1),
    Fire(binding=LOAD, run=1),
    Fire(binding=THEN, run=1),
    Fire(binding=CLICK, run=1, target=1),
    Fire(binding=CLICK, run=1, target=-1),
    Open(stream=1, binding=CLICK),
    Open(stream=1, binding=99),
    Open(stream=1, binding=-1),
    Open(stream=0, binding=STREAM),
    Open(stream=-1, binding=STREAM),
    Open(stream=2**32, binding=STREAM),
    Open(stream=1, binding=STREAM, pictures=2),
    Open(stream=1, binding=FILM, pictures=1),
    Open(stream=2, binding=FILM, pictures=1),
    Open(stream=1, binding=FILM, pictures=-1),
    Open(stream=1, binding=FILM, pictures=2**32),
]


@pytest.mark.parametrize("wrong", UNKNOWN, ids=[repr(wrong)[:60] for wrong in UNKNOWN])
def test_what_does_not_exist_closes_the_connection_and_runs_nothing(
    served: tuple[str, App], bystander: Vandal, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(wrong)
        assert page.end()[0] in (4404, 1002)
    assert calls == []
    check_quiet(caplog)


HARMLESS = [
    Cancel(run=7),
    Cancel(run=-1),
    Stop(stream=3, final=2**63),
    Stop(stream=-3, final=-1, reason="failed", message="x" * 100_000),
    Credit(stream=9, limit=2**63),
    Credit(stream=-1, limit=-5),
    Credit(stream=0, limit=-(2**63)),
    Shown(stream=4, component=-1, sequence=2**63, page_us=-(2**63)),
    Clock(page_us=2**63 - 1, server_us=-5),
    Clock(page_us=-(2**63)),
    Visible(hidden=True),
]


def test_what_concerns_nothing_is_ignored(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(*HARMLESS, Set(component=TEXT, value="hi"), Fire(binding=CLICK, run=1))
        page.wait_for(RunState, run=1, state="done")
    check_quiet(caplog, 0)


def test_a_message_is_acted_upon_at_most_once(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        for _ in range(3):
            page.say(Fire(binding=CLICK, run=1), seq=10)
        page.say(Fire(binding=CLICK, run=1), seq=11)
        page.say(Fire(binding=CLICK, run=2), seq=9)
        page.say(Fire(binding=CLICK, run=-4), seq=12)
        page.say(Fire(binding=CLICK, run=2), seq=-1)
        page.say(Fire(binding=CLICK, run=5), seq=2**62)
        page.wait_for(RunState, run=5, state="done")
    assert len(calls) == 2


def test_a_state_cannot_be_set_nor_an_input_that_only_a_script_makes(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(*(Set(component=STATE, value="theirs") for _ in range(40)))
        page.say(Fire(binding=CLICK, run=1, inputs=["a", 1, "theirs"]))
        page.wait_for(RunState, run=1, state="done")
        assert len(page.toasts) <= 40
    assert calls == [("", 5, "mine")]
    check_quiet(caplog)


def hiding() -> gr.Blocks:
    """A field, a button, a camera and a button that is disabled, in a column that a button hides or that is hidden."""
    with gr.Blocks() as demo:
        for visible in (True, False):
            with gr.Column(visible=visible) as column:
                field, go, camera = gr.Textbox(), gr.Button(), gr.Image(sources=["webcam"])
                off = gr.Button(interactive=False)
            go.click(calls.append, field, None)
            field.submit(calls.append, field, None)
            off.click(calls.append, field, None)
            camera.stream(calls.append, camera, None)
            gr.Button().click(lambda: gr.Column(visible=False), None, column)
    return demo


BINDINGS = 5
"""How many belong to each column."""


@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize("number", range(5))
def test_what_is_hidden_or_disabled_is_refused(number: int, is_later: bool) -> None:
    calls.clear()
    demo = hiding()
    fields = [number for number, each in demo.freeze().components.items() if isinstance(each, gr.Textbox)]
    field, base = (fields[0], 0) if is_later else (fields[1], BINDINGS)
    acts: list[PageMessage] = [
        Fire(binding=base, run=9),
        Fire(binding=base + 1, run=9),
        Fire(binding=base + 2, run=9),
        Open(stream=1, binding=base + 3),
        Set(component=field, value="theirs"),
    ]
    with serving(demo) as served, vandal(*served) as page:
        if is_later:
            page.say(Fire(binding=4, run=1))
            page.wait_for(RunState, run=1, state="done")
        page.say(acts[number])
        assert page.end()[0] == 4404
    assert calls == []


# ---- packets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        *((packet(PICTURE)[:length], 1002) for length in (1, 2, 31)),
        (b"\x02" + packet(PICTURE)[1:], 1002),
        (b"\x01\x09" + packet(PICTURE)[2:], 1002),
        (packet(PICTURE, stream=2), 4404),
        (packet(PICTURE, stream=0), 4404),
        (packet(PICTURE, stream=2**32 - 1), 4404),
        (packet(PICTURE, component=2), 4404),
        (packet(PICTURE, kind=PacketKind.SOUND), 4404),
        (packet(PICTURE, sequence=0), 1002),
        (packet(PICTURE, sequence=2), 1002),
        (packet(PICTURE, sequence=2**32 - 1), 1002),
    ],
)
def test_a_packet_that_fits_nowhere_closes_the_connection(
    served: tuple[str, App], bystander: Vandal, data: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.record(STREAM)
        page.say(data)
        assert page.end()[0] == code
    check_quiet(caplog)


SOUND = pcm16.open_encoder(1.0).encode(Chunk(np.zeros((800, 1), np.int16), 8_000)).payload


def sound(payload: bytes = SOUND, **fields: Any) -> bytes:
    """Encode the first audio of a video as the page would send it."""
    return packet(
        payload, **{"kind": PacketKind.SOUND, "codec": pcm16.NUMBER, "flags": Flag.KEY, "component": VIDEO, **fields}
    )


def seen(**fields: Any) -> bytes:
    """Encode the first frame of a video as the page would send it."""
    return packet(PICTURE, **{"stream": 2, "component": VIDEO, **fields})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sound(stream=2), 4404),
        (seen(stream=1), 4404),
        (seen(component=CAMERA), 4404),
        (sound(component=CAMERA), 4404),
        (sound(sequence=2), 1002),
        (seen(sequence=2), 1002),
        (seen(stream=3), 4404),
        (sound(), None),
    ],
)
def test_audio_and_frames_of_a_video_have_numbers_of_their_own(
    served: tuple[str, App], bystander: Vandal, data: bytes, code: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(Open(stream=1, binding=FILM, pictures=2))
        for number in (1, 2):
            page.wait_for(Credit, stream=number)
        page.say(data)
        if code is None:
            page.say(Stop(stream=1, final=1))
            page.wait_for(StreamState, stream=1, state="ended")
        else:
            assert page.end()[0] == code
    assert calls == [], "without a picture nothing is handled"
    check_quiet(caplog)


def test_a_video_is_handled_when_both_are_there_and_audio_alone_has_a_bound(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(Open(stream=1, binding=FILM, pictures=2))
        for number in (1, 2):
            page.wait_for(Credit, stream=number)
        page.say(sound(), seen(), Stop(stream=1, final=1))
        page.wait_for(StreamState, stream=1, state="ended")
        assert [type(call).__name__ for call in calls] == ["Moment"]
        calls.clear()
        page.say(Open(stream=3, binding=FILM, pictures=4))
        page.wait_for(StreamState, stream=3, state="running")
        page.say(*(sound(stream=3, sequence=number) for number in range(1, 302)))
        assert page.wait_for(StreamState, stream=3, state="ended").reason == "error"
    assert calls == []
    check_quiet(caplog)


def test_a_packet_twice_closes_the_connection(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        page.record(STREAM)
        page.say(packet(PICTURE), packet(PICTURE))
        assert page.end()[0] == 1002


def test_a_stream_number_cannot_be_used_twice(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        page.record(STREAM)
        page.say(Open(stream=1, binding=STREAM))
        assert page.end()[0] == 1002


def test_streams_of_one_page_are_bounded(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        page.say(*(Open(stream=number, binding=STREAM) for number in range(1, 40)))
        ended = page.wait_for(StreamState, stream=39, state="ended")
        assert ended.reason == "busy"
        assert sum(isinstance(m, StreamState) and m.state == "running" for m in page.said) <= 8


def test_runs_of_one_page_are_bounded(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        page.say(*(Fire(binding=CLICK, run=number) for number in range(1, 200)))
        page.wait_for(RunState, run=199)


def test_an_output_of_a_stream_reaches_only_its_own_page(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        page.record(STREAM)
        page.say(Credit(stream=1, limit=10), packet(PICTURE))
        while not page.pictures:
            page.hear()
    assert bystander.pictures == []


def test_times_out_of_all_bounds_break_nothing(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.record(STREAM)
        page.say(Credit(stream=1, limit=2**63))
        for number, when in enumerate((0, 2**64 - 1, 2**63, 1), 1):
            page.say(
                Clock(page_us=-(2**63) if number % 2 else 2**63 - 1), packet(PICTURE, sequence=number, captured_us=when)
            )
            while len(page.pictures) < number:
                page.hear()
            page.say(Shown(stream=1, component=CAMERA, sequence=number, page_us=2**63 - 1))
        page.say(Stop(stream=1, final=2**63))
        page.wait_for(StreamState, stream=1, state="ended")
    check_quiet(caplog, 0)


def test_large_messages_at_any_speed_hold_up_nobody(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        page.say(*(Set(component=TEXT, value="x" * 1_000_000) for _ in range(40)))
        assert page.end()[0] in (1008, 1006)
    check_quiet(caplog)


def test_a_flood_ends_the_connection_and_nobody_else_waits(
    served: tuple[str, App], bystander: Vandal, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served) as page:
        data = msgspec.msgpack.encode(message("visible", hidden=True))
        page.say(*[data] * 20_000)
        assert page.end()[0] in (1008, 1006)
    check_quiet(caplog)


# ---- the greeting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first", [Set(component=TEXT, value="x"), packet(PICTURE), b"", Credit(stream=0, limit=5)], ids=str
)
def test_who_does_not_begin_with_hello_is_shown_out(
    served: tuple[str, App], bystander: Vandal, first: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served, greets=False) as page:
        page.say(first)
        assert page.end()[0] == 1002
    check_quiet(caplog)


@pytest.mark.parametrize("version", [0, 2, -1, 2**63])
def test_another_version_is_told_to_reload(
    served: tuple[str, App], bystander: Vandal, version: int, caplog: pytest.LogCaptureFixture
) -> None:
    with vandal(*served, greets=False) as page:
        page.say(Hello(version=version, build="x" * 10_000, page_us=0))
        assert page.end()[0] == 1008
        assert page.said[0].code == "version"  # type: ignore[union-attr]
    check_quiet(caplog, 0)


def test_a_made_up_resume_token_gives_a_fresh_session(served: tuple[str, App], bystander: Vandal) -> None:
    build = served[1].manifest.build
    with vandal(*served, greets=False) as page:
        page.say(Hello(version=1, build=build, page_us=-(2**63), resume="../../x" * 1000, seen=2**63))
        assert page.wait_for(Welcome).resumed is False


def test_what_the_load_event_says_is_not_for_others(served: tuple[str, App], bystander: Vandal) -> None:
    with vandal(*served) as page:
        outputs = page.wait_for(Outputs)
        assert outputs.updates == {SHOWN: {"value": "loaded"}}
    assert not [m for m in bystander.said if isinstance(m, Toast)]
