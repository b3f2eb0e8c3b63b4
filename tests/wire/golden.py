"""The golden bytes of the wire: one case for each kind of message, with plain and with extreme values.

`python tests/wire/golden.py` writes `tests/golden/wire.json`, which the tests of both sides read: a list of
`{"name", "from", "hex", "fields"}`. `from` is `page` or `server`, `hex` the whole WebSocket message, `fields` what it
says: for a packet the header's fields and `payload` in hexadecimal, for a control message its map, `type` included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from millstream.jobs import Level
from millstream.wire import messages as m
from millstream.wire.encoding import encode_message, encode_packet
from millstream.wire.packet import Flag, Packet, PacketKind

FILE = Path(__file__).parents[1] / "golden" / "wire.json"

NOW_US = 1_900_000_000_123_456
"""A time of the page's clock; like all times below what a JavaScript number holds exactly."""

STANDALONE = Flag.KEY | Flag.INDEPENDENT

PACKETS = {
    "picture up": ("page", Packet(PacketKind.PICTURE, 1, STANDALONE, 1, 4, 1, 0, 0, NOW_US, b"\xff\xd8\xff\xd9")),
    "picture down": (
        "server",
        Packet(PacketKind.PICTURE, 1, Flag(7), 1, 5, 7, 6, 8, NOW_US, b"\xff\xd8\xff\xd9"),
    ),
    "picture of an ordinary event": ("server", Packet(PacketKind.PICTURE, 3, STANDALONE, 0, 5, 1, 0, 3, 0, b"RIFF")),
    "picture with transparency": (
        "server",
        Packet(PacketKind.PICTURE, 2, STANDALONE, 2, 9, 2, 2, 2, NOW_US, b"\x89PNG"),
    ),
    "H.264 up": (
        "page",
        Packet(PacketKind.PICTURE, 8, Flag.KEY, 3, 4, 1, 0, 0, NOW_US, bytes.fromhex("8002e00104 00000001")),
    ),
    "VP8 down": (
        "server",
        Packet(PacketKind.PICTURE, 9, Flag.LAST, 3, 5, 2, 4, 4, NOW_US, bytes.fromhex("8002e00101 31")),
    ),
    "marks on a frame": (
        "server",
        Packet(PacketKind.PICTURE, 48, STANDALONE, 1, 5, 8, 6, 9, NOW_US, bytes.fromhex("95cd0280cd01e0c39090")),
    ),
    "delta picture": ("page", Packet(PacketKind.PICTURE, 200, Flag.NONE, 3, 4, 70_000, 0, 0, NOW_US, b"\x01")),
    "key picture that others need": (
        "page",
        Packet(PacketKind.PICTURE, 200, Flag.KEY, 3, 4, 70_001, 0, 0, NOW_US, b"\x02"),
    ),
    "sound": (
        "page",
        Packet(
            PacketKind.SOUND,
            16,
            STANDALONE,
            2,
            6,
            1,
            0,
            0,
            NOW_US,
            bytes.fromhex("2a00000000000000 803e0000 01 000000 0100 ff7f 0080"),
        ),
    ),
    "last sound, empty": ("page", Packet(PacketKind.SOUND, 16, STANDALONE | Flag.LAST, 2, 6, 2, 0, 0, NOW_US, b"")),
    "film down": ("server", Packet(PacketKind.SOUND, 33, STANDALONE, 0, 6, 1, 0, 12, 0, b"video/mp4")),
    "sound down": (
        "server",
        Packet(
            PacketKind.SOUND,
            16,
            STANDALONE,
            0,
            6,
            1,
            0,
            11,
            0,
            bytes.fromhex("2a00000000000000 803e0000 01 000000 0100 ff7f 0080"),
        ),
    ),
    "a sound file, in part": (
        "server",
        Packet(PacketKind.SOUND, 32, STANDALONE, 0, 6, 2, 0, 11, 0, bytes.fromhex("0a000000 03000000 494433")),
    ),
    "sound for a narrow link": (
        "server",
        Packet(
            PacketKind.SOUND,
            34,
            Flag.KEY,
            0,
            6,
            1,
            0,
            13,
            0,
            bytes.fromhex("0000000000000000 c05d0000 01 00 9c00 4401 fc"),
        ),
    ),
    "end of a playback": ("server", Packet(PacketKind.SOUND, 16, STANDALONE | Flag.LAST, 0, 6, 3, 0, 11, 0, b"")),
    "largest header": (
        "page",
        Packet(PacketKind.SOUND, 255, Flag(7), 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**53 - 1, b"\0"),
    ),
}

