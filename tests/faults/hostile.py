"""Containers that ask whoever reads them to open something else: for the tests that nobody does."""

from __future__ import annotations

import base64
import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests.faults.bombs import box, full, tables

SECRET = "secret.mp4"


def containers(secret: Path, port: int, video: bytes, sound: bytes) -> dict[str, bytes]:
    """Make them all.

    Args:
        secret: A video that nobody may read; another of the same name lies beside every container.
        port: Where somebody on this machine listens.
        video: An MP4 that is what it seems.
        audio: A WAV that is.
    """
    made = dict(_texts(secret, port))
    texts = dict(made)
    playlist = made["hls absolute"]
    made |= {
        f"{name}, after a mark": b"\xef\xbb\xbf" + texts[name] for name in ("hls absolute", "concat", "dash", "sdp")
    }
    made |= {f"{name}, after spaces": b" \r\n\t" + texts[name] for name in ("hls absolute", "concat", "dash")}
    made["hls in UTF-16"] = playlist.decode().encode("utf-16")
    made["hls in UTF-16, other way"] = b"\xfe\xff" + playlist.decode().encode("utf-16-be")
    made["hls, packed"] = gzip.compress(playlist)
    made["hls behind a tag"] = b"ID3\x04\0\0\0\0\0\0" + playlist
    made["hls behind an empty box"] = struct.pack(">I", 8) + b"free" + playlist
    made["hls behind a box of type"] = box(b"ftyp", b"isom\0\0\0\0isom") + playlist
    made["hls behind a film"] = video + playlist
    made["film behind hls"] = playlist + video
    made["hls behind a sound"] = sound + playlist
    made["hls in a film of its own"] = box(b"ftyp", b"isom\0\0\0\0isom") + box(b"mdat", playlist) + video[32:]
    made["hls as an Ogg page"] = b"OggS\0\2" + bytes(20) + b"\1" + bytes([len(playlist) % 255]) + playlist
    made["hls in transport packets"] = b"".join(b"\x47\x40\0\x10" + playlist[:184].ljust(184) for _ in range(5))
    made["concat in RIFF"] = b"RIFF" + struct.pack("<I", 400) + b"AVI LIST" + texts["concat"].ljust(400)
    made |= {f"references of QuickTime, {kind}": data for kind, data in _references(secret, port)}
    made["film with references of QuickTime"] = _redirected(video, b"url ", f"file://{secret}".encode())
    made["film with an alias"] = _redirected(video, b"alis", _alias(secret))
    made["Matroska that goes on elsewhere"] = _matroska(secret)
    made["GIF that is a script"] = b"GIF89a" + texts["concat"]
    made["image with a pattern"] = b"\xff\xd8\xff" + str(secret.parent / "secret%d.mp4").encode()
    made["EXR with a playlist"] = b"v/1\x01" + playlist
    made["ASF that refers"] = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + texts["asx"]
    made["FLV with a playlist"] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + playlist
    made["real media of addresses"] = b".RMF" + f"file://{secret}\n".encode()
    return made


