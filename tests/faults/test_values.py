"""Values that no user can enter, for every component, over the real socket; and files that belong to others."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image as PILImage
from tests.faults.wire import Vandal, check_quiet, packet, vandal
from tests.server.live import cookies, serving, visit

import millstream as gr
from millstream.codecs import jpeg, png
from millstream.frames import Chunk, Frame
from millstream.media import wav
from millstream.server.app import App
from millstream.wire.messages import Credit, Fire, Outputs, RunState, Set, StreamState
from millstream.wire.packet import CodecNumber, Flag, PacketKind

MEBIBYTE = 1024 * 1024
PICTURE = jpeg.open_encoder(0.8).encode(Frame(np.zeros((16, 16, 3), np.uint8))).payload
calls: list[tuple[object, ...]] = []

ANY: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**63 - 1, -(2**63), 1e308, float("nan"), float("inf"), float("-inf")),
    *("", "5", "a", "x" * 5000, "\x00", "\u202e", "e\u0301" * 1000, "../../etc/passwd", "__class__"),
    *(b"", b"a", [], ["a"], ["a", "a"], ["a", "zz"], [["a"]], [None], [1, "a"], list(range(100))),
    *({}, {"file": "x"}, {"path": "/etc/passwd"}, {"url": "http://169.254.169.254/"}, {"file": None}, {"a": {"b": 1}}),
    *({"file": "x", "path": "/etc/passwd"}, {"value": 1}, {"__type__": "update", "value": 1}, {"file": ["x"]}),
]
"""Something of everything."""

FITS: dict[str, Any] = {
    "text": lambda value: isinstance(value, str) and len(value) <= 100,
    "number": lambda value: value is None or (is_number(value) and 0 <= value <= 10),
    "slider": lambda value: is_number(value) and 0 <= value <= 10 and value % 1 == 0,
    "menu": lambda value: value is None or value == "a",
    "many": lambda value: value is None or (isinstance(value, list) and value in ([], ["a"])),
    "radio": lambda value: value is None or value == "a",
    "boxes": lambda value: value is None or (isinstance(value, list) and value in ([], ["a"])),
    "check": lambda value: isinstance(value, bool),
    "image": lambda value: value is None,
    "audio": lambda value: value is None,
    "md": lambda value: False,
    "html": lambda value: False,
    "label": lambda value: False,
}
"""Which of those a component may let through."""


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def declare() -> gr.Blocks:
    with gr.Blocks() as demo:
        parts = {
            "text": gr.Textbox(label="text", max_length=100),
            "number": gr.Number(label="number", minimum=0, maximum=10),
            "slider": gr.Slider(0, 10, step=1, label="slider"),
            "menu": gr.Dropdown(["a", "b"], label="menu"),
            "many": gr.Dropdown(["a", "b"], multiselect=True, label="many"),
            "radio": gr.Radio(["a", "b"], label="radio"),
            "boxes": gr.CheckboxGroup(["a", "b"], label="boxes"),
            "check": gr.Checkbox(label="check"),
            "image": gr.Image(label="image", sources=["upload", "webcam"]),
            "audio": gr.Audio(label="audio", sources=["upload", "microphone"]),
            "md": gr.Markdown("md", elem_id="md"),
            "html": gr.HTML("html", elem_id="html"),
            "label": gr.Label("label", label="label"),
        }
        for name, part in parts.items():
            assert part.id == list(FITS).index(name) + 1

        def note(*values: object) -> None:
            calls.append(values)

        gr.Button("Go").click(note, list(parts.values()), None, trigger_mode="multiple")
        options: dict[str, Any] = {"concurrency_limit": None, "stream_every": 0.0}
        parts["image"].stream(lambda frame: str(frame.shape), parts["image"], parts["md"], **options)
        parts["audio"].stream(lambda chunk: note("chunk", chunk[1].shape), parts["audio"], None, **options)
    return demo


GO, FILM, LISTEN = range(3)
IMAGE, AUDIO = list(FITS).index("image") + 1, list(FITS).index("audio") + 1


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving(declare(), max_file_size="8 MB") as (url, app):
        yield url, app


@pytest.fixture
def page(served: tuple[str, App]) -> Iterator[Vandal]:
    calls.clear()
    with vandal(*served) as page:
        yield page


class Visitor:
    """A browser with an open page: its cookies, its session, its socket."""

    def __init__(self, client: httpx.Client, page: Vandal, session: str) -> None:
        self.client, self.page, self.session = client, page, session

    def upload(self, data: bytes, kind: str, name: str = "file") -> Any:
        headers = {"x-millstream-session": self.session, "content-type": kind}
        reply = self.client.post("/upload", params={"name": name}, headers=headers, content=data)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def go(self, run: int = 1) -> str:
        """Press the button; gives the message of the run."""
        self.page.say(Fire(binding=GO, run=run))
        while True:
            state = self.page.wait_for(RunState, run=run)
            if state.state in ("done", "failed"):
                return str(state.message)


@pytest.fixture
def visitor(served: tuple[str, App]) -> Iterator[Visitor]:
    calls.clear()
    url, app = served
    with visit(url) as client, vandal(url, app, greets=False, cookie=cookies(client)) as page:
        yield Visitor(client, page, page.hello(app).session)


@pytest.mark.parametrize("name", FITS)
def test_only_what_fits_reaches_a_handler(page: Vandal, name: str, caplog: pytest.LogCaptureFixture) -> None:
    number = list(FITS).index(name) + 1
    for run, value in enumerate(ANY, 1):
        page.say(Set(component=number, value=value), Fire(binding=GO, run=run))
        page.wait_for(RunState, run=run, state="done")
    assert len(calls) == len(ANY)
    seen = [values[number - 1] for values in calls]
    if name in ("md", "html", "label"):
        assert len({repr(value) for value in seen}) == 1
    else:
        assert all(FITS[name](value) for value in seen), [value for value in seen if not FITS[name](value)]
    refused = sum(not FITS[name](value) for value in ANY)
    assert len(page.toasts) >= refused * 0.9
    assert all(len(text) < 500 for text in page.toasts)
    check_quiet(caplog)


# ---- files -----------------------------------------------------------------------------------------------------


def test_a_file_of_another_page_is_not_to_be_had(
    served: tuple[str, App], visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    mine = visitor.upload(png.open_encoder(1).encode(Frame(np.zeros((4, 4, 3), np.uint8))).payload, "image/png")
    with vandal(*served) as thief:
        thief.say(Set(component=IMAGE, value=mine), Fire(binding=GO, run=1))
        thief.wait_for(RunState, run=1, state="done")
        assert "no such file" in thief.toasts[0]
        thief.say(Set(component=IMAGE, value={"file": "guessed"}))
    assert calls[-1][IMAGE - 1] is None
    url = served[0]
    with visit(url) as stranger:
        assert stranger.get(f"/file/{mine['file']}").status_code == 404
        headers = {"x-millstream-session": visitor.session}
        assert stranger.post("/upload?name=x", headers=headers, content=b"x").status_code == 403
    check_quiet(caplog)


@pytest.mark.parametrize(("kind", "component"), [("audio/wav", IMAGE), ("image/png", AUDIO), ("text/html", IMAGE)])
def test_a_file_of_another_kind_is_refused(visitor: Visitor, kind: str, component: int) -> None:
    visitor.page.say(Set(component=component, value=visitor.upload(b"data", kind)))
    visitor.go()
    assert "takes files of type" in visitor.page.toasts[0]
    assert calls[-1][component - 1] is None


def png_bomb(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes for each megapixel."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    line = bytes(1 + (width + 7) // 8)
    body = b"".join(rows.compress(line) for _ in range(height)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", body) + part(b"IEND", b"")


def with_size(picture: bytes, width: int, height: int) -> bytes:
    """Let the header of a JPEG claim another size."""
    at = picture.index(b"\xff\xc0")
    return picture[: at + 5] + struct.pack(">HH", height, width) + picture[at + 9 :]


def saved(kind: str, **options: Any) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    PILImage.new("RGB", (16, 16)).save(buffer, kind, **options)
    return buffer.getvalue()


def tiff_of(width: int, height: int) -> bytes:
    """Let the header of a TIFF claim another size."""
    good = saved("TIFF")
    for tag, was, now in ((256, 16, width), (257, 16, height)):
        good = good.replace(struct.pack("<HHII", tag, 4, 1, was), struct.pack("<HHII", tag, 4, 1, now))
        good = good.replace(struct.pack("<HHIHH", tag, 3, 1, was, 0), struct.pack("<HHIHH", tag, 3, 1, now, 0))
    return good


def ico_of(icon: bytes) -> bytes:
    """Put a file into an icon that is said to be small."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(icon), 22) + icon