MESSAGES: dict[str, tuple[str, m.PageMessage | m.ServerMessage]] = {
    "hello": ("page", m.Hello(seq=1, version=1, build="1a2b3c", page_us=NOW_US)),
    "hello again": (
        "page",
        m.Hello(
            seq=1,
            version=1,
            build="1a2b3c",
            page_us=NOW_US,
            resume="t0ken",
            seen=41,
            audio=7,
            sent=[(1, 70_000, 70_002)],
        ),
    ),
    "hello of a page that knows Opus": ("page", m.Hello(seq=1, version=1, build="1a", page_us=NOW_US, decodes=[34])),
    "hello of a page that knows H.264": (
        "page",
        m.Hello(seq=1, version=1, build="1a", page_us=NOW_US, decodes=[8, 34], encodes=[8]),
    ),
    "set text": ("page", m.Set(seq=2, component=3, value="Grüße, 世界 🎥")),
    "set number": ("page", m.Set(seq=3, component=3, value=0.5)),
    "set integer": ("page", m.Set(seq=3, component=3, value=-70_000)),
    "set nothing": ("page", m.Set(seq=4, component=3, value=None)),
    "set boolean": ("page", m.Set(seq=5, component=300, value=True)),
    "set list": ("page", m.Set(seq=6, component=3, value=["a", 1, None, False])),
    "set file": ("page", m.Set(seq=7, component=3, value={"file": "h4ndle", "name": "a.png", "type": "image/png"})),
    "fire": ("page", m.Fire(seq=8, binding=2, run=1)),
    "fire with data": ("page", m.Fire(seq=9, binding=2, run=2, target=1, data={"index": [3, 4]})),
    "fire with inputs": ("page", m.Fire(seq=10, binding=2, run=3, inputs=["from", "js", 1])),
    "cancel": ("page", m.Cancel(seq=11, run=3)),
    "open": ("page", m.Open(seq=12, stream=1, binding=0)),
    "open a film": ("page", m.Open(seq=12, stream=1, binding=0, pictures=2)),
    "stop": ("page", m.Stop(seq=13, stream=1, final=99)),
    "stop, unplugged": ("page", m.Stop(seq=14, stream=1, final=0, reason="device")),
    "stop, behind": ("page", m.Stop(seq=15, stream=1, final=5, reason="backlog")),
    "stop, failed": ("page", m.Stop(seq=16, stream=1, final=5, reason="failed", message="The encoder gave up.")),
    "credit up": ("page", m.Credit(seq=17, stream=0, limit=2)),
    "credit up, of a frame that came": ("page", m.Credit(seq=18, stream=1, limit=17, page_us=NOW_US)),
    "credit down": (
        "server",
        m.Credit(seq=1, stream=1, limit=4_000_000_000, received=3_999_999_998, left_us=NOW_US, rate=250_000),
    ),
    "shown": ("page", m.Shown(seq=18, stream=1, component=5, sequence=7, page_us=NOW_US)),
    "played": ("page", m.Played(seq=18, playback=11, received=40, rate=24_000, samples=19_200, played=4_800)),
    "cannot be played": (
        "page",
        m.Played(seq=18, playback=11, received=0, rate=48_000, samples=0, played=0, state="broken", message="No."),
    ),
    "clock up": ("page", m.Clock(seq=19, page_us=NOW_US)),
    "clock up, with the last answer": (
        "page",
        m.Clock(seq=20, page_us=NOW_US, server_us=12_345_678, heard_us=NOW_US - 990_000),
    ),
    "clock down": ("server", m.Clock(seq=2, page_us=NOW_US, server_us=12_345_678, seen=70_000)),
    "clock of a page that would rest": ("page", m.Clock(seq=21, page_us=NOW_US, idle=True)),
    "clock of a page that may rest": ("server", m.Clock(seq=3, page_us=NOW_US, server_us=12_345_678, idle=True)),
    "heartbeat": ("server", m.Heartbeat()),
    "key frame, up": ("page", m.KeyFrame(seq=20, stream=1, component=5)),
    "key frame, down": ("server", m.KeyFrame(seq=2, stream=2, component=4)),
    "hidden": ("page", m.Visible(seq=20, hidden=True)),
    "visible": ("page", m.Visible(seq=21, hidden=False)),
    "encodes": ("page", m.Encodes(seq=21, encodes=[8, 9])),
    "watch": ("page", m.Watch(seq=21, on=True)),
    "ack": ("page", m.Ack(seq=22, seen=70_000, audio=300)),
    "bye": ("page", m.Bye(seq=22)),
    "welcome": ("server", m.Welcome(seq=3, version=1, build="1a2b3c", session="s3cret", server_us=5, page_us=NOW_US)),
    "welcome back": (
        "server",
        m.Welcome(
            seq=4,
            version=1,
            build="1a2b3c",
            session="s3cret",
            server_us=5,
            page_us=NOW_US,
            resume="t0ken",
            resumed=True,
            moved=True,
            seen=22,
            received={1: 300, 2: 70_000},
            decodes=[255],
        ),
    ),
    "refuse": ("server", m.Refuse(seq=0, code="version", message="Please reload this page.")),
    "outputs": ("server", m.Outputs(seq=5, call=8, run=3, updates={3: {"value": "text"}, 70_000: {"visible": False}})),
    "outputs with pictures": (
        "server",
        m.Outputs(seq=6, call=9, stream=1, source=4, seen=70_000, packets=2, updates={3: {"value": None}}),
    ),
    "outputs at load": ("server", m.Outputs(seq=7, call=1)),
    "stream waits": ("server", m.StreamState(seq=8, stream=1, state="waiting", position=2, eta_s=12.5)),
    "stream waits again": ("server", m.StreamState(seq=9, stream=1, state="waiting", position=1, again=True)),
    "stream runs": (
        "server",
        m.StreamState(seq=10, stream=1, state="running", limit_s=30.0, deadline_us=42_000_000),
    ),
    "stream stops": ("server", m.StreamState(seq=11, stream=1, state="stopping")),
    "stream ended": ("server", m.StreamState(seq=12, stream=1, state="ended", reason="error", message="No.")),
    "turn": ("server", m.TurnState(seq=12, stream=1, state="hearing")),
    "run waits": ("server", m.RunState(seq=13, run=3, call=8, binding=2, state="waiting", position=1, eta_s=0.25)),
    "run is done": ("server", m.RunState(seq=14, run=0, call=9, binding=2, state="done")),
    "run refused": (
        "server",
        m.RunState(seq=15, run=4, call=10, binding=2, state="failed", message="Too young.", problems={7: "Too young."}),
    ),
    "run failed": ("server", m.RunState(seq=15, run=4, call=10, binding=2, state="failed", message="No.")),
    "progress": (
        "server",
        m.ProgressState(
            seq=15,
            call=8,
            binding=2,
            run=3,
            levels=[Level("Pages", 3.0, 10.0, 0.25, "pages"), Level(index=70_000.0), Level("é", fraction=0.5)],
        ),
    ),
    "progress of a stream is over": ("server", m.ProgressState(seq=15, call=9, binding=2, stream=1)),
    "toast": ("server", m.Toast(seq=16, level="warning", message="Low light", count=3)),
    "toast that stays": ("server", m.Toast(seq=17, level="error", message="No.", title="Error", duration_s=0.0)),
    "rendered": (
        "server",
        m.Rendered(
            seq=17,
            place=4,
            seen=9,
            nodes=[{"id": 2**20, "type": "row", "props": {}, "children": [{"id": 2**32 - 1, "type": "textbox"}]}],
            components={2**32 - 1: {"type": "textbox", "key": '"a"', "props": {"value": "x"}}},
            bindings=[{"id": 2**20 + 1, "targets": [[2**32 - 1, "change"]], "inputs": [3], "outputs": []}],
        ),
    ),
    "rendered nothing": ("server", m.Rendered(seq=18, place=4, message="It failed.")),
    "silence": ("server", m.Silence(seq=18, playback=11)),
    "latency": (
        "server",
        m.Latency(
            seq=18,
            stream=1,
            calls=30,
            arrived_us=-1_900_000_000_111_222,
            wait_us=1_500,
            decode_us=2_000,
            call_us=70_000,
            encode_us=3_000,
            received=70_000,
            dropped={"superseded": 3, "broken": 0},
            decision="JPEG at 30 frames a second: the link is fast and the handler keeps up.",
        ),
    ),
    "latency of a stream that waits": ("server", m.Latency(seq=18, stream=1)),
    "encode": (
        "server",
        m.Encode(seq=18, stream=1, component=4, codec=8, bits_per_s=1_500_000, frames_per_s=29.97, longest=640),
    ),
    "encode as the app wants": ("server", m.Encode(seq=18, stream=1, component=4, codec=1)),
    "script": ("server", m.Script(seq=18, binding=3, inputs=[1, "two", None])),
}