def _texts(secret: Path, port: int) -> Iterator[tuple[str, bytes]]:
    away = f"http://127.0.0.1:{port}/{SECRET}"
    inline = "data:video/mp4;base64," + base64.b64encode(secret.read_bytes()).decode()
    targets = {
        "absolute": str(secret),
        "relative": SECRET,
        "upwards": f"../../../../../../../..{secret}",
        "file": f"file://{secret}",
        "file without slashes": f"file:{secret}",
        "http": away,
        "tcp": f"tcp://127.0.0.1:{port}",
        "concatenated": f"concat:{secret}|{secret}",
        "subfile": f"subfile,,start,0,end,0,,:{secret}",
        "cached": f"cache:file:{secret}",
        "async": f"async:file:{secret}",
        "crypto": f"crypto+file:{secret}",
        "inline": inline,
        "pipe": "pipe:0",
    }
    for name, target in targets.items():
        yield f"hls {name}", _playlist(f"#EXTINF:1,\n{target}\n")
    yield "hls with bytes", _playlist(f"#EXTINF:1,\n#EXT-X-BYTERANGE:4000@0\n{secret}\n")
    yield "hls with a key", _playlist(f'#EXT-X-KEY:METHOD=AES-128,URI="{secret}"\n#EXTINF:1,\n{away}\n')
    yield "hls with a map", _playlist(f'#EXT-X-MAP:URI="{secret}"\n#EXTINF:1,\n{secret}\n')
    yield "hls of hls", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsecret.m3u8\n"
    yield "hls of hls away", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{away}\n".encode()
    yield (
        "hls with subtitles",
        (
            f'#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",URI="{secret}"\n'
            f'#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"\n{secret}\n'
        ).encode(),
    )
    yield "concat", f"ffconcat version 1.0\nfile '{secret}'\n".encode()
    yield "concat relative", f"ffconcat version 1.0\nfile {SECRET}\n".encode()
    yield "concat away", f"ffconcat version 1.0\nfile {away}\noption safe 0\n".encode()
    yield "concat address", f"concat:{secret}".encode()
    yield "subfile address", f"subfile,,start,0,end,0,,:{secret}".encode()
    yield "data address", inline.encode()
    yield "dash", _dash(f"file://{secret}")
    yield "dash away", _dash(away)
    yield "smooth", f'<SmoothStreamingMedia><StreamIndex Url="{away}"/></SmoothStreamingMedia>'.encode()
    yield "sdp", f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n".encode()
    yield "rtsp", f"rtsp://127.0.0.1:{port}/{SECRET}".encode()
    yield "rtsp text", f"rtsptext\nrtsp://127.0.0.1:{port}/{SECRET}\n".encode()
    yield "asx", f'<asx version="3.0"><entry><ref href="file://{secret}"/></entry></asx>'.encode()
    yield "pls", f"[playlist]\nFile1={secret}\nNumberOfEntries=1\n".encode()
    yield (
        "xspf",
        f"<playlist><trackList><track><location>file://{secret}</location></track></trackList></playlist>".encode(),
    )
    yield "smil", f'<smil><body><video src="file://{secret}"/></body></smil>'.encode()
    yield "svg", f'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="file://{secret}"/></svg>'.encode()
    yield "tee", f"tee:[f=mp4]{secret.parent / 'written.mp4'}".encode()
    yield "lavfi", f"movie=filename={quote(str(secret))}[out0]".encode()
    yield "avisynth", f'AviSource("{secret}")\n'.encode()
    yield "vapoursynth", f'import vapoursynth as vs\nvs.core.ffms2.Source("{secret}").set_output()\n'.encode()
    yield "webvtt", f"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00\n\n00:00.000 --> 00:01.000\n{away}\n".encode()
    yield "ass", f"[Script Info]\nVideo File: {secret}\nAudio URI: {away}\n[Events]\n".encode()
    yield "frames of mediainfo", f";FFMETADATA1\nfile={secret}\n".encode()
    yield "vobsub", f"# VobSub index file, v7\nid: en, index: 0\n# {secret}\n".encode()
    yield "imf", f"<AssetMap><Path>{secret}</Path></AssetMap>".encode()


def _playlist(body: str) -> bytes:
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    return f"{head}{body}#EXT-X-ENDLIST\n".encode()


def _dash(address: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0" '
        f'bandwidth="1"><BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    ).encode()


def _references(secret: Path, port: int) -> Iterator[tuple[str, bytes]]:
    """Make videos of QuickTime that are nothing but a reference to another (`rmra`), and tracks that lie elsewhere."""
    for name, target in (("file", f"file://{secret}"), ("http", f"http://127.0.0.1:{port}/"), ("relative", SECRET)):
        where = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(target) + 1), target.encode() + b"\0")
        yield name, box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", where)))
    one = full(b"stsz", struct.pack(">II", 100, 1))
    yield "empty tables", tables(one, full(b"stts", struct.pack(">III", 1, 1, 1)), full(b"stco", bytes(4)))


def _redirected(video: bytes, kind: bytes, content: bytes) -> bytes:
    """Have the tracks of an MP4 lie in another file: its box of references names one."""
    old = video[video.index(b"dref") - 4 :][: int.from_bytes(video[video.index(b"dref") - 4 :][:4], "big")]
    new = full(b"dref", struct.pack(">I", 1), full(kind, content + b"\0"))
    grown = len(new) - len(old)
    out = video.replace(old, new)
    for name in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        at = out.index(name) - 4
        out = out[:at] + struct.pack(">I", int.from_bytes(out[at : at + 4], "big") + grown) + out[at + 4 :]
    return out


def _alias(secret: Path) -> bytes:
    """Make a record of an alias with the path of a file in it, as FFmpeg reads it."""
    path = str(secret).encode()
    head = bytes(4) + struct.pack(">HH", 150 + len(path) + 4, 2) + bytes(2) + b"\1x".ljust(28, b"\0") + bytes(12)
    name = bytes([len(SECRET)]) + SECRET.encode().ljust(63, b"\0")
    tail = bytes(16) + struct.pack(">hh", -1, -1) + bytes(16)
    return head + name + tail + struct.pack(">HH", 2, len(path)) + path + struct.pack(">HH", 0xFFFF, 0)


def _matroska(secret: Path) -> bytes:
    """Make a Matroska file whose segment says that it goes on in another file, and that has an attachment."""

    def element(name: bytes, body: bytes) -> bytes:
        return name + b"\x08"[:0] + struct.pack(">Q", len(body) | 1 << 56) + body

    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"))
    linked = element(b"\x3e\xb9\x23", bytes(16)) + element(b"\x3e\x83\xbb", str(secret).encode())
    info = element(b"\x15\x49\xa9\x66", linked)
    attached = element(b"\x61\xa7", element(b"\x46\x6e", str(secret).encode()) + element(b"\x46\x5c", b"#EXTM3U\n"))
    return head + element(b"\x18\x53\x80\x67", info + element(b"\x19\x41\xa4\x69", attached))