BAD_PICTURES = {
    "a bomb": png_bomb(30_000, 30_000),
    "65535 by 65535": with_size(PICTURE, 65_535, 65_535),
    "no size at all": with_size(PICTURE, 0, 0),
    "a GIF of 65535 by 65535": b"GIF89a\xff\xff\xff\xff" + saved("GIF")[10:],
    "a web page": b"<html><script>alert(1)</script></html>",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "a PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(/etc/passwd) run\n",
    "a PDF": b"%PDF-1.4\n",
    "a HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "a TIFF of 30000 by 30000": tiff_of(30_000, 30_000),
    "half a TIFF": saved("TIFF", compression="tiff_deflate")[:-300],
    "half an AVIF": saved("AVIF")[:200],
    "an ICO that holds a bomb": ico_of(png_bomb(30_000, 30_000)),
    "a FITS": b"SIMPLE  =                    T" + b" " * 2850,
    "nothing": b"",
    "half a PNG": saved("PNG")[:40],
    "half a WebP": saved("WEBP")[:20],
    "half a JPEG": PICTURE[: len(PICTURE) // 3],
}


@pytest.mark.parametrize("data", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_bad_frame_that_is_uploaded_is_refused_or_fails_its_run_and_costs_nothing(
    visitor: Visitor, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    before = psutil.Process().memory_info().rss
    visitor.page.say(Set(component=IMAGE, value=visitor.upload(data, "image/png", "x.png")))
    message = visitor.go()
    if not message:  # what is of no known format never becomes a value
        assert [arguments[list(FITS).index("image")] for arguments in calls] == [None]
        calls.clear()
        (message,) = visitor.page.toasts
    assert "image" in message
    assert "/" not in message.replace("image/png", ""), "no path of the server"
    assert psutil.Process().memory_info().rss - before < 32 * MEBIBYTE
    assert calls == []
    check_quiet(caplog)


def wav_file(rate: int = 16_000, channels: int = 1, samples: int = 100) -> bytes:
    good = wav.encode(Chunk(np.zeros((samples, 1), np.int16), 16_000))
    layout = struct.pack("<HHIIHH", 1, channels, rate, (rate * 2 * channels) % 2**32, 2 * channels % 65536, 16)
    return good[:20] + layout + good[36:]


BAD_SOUNDS = {
    "0 Hz": wav_file(rate=0),
    "4 GHz": wav_file(rate=2**32 - 1),
    "no channel": wav_file(channels=0),
    "255 channels": wav_file(channels=255),
    "cut off": wav_file()[:50],
    "half a sample": wav_file()[:-1],
    "only a beginning": b"RIFF\xff\xff\xff\xffWAVE",
    "nothing": b"",
    "an MP3": b"ID3" + bytes(100),
}


@pytest.mark.parametrize("data", BAD_SOUNDS.values(), ids=BAD_SOUNDS)
def test_a_bad_audio_file_that_is_uploaded_fails_its_run(
    visitor: Visitor, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.page.say(Set(component=AUDIO, value=visitor.upload(data, "audio/wav", "x.wav")))
    assert "audio" in visitor.go()
    assert calls == []
    check_quiet(caplog)


# ---- streams ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_bad_frame_is_counted_and_the_stream_goes_on(
    page: Vandal, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    if not data:
        return  # an empty packet is the end of a turn, not a frame
    page.record(FILM)
    for sequence, payload in enumerate((data, data, PICTURE), 1):
        page.say(packet(payload, component=IMAGE, sequence=sequence))
        if payload is not PICTURE:
            while page.wait_for(Credit, stream=1).limit <= sequence:
                pass
    outputs = page.wait_for(Outputs, stream=1)
    assert "(16, 16, 3)" in str(outputs.updates)
    assert page.toasts == []
    check_quiet(caplog)


def test_a_truncated_frame_at_every_point(page: Vandal, caplog: pytest.LogCaptureFixture) -> None:
    page.record(FILM)
    cuts = [PICTURE[:at] for at in range(1, len(PICTURE), max(1, len(PICTURE) // 50))]
    for sequence, payload in enumerate(cuts, 1):
        page.say(packet(payload, component=IMAGE, sequence=sequence))
        while page.wait_for(Credit, stream=1).limit <= sequence:
            pass
    check_quiet(caplog)


@pytest.mark.parametrize("codec", [0, 2, 3, 5, 16, 255])
def test_a_codec_that_does_not_fit_or_exist(page: Vandal, codec: int, caplog: pytest.LogCaptureFixture) -> None:
    page.record(FILM)
    page.say(packet(b"x" * 100, component=IMAGE, codec=codec), Fire(binding=GO, run=1))
    page.wait_for(RunState, run=1, state="failed")
    page.say(packet(PICTURE, component=IMAGE, sequence=2))
    page.wait_for(Outputs, stream=1)
    check_quiet(caplog)


def sound(samples: int = 160, rate: int = 16_000, channels: int = 1, first: int = 0, rest: bytes = b"") -> bytes:
    return struct.pack("<QIB3s", first, rate, channels, bytes(3)) + bytes(2 * samples * max(channels, 1)) + rest


BAD_CHUNKS = {
    "0 Hz": sound(rate=0),
    "10 MHz": sound(rate=10_000_000),
    "no channel": sound(channels=0),
    "255 channels": sound(channels=255),
    "half a sample": sound(rest=b"x"),
    "no prefix": b"x" * 5,
    "not zero": sound()[:13] + b"\x01" + sound()[14:],
    "a picture": PICTURE,
}


@pytest.mark.parametrize("data", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_a_bad_chunk_ends_its_stream_with_a_clear_error(
    page: Vandal, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    page.record(LISTEN)
    page.say(packet(data, component=AUDIO, kind=PacketKind.SOUND, codec=CodecNumber.PCM16, flags=Flag.KEY))
    ended = page.wait_for(StreamState, stream=1, state="ended")
    assert (ended.reason, bool(ended.message)) == ("error", True)
    page.record(LISTEN, stream=2)
    check_quiet(caplog)


@pytest.mark.parametrize("first", [0, 159, 161, 2**64 - 1])
def test_audio_that_is_missing_or_repeated_is_noticed(page: Vandal, first: int) -> None:
    page.record(LISTEN)
    fields: dict[str, Any] = {
        "component": AUDIO,
        "kind": PacketKind.SOUND,
        "codec": CodecNumber.PCM16,
        "flags": Flag.KEY,
    }
    page.say(packet(sound(), **fields))
    page.wait_for(Credit, stream=1)
    page.say(packet(sound(first=first), sequence=2, **fields))
    ended = page.wait_for(StreamState, stream=1, state="ended")
    assert "incomplete" in ended.message