def cases() -> list[dict[str, Any]]:
    """Make all cases, packets first."""
    packets = [
        {"name": name, "from": side, "hex": encode_packet(packet).hex(), "fields": packet_fields(packet)}
        for name, (side, packet) in PACKETS.items()
    ]
    messages = [
        {"name": name, "from": side, "hex": encode_message(message).hex(), "fields": message_fields(message)}
        for name, (side, message) in MESSAGES.items()
    ]
    return packets + messages


def packet_fields(packet: Packet) -> dict[str, Any]:
    """Give the header and the payload of a packet as JSON values."""
    fields: dict[str, Any] = {name: getattr(packet, name) for name in packet.__struct_fields__}
    return {**fields, "kind": int(packet.kind), "flags": int(packet.flags), "payload": bytes(packet.payload).hex()}


def message_fields(message: m.PageMessage | m.ServerMessage) -> dict[str, Any]:
    """Give a control message as JSON values; the keys of a map are strings there."""
    fields: dict[str, Any] = msgspec.to_builtins(message, str_keys=True)
    if "sent" in fields:
        fields["sent"] = [list(place) for place in fields["sent"]]
    return fields


def text() -> str:
    """Give the contents of the file: one case a line."""
    lines = (json.dumps(case, ensure_ascii=False) for case in cases())
    return "[\n  " + ",\n  ".join(lines) + "\n]\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
